//! One row per trial, for spreadsheets.
//!
//! Lists and objects are JSON in one cell. Text that a spreadsheet would calculate gets a `'` in front, and characters
//! that act on a terminal are left out: `results.jsonl` has the text as it is.

use std::io::{self, Write};

use serde::Serialize;

use super::format::RenderError;
use super::results::{ResultLine, text_of};
use super::safe::cell;
use crate::tally::PlanOrder;
use crate::text::json_text;

/// The columns, in order.
const COLUMNS: [&str; 39] = [
    "suite",
    "case",
    "case_id",
    "case_hash",
    "model",
    "label",
    "prompt",
    "repeat",
    "vars",
    "tags",
    "status",
    "score",
    "failed_check",
    "reason",
    "output",
    "tool_calls",
    "stop_reason",
    "checks",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "cost_usd",
    "paid_usd",
    "judge_cost_usd",
    "latency_ms",
    "service_latency_ms",
    "ttft_ms",
    "wait_ms",
    "attempts",
    "error_kind",
    "error_code",
    "error_http_status",
    "error_message",
    "error_hint",
    "error_request_id",
    "recorded",
    "estimated",
];

/// Writes a header and a row per trial, in the order of the plan.
pub(super) fn trials(records: &mut PlanOrder, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS).map_err(io_error)?;
    records.each(|header, record| {
        let cells = row(&ResultLine::of(header, record))?;
        csv.write_record(cells).map_err(io_error)?;
        Ok::<_, RenderError>(())
    })?;
    Ok(csv.flush()?)
}

/// Returns what the output said, so that a closed pipe is still known as one.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Returns the cells of a trial, in the order of [`COLUMNS`].
fn row(line: &ResultLine) -> io::Result<[String; COLUMNS.len()]> {
    let error = line.error.as_ref();
    let telling = line.checks.iter().find(|check| {
        let status = crate::journal::TrialStatus::from(check.status);
        status == line.status && status != crate::journal::TrialStatus::Passed
    });
    Ok([
        cell(&line.suite),
        cell(&line.case),
        cell(&line.case_id),
        cell(&line.case_hash),
        cell(&line.model),
        cell(&line.label),
        cell(&line.prompt),
        line.repeat.to_string(),
        json(&line.vars)?,
        cell(&line.tags.join(", ")),
        line.status.as_str().to_owned(),
        or_empty(line.score),
        cell(telling.map(|check| check.kind.as_str()).unwrap_or_default()),
        cell(
            telling
                .map(|check| check.reason.as_str())
                .unwrap_or_default(),
        ),
        cell(&line.output.as_ref().map(text_of).unwrap_or_default()),
        json(&line.tool_calls)?,
        cell(line.stop_reason.as_deref().unwrap_or_default()),
        json(&line.checks)?,
        line.usage.input_tokens.to_string(),
        line.usage.output_tokens.to_string(),
        line.usage.cache_read_tokens.to_string(),
        line.usage.cache_write_tokens.to_string(),
        line.usage.cache_write_1h_tokens.to_string(),
        or_empty(line.cost_usd),
        or_empty(line.paid_usd),
        or_empty(line.judge_cost_usd),
        or_empty(line.latency_ms),
        or_empty(line.service_latency_ms),
        or_empty(line.ttft_ms),
        line.wait_ms.to_string(),
        line.attempts.to_string(),
        error
            .map(|error| error.kind.as_str().to_owned())
            .unwrap_or_default(),
        cell(
            error
                .and_then(|error| error.code.as_deref())
                .unwrap_or_default(),
        ),
        or_empty(error.and_then(|error| error.http_status)),
        cell(
            error
                .map(|error| error.message.as_str())
                .unwrap_or_default(),
        ),
        cell(
            error
                .and_then(|error| error.hint.as_deref())
                .unwrap_or_default(),
        ),
        cell(
            error
                .and_then(|error| error.request_id.as_deref())
                .unwrap_or_default(),
        ),
        line.recorded.to_string(),
        line.estimated.to_string(),
    ])
}

fn json(value: &impl Serialize) -> io::Result<String> {
    let json = json_text(&serde_json::to_value(value)?);
    Ok(super::safe::safe_json(&json).into_owned())
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
