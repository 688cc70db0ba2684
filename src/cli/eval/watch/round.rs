//! One round of watching: the suites that a change touches, in a few lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::super::{Beginning, EvalArgs, Job, carry_on};
use crate::check::Status;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::outputs::Shown;
use crate::cli::ui::{Ui, plural};
use crate::journal::{Record, RunOptions, TrialStatus};
use crate::report::{Format, Report, safe_text};

/// Cases that did not pass and are named.
const NAMED: usize = 8;

/// One round.
pub(super) struct Round<'a> {
    pub(super) number: u64,
    /// The suites that are run.
    pub(super) suites: &'a BTreeSet<PathBuf>,
    /// What changed; `None` in the first round.
    pub(super) changed: Option<&'a BTreeSet<PathBuf>>,
}

impl Round<'_> {
    /// Runs the suites and shows what came of it. An error is shown too: it is mended by the next change.
    pub(super) fn run(&self, args: &EvalArgs, options: &RunOptions, ui: &Ui) -> Exit {
        if let Some(changed) = self.changed {
            ui.note(&safe_text(&why(self.number, changed)));
        }
        let job = Job {
            options: options.clone(),
            seed: args.seed,
            run_dir: &args.run_dir,
            outputs: &args.outputs,
            progress: args.progress,
            tell: &args.tell,
            beginning: Beginning::New,
            only: Some(self.suites),
        };
        let shown = carry_on(job, ui).and_then(|finished| self.show(finished.shown, args, ui));
        shown.unwrap_or_else(|error: CliError| ui.error(&error))
    }

    fn show(&self, mut shown: Shown, args: &EvalArgs, ui: &Ui) -> Result<Exit, CliError> {
        if args.outputs.stdout() == Format::Terminal {
            shown.write_files(&args.outputs)?;
            let mut told = Vec::new();
            let mut others = 0;
            shown.each(|record| {
                if record.status == TrialStatus::Passed {
                } else if told.len() < NAMED {
                    told.push(line(&record));
                } else {
                    others += 1;
                }
            })?;
            ui.print(&safe_text(&summary(
                self.number,
                shown.report(),
                &told,
                others,
            )))?;
        } else {
            shown.write(&args.outputs, ui)?;
        }
        Ok(shown.exit())
    }
}

/// Says what changed.
fn why(number: u64, changed: &BTreeSet<PathBuf>) -> String {
    let mut names = changed.iter().map(|path| path.display().to_string());
    let first = names.next().unwrap_or_default();
    match names.count() {
        0 => format!("round {number}: {first} has changed"),
        more => format!(
            "round {number}: {first} and {} have changed",
            plural(more as u64, "other file")
        ),
    }
}

/// Returns a trial that did not pass as a line.
fn line(record: &Record) -> String {
    let reason = record.error.as_ref().map(|error| error.message.clone());
    let mut checks = record.checks.iter();
    let failed = checks.find(|check| check.status != Status::Passed);
    let reason = reason.or_else(|| failed.map(|check| check.reason.clone()));
    let status = record.status.as_str();
    format!("{status}: {}: {}", record.case, reason.unwrap_or_default())
}

/// Returns what a round came to.
fn summary(number: u64, report: &Report, told: &[String], others: u64) -> String {
    let mut text = String::new();
    for row in report.models.iter().filter(|row| row.suite.is_some()) {
        let counts = &row.counts;
        let suite = row.suite.as_deref().unwrap_or_default();
        let _ = write!(text, "{suite} {}: {} passed", row.label, counts.passed);
        for (count, what) in [
            (counts.failed, "failed"),
            (counts.undecided, "undecided"),
            (counts.errors, "errors"),
            (counts.not_asked.unwrap_or_default(), "not asked"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        }
        text.push('\n');
    }
    for line in told {
        let _ = writeln!(text, "  {line}");
    }
    if others > 0 {
        let _ = writeln!(text, "  and {others} more");
    }
    let paid = report
        .cost
        .total_usd
        .map_or("unpriced".to_owned(), |usd| format!("${usd}"));
    let _ = writeln!(
        text,
        "round {number}: {}, {paid} paid, run {}",
        verdict(report),
        report.run.id
    );
    text
}

fn verdict(report: &Report) -> &'static str {
    match report.exit_code {
        0 => "all as it should be",
        1 => "not all as it should be",
        _ => "incomplete",
    }
}
