//! `results.jsonl`: one object per trial.
//!
//! A promise like [`Report`](super::Report): the fields, their order and their spelling are public.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::build::milliseconds;
use super::document::Tokens;
use super::schema;
use crate::catalog::Usd;
use crate::check::{ByPlace, CheckResult, Labelled, Opinion, Status};
use crate::journal::{ErrorRecord, Header, Record, TrialStatus, TurnRecord};
use crate::model::{ErrorKind, Json, ToolCall};
use crate::text::json_text;

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultLine {
    /// The suite's name.
    pub suite: String,
    /// The case's name.
    pub case: String,
    /// Hash of suite and case names.
    pub case_id: String,
    /// Hash of prompts, variables and checks.
    pub case_hash: String,
    /// The id that was asked.
    pub model: String,
    /// The label of the model entry.
    pub label: String,
    /// The prompt's name.
    pub prompt: String,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// The case's variables.
    #[schemars(with = "Map<String, Value>")]
    pub vars: Json,
    /// The case's tags.
    pub tags: Vec<String>,
    /// How the trial ended.
    #[schemars(schema_with = "schema::trial_status")]
    pub status: TrialStatus,
    /// 0..=1; null for errors and where it could not be decided.
    pub score: Option<f64>,
    /// The output that was judged; structure as JSON text.
    #[schemars(with = "Option<String>")]
    pub output: Option<Json>,
    /// Tools that the model called.
    pub tool_calls: Vec<ResultToolCall>,
    /// A conversation turn by turn; left out where there was one turn. `output` is the last answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<ResultTurn>,
    /// Why the model stopped.
    pub stop_reason: Option<String>,
    /// The checks, in the order of the suite.
    pub checks: Vec<ResultCheck>,
    /// Tokens of all attempts that were billed.
    pub usage: Tokens,
    /// What the answer cost, billed retries included, whether paid now or recorded; null if unpriced.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub cost_usd: Option<Usd>,
    /// What was charged in this run.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub paid_usd: Option<Usd>,
    /// What judges cost.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub judge_cost_usd: Option<Usd>,
    /// Latency of the successful attempt, client side.
    pub latency_ms: Option<f64>,
    /// The latency that Bedrock reports.
    pub service_latency_ms: Option<u64>,
    /// Time to the first token, where streamed.
    pub ttft_ms: Option<f64>,
    /// Time spent queueing and backing off.
    pub wait_ms: f64,
    /// How many calls were made.
    pub attempts: u64,
    /// Why there is no completion.
    pub error: Option<ResultError>,
    /// Whether the answer came from a recording.
    pub recorded: bool,
    /// Whether tokens or a price had to be estimated.
    pub estimated: bool,
}

/// A tool that the model called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultToolCall {
    /// Names the call within its answer.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments.
    pub input: Value,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultTurn {
    /// What the user said.
    pub user: String,
    /// What the model answered.
    pub output: String,
    /// Tools that it called.
    pub tool_calls: Vec<ResultToolCall>,
    /// How long it took.
    pub latency_ms: f64,
}

/// What a check decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultCheck {
    /// The type as the suite wrote it.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it came out.
    #[schemars(schema_with = "schema::check_status")]
    pub status: Status,
    /// Its score; null where undecided.
    pub score: Option<f64>,
    /// One sentence why.
    pub reason: String,
    /// The metric that the score counts for.
    pub metric: Option<String>,
    /// Its weight in the trial's score.
    pub weight: f64,
    /// What each judge found each time, before `not-`; left out where no judge was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<ResultOpinion>,
    /// What a human and the check say of the answers that a human has judged; left out without such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<ResultLabel>,
}

/// What a human and a check say of one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultLabel {
    /// Whether the human lets it pass.
    pub human: bool,
    /// Whether the check does; null where undecided.
    pub judge: Option<bool>,
}

/// What a judge found once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultOpinion {
    /// The judge's label.
    pub judge: String,
    /// Whether it found the property; null if its answer could not be read, or did not come.
    pub pass: Option<bool>,
    /// Its score.
    pub score: Option<f64>,
    /// Whether it chose by place: `no`, `first`, `last`; left out where it did not see two answers in both orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::by_place")]
    pub by_place: Option<ByPlace>,
}

