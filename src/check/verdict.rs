//! What a check decided.

use serde::{Deserialize, Serialize};

use super::judge::Opinion;
use super::label::Labelled;

/// How a check, or a whole trial, came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The property holds.
    Passed,
    /// It does not.
    Failed,
    /// It could not be decided: a price, a measurement or an answer is missing.
    Undecided,
}

/// A check's judgement of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How it came out.
    pub status: Status,
    /// 0..=1 as a rule; `None` where undecided.
    pub score: Option<f64>,
    /// One sentence why, with what was expected and what was found.
    pub reason: String,
    /// Whether `not-` keeps the score: a number that an expression or a program gave stays what it is.
    pub keeps_score: bool,
    /// What each judge found each time, where judges were asked.
    pub opinions: Vec<Opinion>,
    /// Whether it does not count in the trial's score, whatever its check weighs.
    pub weightless: bool,
}

impl Verdict {
    /// Returns a verdict of `holds` with score 1 or 0.
    pub fn of(holds: bool, reason: impl Into<String>) -> Self {
        Self {
            status: if holds {
                Status::Passed
            } else {
                Status::Failed
            },
            score: Some(if holds { 1.0 } else { 0.0 }),
            reason: reason.into(),
            keeps_score: false,
            opinions: Vec::new(),
            weightless: false,
        }
    }

    /// Returns a verdict of `holds` with a score between right and wrong.
    pub fn scored(holds: bool, score: f64, reason: impl Into<String>) -> Self {
        Self {
            score: Some(score),
            ..Self::of(holds, reason)
        }
    }

    /// Returns the verdict as one that fails, with its score.
    #[must_use]
    pub fn failed(self) -> Self {
        Self {
            status: Status::Failed,
            ..self
        }
    }

    /// Returns the verdict as one that does not count in the trial's score.
    #[must_use]
    pub fn without_weight(self) -> Self {
        Self {
            weightless: true,
            ..self
        }
    }

    /// Returns the verdict with a score that `not-` keeps.
    #[must_use]
    pub fn keeping_score(self) -> Self {
        Self {
            keeps_score: true,
            ..self
        }
    }

    /// Returns a verdict that says why nothing could be decided.
    pub fn undecided(reason: impl Into<String>) -> Self {
        Self {
            status: Status::Undecided,
            score: None,
            reason: reason.into(),
            keeps_score: false,
            opinions: Vec::new(),
            weightless: false,
        }
    }

    /// Returns the verdict of the `not-` form: passed and failed change places, and so does the score as a
    /// rule.
    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            status: match self.status {
                Status::Passed => Status::Failed,
                Status::Failed => Status::Passed,
                Status::Undecided => Status::Undecided,
            },
            score: self
                .score
                .map(|score| if self.keeps_score { score } else { 1.0 - score }),
            ..self
        }
    }
}

/// One check's line in a record and in `results.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The type as the suite wrote it, `not-` included.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it came out; a check of weight 0 always passes.
    pub status: Status,
    /// Its score, or `None` where undecided.
    pub score: Option<f64>,
    /// One sentence why.
    pub reason: String,
    /// The metric that the score counts for.
    pub metric: Option<String>,
    /// Its weight in the trial's score.
    pub weight: f64,
    /// What each judge found each time, before `not-`, where judges were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Opinion>,
    /// What the check says of the answers that a human has judged, in the order of the suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Labelled>,
}
