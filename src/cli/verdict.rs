//! The exit code of a run, from what was counted: without gates, every trial must pass; with gates, they decide. A shard says nothing
//! of quality: the run that it is merged into does.

use jiff::Timestamp;

use super::exit::Exit;
use crate::gate::{Quantity, Rule};
use crate::journal::{Header, Record, Stopped, TrialStatus};
use crate::model::ErrorKind;
use crate::report::Report;

/// Returns what one trial means for the run.
pub(super) fn of_trial(header: &Header, record: &Record) -> Exit {
    let suite = header.suites.get(record.at.suite as usize);
    let gates = suite.map_or(&[][..], |suite| &suite.gates);
    // A suite that says how complete it must be lets its gate decide about what is missing.
    let counts_missing = gates.iter().any(|gate| {
        let is_completeness = matches!(
            &gate.rule,
            Rule::Bound {
                quantity: Quantity::Completeness,
                ..
            }
        );
        let label = suite.and_then(|suite| suite.models.get(record.at.model as usize));
        let judged =
            gate.models.is_empty() || label.is_some_and(|model| gate.models.contains(&model.label));
        is_completeness && judged
    });
    match record.status {
        TrialStatus::Failed if gates.is_empty() && header.options.shard.is_none() => Exit::Failed,
        TrialStatus::Undecided if counts_missing => Exit::Done,
        TrialStatus::Passed | TrialStatus::Failed => Exit::Done,
        TrialStatus::Undecided => Exit::Incomplete,
        TrialStatus::Error => match record.error.as_ref().map(|error| error.kind) {
            Some(ErrorKind::Denied | ErrorKind::Credentials) => Exit::Denied,
            _ if counts_missing => Exit::Done,
            _ => Exit::Incomplete,
        },
    }
}

/// Returns what gates and the end of a run mean: `None` if it was killed.
pub(super) fn of_run(
    header: &Header,
    report: &Report,
    end: Option<(Timestamp, Option<Stopped>)>,
) -> Exit {
    let by_end = match end.and_then(|(_, stopped)| stopped) {
        Some(Stopped::Interrupted) => Exit::Interrupted,
        Some(Stopped::Budget) => Exit::Budget,
        Some(Stopped::Denied) => Exit::Denied,
        Some(Stopped::Failures | Stopped::DayQuota) => Exit::Incomplete,
        Some(Stopped::Early) | None => Exit::Done,
    };
    let exit = match header.options.shard {
        Some(_) => by_end,
        None => by_end.or(of_gates(report)),
    };
    let early = report.run.stopped_by == Some(Stopped::Early);
    if report.run.not_asked > 0 && !early {
        exit.or(Exit::Incomplete)
    } else {
        exit
    }
}

/// Returns what gates mean.
pub(super) fn of_gates(report: &Report) -> Exit {
    let gates = report.gates.iter();
    let each = gates.map(|gate| match gate.status.as_str() {
        "passed" => Exit::Done,
        // What is missing is no quality, whatever bound says how much of it is too much.
        "failed" if !gate.gate.starts_with("completeness") => Exit::Failed,
        _ => Exit::Incomplete,
    });
    each.fold(Exit::Done, Exit::or)
}
