//! The JSON Schemas of what is published, and how the types of other stages look in them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::document::Report;
use super::results::ResultLine;

/// Returns the JSON Schema (draft 2020-12) of `report.json`.
pub fn schema_report() -> Value {
    root::<Report>("mcp-cli report")
}

/// Returns the JSON Schema (draft 2020-12) of a line of `results.jsonl`.
pub fn schema_results() -> Value {
    root::<ResultLine>("mcp-cli result")
}

fn root<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.into()
}

const DECIMAL: &str = r"^-?\d+(\.\d+)?$";

pub(super) fn usd_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"], "pattern": DECIMAL})
}

pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}

pub(super) fn time_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"], "format": "date-time"})
}

pub(super) fn stopped(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [null, "interrupted", "budget", "failures", "denied", "day_quota", "early"]})
}

pub(super) fn method(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["wilson", "t", "tango", "betting"]})
}

pub(super) fn verdict(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [
        "better", "non_inferior", "worse_within_margin", "worse_beyond_margin", "worse_margin_unclear", "inconclusive",
    ]})
}

pub(super) fn advice(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["cases", "repeats"]})
}

pub(super) fn withheld(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["incomplete", "few_groups", "few_pairs"]})
}

pub(super) fn test(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["mcnemar_midp", "sign_flip", "t", "e_value"]})
}

pub(super) fn trial_status(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["passed", "failed", "undecided", "error"]})
}

pub(super) fn check_status(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["passed", "failed", "undecided"]})
}

pub(super) fn by_place(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [null, "no", "first", "last"]})
}

pub(super) fn error_kind(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [
        "throttled", "timeout", "unavailable", "denied", "credentials", "not_found", "invalid",
        "context_length", "malformed", "connection", "stream", "cancelled", "budget", "tool", "replay_miss",
    ]})
}
