//! What the list of cases shows of every question: a column for each, so that it packs well and filters fast.

use serde::Serialize;

use super::question::Open;
use crate::catalog::Usd;
use crate::check::Status;
use crate::journal::{Header, Record, TrialStatus};
use crate::report::trouble::reason;
use crate::text::shortened;

/// Characters of a reason that a list shows.
const REASON: usize = 160;

/// The columns of the list.
#[derive(Default)]
pub(super) struct Index {
    name: Column,
    suite: Column,
    prompt: Column,
    tags: Column,
    /// A letter for each model of the suite: passed, failed, mixed repeats, undecided, error, or `-` where it was not asked.
    status: Column,
    /// Why the first trial that did not pass came out so.
    reason: Column,
    /// The slowest answer, in whole milliseconds.
    latency: Column,
    /// What all answers cost, in dollars; null if something is unpriced.
    cost: Column,
}

/// Values as JSON with commas between: a few bytes each, where strings of their own would take a hundred.
#[derive(Default)]
struct Column(Vec<u8>);

impl Column {
    fn push(&mut self, value: impl Serialize) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        serde_json::to_writer(&mut self.0, &value).expect("plain data into memory");
    }
}

impl Index {
    pub(super) fn add(&mut self, header: &Header, open: &Open) {
        let (Some(first), Some(suite)) =
            (open.records.first(), header.suites.get(open.suite as usize))
        else {
            return;
        };
        self.name.push(&first.case);
        self.suite.push(open.suite);
        self.prompt.push(open.prompt);
        self.tags.push(first.tags.join(" "));
        let letters = (0u32..).zip(&suite.models).map(|(model, _)| {
            let own = open.records.iter();
            let own = own.filter(|record| record.at.model == model);
            letter(own.map(|record| record.status))
        });
        self.status.push(letters.collect::<String>());
        let reasons = open.records.iter().find_map(why);
        self.reason.push(reasons.unwrap_or_default());
        let times = open.records.iter().filter_map(|record| record.latency_ms);
        self.latency.push(times.reduce(f64::max).map(f64::round));
        let costs = open.records.iter().map(|record| {
            let model = suite.models.get(record.at.model as usize);
            record.cost(model.and_then(|model| model.price.as_ref()))
        });
        let cost = costs.sum::<Option<Usd>>();
        self.cost.push(cost.map(Usd::to_f64));
    }

    /// Returns it as JSON: an object of lists.
    pub(super) fn into_json(self) -> Vec<u8> {
        let columns = [
            ("name", self.name),
            ("suite", self.suite),
            ("prompt", self.prompt),
            ("tags", self.tags),
            ("status", self.status),
            ("reason", self.reason),
            ("latency", self.latency),
            ("cost", self.cost),
        ];
        let mut json = Vec::new();
        for (name, Column(values)) in columns {
            json.push(if json.is_empty() { b'{' } else { b',' });
            json.extend_from_slice(format!("\"{name}\":[").as_bytes());
            json.extend_from_slice(&values);
            json.push(b']');
        }
        json.push(b'}');
        json
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
