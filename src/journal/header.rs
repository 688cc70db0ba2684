//! What a journal begins with: what was to be asked, how, and at what prices.
//!
//! These types are a promise: fields may be added, none changes its meaning without [`SCHEMA`] going up.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judge::JudgeRecord;
use crate::catalog::{PriceRow, Usd};
use crate::gate::Gate;
use crate::plan::Shard;

/// The version of this schema. A reader refuses a higher one.
pub const SCHEMA: u32 = 1;

/// The first line: what was to be asked, at what prices, by what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`] at the time of writing.
    pub schema: u32,
    /// Which run this is.
    pub run: RunRecord,
    /// The flags of the run, so that it can be resumed with them.
    pub options: RunOptions,
    /// The plan's digest: the same content gives the same, so that a resumed run can tell whether a suite has changed.
    pub plan_digest: String,
    /// The suites, in the order of the plan.
    pub suites: Vec<SuiteRecord>,
}

/// Which run a journal belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run's id, also the name of its folder.
    pub id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The version of the program that began it.
    pub tool_version: String,
    /// The seed of everything drawn.
    pub seed: u64,
    /// The commit that was checked out, where the suites stand in a git repository.
    pub git_commit: Option<String>,
    /// The run whose answers are judged anew, where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graded: Option<String>,
}

/// Flags that decide what is asked and how; a resumed run takes them from here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct RunOptions {
    /// Suite files and folders, as given.
    pub paths: Vec<String>,
    /// `--model`: labels or ids.
    pub models: Vec<String>,
    /// `--filter`: patterns on `suite/case`.
    pub filters: Vec<String>,
    /// `--tag`.
    pub tags: Vec<String>,
    /// `--sample`: cases drawn per suite.
    pub sample: Option<u64>,
    /// `--limit`: cases kept per suite.
    pub limit: Option<u64>,
    /// `--shard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// `--repeat`.
    pub repeat: Option<u32>,
    /// `--stream`.
    pub stream: bool,
    /// `--concurrency`: requests in flight per model.
    pub concurrency: Option<usize>,
    /// `--rpm`.
    pub requests_per_minute: Option<u64>,
    /// `--tpm`.
    pub tokens_per_minute: Option<u64>,
    /// `--quota-share`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_share: Option<f64>,
    /// `--account-quotas`: whether the account's own quotas are kept to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub account_quotas: bool,
    /// `--timeout` of a request, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// `--max-retries` of a request.
    pub max_retries: Option<u32>,
    /// `--max-failures`.
    pub max_failures: Option<u64>,
    /// `--max-cost`.
    pub max_cost: Option<Usd>,
    /// `--baseline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// `--margin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// `--gate`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// `--noise-floor`: whether the baseline is asked a second time, as a model of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub noise_floor: bool,
    /// `--stop-early`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stop_early: bool,
    /// `--allow-exec`: whether checks may start programs.
    pub allow_exec: bool,
    /// `--record` folder.
    pub record: Option<String>,
    /// `--replay` folder.
    pub replay: Option<String>,
    /// `--cache` folder.
    pub cache: Option<String>,
    /// `--pricing` file.
    pub pricing: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--batch` and its flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchOptions>,
}

/// How a run orders from batch inference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchOptions {
    /// `--batch`: where files go, such as `s3://bucket/prefix`.
    pub place: String,
    /// `--batch-role`.
    pub role: String,
    /// `--batch-job`: ARNs of jobs that were begun elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<String>,
    /// `--batch-fewest`: questions to a model that are worth a job.
    pub fewest: u64,
    /// `--endpoint-url`, as it was given: what is configured is not where jobs are begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
}

/// A suite of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteRecord {
    /// Its name, unique in the run.
    pub name: String,
    /// Where it was read from.
    pub path: String,
    /// Cases chosen.
    pub cases: u64,
    /// Names of its prompts, in order.
    pub prompts: Vec<String>,
    /// Digests of their contents, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt_digests: Vec<String>,
    /// Its model entries, in order.
    pub models: Vec<ModelRecord>,
    /// Its judges; each is one for all checks that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<JudgeRecord>,
    /// The label that others are compared with, where the suite names one.
    pub baseline: Option<String>,
    /// The non-inferiority margin that was declared, as a fraction.
    pub margin: Option<f64>,
    /// What must hold; without any, every trial must pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
}

impl SuiteRecord {
    /// Returns the name of the prompt at `at`, which prompts without an id get from their place.
    pub fn prompt_name(&self, at: u32) -> String {
        let declared = self.prompts.get(at as usize).cloned();
        declared.unwrap_or_else(|| format!("prompt-{}", at + 1))
    }

    /// Returns the number of its prompts, one at least.
    pub fn prompt_count(&self) -> u32 {
        u32::try_from(self.prompts.len().max(1)).unwrap_or(u32::MAX)
    }
}

/// A model entry of a suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The entry's name, unique in its suite.
    pub label: String,
    /// The id that is asked.
    pub model: String,
    /// A digest of everything that changes what is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How it is asked, whatever is asked: its parameters and what else goes with every request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// Trials planned for it.
    pub planned: u64,
    /// The price row that applies; `None` where the model is unpriced.
    pub price: Option<PriceRow>,
    /// The price row of its flex tier, where it is asked in the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flex: Option<PriceRow>,
    /// Tokens, as estimated, with which every question of a prompt begins, by prompt; 0 where the model would not keep them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<u64>,
}

/// Why a run stopped before its plan was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Ctrl-C.
    Interrupted,
    /// `--max-cost` or a suite's budget.
    Budget,
    /// `--max-failures`.
    Failures,
    /// No credentials, or nobody may be asked.
    Denied,
    /// A day's quota is used up.
    DayQuota,
    /// Every verdict was there, with `--stop-early`.
    Early,
}
