//! `expr`: an expression of the suite's own.

use super::returned;
use super::scope::evaluate;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Expression;

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
        let value = evaluate(&self.expression, subject)?;
        returned::verdict(self.expression.source(), &value, self.threshold)
    }
}
