//! `json-path`: the value at a path in the output.

use std::collections::BTreeSet;

use serde_json::Value;

use super::item::{Item, json_equal};
use super::path::Path;
use super::prepared::Prepared;
use super::reason::{json_of, quoted, quoted_json, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::{Pattern, number_text};

/// Looks at the values that a path leads to. Each of them must meet every condition.
#[derive(Debug, Clone)]
pub struct JsonPath {
    /// The path.
    pub path: Path,
    /// Whether the path should lead anywhere. If not, there are no conditions.
    pub exists: bool,
    /// What holds of each value.
    pub conditions: Vec<Condition>,
}

/// What should hold of a value.
#[derive(Debug, Clone)]
pub enum Condition {
    /// It equals this JSON value.
    Equals(Item),
    /// It is text, or becomes text as JSON, that the pattern matches.
    Matches(Prepared<Pattern>),
    /// It is text that holds this text, or a list that holds this value.
    Contains(Item),
    /// It is a number of at least this.
    AtLeast(f64),
    /// It is a number of at most this.
    AtMost(f64),
    /// It is of this type.
    Type(JsonType),
}

/// The types of JSON values, in the words of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// Text.
    String,
    /// Any number.
    Number,
    /// A number without fraction: `1` and `1.0`.
    Integer,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
    /// Null.
    Null,
}

impl JsonType {
    /// Every type with its name.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("array", Self::Array),
        ("object", Self::Object),
        ("null", Self::Null),
    ];

    fn name(self) -> &'static str {
        let entry = Self::NAMES.iter().find(|(_, kind)| *kind == self);
        entry.map_or("", |(name, _)| name)
    }

    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::Null => value.is_null(),
        }
    }
}

impl JsonPath {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = match json_of(subject.output) {
            Ok(output) => output,
            Err(reason) => return Ok(Verdict::of(false, reason)),
        };
        let path = self.path.source();
        let values = self.path.find(&output);
        let Some(first) = values.first() else {
            let reason = format!(
                "nothing stands at `{path}` in {}",
                quoted(&text_of(subject.output))
            );
            return Ok(Verdict::of(!self.exists, reason));
        };
        if !self.exists {
            let reason = format!("{} stands at `{path}`", quoted_json(first));
            return Ok(Verdict::of(false, reason));
        }
        for value in &values {
            for condition in &self.conditions {
                if let Some(flaw) = condition.flaw(value, subject)? {
                    let reason = format!("`{path}` is {}, {flaw}", quoted_json(value));
                    return Ok(Verdict::of(false, reason));
                }
            }
        }
        let reason = match values.len() {
            1 => format!("`{path}` is {}", quoted_json(first)),
            count => format!("all {count} values at `{path}` are as expected"),
        };
        Ok(Verdict::of(true, reason))
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        for condition in &self.conditions {
            match condition {
                Condition::Equals(item) | Condition::Contains(item) => {
                    names.extend(item.variables());
                }
                Condition::Matches(pattern) => names.extend(pattern.variables()),
                Condition::AtLeast(_) | Condition::AtMost(_) | Condition::Type(_) => {}
            }
        }
    }
}

impl Condition {
    /// Says what was expected, if `value` is not that.
    fn flaw(&self, value: &Value, subject: &Subject<'_>) -> Result<Option<String>, String> {
        let (holds, expected) = match self {
            Self::Equals(item) => {
                let expected = item.value(subject.vars)?;
                (
                    json_equal(value, &expected),
                    format!("not {}", quoted_json(&expected)),
                )
            }
            Self::Matches(pattern) => {
                let pattern = pattern.get(subject.vars)?;
                let holds = pattern
                    .is_match(&text_of(value))
                    .map_err(|error| error.to_string())?;
                (
                    holds,
                    format!("which does not match {}", quoted(pattern.source())),
                )
            }
            Self::Contains(item) => {
                let expected = item.value(subject.vars)?;
                (
                    contains(value, &expected),
                    format!("which does not contain {}", quoted_json(&expected)),
                )
            }
            Self::AtLeast(least) => {
                let holds = value.as_f64().is_some_and(|number| number >= *least);
                (holds, format!("not at least {}", number_text(*least)))
            }
            Self::AtMost(most) => {
                let holds = value.as_f64().is_some_and(|number| number <= *most);
                (holds, format!("not at most {}", number_text(*most)))
            }
            Self::Type(kind) => (kind.is_of(value), format!("not of type {}", kind.name())),
        };
        Ok((!holds).then_some(expected))
    }
}

fn contains(value: &Value, expected: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(&*text_of(expected)),
        Value::Array(items) => items.iter().any(|item| json_equal(item, expected)),
        _ => false,
    }
}
