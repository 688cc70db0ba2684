//! The flags of `eval`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::batch::BatchArgs;
use crate::catalog::Usd;
use crate::cli::args::{AwsArgs, RecordingArgs, TellArgs, at_least_one, duration, fraction, share};
use crate::cli::outputs::OutputArgs;
use crate::cli::progress::Progress;
use crate::gate::Gate;
use crate::journal::RunOptions;
use crate::plan::Shard;

/// Flags that a resumed run takes from its journal.
const OF_THE_RUN: [&str; 38] = [
    "batch",
    "batch_role",
    "batch_jobs",
    "batch_fewest",
    "noise_floor",
    "stop_early",
    "baseline",
    "margin",
    "gates",
    "dry_run",
    "count_tokens",
    "max_cost",
    "paths",
    "models",
    "filters",
    "tags",
    "sample",
    "seed",
    "limit",
    "shard",
    "repeat",
    "concurrency",
    "rpm",
    "tpm",
    "quota_share",
    "account_quotas",
    "timeout",
    "max_retries",
    "max_failures",
    "stream",
    "allow_exec",
    "record",
    "replay",
    "cache",
    "endpoint_url",
    "region",
    "profile",
    "pricing",
];

const EXAMPLES: &str = "Examples:
  mcp-cli eval suites/
  mcp-cli eval suites/support.yaml --model us.amazon.nova-lite-v1:0 --tag billing
  mcp-cli eval suites/ --replay fixtures/demo --format json";

