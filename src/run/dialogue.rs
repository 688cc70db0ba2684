//! A conversation to its last answer: a model that calls tools is told their results, and then what the user says next.

use std::time::Duration;

use futures_util::future::try_join_all;
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
        if answer.stop_reason.is_error() || dialogue.turns.len() >= trial.case.turns.len() {
            dialogue.result = Ok(together(whole, answer));
            return dialogue;
        }
        whole = Some(together(whole, answer.clone()));
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
    /// Asks until the model calls no tool, or one that gives no result; returns the last answer with what all of them took.
    async fn turn(
        &mut self,
        vars: &Map<String, Value>,
        by: Asker<'_>,
        notify: &impl Fn(&str, Notice<'_>),
    ) -> Result<Completion, ModelError> {
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
            let results = if answers < MOST_ANSWERS {
                // A tool may take long: others need the slot.
                if !by.world.trial.case.servers.is_empty() {
                    self.slot = None;
                }
                results(&self.request, &answer, vars, by.world).await?
            } else {
                None
            };
            let Some(results) = results else {
                return Ok(together(before, answer));
            };
            self.request.messages.push(answer.as_message(|_| true));
            self.request.messages.push(Message {
                role: Role::User,
                parts: results.into_iter().map(Part::ToolResult).collect(),
            });
            before = Some(together(before, answer));
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

/// Returns what the calls of an answer give, all at once: what the suite says, else what servers do. `None` if it calls no tool, or
/// one of which nobody knows what it gives.
async fn results(
    request: &Request,
    answer: &Completion,
    vars: &Map<String, Value>,
    world: &World<'_>,
) -> Result<Option<Vec<ToolResult>>, ModelError> {
    if answer.tool_calls.is_empty() {
        return Ok(None);
    }
    let case = &world.trial.case;
    let mut given = Vec::new();
    for call in &answer.tool_calls {
        let result = case.tool_results.of(call, vars).map_err(|error| {
            invalid(format!("the result of a tool cannot be rendered: {error}"))
        })?;
        given.push((call, result));
    }
    if case.servers.is_empty() && given.iter().any(|(_, result)| result.is_none()) {
        return Ok(None);
    }
    let results = given.into_iter().map(|(call, result)| async move {
        match (result, world.tools) {
            (Some(result), _) => Ok(result),
            (None, Some(tools)) => tools.call(&case.servers, request, call).await,
            (None, None) => Err(no_host()),
        }
    });
    let ran = tokio::select! {
        biased;
        () = world.stop.abandoned() => {
            return Err(ModelError::new(ErrorKind::Cancelled, Remedy::None, "the run was stopped"));
        }
        ran = try_join_all(results) => ran?,
    };
    Ok(Some(ran))
}

/// Offers a model the tools of the trial's servers, beside those that the suite describes, which win.
pub(super) async fn offer(request: &mut Request, world: &World<'_>) -> Result<(), ModelError> {
    let trial = world.trial;
    if trial.case.servers.is_empty() {
        return Ok(());
    }
    let tools = world.tools.ok_or_else(no_host)?;
    for tool in tools.offer(&trial.case.servers).await? {
        if !request.tools.iter().any(|known| known.name == tool.name) {
            request.tools.push(tool);
        }
    }
    request.stream &= request.tools.is_empty() || trial.entry.streams_tools;
    Ok(())
}

fn no_host() -> ModelError {
    ModelError::new(
        ErrorKind::Tool,
        Remedy::None,
        "nobody runs the tools of servers",
    )
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
        batched: before.batched || answer.batched,
        latency: before.latency + answer.latency,
        time_to_first_token: before.time_to_first_token,
        service_latency_ms: before
            .service_latency_ms
            .zip(answer.service_latency_ms)
            .map(|(before, after)| before + after),
        ..answer
    }
}
