//! Trials without a completion, gathered by kind and by what was said.

use super::safe::{name, one_line};
use crate::journal::{Header, Record};

/// Errors of one kind.
#[derive(Debug)]
pub(super) struct Errors {
    /// The kind.
    pub(super) kind: &'static str,
    /// The labels.
    pub(super) labels: Vec<String>,
    /// How many trials.
    pub(super) count: u64,
    /// What the first said.
    pub(super) message: String,
    /// Whether others said something else.
    pub(super) differ: bool,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

impl Errors {
    /// Returns what stands before the message, such as `3 × timeout (haiku, sonnet)`.
    pub(super) fn heading(&self) -> String {
        let first = if self.differ { ", the first" } else { "" };
        let labels = self.labels.join(", ");
        format!("{} × {} ({labels}){first}", self.count, self.kind)
    }
}

/// Counts the error of a trial under its kind and label.
pub(super) fn add_error(all: &mut Vec<Errors>, header: &Header, record: &Record) {
    let suite = header.suites.get(record.at.suite as usize);
    let model = suite.and_then(|suite| suite.models.get(record.at.model as usize));
    let label = model.map(|model| name(&model.label)).unwrap_or_default();
    let error = record.error.as_ref();
    let kind = error.map_or("unknown", |error| error.kind.as_str());
    let message = error.map(|error| one_line(&error.message));
    let message = message.unwrap_or_default();
    let mut known = all.iter_mut();
    if let Some(errors) = known.find(|errors| errors.kind == kind && errors.labels[0] == label) {
        errors.count += 1;
        errors.differ |= errors.message != message;
        return;
    }
    all.push(Errors {
        kind,
        labels: vec![label],
        count: 1,
        message,
        differ: false,
        hint: error.and_then(|error| error.hint.as_deref()).map(one_line),
    });
}

/// Returns the errors with those that say the same of several labels as one.
pub(super) fn merged(errors: Vec<Errors>) -> Vec<Errors> {
    let mut merged: Vec<Errors> = Vec::new();
    for more in errors {
        let same = |known: &&mut Errors| {
            !known.differ
                && !more.differ
                && (known.kind, &known.message, &known.hint)
                    == (more.kind, &more.message, &more.hint)
        };
        match merged.iter_mut().find(same) {
            Some(known) => {
                known.count += more.count;
                known.labels.extend(more.labels);
            }
            None => merged.push(more),
        }
    }
    merged
}
