//! What a human said of an answer, and what the check says of the same: how far its judges can be trusted.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::Check;
use super::metrics::Metrics;
use super::subject::Subject;
use super::verdict::Status;

/// An answer that a human has judged by the text of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The answer, text.
    pub answer: Value,
    /// Whether the human lets it pass.
    pub pass: bool,
}

/// What both said of one labelled answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Whether the human lets it pass.
    pub human: bool,
    /// Whether the check does; `None` where that is undecided.
    pub judge: Option<bool>,
}

impl Check {
    /// Judges the answers that a human has judged as if each were the answer.
    pub(super) fn labelled(&self, subject: &Subject<'_>) -> Vec<Labelled> {
        let judged = |label: &Label| {
            let subject = Subject {
                output: &label.answer,
                tool_calls: &[],
                is_labelled: true,
                ..*subject
            };
            let verdict = self.verdict(&subject, &mut Metrics::default());
            let judge = match verdict.map(|verdict| verdict.status) {
                Ok(Status::Passed) => Some(true),
                Ok(Status::Failed) => Some(false),
                Ok(Status::Undecided) | Err(_) => None,
            };
            Labelled {
                human: label.pass,
                judge,
            }
        };
        let labels = self.kind.panel().map_or(&[][..], |panel| &panel.labels);
        labels.iter().map(judged).collect()
    }
}
