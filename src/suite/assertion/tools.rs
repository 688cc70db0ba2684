//! The types that look at the tools that a model calls.

use serde_json::Value;

use super::fields::{Fields, Read};
use super::text::prepared;
use crate::check::{Kind, ToolCallF1};

pub(super) fn tool_call_f1(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let least = fields.number("threshold");
    let given = fields.value()?;
    let place = given.place();
    let names = match &given.value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let names: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            names.map(|names| names.join(","))
        }
        _ => None,
    };
    let Some(names) = names else {
        return fields.wrong(place, "the names of tools: a list, or text with commas");
    };
    let template = fields.template(&names, place)?;
    Ok(Kind::ToolCallF1(ToolCallF1 {
        expected: prepared(fields, template, place, ToolCallF1::names)?,
        least: least?.unwrap_or(ToolCallF1::DEFAULT_LEAST),
    }))
}
