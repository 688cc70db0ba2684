//! The seam to tools: whoever runs what a model under test calls.

use std::future::Future;
use std::pin::Pin;

use super::error::ModelError;
use super::message::{ToolCall, ToolResult};
use super::request::Request;
use super::tool::Tool;

/// Something of a tool host on its way.
pub type Hosting<'a, T> = Pin<Box<dyn Future<Output = Result<T, ModelError>> + Send + 'a>>;

/// Whoever runs tools: servers, a recording of them, a script in a test.
///
/// What a tool itself says, its failures included, is a result, which the model is told. That a server cannot be asked is an error: it
/// says nothing of the model.
pub trait ToolHost: Send + Sync {
    /// Returns the tools that these servers offer.
    fn offer<'a>(&'a self, servers: &'a [String]) -> Hosting<'a, Vec<Tool>>;

    /// Runs a tool of these servers, which was called in an answer to a request.
    fn call<'a>(
        &'a self,
        servers: &'a [String],
        asked: &'a Request,
        call: &'a ToolCall,
    ) -> Hosting<'a, ToolResult>;
}
