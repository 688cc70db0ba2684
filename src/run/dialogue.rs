//! A conversation to its last answer: a model that calls tools is told their results, and then what the user says next.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::asks::World;
use super::budget::Payer;
use super::paced::{Asked, Notice, Paced, Slot};
use crate::journal::Attempt;
use crate::model::{
    Completion, ErrorKind, Message, ModelError, Part, Remedy, Request, Role, ToolResult,
};
use crate::plan::Trial;

/// Answers of one turn; a model that still calls tools after so many is left at that.
const MOST_ANSWERS: usize = 20;

/// How a conversation ended, and what it took.
pub(super) struct Dialogue {
    /// The last answer with what all of them took together, or the error that ended it.
    pub(super) result: Result<Completion, ModelError>,
    /// The last request.
    pub(super) request: Request,
    /// The answers to earlier turns and to the last one, where there are several turns.
    pub(super) turns: Vec<Turned>,
    /// Every attempt, in order.
    pub(super) attempts: Vec<Attempt>,
    /// Time spent waiting for a slot, the quota and back-off.
    pub(super) waited: Duration,
    /// The slot of the last attempt.
    pub(super) slot: Option<Slot>,
}

/// One turn, answered.
pub(super) struct Turned {
    /// What the user said.
    pub(super) user: String,
    /// The answer, with what all answers of the turn took together.
    pub(super) answer: Completion,
    /// What was asked.
    pub(super) request: Request,
}

/// Who asks, and of whom.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) paced: &'a Paced,
    pub(super) payer: Option<Payer<'a>>,
    pub(super) world: &'a World<'a>,
}

/// Holds the conversation of a trial that begins with `request`.
pub(super) async fn hold(
    request: Request,
    vars: &Map<String, Value>,
    by: Asker<'_>,
    notify: &impl Fn(&str, Notice<'_>),
) -> Dialogue {
    let trial = by.world.trial;
    let mut dialogue = Dialogue {
        result: Err(ModelError::new(
            ErrorKind::Cancelled,
            Remedy::None,
            "nobody asked",
        )),
        request,
        turns: Vec::new(),
        attempts: Vec::new(),
        waited: Duration::ZERO,
        slot: None,
    };
    let mut said = first_said(&dialogue.request);
    let mut whole: Option<Completion> = None;
    loop {
        let answer = match dialogue.turn(vars, by, notify).await {
            Ok(answer) => answer,
            Err(error) => {
                dialogue.result = Err(error);
                return dialogue;
            }
        };
        if !trial.case.turns.is_empty() {
            dialogue.turns.push(Turned {
                user: said,
                answer: answer.clone(),
                request: dialogue.request.clone(),
            });
        }
        let is_error = answer.stop_reason.is_error();
        whole = Some(together(whole, answer.clone()));
        if is_error || dialogue.turns.len() >= trial.case.turns.len() {
            dialogue.result = whole.ok_or_else(|| invalid("nothing was answered".to_owned()));
            return dialogue;
        }
        said = match dialogue.next_said(trial, vars, &answer) {
            Ok(said) => said,
            Err(error) => {
                dialogue.result = Err(error);
                return dialogue;
            }
        };
    }
}

impl Dialogue {
    /// Asks until the model calls no tool that has a result; returns the last answer with what all of them took.
    async fn turn(
        &mut self,
        vars: &Map<String, Value>,
        by: Asker<'_>,
        notify: &impl Fn(&str, Notice<'_>),
    ) -> Result<Completion, ModelError> {
        let results = &by.world.trial.case.tool_results;
        let mut before: Option<Completion> = None;
        let mut answers = 0;
        loop {
            answers += 1;
            // A slot of the turn before would be one that this one waits for.
            self.slot = None;
            let notify = |notice: Notice<'_>| notify(&self.request.model, notice);
            let stop = by.world.stop;
            let asked = by.paced.ask(&self.request, by.payer, stop, notify).await;
            let Asked {
                result,
                attempts,
                waited,
                slot,
            } = asked;
            self.attempts.extend(attempts);
            self.waited += waited;
            self.slot = slot;
            let answer = result?;
            let next = if answers < MOST_ANSWERS {
                results.continuation(&answer, vars)
            } else {
                Ok(None)
            };
            let next = next.map_err(|error| {
                invalid(format!("the result of a tool cannot be rendered: {error}"))
            })?;
            match next {
                None => return Ok(together(before, answer)),
                Some(next) => {
                    before = Some(together(before, answer));
                    self.request.messages.extend(next);
                }
            }
        }
    }

    /// Adds the answer and what the user says next to the conversation, and returns the latter.
    fn next_said(
        &mut self,
        trial: &Trial,
        vars: &Map<String, Value>,
        answer: &Completion,
    ) -> Result<String, ModelError> {
        let number = self.turns.len() + 1;
        let turns = self.turns.iter();
        let turns = turns.map(|turn| json!({"user": turn.user, "output": turn.answer.text}));
        let mut context = vars.clone();
        context.insert("turns".to_owned(), turns.collect());
        let said = trial.case.said(self.turns.len(), &context);
        let said =
            said.map_err(|error| invalid(format!("turn {number} cannot be rendered: {error}")))?;
        if said.trim().is_empty() {
            return Err(invalid(format!("turn {number} renders to a blank message")));
        }
        // Calls of the last answer have no results, or the model would have been told them.
        let open = answer
            .tool_calls
            .iter()
            .filter(|call| !self.is_answered(&call.id));
        let unanswered = open.map(|call| {
            Part::ToolResult(ToolResult {
                id: call.id.clone(),
                content: "there is no result".into(),
                images: Vec::new(),
                is_error: true,
            })
        });
        let user: Vec<Part> = unanswered.chain([Part::Text(said.clone())]).collect();
        let assistant = answer.as_message(|call| !self.is_answered(&call.id));
        if assistant.parts.is_empty() {
            let message = format!(
                "the answer to turn {} is blank: the conversation cannot go on",
                number - 1
            );
            return Err(invalid(message));
        }
        self.request.messages.extend([
            assistant,
            Message {
                role: Role::User,
                parts: user,
            },
        ]);
        Ok(said)
    }

    /// Returns whether the conversation holds the result of a call.
    fn is_answered(&self, id: &str) -> bool {
        let parts = self
            .request
            .messages
            .iter()
            .flat_map(|message| &message.parts);
        parts
            .into_iter()
            .any(|part| matches!(part, Part::ToolResult(result) if result.id == id))
    }
}

/// Returns the last text that the user says in a request.
fn first_said(request: &Request) -> String {
    let parts = request
        .messages
        .iter()
        .rev()
        .flat_map(|message| message.parts.iter().rev());
    let mut texts = parts.filter_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        _ => None,
    });
    texts.next().unwrap_or_default()
}

fn invalid(message: String) -> ModelError {
    ModelError::new(ErrorKind::Invalid, Remedy::None, message)
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
