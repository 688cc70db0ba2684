//! What is said to a model and what comes back: plain data, and the port to the network.
//!
//! Nothing here knows AWS, files or time. A [`Request`] goes in at [`ModelClient`], a [`Completion`] or a
//! [`ModelError`] comes out; everything above speaks in these types, whoever answers.

mod batch;
mod client;
mod completion;
mod embedding;
mod error;
mod family;
mod id;
mod json;
mod media;
mod message;
mod request;
mod server;
mod token_counter;
mod tool;
mod tool_host;
mod usage;

pub use batch::{BatchClient, BatchOrder, BatchStage, BatchStatus, Batching};
pub use client::{Asking, Hear, ModelClient, Said};
pub use completion::{Completion, StopReason};
pub use embedding::{Embedding, Purpose, Quantized, Truncate};
pub use error::{ErrorKind, ModelError, Remedy};
pub use family::Family;
pub use id::{IdKind, ModelId, Scope};
pub use json::Json;
pub use media::Media;
pub use message::{CacheTtl, Message, Part, Reasoning, Role, ToolCall, ToolResult};
pub use request::{Guardrail, Params, Request};
pub(crate) use request::{canonical, hex};
pub use server::{Reach, ServerSpec};
pub use token_counter::{Counting, TokenCounter};
pub use tool::{AnswerSchema, Tool, ToolChoice};
pub use tool_host::{Hosting, ToolHost};
pub use usage::Usage;
