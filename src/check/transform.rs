//! What is judged instead of the output itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::javascript;
use super::scope::evaluate;
use super::subject::Subject;
use crate::script::Script;
use crate::template::Expression;

/// Makes of an output what the checks look at.
#[derive(Debug, Clone)]
pub enum Transform {
    /// `{expr: …}`
    Expression(Expression),
    /// Text, which is JavaScript.
    Script(Script),
}

impl Transform {
    /// Returns the transform as the suite has it.
    pub fn source(&self) -> &str {
        match self {
            Self::Expression(expression) => expression.source(),
            Self::Script(script) => script.source(),
        }
    }

    /// Returns what it makes of the output.
    pub(super) fn apply(&self, subject: &Subject<'_>) -> Result<Value, String> {
        let made = match self {
            Self::Expression(expression) => evaluate(expression, subject),
            Self::Script(script) => javascript::called(script, subject),
        };
        made.map_err(|error| format!("the transform failed: {error}"))
    }

    /// Returns the variables that it cannot do without. What a script looks at is known when it runs.
    pub(super) fn variables(&self) -> BTreeSet<String> {
        match self {
            Self::Expression(expression) => expression.fields_of("vars").into_iter().collect(),
            Self::Script(_) => BTreeSet::new(),
        }
    }
}
