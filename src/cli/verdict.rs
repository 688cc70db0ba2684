//! The exit code of a run, from what was counted: without gates, every trial must pass.

use jiff::Timestamp;

use super::exit::Exit;
use crate::journal::{Record, Stopped, TrialStatus};
use crate::model::ErrorKind;
use crate::report::Report;

/// Returns what one trial means for the run.
pub(super) fn of_trial(record: &Record) -> Exit {
    match record.status {
        TrialStatus::Passed => Exit::Done,
        TrialStatus::Failed => Exit::Failed,
        TrialStatus::Undecided => Exit::Incomplete,
        TrialStatus::Error => match record.error.as_ref().map(|error| error.kind) {
            Some(ErrorKind::Denied | ErrorKind::Credentials) => Exit::Denied,
            _ => Exit::Incomplete,
        },
    }
}

/// Returns what the end of a run means: `None` if it was killed.
pub(super) fn of_run(report: &Report, end: Option<(Timestamp, Option<Stopped>)>) -> Exit {
    let by_end = match end.and_then(|(_, stopped)| stopped) {
        Some(Stopped::Interrupted) => Exit::Interrupted,
        Some(Stopped::Budget) => Exit::Budget,
        Some(Stopped::Denied) => Exit::Denied,
        Some(Stopped::Failures | Stopped::DayQuota) => Exit::Incomplete,
        None => Exit::Done,
    };
    if report.run.not_asked > 0 {
        by_end.or(Exit::Incomplete)
    } else {
        by_end
    }
}
