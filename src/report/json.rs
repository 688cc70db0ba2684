//! `report.json` and `results.jsonl`.

use std::io::{self, Write};

use serde::Serialize;

use super::document::Report;
use super::format::RenderError;
use super::results::ResultLine;
use super::safe::safe_json;
use crate::tally::PlanOrder;

/// Writes the report as indented JSON.
pub(super) fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    writeln!(out, "{}", safe_json(&json))
}

/// Writes one line of JSON per trial, in the order of the plan.
pub(super) fn results(records: &mut PlanOrder, out: &mut dyn Write) -> Result<(), RenderError> {
    records.each(|header, record| Ok(line(&ResultLine::of(header, record), out)?))
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    writeln!(out, "{}", safe_json(&json))
}
