//! `expr`: an expression of the suite's own.

use serde_json::Value;

use super::reason::quoted_json;
use super::scope::evaluate;
use super::subject::Subject;
use super::verdict::{Status, Verdict};
use crate::template::Expression;
use crate::text::number_text;

/// Evaluates an expression over the answer.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Gives true or false, or a number that is the score.
    pub expression: Expression,
    /// The least number that passes; without it every number above 0 does.
    pub threshold: Option<f64>,
}

impl Expr {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let source = self.expression.source();
        let value = evaluate(&self.expression, subject)?;
        let number = match &value {
            Value::Bool(holds) => return Ok(Verdict::of(*holds, format!("`{source}` is {holds}"))),
            Value::Number(number) => number.as_f64(),
            _ => None,
        };
        let Some(score) = number else {
            return Err(format!(
                "`{source}` gives {}, neither true or false nor a number",
                quoted_json(&value)
            ));
        };
        let (holds, bound) = match self.threshold {
            Some(threshold) => (
                score >= threshold,
                format!("at least {}", number_text(threshold)),
            ),
            None => (score > 0.0, "more than 0".to_owned()),
        };
        Ok(Verdict {
            status: if holds {
                Status::Passed
            } else {
                Status::Failed
            },
            score: Some(score),
            reason: format!("`{source}` is {}; {bound} passes", number_text(score)),
        })
    }
}
