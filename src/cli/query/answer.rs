//! An answer as it is shown: while it comes, as text, or as JSON.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::markdown::Markdown;
use crate::catalog::{PriceRow, Usd};
use crate::cli::ui::{Ui, plural};
use crate::journal::Attempt;
use crate::model::{Completion, Message, Part, Role, Said, ToolCall, Usage};
use crate::report::safe_text;
use crate::run::Stop;

/// What one model answered.
pub(super) struct Answer {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) completion: Completion,
    /// What `--schema` made of it.
    pub(super) structured: Option<Value>,
    pub(super) attempts: Vec<Attempt>,
    /// Tools that were called before it.
    pub(super) calls: Vec<ToolCall>,
    /// The system prompt that it was asked with.
    pub(super) system: Option<String>,
    /// What was said in this turn, the question first and the answer last.
    pub(super) said: Vec<Message>,
    /// Whether the conversation cannot go on from it: it is blank.
    pub(super) is_open: bool,
    /// The number of its conversation in the log.
    pub(super) conversation: Option<i64>,
    /// What all attempts cost; `None` where the model is unpriced.
    pub(super) cost: Option<Usd>,
}

impl Answer {
    /// Returns what is printed of it: the value of a schema, else its text.
    pub(super) fn text(&self, extract: bool) -> String {
        if let Some(value) = &self.structured {
            return serde_json::to_string_pretty(value).expect("a value is plain data");
        }
        let text = &self.completion.text;
        let text = fenced(text).filter(|_| extract).unwrap_or(text);
        text.to_owned()
    }

    /// Returns it as one object.
    pub(super) fn to_json(&self) -> Value {
        let answer = &self.completion;
        let calls = self.calls.iter().chain(&answer.tool_calls);
        let calls =
            calls.map(|call| json!({"id": call.id, "name": call.name, "input": call.input}));
        json!({
            "response": answer.text,
            "output": answer.text,
            "structured": self.structured,
            "provider": self.provider,
            "model": self.model,
            "tool_calls": calls.collect::<Vec<_>>(),
            "usage": usage(&self.usage()),
            "cost_usd": self.cost,
            "stop_reason": answer.stop_reason.0,
            "time_taken": u64::try_from(answer.latency.as_nanos()).unwrap_or(u64::MAX),
            "latency_ms": self.latency_ms(),
            "ttft_ms": answer.time_to_first_token.map(millis),
            "attempts": self.attempts.len(),
            "recorded": answer.recorded,
            "request_id": answer.request_id,
            "conversation_id": self.conversation,
        })
    }

    /// Ends what was said with the answer as it is shown, so that a conversation can go on from it; one that is blank
    /// leaves it open.
    pub(super) fn end_turn(&mut self) {
        let text = self.text(false);
        if text.trim().is_empty() {
            self.is_open = true;
        } else {
            self.said.push(Message {
                role: Role::Assistant,
                parts: vec![Part::Text(text)],
            });
        }
    }

    /// Returns what the tools gave that were called before it, as a JSON list.
    pub(super) fn tool_results(&self) -> Value {
        let parts = || self.said.iter().flat_map(|message| &message.parts);
        let called = parts().filter_map(|part| match part {
            Part::ToolUse(call) => Some(call),
            _ => None,
        });
        let gave = |id: &str| {
            parts().find_map(|part| match part {
                Part::ToolResult(result) if result.id == id => Some(result),
                _ => None,
            })
        };
        let results = called.filter_map(|call| {
            let result = gave(&call.id)?;
            Some(json!({
                "name": call.name, "input": call.input, "result": result.content,
                "is_error": result.is_error,
            }))
        });
        results.collect()
    }

    /// Returns the line of `--verbose`.
    pub(super) fn trace_line(&self) -> String {
        let calls = plural(self.attempts.len() as u64, "call");
        let request = match &self.completion.request_id {
            Some(id) => format!(", request id {id}"),
            None => String::new(),
        };
        let why = &self.completion.stop_reason;
        format!("{}: {calls}, stopped for {why}{request}", self.model)
    }