/// Run suites: ask every model every question, judge the answers, report
///
/// A folder means every suite file below it, each isolated.
/// Exit codes: 0 all passed, 1 an expectation or a gate failed, 2 wrong usage or suite,
/// 3 incomplete, 4 denied, 5 budget reached, 130 interrupted.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct EvalArgs {
    /// Suite files, or folders with suite files below them
    #[arg(default_value = "suites/")]
    pub(super) paths: Vec<PathBuf>,
    /// Ask these models instead of the suite's list; a label keeps the suite's parameters
    #[arg(long = "model", value_name = "LABEL|ID", help_heading = "What to ask")]
    pub(super) models: Vec<String>,
    /// Take only cases whose `suite/case` contains this; `/…/` is a regular expression
    #[arg(long = "filter", value_name = "PATTERN", help_heading = "What to ask")]
    pub(super) filters: Vec<String>,
    /// Take only cases with this tag
    #[arg(long = "tag", value_name = "TAG", help_heading = "What to ask")]
    pub(super) tags: Vec<String>,
    /// Draw N of the cases of each suite
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "What to ask")]
    pub(super) sample: Option<u64>,
    /// The seed of everything drawn
    #[arg(
        long,
        value_name = "S",
        default_value_t = 0,
        help_heading = "What to ask"
    )]
    pub(super) seed: u64,
    /// Take at most N cases of each suite
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "What to ask")]
    pub(super) limit: Option<u64>,
    /// Ask only this part of the cases, such as 1/4; `merge` joins the parts
    #[arg(
        long,
        value_name = "I/N",
        conflicts_with = "stop_early",
        help_heading = "What to ask"
    )]
    pub(super) shard: Option<Shard>,
    /// Ask each case N times
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "What to ask")]
    pub(super) repeat: Option<u64>,
    /// At most N requests in flight for each model
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "How to ask")]
    pub(super) concurrency: Option<u64>,
    /// Requests per minute of each model, over the quota that is known
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "How to ask")]
    pub(super) rpm: Option<u64>,
    /// Tokens per minute of each model, over the quota that is known
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "How to ask")]
    pub(super) tpm: Option<u64>,
    /// Take only this part of each model's quota, 0 to 1; a shard takes its own part without it
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "How to ask")]
    pub(super) quota_share: Option<f64>,
    /// Keep to the account's own quotas, read from Service Quotas once a day; flags win over them
    #[arg(long, conflicts_with = "replay", help_heading = "How to ask")]
    pub(super) account_quotas: bool,
    /// The longest a request may take: 3000 (milliseconds), 30s, 2m
    #[arg(long, value_name = "D", value_parser = duration, help_heading = "How to ask")]
    pub(super) timeout: Option<Duration>,
    /// Ask a failed request again at most N times
    #[arg(long, value_name = "N", help_heading = "How to ask")]
    pub(super) max_retries: Option<u32>,
    /// Let checks start programs: `python` and `exec`
    #[arg(long, help_heading = "How to ask")]
    pub(super) allow_exec: bool,
    /// Stop after N failed trials
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "How to ask")]
    pub(super) max_failures: Option<u64>,
    /// Stop before spending more than this many US dollars, retries included
    #[arg(long, value_name = "USD", help_heading = "How to ask")]
    pub(super) max_cost: Option<Usd>,
    /// Show the plan with its tokens and cost, and send nothing
    #[arg(long, conflicts_with = "output", help_heading = "How to ask")]
    pub(super) dry_run: bool,
    /// With --dry-run: have up to N questions of each prompt and model counted by Bedrock, which is free but needs credentials
    #[arg(
        long,
        value_name = "N",
        requires = "dry_run",
        conflicts_with = "replay",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "20",
        value_parser = at_least_one,
        help_heading = "How to ask"
    )]
    pub(super) count_tokens: Option<u64>,
    /// Run again what a changed file touches, answers that are known from a cache, until Ctrl-C
    #[arg(long, conflicts_with_all = ["dry_run", "resume", "shard"], help_heading = "How to ask")]
    pub(super) watch: bool,
    /// Stream the answers and measure the time to the first token
    #[arg(long, help_heading = "How to ask")]
    pub(super) stream: bool,
    /// Compare with this: a label, a label@prompt, an earlier run, or a baseline file
    #[arg(long, value_name = "LABEL|RUN|FILE", help_heading = "What must hold")]
    pub(super) baseline: Option<String>,
    /// How much worse than the baseline is still as good, as a fraction: 0.02 is two points
    #[arg(long, value_name = "FRACTION", value_parser = fraction, help_heading = "What must hold")]
    pub(super) margin: Option<f64>,
    /// What must hold beside the suite's gates: `pass_rate>=0.95`, `cost_per_pass<=0.001`, `no_worse_than=LABEL`; quote it for the shell
    #[arg(long = "gate", value_name = "EXPR", help_heading = "What must hold")]
    pub(super) gates: Vec<Gate>,
    /// Ask the baseline a second time as well: how often it disagrees with itself is what no difference looks like
    #[arg(long, help_heading = "What must hold")]
    pub(super) noise_floor: bool,
    /// Stop asking where the verdict is there; what is found holds nevertheless
    #[arg(long, help_heading = "What must hold")]
    pub(super) stop_early: bool,
    #[command(flatten)]
    pub(super) batch: BatchArgs,
    #[command(flatten)]
    pub(super) recordings: RecordingArgs,
    /// Finish an interrupted run in its folder with its flags: a folder, an id, the beginning of one, or `latest`
    #[arg(long, value_name = "RUN", conflicts_with_all = OF_THE_RUN, help_heading = "Runs")]
    pub(super) resume: Option<String>,
    /// Where run folders go
    #[arg(
        long,
        visible_alias = "out",
        value_name = "DIR",
        default_value = "reports/",
        help_heading = "Runs"
    )]
    pub(super) run_dir: PathBuf,
    #[command(flatten)]
    pub(super) aws: AwsArgs,
    #[command(flatten)]
    pub(super) outputs: OutputArgs,
    /// Progress on stderr
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) progress: Progress,
    #[command(flatten)]
    pub(super) tell: TellArgs,
}

impl EvalArgs {
    /// Returns the flags that a resumed run takes from its journal.
    pub(super) fn options(&self) -> RunOptions {
        let shown = |path: &PathBuf| path.display().to_string();
        RunOptions {
            paths: self.paths.iter().map(shown).collect(),
            models: self.models.clone(),
            filters: self.filters.clone(),
            tags: self.tags.clone(),
            sample: self.sample,
            limit: self.limit,
            shard: self.shard,
            repeat: self
                .repeat
                .map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
            stream: self.stream,
            concurrency: self
                .concurrency
                .map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
            requests_per_minute: self.rpm,
            tokens_per_minute: self.tpm,
            quota_share: self.quota_share,
            account_quotas: self.account_quotas,
            timeout_ms: self
                .timeout
                .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            max_retries: self.max_retries,
            max_failures: self.max_failures,
            max_cost: self.max_cost,
            baseline: self.baseline.clone(),
            margin: self.margin,
            gates: self.gates.clone(),
            noise_floor: self.noise_floor,
            stop_early: self.stop_early,
            allow_exec: self.allow_exec,
            batch: self.batch.options(self.aws.endpoint_url.as_ref()),
            ..self.aws.over(self.recordings.options())
        }
    }
}
