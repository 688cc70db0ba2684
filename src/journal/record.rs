//! What a journal holds of each trial.
//!
//! These types are a promise, as those of the header are: fields may be added, none changes its meaning without the schema's
//! number going up.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::judge::JudgeCall;
use crate::catalog::{Cost, PriceRow, Usd};
use crate::check::{CheckResult, Status};
use crate::model::{ErrorKind, Json, ModelError, ToolCall, Usage};
use crate::plan::{Position, Turn};

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialStatus {
    /// Every check that matters held.
    Passed,
    /// A check failed.
    Failed,
    /// A check that matters could not be decided.
    Undecided,
    /// There was no completion to judge.
    Error,
}

impl From<Status> for TrialStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Passed => Self::Passed,
            Status::Failed => Self::Failed,
            Status::Undecided => Self::Undecided,
        }
    }
}

impl TrialStatus {
    /// Returns the status as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Undecided => "undecided",
            Self::Error => "error",
        }
    }
}

/// One call on the wire, or its recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Tokens that this attempt is billed for; `None` where nothing is.
    pub usage: Option<Usage>,
    /// Whether `usage` had to be estimated, because a stream broke before it was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// Whether it was answered by a recording, and so not paid in this run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// Whether it was answered by batch inference, and is billed at its price.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub batched: bool,
    /// The kind of failure, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<ErrorKind>,
}

impl Attempt {
    /// Returns what it is billed at `price`: nothing where it tells no tokens, `None` where the way in which it was answered has no
    /// price.
    pub fn cost(&self, price: &PriceRow) -> Option<Cost> {
        match &self.usage {
            None => Some(Cost::default()),
            Some(usage) if self.batched => price.batch_cost(usage),
            Some(usage) => Some(price.cost(usage)),
        }
    }

    /// Returns the dollars that it is billed; `None` where something is and there is no price.
    pub fn bill(&self, price: Option<&PriceRow>) -> Option<Usd> {
        billed(std::iter::once(self), price)
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnRecord {
    /// What the user said.
    pub user: String,
    /// What the model answered.
    pub output: String,
    /// Tools that it called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// How long it took, in milliseconds.
    pub latency_ms: f64,
    /// Its tokens.
    pub usage: Usage,
}

/// What the last attempt of a trial without a completion said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// The kind.
    pub kind: ErrorKind,
    /// The service's own code.
    pub code: Option<String>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// The service's words, or ours.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Bedrock's id of the call.
    pub request_id: Option<String>,
}

impl From<ModelError> for ErrorRecord {
    fn from(error: ModelError) -> Self {
        Self {
            kind: error.kind,
            code: error.code,
            http_status: error.http_status,
            message: error.message,
            hint: error.hint,
            request_id: error.request_id,
        }
    }
}

/// One trial, finished: a line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The trial's content-addressed id.
    pub id: String,
    /// Its place in the plan.
    pub at: Position,
    /// The case's name.
    pub case: String,
    /// Hash of suite and case names.
    pub case_id: String,
    /// Hash of prompts, variables and checks.
    pub case_hash: String,
    /// The line of the suite on which its test begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The case's variables, an object.
    pub vars: Json,
    /// The case's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The group that the case belongs to, for the statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// What was asked first, a string: `{system, messages}` as JSON text. Only the first model's first trial of a question has it: others
    /// are asked the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Json>,
    /// Bytes of all text of what was asked first, as estimates of tokens count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_bytes: Option<u64>,
    /// Where it stands in the order of asking, where that is not the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// How it ended.
    pub status: TrialStatus,
    /// The trial's score; `None` for errors and where it could not be decided.
    pub score: Option<f64>,
    /// The output that was judged; `None` where there was none, which is not the same as an output of `null`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub output: Option<Json>,
    /// Tools that the model called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// A conversation turn by turn, where there were several; `output` is the last answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<TurnRecord>,
    /// Why the model stopped.
    pub stop_reason: Option<String>,
    /// The checks, in the order of the suite.
    pub checks: Vec<CheckResult>,
    /// Named metrics.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// Every call, in order; empty for canned answers and for trials that were never sent.
    pub attempts: Vec<Attempt>,
    /// Every question that was put to a judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judge_calls: Vec<JudgeCall>,
    /// Latency of the successful attempt in milliseconds.
    pub latency_ms: Option<f64>,
    /// Time to its first token in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// The latency that Bedrock reports for it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_latency_ms: Option<u64>,
    /// Time spent queueing and backing off, in milliseconds.
    pub wait_ms: f64,
    /// Bedrock's id of the successful attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Why there is no completion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
}

impl Record {
    /// Returns what the trial costs at `price`, billed retries included, whether paid in this run or not.
    ///
    /// `None` if something was billed and the model is unpriced; zero if nothing was billed.
    pub fn cost(&self, price: Option<&PriceRow>) -> Option<Usd> {
        billed(self.attempts.iter(), price)
    }

    /// Returns what the trial was charged in this run: its cost without recorded attempts.
    pub fn paid(&self, price: Option<&PriceRow>) -> Option<Usd> {
        billed(
            self.attempts.iter().filter(|attempt| !attempt.recorded),
            price,
        )
    }

    /// Returns whether tokens or a price had to be estimated.
    pub fn is_estimated(&self, price: Option<&PriceRow>) -> bool {
        self.attempts.iter().any(|attempt| {
            let cost = price.and_then(|row| attempt.cost(row));
            attempt.estimated || cost.is_some_and(|cost| cost.estimated)
        })
    }

    /// Returns whether the answer came from a recording.
    pub fn is_recorded(&self) -> bool {
        self.attempts.last().is_some_and(|attempt| attempt.recorded)
    }

    /// Returns the tokens of all attempts together.
    pub fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for usage in self.attempts.iter().filter_map(|attempt| attempt.usage) {
            sum += usage;
        }
        sum
    }
}

/// Reads a value that is there: `null` is one.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(value).map(Some)
}

/// Returns what attempts are billed at `price`; `None` if something is and there is none.
pub(super) fn billed<'a>(
    attempts: impl Iterator<Item = &'a Attempt>,
    price: Option<&PriceRow>,
) -> Option<Usd> {
    let mut sum = Usd::ZERO;
    for attempt in attempts.filter(|attempt| attempt.usage.is_some()) {
        sum += attempt.cost(price?)?.usd;
    }
    Some(sum)
}
