//! What a human said of an answer, and what the check says of the same: how far its judges can be trusted.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
