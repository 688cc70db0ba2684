//! One trial from question to record: render, ask, judge.

use std::time::Duration;

use serde_json::{Map, Value};

use super::budget::Payer;
use super::paced::{Asked, Notice, Paced, Slot};
use super::stop::Stop;
use crate::catalog::{PriceRow, Usd};
use crate::check::{Grade, Subject};
use crate::journal::{Attempt, ErrorRecord, Record, TrialStatus};
use crate::model::{Completion, ErrorKind, ModelError, Remedy, Request};
use crate::plan::Trial;

/// How a trial is carried out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// The price row of its model.
    pub price: Option<&'a PriceRow>,
    /// Who pays for it; `None` where nothing is capped.
    pub payer: Option<Payer<'a>>,
    /// Whether answers are streamed.
    pub stream: bool,
}

/// How a trial ended, and the slot that it still holds.
pub(super) struct Outcome {
    /// What goes to the journal.
    pub record: Record,
    /// To be given back once the record is on disk.
    pub slot: Option<Slot>,
}

/// Carries out a trial; `None` if it was not asked, or the run was stopped before it had an outcome.
pub(super) async fn carry_out(
    trial: &Trial,
    paced: &Paced,
    asking: Asking<'_>,
    stop: &Stop,
    notify: impl Fn(Notice<'_>),
) -> Option<Outcome> {
    let context = trial.context();
    let mut record = blank(trial);
    if let Some(output) = &trial.case.output {
        judge(&mut record, trial, &context, output.clone(), asking.price);
        return Some(Outcome { record, slot: None });
    }
    let request = match prepare(trial, &context, asking.stream) {
        Ok(request) => request,
        Err(error) => {
            record.error = Some(error.into());
            return Some(Outcome { record, slot: None });
        }
    };
    let Asked {
        result,
        attempts,
        waited,
        slot,
    } = paced.ask(&request, asking.payer, stop, notify).await;
    record.wait_ms = millis(waited);
    record.attempts = attempts;
    match result {
        Err(error) if error.kind == ErrorKind::Cancelled => return None,
        Err(error) if error.kind == ErrorKind::Budget && record.attempts.is_empty() => return None,
        Err(error) => record.error = Some(error.into()),
        Ok(completion) => finish(&mut record, trial, &context, completion, asking.price),
    }
    Some(Outcome { record, slot })
}

fn prepare(
    trial: &Trial,
    context: &Map<String, Value>,
    stream: bool,
) -> Result<Request, ModelError> {
    let invalid = |message: String| ModelError::new(ErrorKind::Invalid, Remedy::None, message);
    let request = trial.request(context, stream).map_err(|error| {
        invalid(format!(
            "the prompt `{}` cannot be rendered: {error}",
            trial.prompt().name
        ))
    })?;
    if request
        .messages
        .iter()
        .any(|message| message.parts.is_empty())
    {
        return Err(invalid(format!(
            "the prompt `{}` renders to a blank message",
            trial.prompt().name
        )));
    }
    Ok(request)
}

fn finish(
    record: &mut Record,
    trial: &Trial,
    context: &Map<String, Value>,
    completion: Completion,
    price: Option<&PriceRow>,
) {
    record.latency_ms = Some(millis(completion.latency));
    record.ttft_ms = completion.time_to_first_token.map(millis);
    record.service_latency_ms = completion.service_latency_ms;
    record.request_id = completion.request_id;
    record.tool_calls = completion.tool_calls;
    let is_error = completion.stop_reason.is_error();
    record.stop_reason = Some(completion.stop_reason.0.clone());
    if !is_error {
        judge(
            record,
            trial,
            context,
            Value::String(completion.text),
            price,
        );
        return;
    }
    record.output = Some(Value::String(completion.text));
    let (kind, message, hint) = if completion.stop_reason.0.starts_with("malformed_") {
        (
            ErrorKind::Malformed,
            "the model's output could not be read",
            "ask again, or ask in a simpler way",
        )
    } else {
        (
            ErrorKind::ContextLength,
            "the conversation is too long for the model",
            "shorten the prompt",
        )
    };
    record.error = Some(ErrorRecord {
        kind,
        code: None,
        http_status: None,
        message: format!("{message} (stop reason `{}`)", completion.stop_reason),
        hint: Some(hint.to_owned()),
        request_id: record.request_id.clone(),
    });
}

/// Judges an output and notes the outcome.
fn judge(
    record: &mut Record,
    trial: &Trial,
    context: &Map<String, Value>,
    output: Value,
    price: Option<&PriceRow>,
) {
    let was_asked = !record.attempts.is_empty();
    let subject = Subject {
        output: &output,
        vars: context,
        request: None,
        answers: None,
        tool_calls: &record.tool_calls,
        stop_reason: record.stop_reason.as_deref(),
        usage: record
            .attempts
            .iter()
            .rev()
            .find_map(|attempt: &Attempt| attempt.usage),
        latency_ms: record.latency_ms,
        ttft_ms: record.ttft_ms,
        cost: if was_asked {
            record.cost(price)
        } else {
            Some(Usd::ZERO)
        },
    };
    let Grade {
        status,
        score,
        checks,
        metrics,
    } = trial.case.grading.grade(&subject);
    record.status = status.into();
    record.checks = checks;
    // JSON has no infinity: a score or a metric that overflowed is no number.
    record.score = score.filter(|score| score.is_finite());
    record.metrics = metrics;
    record.metrics.retain(|_, metric| metric.is_finite());
    record.output = Some(output);
}

fn blank(trial: &Trial) -> Record {
    let case = &trial.case;
    Record {
        id: trial.id.clone(),
        at: trial.at,
        case: case.name.clone(),
        case_id: case.case_id.clone(),
        case_hash: case.case_hash.clone(),
        vars: case.vars.clone(),
        tags: case.tags.clone(),
        cluster: case.cluster.clone(),
        status: TrialStatus::Error,
        score: None,
        output: None,
        tool_calls: Vec::new(),
        stop_reason: None,
        checks: Vec::new(),
        metrics: std::collections::BTreeMap::new(),
        attempts: Vec::new(),
        latency_ms: None,
        ttft_ms: None,
        service_latency_ms: None,
        wait_ms: 0.0,
        request_id: None,
        error: None,
    }
}

/// Returns a duration in milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
