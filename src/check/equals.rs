//! `equals`: the output is exactly this.

use std::collections::BTreeSet;

use serde_json::Value;

use super::item::{Item, json_equal};
use super::prepared::rendered;
use super::reason::{json_of, quoted, quoted_json, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::{Template, TemplateError};
use crate::text::json_text;

/// Compares the output with a text or a JSON value.
#[derive(Debug, Clone)]
pub enum Equals {
    /// As text: no trimming, no folding. Numbers and booleans are compared as JavaScript prints them.
    Text(Template),
    /// As a JSON list; its items that are text are templates.
    List(Vec<Item>),
    /// As any other JSON value.
    Json(Value),
}

impl Equals {
    /// Reads the expected value.
    ///
    /// # Errors
    ///
    /// Text that is no template.
    pub fn parse(value: Value) -> Result<Self, TemplateError> {
        match value {
            Value::String(text) => Template::parse(&text).map(Self::Text),
            Value::Number(_) | Value::Bool(_) => {
                Template::parse(&json_text(&value)).map(Self::Text)
            }
            Value::Array(items) => {
                let items: Result<_, _> = items.into_iter().map(Item::parse).collect();
                items.map(Self::List)
            }
            other => Ok(Self::Json(other)),
        }
    }

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let expected = match self {
            Self::Text(template) => {
                let expected = rendered(template, subject.vars)?;
                let output = text_of(subject.output);
                let holds = output == expected;
                return Ok(Verdict::of(holds, said(holds, &quoted(&expected), &output)));
            }
            Self::List(items) => items
                .iter()
                .map(|item| item.value(subject.vars))
                .collect::<Result<Value, _>>()?,
            Self::Json(value) => value.clone(),
        };
        Ok(match json_of(subject.output) {
            Err(reason) => Verdict::of(false, reason),
            Ok(output) => {
                let holds = json_equal(&output, &expected);
                let found = text_of(subject.output);
                Verdict::of(holds, said(holds, &quoted_json(&expected), &found))
            }
        })
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Text(template) => names.extend(template.variables()),
            Self::List(items) => names.extend(items.iter().flat_map(Item::variables)),
            Self::Json(_) => {}
        }
    }
}

fn said(holds: bool, expected: &str, output: &str) -> String {
    if holds {
        format!("the output equals {expected}")
    } else {
        format!("expected {expected}, found {}", quoted(output))
    }
}
