//! What the list of cases shows of every question: a column for each, so that it packs well and filters fast.

use serde::Serialize;

use super::question::Open;
use crate::check::Status;
use crate::journal::{Header, Record, TrialStatus};
use crate::report::trouble::reason;
use crate::text::shortened;

/// Characters of a reason that a list shows.
const REASON: usize = 160;

/// The columns of the list.
#[derive(Default, Serialize)]
pub(super) struct Index {
    name: Vec<String>,
    suite: Vec<u32>,
    prompt: Vec<u32>,
    tags: Vec<String>,
    /// A letter for each model of the suite: passed, failed, mixed repeats, undecided, error, or `-` where it was not asked.
    status: Vec<String>,
    /// Why the first trial that did not pass came out so.
    reason: Vec<String>,
    /// The slowest answer, in whole milliseconds.
    latency: Vec<Option<f64>>,
    /// What all answers cost, in dollars; null if something is unpriced.
    cost: Vec<Option<f64>>,
}

impl Index {
    pub(super) fn add(&mut self, header: &Header, open: &Open) {
        let (Some(first), Some(suite)) =
            (open.records.first(), header.suites.get(open.suite as usize))
        else {
            return;
        };
        self.name.push(first.case.clone());
        self.suite.push(open.suite);
        self.prompt.push(open.prompt);
        self.tags.push(first.tags.join(" "));
        let letters = (0u32..).zip(&suite.models).map(|(model, _)| {
            let own = open
                .records
                .iter()
                .filter(|record| record.at.model == model);
            letter(own.map(|record| record.status))
        });
        self.status.push(letters.collect());
        let reasons = open.records.iter().find_map(why);
        self.reason.push(reasons.unwrap_or_default());
        let times = open.records.iter().filter_map(|record| record.latency_ms);
        self.latency.push(times.reduce(f64::max).map(f64::round));
        let costs = open.records.iter().map(|record| {
            let model = suite.models.get(record.at.model as usize);
            record.cost(model.and_then(|model| model.price.as_ref()))
        });
        let cost = costs.sum::<Option<crate::catalog::Usd>>();
        self.cost.push(cost.map(crate::catalog::Usd::to_f64));
    }
}

/// Returns the letter of all repeats of one model.
fn letter(statuses: impl Iterator<Item = TrialStatus>) -> char {
    let letters = statuses.map(|status| match status {
        TrialStatus::Passed => 'p',
        TrialStatus::Failed => 'f',
        TrialStatus::Undecided => 'u',
        TrialStatus::Error => 'e',
    });
    letters
        .reduce(|so_far, next| match (so_far, next) {
            (a, b) if a == b => a,
            // What could not be judged says nothing of the others.
            ('u' | 'e', judged @ ('p' | 'f' | 'm')) | (judged @ ('p' | 'f' | 'm'), 'u' | 'e') => {
                judged
            }
            ('u' | 'e', other) => other,
            _ => 'm',
        })
        .unwrap_or('-')
}

/// Returns why a trial did not pass, if it did not.
fn why(record: &Record) -> Option<String> {
    let text = match record.status {
        TrialStatus::Passed => return None,
        TrialStatus::Failed => reason(record, Status::Failed),
        TrialStatus::Undecided => reason(record, Status::Undecided),
        TrialStatus::Error => {
            let error = record.error.as_ref()?;
            format!("{}: {}", error.kind.as_str(), error.message)
        }
    };
    Some(shortened(&text, REASON))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_have_one_letter() {
        use TrialStatus::{Error, Failed, Passed, Undecided};
        for (statuses, expected) in [
            (&[][..], '-'),
            (&[Passed, Passed], 'p'),
            (&[Passed, Failed, Passed], 'm'),
            (&[Failed, Failed], 'f'),
            (&[Error, Passed], 'p'),
            (&[Undecided, Error], 'e'),
            (&[Passed, Error, Failed], 'm'),
        ] {
            assert_eq!(letter(statuses.iter().copied()), expected, "{statuses:?}");
        }
    }
}
