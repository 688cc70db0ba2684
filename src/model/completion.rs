//! What a model answered.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::{Message, Part, Reasoning, Role, ToolCall};
use super::usage::Usage;

/// Why a model stopped, in Converse's words; values that Bedrock adds later are kept as they come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StopReason(pub String);

impl StopReason {
    /// Returns whether the model's output could not be used, so that the trial is an error and not an answer.
    pub fn is_error(&self) -> bool {
        self.0.starts_with("malformed_") || self.0 == "model_context_window_exceeded"
    }

    /// Returns whether the answer was cut off at `max_tokens`.
    pub fn is_cut_off(&self) -> bool {
        self.0 == "max_tokens"
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A model's whole answer to one [`Request`](super::Request), and what it took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Completion {
    /// All text blocks, joined.
    pub text: String,
    /// Tools that the model wants run, in order.
    pub tool_calls: Vec<ToolCall>,
    /// What it thought before it called tools; nothing where it called none.
    pub reasoning: Vec<Reasoning>,
    /// A vector for each text, where vectors were asked for.
    pub vectors: Vec<Vec<f32>>,
    /// Why it stopped.
    pub stop_reason: StopReason,
    /// Tokens, as reported.
    pub usage: Usage,
    /// Whether `usage` had to be estimated, because it was not reported.
    pub estimated: bool,
    /// From sending the request to its last byte, client side; no queueing, no earlier attempts.
    pub latency: Duration,
    /// To the first token; only where the answer was streamed.
    pub time_to_first_token: Option<Duration>,
    /// The latency that Bedrock reports, in milliseconds.
    pub service_latency_ms: Option<u64>,
    /// The service tier that really served the call, where Bedrock says so.
    pub service_tier: Option<String>,
    /// Bedrock's id of the call, for support.
    pub request_id: Option<String>,
    /// Whether this came from a recording and not from a model just now.
    pub recorded: bool,
    /// Whether it was answered by batch inference: at its price, and in no time that says anything of the model.
    pub batched: bool,
}

impl Completion {
    /// Returns the answer as the model is shown it in a conversation that goes on, with those of its calls that `keeps`
    /// tells; without any part if it is blank.
    pub fn as_message(&self, keeps: impl Fn(&ToolCall) -> bool) -> Message {
        let calls: Vec<Part> = self
            .tool_calls
            .iter()
            .filter(|call| keeps(call))
            .cloned()
            .map(Part::ToolUse)
            .collect();
        // Reasoning belongs to calls: without them models take none back.
        let reasoning = match calls.as_slice() {
            [] => &[][..],
            _ => &self.reasoning,
        };
        let reasoning = reasoning.iter().cloned().map(Part::Reasoning);
        let text = (!self.text.trim().is_empty()).then(|| Part::Text(self.text.clone()));
        Message {
            role: Role::Assistant,
            parts: reasoning.chain(text).chain(calls).collect(),
        }
    }
}
