//! What the list of cases shows of every question: a column for each, so that it packs well and filters fast.

use std::io::Write;

use serde::Serialize;

use super::packed::Packed;
use crate::catalog::Usd;
use crate::check::Status;
use crate::journal::{Header, Record, TrialStatus};
use crate::report::trouble::reason;
use crate::text::shortened;

/// Characters of a reason that a list shows.
const REASON: usize = 160;

/// The columns of the list.
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

/// Values as JSON with commas between, packed as they come: a few bytes each, where strings of their own would take a hundred.
struct Column {
    values: Packed,
    is_begun: bool,
}

impl Column {
    /// Begins the member `name` of an object, the first one or another.
    fn of(name: &str, is_first: bool) -> Self {
        let mut values = Packed::default();
        let before = if is_first { '{' } else { ',' };
        write!(values, "{before}\"{name}\":[").expect("text into memory");
        Self {
            values,
            is_begun: false,
        }
    }

    fn push(&mut self, value: impl Serialize) {
        if self.is_begun {
            self.values.write_all(b",").expect("text into memory");
        }
        self.is_begun = true;
        serde_json::to_writer(&mut self.values, &value).expect("plain data into memory");
    }

    fn into_part(mut self) -> Vec<u8> {
        self.values.write_all(b"]").expect("text into memory");
        self.values.into_part()
    }
}

/// What the list says of one question, gathered trial by trial.
pub(super) struct Row {
    name: String,
    suite: u32,
    prompt: u32,
    tags: String,
    /// Repeats so far, by model.
    status: Vec<Option<Letter>>,
    reason: Option<String>,
    latency: Option<f64>,
    cost: Option<Usd>,
}

impl Row {
    /// Begins with the question of a record.
    pub(super) fn of(header: &Header, record: &Record) -> Self {
        let suite = header.suites.get(record.at.suite as usize);
        Self {
            name: record.case.clone(),
            suite: record.at.suite,
            prompt: record.at.prompt,
            tags: record.tags.join(" "),
            status: vec![None; suite.map_or(0, |suite| suite.models.len())],
            reason: None,
            latency: None,
            cost: Some(Usd::ZERO),
        }
    }

    /// Takes in a trial.
    pub(super) fn add(&mut self, header: &Header, record: &Record) {
        let suite = header.suites.get(record.at.suite as usize);
        let model = suite.and_then(|suite| suite.models.get(record.at.model as usize));
        if let Some(letter) = self.status.get_mut(record.at.model as usize) {
            let next = Letter::of(record.status);
            *letter = Some(letter.map_or(next, |so_far| so_far.and(next)));
        }
        if self.reason.is_none() {
            self.reason = why(record);
        }
        self.latency = self
            .latency
            .into_iter()
            .chain(record.latency_ms)
            .reduce(f64::max);
        let cost = record.cost(model.and_then(|model| model.price.as_ref()));
        self.cost = self.cost.zip(cost).map(|(sum, cost)| sum + cost);
    }
}

impl Default for Index {
    fn default() -> Self {
        Self {
            name: Column::of("name", true),
            suite: Column::of("suite", false),
            prompt: Column::of("prompt", false),
            tags: Column::of("tags", false),
            status: Column::of("status", false),
            reason: Column::of("reason", false),
            latency: Column::of("latency", false),
            cost: Column::of("cost", false),
        }
    }
}

impl Index {
    pub(super) fn add(&mut self, row: &Row) {
        self.name.push(&row.name);
        self.suite.push(row.suite);
        self.prompt.push(row.prompt);
        self.tags.push(&row.tags);
        let letters = row.status.iter();
        let letters = letters.map(|letter| letter.map_or('-', |Letter(letter)| letter));
        self.status.push(letters.collect::<String>());
        self.reason.push(row.reason.as_deref().unwrap_or_default());
        self.latency.push(row.latency.map(f64::round));
        self.cost.push(row.cost.map(Usd::to_f64));
    }

    /// Returns it as JSON, an object of lists: the parts of one packed stream.
    pub(super) fn into_parts(self) -> impl Iterator<Item = Vec<u8>> {
        let columns = [
            self.name,
            self.suite,
            self.prompt,
            self.tags,
            self.status,
            self.reason,
            self.latency,
            self.cost,
        ];
        let mut end = Packed::default();
        end.write_all(b"}").expect("text into memory");
        let parts = columns.into_iter().map(Column::into_part);
        parts.chain(std::iter::once_with(|| end.into_last()))
    }
}

/// What all repeats of one model came to.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Letter(char);

impl Letter {
    fn of(status: TrialStatus) -> Self {
        Self(match status {
            TrialStatus::Passed => 'p',
            TrialStatus::Failed => 'f',
            TrialStatus::Undecided => 'u',
            TrialStatus::Error => 'e',
        })
    }

    /// Returns the letter of these repeats and one more.
    fn and(self, next: Self) -> Self {
        Self(match (self.0, next.0) {
            (a, b) if a == b => a,
            // What could not be judged says nothing of the others.
            ('u' | 'e', judged @ ('p' | 'f' | 'm')) | (judged @ ('p' | 'f' | 'm'), 'u' | 'e') => {
                judged
            }
            ('u' | 'e', other) => other,
            _ => 'm',
        })
    }
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
            (&[Passed, Passed][..], 'p'),
            (&[Passed, Failed, Passed], 'm'),
            (&[Failed, Failed], 'f'),
            (&[Error, Passed], 'p'),
            (&[Undecided, Error], 'e'),
            (&[Passed, Error, Failed], 'm'),
        ] {
            let letters = statuses.iter().map(|status| Letter::of(*status));
            let all = letters.reduce(Letter::and);
            assert_eq!(all, Some(Letter(expected)), "{statuses:?}");
        }
    }
}
