//! Messages: who says what, in blocks.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::media::Media;

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
}

/// How long Bedrock keeps a prompt prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CacheTtl {
    /// Five minutes, Bedrock's default.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// One hour, at a higher price for writing.
    #[serde(rename = "1h")]
    OneHour,
}

/// One block of a message or of a system prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text; Bedrock refuses a blank one.
    Text(String),
    /// An image.
    Image(Media),
    /// A document.
    Document(Media),
    /// A video.
    Video(Media),
    /// Everything before this point may be cached.
    CachePoint(CacheTtl),
    /// What the model thought before it called tools, word for word as it came.
    Reasoning(Reasoning),
    /// A tool that the model called earlier in the conversation.
    ToolUse(ToolCall),
    /// What such a call gave.
    ToolResult(ToolResult),
}

/// What a model thought before it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reasoning {
    /// In the open.
    Text {
        /// What it thought.
        text: String,
        /// By which the model knows its own words again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Encrypted, in base64.
    Redacted(String),
}

impl Default for Reasoning {
    fn default() -> Self {
        Self::Text {
            text: String::new(),
            signature: None,
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

impl Message {
    /// Returns its images, documents and videos, those of tools included.
    pub fn media_mut(&mut self) -> impl Iterator<Item = &mut Media> {
        self.parts.iter_mut().flat_map(|part| match part {
            Part::Image(media) | Part::Document(media) | Part::Video(media) => {
                std::slice::from_mut(media).iter_mut()
            }
            Part::ToolResult(result) => result.images.iter_mut(),
            _ => [].iter_mut(),
        })
    }
}

/// A tool that the model wants run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names this call within its answer.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments, a JSON object as a rule.
    pub input: Value,
}

/// What a tool gave when it was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The id of the call.
    pub id: String,
    /// Text, or any other JSON value.
    pub content: Value,
    /// Images beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Media>,
    /// Whether the tool failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

impl ToolResult {
    /// Returns the result of a call that failed, with why.
    pub fn failed(call: &ToolCall, why: impl Into<String>) -> Self {
        Self {
            id: call.id.clone(),
            content: Value::String(why.into()),
            images: Vec::new(),
            is_error: true,
        }
    }
}
