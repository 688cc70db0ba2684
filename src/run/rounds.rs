//! A question with tools: the model calls, the tools answer, until it calls none.

use futures_util::future::join_all;

use super::event::Event;
use super::lane::Lane;
use super::single::{Answered, ask};
use super::stop::Stop;
use crate::journal::Attempt;
use crate::model::{
    Completion, ErrorKind, Message, ModelError, Part, Remedy, Request, Role, ToolCall, ToolResult,
};

/// Whoever runs tools.
pub trait Tools {
    /// Returns whether a call is for them; others end the conversation.
    fn takes(&self, call: &ToolCall) -> bool;

    /// Runs one. What goes wrong is a result too.
    fn call(&self, call: &ToolCall) -> impl Future<Output = ToolResult>;
}

/// Where there are no tools, nobody runs one.
impl<T: Tools> Tools for Option<&T> {
    fn takes(&self, call: &ToolCall) -> bool {
        self.is_some_and(|tools| tools.takes(call))
    }

    async fn call(&self, call: &ToolCall) -> ToolResult {
        match self {
            Some(tools) => tools.call(call).await,
            None => ToolResult::failed(call, "there are no tools"),
        }
    }
}

/// What a question with tools came to.
#[derive(Debug)]
pub struct Conversed {
    /// The last completion, or the error that ended it.
    pub result: Result<Completion, ModelError>,
    /// The conversation up to the last answer.
    pub request: Request,
    /// Every attempt of every round, in order.
    pub attempts: Vec<Attempt>,
    /// Every tool that was called.
    pub calls: Vec<ToolCall>,
}

/// Asks, runs what the model calls, all calls of an answer at once, and asks again with the results; `rounds` times at most,
/// and as long as `may` says of what was paid so far that it may go on.
pub async fn converse(
    lane: &Lane,
    mut request: Request,
    tools: impl Tools,
    rounds: u32,
    may: impl Fn(&[Attempt]) -> Result<(), ModelError>,
    stop: &Stop,
    watch: impl Fn(Event),
) -> Conversed {
    let (mut attempts, mut calls) = (Vec::new(), Vec::new());
    let mut left = rounds;
    let result = loop {
        let Answered {
            result,
            attempts: made,
        } = ask(lane, &request, stop, &watch).await;
        attempts.extend(made);
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => break Err(error),
        };
        let is_over = !answer.tool_calls.iter().all(|call| tools.takes(call));
        if answer.tool_calls.is_empty() || is_over {
            break Ok(answer);
        }
        if left == 0 {
            let message = format!("the model still calls tools after {rounds} rounds");
            let error = ModelError::new(ErrorKind::Tool, Remedy::None, message);
            break Err(error.with_hint("raise --max-tool-rounds, or ask for less"));
        }
        left -= 1;
        if let Err(error) = may(&attempts) {
            break Err(error);
        }
        let results = join_all(answer.tool_calls.iter().map(|call| tools.call(call))).await;
        request.messages.push(answer.as_message(|_| true));
        request.messages.push(Message {
            role: Role::User,
            parts: results.into_iter().map(Part::ToolResult).collect(),
        });
        calls.extend(answer.tool_calls);
    };
    Conversed {
        result,
        request,
        attempts,
        calls,
    }
}
