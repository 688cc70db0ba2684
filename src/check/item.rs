//! Values that a suite gives: text with templates, or anything else as it is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::prepared::rendered;
use crate::template::{Template, TemplateError};
use crate::text::json_text;

/// One expected value. Text is a template; nothing inside a list or an object is.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Text, rendered for each trial.
    Text(Template),
    /// Any other value.
    Value(Value),
}

impl Item {
    /// Reads a value of a suite.
    ///
    /// # Errors
    ///
    /// Text that is no template.
    pub fn parse(value: Value) -> Result<Self, TemplateError> {
        match value {
            Value::String(text) => Template::parse(&text).map(Self::Text),
            other => Ok(Self::Value(other)),
        }
    }

    /// Returns the value for a trial.
    pub(super) fn value(&self, vars: &Map<String, Value>) -> Result<Value, String> {
        match self {
            Self::Text(template) => rendered(template, vars).map(Value::String),
            Self::Value(value) => Ok(value.clone()),
        }
    }

    /// Returns the value for a trial as text, as JavaScript's `String()` has it.
    pub(super) fn text(&self, vars: &Map<String, Value>) -> Result<String, String> {
        match self {
            Self::Text(template) => rendered(template, vars),
            Self::Value(value) => Ok(javascript_text(value)),
        }
    }

    pub(super) fn variables(&self) -> BTreeSet<String> {
        match self {
            Self::Text(template) => template.variables(),
            Self::Value(_) => BTreeSet::new(),
        }
    }
}

/// Returns a value as JavaScript's `String()` prints it: lists by commas, objects not at all.
fn javascript_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let text = |item: &Value| match item {
                Value::Null => String::new(),
                other => javascript_text(other),
            };
            items.iter().map(text).collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
        other => json_text(other),
    }
}

/// Returns whether two JSON values are the same: objects in any order of keys, `1` and `1.0` equal, `0` and `-0` not.
pub(super) fn json_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64(), b.as_f64());
            a == b && a.map(f64::is_sign_negative) == b.map(f64::is_sign_negative)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| json_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| json_equal(value, other)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_text_as_in_javascript() {
        for (value, expected) in [
            (json!("a"), "a"),
            (json!(1.0), "1"),
            (json!(null), "null"),
            (json!([1, null, ["a", true]]), "1,,a,true"),
            (json!({"a": 1}), "[object Object]"),
        ] {
            assert_eq!(javascript_text(&value), expected);
        }
    }

    #[test]
    fn json_is_compared_by_value() {
        for (a, b, expected) in [
            (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), true),
            (json!([1, 2]), json!([2, 1]), false),
            (json!(0), json!(-0.0), false),
            (json!([]), json!({}), false),
            (json!({"a": null}), json!({}), false),
            (json!({"a": null}), json!({"b": null}), false),
        ] {
            assert_eq!(json_equal(&a, &b), expected, "{a} {b}");
        }
    }
}
