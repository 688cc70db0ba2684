//! What was said before, and the log that keeps what is said now.

use super::answer::Answer;
use super::args::QueryArgs;
use crate::cli::data_file::data_file;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;
use crate::model::{Message, Part, Request};
use crate::store::{Conversation, Log, StoreError, Turn};

/// The log, and the conversation in it that goes on.
pub(super) struct Memory {
    keeps: bool,
    log: Option<Log>,
    earlier: Option<Conversation>,
}

/// Opens the log that there is for all commands.
///
/// # Errors
///
/// There is no place for one, or it cannot be read.
pub(in crate::cli) fn open_log() -> Result<Log, CliError> {
    let path = data_file("log.db").ok_or_else(|| {
        let error = CliError::usage("there is no folder for a log");
        error.hint("set HOME, or XDG_DATA_HOME")
    })?;
    Log::open(&path).map_err(|error| store_error(&error))
}

/// Says why a file of ours cannot be used.
pub(in crate::cli) fn store_error(error: &StoreError) -> CliError {
    CliError::caused(Exit::Usage, error)
}

impl Memory {
    /// Finds the conversation that is to go on.
    ///
    /// # Errors
    ///
    /// There is no such conversation.
    pub(super) fn of(args: &QueryArgs, log_is_on: bool) -> Result<Self, CliError> {
        let mut memory = Self {
            keeps: log_is_on && !args.no_log,
            log: None,
            earlier: None,
        };
        if args.go_on || args.conversation.is_some() {
            let log = open_log()?;
            let found = log.conversation(args.conversation);
            memory.earlier = found.map_err(|error| store_error(&error))?;
            memory.log = Some(log);
            if memory.earlier.is_none() {
                let message = match args.conversation {
                    Some(id) => format!("there is no conversation {id}"),
                    None => "there is no conversation to go on with".to_owned(),
                };
                return Err(CliError::usage(message).hint("`mcp-cli logs` lists what was asked"));
            }
        }
        Ok(memory)
    }

    /// Returns the conversation that goes on.
    pub(super) fn earlier(&self) -> Option<&Conversation> {
        self.earlier.as_ref()
    }

    /// Puts a request where the conversation was left: everything that was said before it comes first.
    pub(super) fn recall(&self, request: &mut Request) {
        let Some(earlier) = &self.earlier else { return };
        let mut messages = earlier.messages.clone();
        for message in &mut messages {
            // Points of a cache are of their own question, and reasoning of the model whose it is.
            message.parts.retain(|part| match part {
                Part::CachePoint(_) => false,
                Part::Reasoning(_) => earlier.model == request.model,
                _ => true,
            });
        }
        if request.tools.is_empty() {
            messages = without_tools(messages);
        }
        messages.append(&mut request.messages);
        request.messages = messages;
    }

    /// Keeps an answer, and notes the number of its conversation. That it could not be kept is a warning: it is there all the same.
    pub(super) fn keep(&mut self, answer: &mut Answer, ui: &Ui) {
        if !self.keeps {
            return;
        }
        let kept = self.try_keep(answer);
        match kept {
            Ok(id) => answer.conversation = Some(id),
            Err(error) => {
                let why = error.causes.last().unwrap_or(&error.message);
                ui.note(&format!(
                    "warning: the answer is not in the log: {why} (--no-log keeps none)"
                ));
            }
        }
    }

    fn try_keep(&mut self, answer: &Answer) -> Result<i64, CliError> {
        let log = match &mut self.log {
            Some(log) => log,
            none => none.insert(open_log()?),
        };
        let turn = Turn {
            conversation: self.earlier.as_ref().map(|earlier| earlier.id),
            at: jiff::Timestamp::now()
                .round(jiff::Unit::Second)
                .unwrap_or_default()
                .to_string(),
            provider: answer.provider.clone(),
            model: answer.model.clone(),
            system: answer.system.clone(),
            prompt: asked(&answer.said),
            response: answer.text(false),
            said: if answer.is_open {
                Vec::new()
            } else {
                answer.said.clone()
            },
            usage: answer.usage(),
            cost_usd: answer.cost.map(|cost| cost.to_string()),
            latency_ms: answer.latency_ms(),
            stop_reason: answer.completion.stop_reason.0.clone(),
            request_id: answer.completion.request_id.clone(),
        };
        log.add(&turn).map_err(|error| store_error(&error))
    }
}

/// Returns the texts of the first message.
fn asked(said: &[Message]) -> String {
    let parts = said.first().into_iter().flat_map(|first| &first.parts);
    let texts = parts.filter_map(|part| match part {
        Part::Text(text) => Some(text.trim()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

/// Leaves tools out: Bedrock takes no word of them where none are offered.
fn without_tools(messages: Vec<Message>) -> Vec<Message> {
    let mut kept: Vec<Message> = Vec::new();
    for mut message in messages {
        message.parts.retain(|part| {
            !matches!(
                part,
                Part::ToolUse(_) | Part::ToolResult(_) | Part::Reasoning(_)
            )
        });
        match kept.last_mut() {
            _ if message.parts.is_empty() => {}
            // What stood between two messages of one speaker is gone.
            Some(last) if last.role == message.role => last.parts.append(&mut message.parts),
            _ => kept.push(message),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Role, ToolCall, ToolResult};

    #[test]
    fn a_conversation_without_its_tools_still_alternates() {
        let text = |text: &str| Part::Text(text.to_owned());
        let call = ToolCall {
            id: "1".to_owned(),
            name: "time".to_owned(),
            input: json!({}),
        };
        let result = ToolResult {
            id: "1".to_owned(),
            content: json!("noon"),
            images: Vec::new(),
            is_error: false,
        };
        let said = |role, parts| Message { role, parts };
        let messages = vec![
            said(Role::User, vec![text("When?")]),
            said(
                Role::Assistant,
                vec![text("Let me see."), Part::ToolUse(call.clone())],
            ),
            said(Role::User, vec![Part::ToolResult(result.clone())]),
            said(Role::Assistant, vec![Part::ToolUse(call)]),
            said(Role::User, vec![Part::ToolResult(result)]),
            said(Role::Assistant, vec![text("At noon.")]),
        ];
        let expected = vec![
            said(Role::User, vec![text("When?")]),
            said(Role::Assistant, vec![text("Let me see."), text("At noon.")]),
        ];
        assert_eq!(without_tools(messages), expected);
    }
}
