//! What a recording holds: one request, and everything that came back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Completion, ModelError, Reasoning, Request, StopReason, ToolCall, Usage};

/// The version of the file format.
const SCHEMA: u32 = 1;

/// A request and its replies, in the order of the attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The version of this format.
    pub schema: u32,
    /// Where the recording comes from, if it did not come from a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was asked.
    pub request: Request,
    /// What came back: failed attempts first, then the answer, if there was one. Never empty.
    pub replies: Vec<Reply>,
}

/// What one attempt gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A completion.
    Answer(Box<Answer>),
    /// A failure.
    Error(Box<ModelError>),
}

/// A completion as a recording keeps it; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// Tools that the model wants run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// What the model thought before it called them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasoning: Vec<Reasoning>,
    /// A vector for each text, where vectors were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vectors: Vec<Vec<f32>>,
    /// Why the model stopped.
    pub stop_reason: StopReason,
    /// Tokens.
    pub usage: Usage,
    /// Whether these had to be estimated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    /// Client-side latency.
    pub latency_ms: f64,
    /// Time to the first token, where it was streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// The latency that Bedrock reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_latency_ms: Option<u64>,
    /// The service tier that served it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Bedrock's id of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Exchange {
    /// Returns an exchange in this version of the format.
    pub(super) fn new(request: Request, replies: Vec<Reply>) -> Self {
        Self {
            schema: SCHEMA,
            note: None,
            request,
            replies,
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, as a clause.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }

        let version = serde_json::from_slice::<Version>(text);
        let version = version.map_err(|error| error.to_string())?;
        // Before anything else: a later version may have fields that this one does not know.
        if version.schema > SCHEMA {
            return Err(format!(
                "it has schema {}, this version reads up to {SCHEMA}",
                version.schema
            ));
        }
        serde_json::from_slice(text).map_err(|error| error.to_string())
    }

    /// Returns the text of a file, newline included.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("an exchange is plain data") + "\n"
    }

    /// Returns the file that this asker has to itself, beside `path`: for those who asked the same as another and were
    /// answered otherwise.
    pub(super) fn own_path(path: &Path, request: &Request) -> PathBuf {
        path.with_extension(format!("{}.json", request.asker))
    }

    /// Returns the file of a request within a recording's folder: the model, then the beginning of the digest.
    ///
    /// Samples after the first have their number in the name.
    pub fn path(folder: &Path, request: &Request) -> PathBuf {
        let mut model: String = request
            .model
            .chars()
            .map(|c| if is_plain(c) { c } else { '_' })
            .collect();
        // Neither this folder, nor the one above, nor a hidden one.
        if model.is_empty() || model.starts_with('.') {
            model.replace_range(..model.len().min(1), "_");
        }
        let digest = request.digest();
        let sample = match request.sample {
            0 => String::new(),
            sample => format!("-{sample}"),
        };
        folder
            .join(model)
            .join(format!("{}{sample}.json", &digest[..16]))
    }

    /// Returns the recorded answer, if the exchange ended with one.
    pub fn answer(&self) -> Option<&Answer> {
        match self.replies.last() {
            Some(Reply::Answer(answer)) => Some(answer),
            _ => None,
        }
    }
}

impl Reply {
    /// Keeps what a call gave.
    pub fn of(result: &Result<Completion, ModelError>) -> Self {
        match result {
            Ok(completion) => Self::Answer(Box::new(Answer {
                text: completion.text.clone(),
                tool_calls: completion.tool_calls.clone(),
                reasoning: completion.reasoning.clone(),
                vectors: completion.vectors.clone(),
                stop_reason: completion.stop_reason.clone(),
                usage: completion.usage,
                estimated: completion.estimated,
                latency_ms: millis(completion.latency),
                ttft_ms: completion.time_to_first_token.map(millis),
                service_latency_ms: completion.service_latency_ms,
                service_tier: completion.service_tier.clone(),
                request_id: completion.request_id.clone(),
            })),
            Err(error) => Self::Error(Box::new(error.clone())),
        }
    }

    /// Gives back what the call gave, marked as recorded.
    pub fn play(&self) -> Result<Completion, ModelError> {
        match self {
            Self::Answer(answer) => Ok(Completion {
                text: answer.text.clone(),
                tool_calls: answer.tool_calls.clone(),
                reasoning: answer.reasoning.clone(),
                vectors: answer.vectors.clone(),
                stop_reason: answer.stop_reason.clone(),
                usage: answer.usage,
                estimated: answer.estimated,
                latency: duration(answer.latency_ms),
                time_to_first_token: answer.ttft_ms.map(duration),
                service_latency_ms: answer.service_latency_ms,
                service_tier: answer.service_tier.clone(),
                request_id: answer.request_id.clone(),
                recorded: true,
                batched: false,
            }),
            Self::Error(error) => Err(ModelError {
                recorded: true,
                ..(**error).clone()
            }),
        }
    }
}

/// Returns whether a character may stand in a file name on every system.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn duration(millis: f64) -> Duration {
    Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default()
}
