//! The words in which checks say what they found.

use std::borrow::Cow;

use serde_json::Value;

use crate::text::{json_text, shortened};

/// Characters of an output that a reason quotes.
const QUOTED: usize = 200;

/// Returns an output as the text that text checks look at: text as it is, structure as JSON without white space.
pub(super) fn text_of(output: &Value) -> Cow<'_, str> {
    match output {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(json_text(other)),
    }
}

/// Returns a text in backticks, cut short if it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text, QUOTED))
}

/// Returns a JSON value in backticks, cut short if it is long.
pub(super) fn quoted_json(value: &Value) -> String {
    quoted(&json_text(value))
}

/// Returns texts in backticks and commas.
pub(super) fn listed(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| quoted(text))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns an output as JSON: text is parsed strictly, structure is JSON already.
///
/// # Errors
///
/// Says that the output is not JSON, and where it stops being that.
pub(super) fn json_of(output: &Value) -> Result<Cow<'_, Value>, String> {
    match output {
        Value::String(text) => serde_json::from_str(text)
            .map(Cow::Owned)
            .map_err(|error| format!("the output is not JSON ({error}): {}", quoted(text))),
        other => Ok(Cow::Borrowed(other)),
    }
}
