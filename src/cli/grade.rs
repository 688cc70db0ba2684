//! `grade`: changed checks over the answers of an earlier run. Asks judges, never the models under test.

use std::path::PathBuf;

use clap::Args;

use super::args::{AwsArgs, RecordingArgs, RunDirArgs, TellArgs};
use super::error::CliError;
use super::eval::{self, Beginning, Job};
use super::exit::Exit;
use super::outputs::{OutputArgs, journal_error};
use super::progress::Progress;
use super::run_folder::RunFolder;
use super::ui::Ui;
use crate::catalog::Usd;
use crate::journal::{JournalReader, RunOptions};

const EXAMPLES: &str = "Examples:
  mcp-cli grade latest
  mcp-cli grade 20261122-101530 --suite suites/stricter.yaml --format json";

/// Judge the answers of a recorded run anew, with the checks that its suites have now
///
/// Makes a new run of them. No model under test is asked, only judges are; an answer
/// belongs to a question as long as suite, case, prompt, model and the prompt's variables
/// are the same. What has none counts as not asked. Exit codes are those of `eval`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub(super) struct GradeArgs {
    /// A run's folder, its id, the beginning of one, or `latest`
    #[arg(default_value = "latest")]
    run: String,
    /// Suite files or folders in place of those that the run had; the suites' names must be the same
    #[arg(long = "suite", value_name = "PATH")]
    suites: Vec<PathBuf>,
    /// Stop before spending more than this many US dollars on judges
    #[arg(long, value_name = "USD")]
    max_cost: Option<Usd>,
    /// Let checks start programs: `python` and `exec`
    #[arg(long)]
    allow_exec: bool,
    #[command(flatten)]
    recordings: RecordingArgs,
    #[command(flatten)]
    runs: RunDirArgs,
    #[command(flatten)]
    aws: AwsArgs,
    #[command(flatten)]
    outputs: OutputArgs,
    /// Progress on stderr
    #[arg(long, value_enum, default_value = "auto")]
    progress: Progress,
    #[command(flatten)]
    tell: TellArgs,
}

pub(super) fn run(args: &GradeArgs, ui: &Ui) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let folder = RunFolder::find(&args.runs.run_dir, &args.run)?;
    let reader = JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
    let header = reader.header();
    let job = Job {
        options: args.options(&header.options),
        seed: header.run.seed,
        run_dir: &args.runs.run_dir,
        outputs: &args.outputs,
        progress: args.progress,
        tell: &args.tell,
        beginning: Beginning::Graded(folder),
        only: None,
    };
    eval::carry_out(job, ui)
}

impl GradeArgs {
    /// Returns the options of the run with those of the flags: what was chosen of the suites stays chosen.
    fn options(&self, earlier: &RunOptions) -> RunOptions {
        let paths = self.suites.iter().map(|path| path.display().to_string());
        let paths: Vec<String> = paths.collect();
        let recordings = self.recordings.options();
        self.aws.over(RunOptions {
            paths: if paths.is_empty() {
                earlier.paths.clone()
            } else {
                paths
            },
            max_cost: self.max_cost,
            max_failures: None,
            allow_exec: self.allow_exec,
            record: recordings.record,
            replay: recordings.replay,
            cache: recordings.cache,
            ..earlier.clone()
        })
    }
}