/// Why there is no completion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultError {
    /// The kind.
    #[schemars(schema_with = "schema::error_kind")]
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

impl ResultLine {
    /// Returns the line of a record of this header's journal; a record outside the header's plan has empty names.
    pub fn of(header: &Header, record: Record) -> Self {
        let suite = header.suites.get(record.at.suite as usize);
        let model = suite.and_then(|suite| suite.models.get(record.at.model as usize));
        let price = model.and_then(|model| model.price.as_ref());
        let prompt = suite.map(|suite| suite.prompt_name(record.at.prompt));
        Self {
            suite: suite.map(|suite| suite.name.clone()).unwrap_or_default(),
            model: model.map(|model| model.model.clone()).unwrap_or_default(),
            label: model.map(|model| model.label.clone()).unwrap_or_default(),
            prompt: prompt.unwrap_or_default(),
            repeat: record.at.repeat,
            usage: record.usage().into(),
            cost_usd: record.cost(price),
            paid_usd: record.paid(price),
            judge_cost_usd: record.judge_cost(suite.map_or(&[][..], |suite| &suite.judges)),
            latency_ms: record.latency_ms.map(milliseconds),
            service_latency_ms: record.service_latency_ms,
            ttft_ms: record.ttft_ms.map(milliseconds),
            wait_ms: milliseconds(record.wait_ms),
            attempts: record.attempts.len() as u64,
            recorded: record.is_recorded(),
            estimated: record.is_estimated(price),
            case: record.case,
            case_id: record.case_id,
            case_hash: record.case_hash,
            vars: record.vars,
            tags: record.tags,
            status: record.status,
            score: record.score,
            output: record.output.map(string_of),
            tool_calls: record
                .tool_calls
                .into_iter()
                .map(ResultToolCall::from)
                .collect(),
            turns: record.turns.into_iter().map(ResultTurn::from).collect(),
            stop_reason: record.stop_reason,
            checks: record.checks.into_iter().map(ResultCheck::from).collect(),
            error: record.error.map(ResultError::from),
        }
    }
}

/// Returns an output as text: text as it is, structure as JSON.
pub(super) fn text_of(output: &Json) -> String {
    match output.value() {
        Value::String(text) => text,
        other => json_text(&other),
    }
}

/// Returns the JSON string of an output's text.
fn string_of(output: Json) -> Json {
    if output.is_string() {
        output
    } else {
        Json::of(&text_of(&output))
    }
}

impl From<ToolCall> for ResultToolCall {
    fn from(call: ToolCall) -> Self {
        Self {
            id: call.id,
            name: call.name,
            input: call.input,
        }
    }
}

impl From<TurnRecord> for ResultTurn {
    fn from(turn: TurnRecord) -> Self {
        Self {
            user: turn.user,
            output: turn.output,
            tool_calls: turn
                .tool_calls
                .into_iter()
                .map(ResultToolCall::from)
                .collect(),
            latency_ms: milliseconds(turn.latency_ms),
        }
    }
}

impl From<CheckResult> for ResultCheck {
    fn from(check: CheckResult) -> Self {
        Self {
            kind: check.kind,
            status: check.status,
            score: check.score,
            reason: check.reason,
            metric: check.metric,
            weight: check.weight,
            opinions: check
                .opinions
                .into_iter()
                .map(ResultOpinion::from)
                .collect(),
            labels: check.labels.into_iter().map(ResultLabel::from).collect(),
        }
    }
}

impl From<Labelled> for ResultLabel {
    fn from(labelled: Labelled) -> Self {
        Self {
            human: labelled.human,
            judge: labelled.judge,
        }
    }
}

impl From<Opinion> for ResultOpinion {
    fn from(opinion: Opinion) -> Self {
        Self {
            judge: opinion.judge,
            pass: opinion.pass,
            score: opinion.score,
            by_place: opinion.by_place,
        }
    }
}

impl From<ErrorRecord> for ResultError {
    fn from(error: ErrorRecord) -> Self {
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
