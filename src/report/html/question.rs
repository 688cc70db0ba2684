//! One case and prompt with the trials of all models, as the page shows it when it is opened.

use serde::Serialize;

use crate::catalog::Usd;
use crate::check::{CheckResult, Status};
use crate::journal::{ErrorRecord, Header, Record, TurnRecord};
use crate::model::{Json, ToolCall, Usage};

/// A question that is being read: what its list needs, and JSON of its trials so far.
pub(super) struct Open {
    pub(super) suite: u32,
    pub(super) case: u64,
    pub(super) prompt: u32,
    /// What was asked, once a trial has told it.
    asked: Option<Json>,
    /// The question up to its last trial.
    json: Vec<u8>,
    has_trials: bool,
}

#[derive(Serialize)]
struct Trial<'a> {
    model: u32,
    repeat: u32,
    status: &'static str,
    score: Option<f64>,
    output: Option<&'a Json>,
    tool_calls: &'a [ToolCall],
    turns: &'a [TurnRecord],
    stop_reason: Option<&'a str>,
    checks: Vec<Check<'a>>,
    latency_ms: Option<f64>,
    usage: Usage,
    cost_usd: Option<Usd>,
    attempts: usize,
    recorded: bool,
    error: Option<&'a ErrorRecord>,
}

#[derive(Serialize)]
struct Check<'a> {
    r#type: &'a str,
    status: Status,
    reason: &'a str,
}

impl Open {
    /// Begins with the question of a record.
    pub(super) fn of(record: &Record) -> Self {
        #[derive(Serialize)]
        struct Beginning<'a> {
            case_id: &'a str,
            vars: &'a Json,
        }
        let mut json = json_of(&Beginning {
            case_id: &record.case_id,
            vars: &record.vars,
        });
        json.pop();
        json.extend_from_slice(b",\"trials\":[");
        Self {
            suite: record.at.suite,
            case: record.at.case,
            prompt: record.at.prompt,
            asked: None,
            json,
            has_trials: false,
        }
    }

    /// Takes in a trial; they come in the order of the plan.
    pub(super) fn add(&mut self, header: &Header, record: &Record) {
        if self.asked.is_none() {
            self.asked.clone_from(&record.asked);
        }
        if self.has_trials {
            self.json.push(b',');
        }
        self.has_trials = true;
        write_json(&mut self.json, &trial(header, record));
    }

    /// Returns it as JSON.
    pub(super) fn into_json(mut self) -> Vec<u8> {
        self.json.extend_from_slice(b"],\"asked\":");
        write_json(&mut self.json, &self.asked);
        self.json.push(b'}');
        self.json
    }
}

fn json_of(value: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::new();
    write_json(&mut json, value);
    json
}

fn write_json(json: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(json, value).expect("plain data into memory");
}

fn trial<'a>(header: &Header, record: &'a Record) -> Trial<'a> {
    let suite = header.suites.get(record.at.suite as usize);
    let model = suite.and_then(|suite| suite.models.get(record.at.model as usize));
    Trial {
        model: record.at.model,
        repeat: record.at.repeat,
        status: record.status.as_str(),
        score: record.score,
        output: record.output.as_ref(),
        tool_calls: &record.tool_calls,
        turns: &record.turns,
        stop_reason: record.stop_reason.as_deref(),
        checks: record.checks.iter().map(check).collect(),
        latency_ms: record.latency_ms,
        usage: record.usage(),
        cost_usd: record.cost(model.and_then(|model| model.price.as_ref())),
        attempts: record.attempts.len(),
        recorded: record.attempts.iter().any(|attempt| attempt.recorded),
        error: record.error.as_ref(),
    }
}

fn check(result: &CheckResult) -> Check<'_> {
    Check {
        r#type: &result.kind,
        status: result.status,
        reason: &result.reason,
    }
}
