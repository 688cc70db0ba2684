//! Tools that a model may call, and the shapes that an answer may be held to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name: 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub input_schema: Value,
}

/// Which tool the model must call; without one it may call any, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// One of them, or none.
    Auto,
    /// One of them.
    Any,
    /// This one.
    Tool(String),
}

/// A JSON Schema that Bedrock holds the answer's text to, for models that can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSchema {
    /// A name for it.
    pub name: String,
    /// The schema.
    pub schema: Value,
}
