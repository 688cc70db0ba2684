//! One question to its last answer: a model that calls tools is told their results and asked on.

use std::time::Duration;

use serde_json::{Map, Value};

use super::asks::World;
use super::budget::Payer;
use super::paced::{Asked, Notice, Paced, Slot};
use crate::journal::Attempt;
use crate::model::{Completion, ErrorKind, ModelError, Remedy, Request};
use crate::suite::ToolResults;

/// Answers of one dialogue; a model that still calls tools after so many is left at that.
const MOST_ANSWERS: usize = 20;

/// How a dialogue ended, and what it took.
pub(super) struct Dialogue {
    /// The last answer with what all of them took together, or the error that ended it.
    pub(super) result: Result<Completion, ModelError>,
    /// The last request.
    pub(super) request: Request,
    /// Every attempt, in order.
    pub(super) attempts: Vec<Attempt>,
    /// Time spent waiting for a slot, the quota and back-off.
    pub(super) waited: Duration,
    /// The slot of the last attempt.
    pub(super) slot: Option<Slot>,
}

/// Asks until the model calls no tool that has a result.
pub(super) async fn hold(
    mut request: Request,
    results: &ToolResults,
    vars: &Map<String, Value>,
    paced: &Paced,
    payer: Option<Payer<'_>>,
    world: &World<'_>,
    notify: &impl Fn(&str, Notice<'_>),
) -> Dialogue {
    let (mut attempts, mut waited) = (Vec::new(), Duration::ZERO);
    let mut before: Option<Completion> = None;
    let mut answers = 0;
    loop {
        answers += 1;
        let notify = |notice: Notice<'_>| notify(&request.model, notice);
        let asked = paced.ask(&request, payer, world.stop, notify).await;
        let Asked {
            result,
            attempts: made,
            waited: longer,
            slot,
        } = asked;
        attempts.extend(made);
        waited += longer;
        let mut result = result;
        if let Ok(answer) = &result
            && answers < MOST_ANSWERS
        {
            match results.continuation(answer, vars) {
                Ok(None) => {}
                Ok(Some(next)) => {
                    before = Some(together(before, answer.clone()));
                    request.messages.extend(next);
                    continue;
                }
                Err(error) => {
                    let message = format!("the result of a tool cannot be rendered: {error}");
                    result = Err(ModelError::new(ErrorKind::Invalid, Remedy::None, message));
                }
            }
        }
        return Dialogue {
            result: result.map(|answer| together(before, answer)),
            request,
            attempts,
            waited,
            slot,
        };
    }
}

/// Returns the later answer with the calls, the tokens and the times of both.
fn together(before: Option<Completion>, answer: Completion) -> Completion {
    let Some(before) = before else {
        return answer;
    };
    let mut usage = before.usage;
    usage += answer.usage;
    let mut tool_calls = before.tool_calls;
    tool_calls.extend(answer.tool_calls);
    Completion {
        tool_calls,
        usage,
        estimated: before.estimated || answer.estimated,
        latency: before.latency + answer.latency,
        time_to_first_token: before.time_to_first_token,
        service_latency_ms: before
            .service_latency_ms
            .zip(answer.service_latency_ms)
            .map(|(before, after)| before + after),
        ..answer
    }
}
