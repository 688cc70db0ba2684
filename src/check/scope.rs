//! What expressions see: `output`, `json`, `vars`, `tool_calls`.

use serde_json::{Map, Value};

use super::subject::Subject;
use crate::template::Expression;

/// The variables of every expression, as suites write them.
pub const SCOPE: [&str; 4] = ["output", "json", "vars", "tool_calls"];

/// Evaluates an expression over an answer.
///
/// `json` is the output parsed as JSON, or null.
pub(super) fn evaluate(expression: &Expression, subject: &Subject<'_>) -> Result<Value, String> {
    let json = match subject.output {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    let tool_calls = serde_json::to_value(subject.tool_calls).unwrap_or_default();
    let scope = Map::from_iter([
        ("output".to_owned(), subject.output.clone()),
        ("json".to_owned(), json),
        ("vars".to_owned(), Value::Object(subject.vars.clone())),
        ("tool_calls".to_owned(), tool_calls),
    ]);
    expression
        .evaluate(&scope)
        .map_err(|error| format!("`{}` cannot be evaluated: {error}", expression.source()))
}