    /// Returns the tokens of all attempts.
    pub(super) fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for usage in self.attempts.iter().filter_map(|attempt| attempt.usage) {
            sum += usage;
        }
        sum
    }

    /// Returns how long the last answer took, in milliseconds.
    pub(super) fn latency_ms(&self) -> f64 {
        millis(self.completion.latency)
    }

    /// Returns the line of `--usage`.
    pub(super) fn usage_line(&self) -> String {
        let usage = self.usage();
        let seconds = self.completion.latency.as_secs_f64();
        let cost = match self.cost {
            Some(cost) => format!("${cost}"),
            None => "unpriced".to_owned(),
        };
        #[expect(clippy::cast_precision_loss, reason = "shown as a rate")]
        let rate = usage.output_tokens as f64 / seconds;
        let rate = if rate.is_finite() {
            format!(", {rate:.0} tokens/s")
        } else {
            String::new()
        };
        let kept = match usage.cache_read_tokens {
            0 => String::new(),
            kept => format!(" ({kept} of them kept)"),
        };
        format!(
            "{}: {} tokens in{kept}, {} out, {cost}, {seconds:.2} s{rate}",
            self.model,
            usage.prompt_tokens(),
            usage.output_tokens
        )
    }
}

/// Returns what attempts cost together; `None` if something was billed and there is no price.
pub(super) fn cost(attempts: &[Attempt], price: Option<&PriceRow>) -> Option<Usd> {
    let billed = attempts.iter().filter_map(|attempt| attempt.usage);
    billed.map(|usage| Some(price?.cost(&usage).usd)).sum()
}

fn usage(usage: &Usage) -> Value {
    serde_json::to_value(usage).expect("numbers are plain data")
}

fn millis(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Returns what stands in the first fenced block of a text.
pub(super) fn fenced(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("```")?;
    let (_, inside) = after.split_once('\n')?;
    let (inside, _) = inside.split_once("\n```")?;
    Some(inside)
}

/// How an answer is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// Not at all.
    No,
    /// Its text, as it comes.
    Text,
    /// An event for each piece.
    Events,
}

/// Shows an answer while it comes.
pub(super) struct Show {
    follow: Follow,
    reasoning: bool,
    on_terminal: bool,
    /// Whether Markdown gets styles.
    styled: bool,
    state: Mutex<State>,
    stop: Stop,
    ui: Ui,
}

#[derive(Default)]
struct State {
    /// Whether something was shown that does not end with a new line.
    open: bool,
    /// Nobody reads any more.
    closed: bool,
    /// Something was shown.
    shown: bool,
    markdown: Markdown,
}

impl Show {
    pub(super) fn new(follow: Follow, reasoning: bool, styled: bool, stop: Stop, ui: Ui) -> Self {
        Self {
            follow,
            reasoning,
            on_terminal: std::io::stdout().is_terminal(),
            styled,
            state: Mutex::default(),
            stop,
            ui,
        }
    }

    /// Shows a piece.
    pub(super) fn hear(&self, said: Said<'_>) {
        match (self.follow, said) {
            (Follow::Text, Said::Text(text)) => self.write(text),
            (Follow::Events, Said::Text(text)) => {
                self.event(&json!({"type": "text", "text": text}));
            }
            (Follow::Events, Said::Reasoning(text)) => {
                self.event(&json!({"type": "reasoning", "text": text}));
            }
            (Follow::Text | Follow::No, Said::Reasoning(text)) if self.reasoning => {
                self.ui.piece("reasoning", &safe_text(text));
            }
            (Follow::Text | Follow::No, _) => {}
        }
    }

    /// Shows an event, where events are shown.
    pub(super) fn event(&self, event: &Value) {
        if self.follow == Follow::Events {
            self.write(&format!("{event}\n"));
        }
    }

    /// Ends the last line, if it is open.
    pub(super) fn end(&self) {
        let rest = self.lock().markdown.end();
        self.put(&rest);
        let is_open = self.lock().open;
        if is_open {
            self.put("\n");
        }
    }

    fn write(&self, text: &str) {
        if self.follow != Follow::Text || !self.on_terminal {
            return self.put(text);
        }
        let safe = safe_text(text);
        if self.styled {
            let styled = self.lock().markdown.push(&safe);
            self.put(&styled);
        } else {
            self.put(&safe);
        }
    }

    fn put(&self, text: &str) {
        let mut state = self.lock();
        if state.closed || text.is_empty() {
            return;
        }
        state.shown = true;
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        state.open = !text.ends_with('\n');
        if written.is_err() {
            // Whoever read it has enough: the answer need not be paid to its end.
            (state.closed, state.open) = (true, false);
            self.stop.abandon();
        }
    }

    /// Returns whether anything was shown.
    pub(super) fn has_shown(&self) -> bool {
        self.lock().shown
    }

    /// Returns whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}
