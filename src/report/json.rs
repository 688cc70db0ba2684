//! `report.json` and `results.jsonl`.

use std::io::{self, Write};

use super::document::Report;
use super::format::RenderError;
use super::results::ResultLine;
use super::safe::safe_json;
use crate::journal::{Header, Record};
use crate::tally::PlanOrder;

/// Writes the report as indented JSON.
pub(super) fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    writeln!(out, "{}", safe_json(&json))
}

/// Writes one line of JSON per trial, in the order of the plan.
pub(super) fn results(records: &mut PlanOrder, out: &mut dyn Write) -> Result<(), RenderError> {
    records.each(|header, record| Ok(result(header, record, out)?))
}

/// Writes the line of one trial.
///
/// # Errors
///
/// `out` cannot be written.
pub fn result(header: &Header, record: Record, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(&ResultLine::of(header, record))?;
    writeln!(out, "{}", safe_json(&json))
}
