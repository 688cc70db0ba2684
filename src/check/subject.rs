//! What is judged: one answer and what is known of how it came.

use serde_json::{Map, Value};

use super::ask::Answers;
use crate::catalog::Usd;
use crate::model::{Request, ToolCall, Usage};

/// One answer, with everything a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The output: text, or a JSON value where a canned answer has structure or a transform made one.
    pub output: &'a Value,
    /// The case's variables, for templates in checks.
    pub vars: &'a Map<String, Value>,
    /// What was asked, where that is known; judges see it.
    pub request: Option<&'a Request>,
    /// What judges have answered so far; `None` where nobody can be asked.
    pub answers: Option<&'a Answers>,
    /// Tools that the model called.
    pub tool_calls: &'a [ToolCall],
    /// Why the model stopped; `None` for canned answers.
    pub stop_reason: Option<&'a str>,
    /// Tokens of the answer; `None` for canned answers.
    pub usage: Option<Usage>,
    /// Latency of the successful attempt in milliseconds, where one was measured.
    pub latency_ms: Option<f64>,
    /// Time to the first token in milliseconds, where the answer was streamed.
    pub ttft_ms: Option<f64>,
    /// What the answer cost; `None` where the model has no price.
    pub cost: Option<Usd>,
    /// Whether it is an answer of the suite's own, with a human's label: what judges say of it holds for every trial.
    pub is_labelled: bool,
}

#[cfg(test)]
impl<'a> Subject<'a> {
    /// Returns a canned answer, of which nothing else is known.
    pub(super) fn canned(output: &'a Value, vars: &'a Map<String, Value>) -> Self {
        Self {
            output,
            vars,
            request: None,
            answers: None,
            tool_calls: &[],
            stop_reason: None,
            usage: None,
            latency_ms: None,
            ttft_ms: None,
            cost: None,
            is_labelled: false,
        }
    }
}
