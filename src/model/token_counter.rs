//! The seam to whoever counts the tokens of a prompt without answering it.

use std::future::Future;
use std::pin::Pin;

use super::error::ModelError;
use super::request::Request;

/// A count on its way.
pub type Counting<'a> = Pin<Box<dyn Future<Output = Result<u64, ModelError>> + Send + 'a>>;

/// Whoever can count the tokens of a prompt: Bedrock, a script in a test. One call is one attempt, as of a
/// [`ModelClient`](super::ModelClient).
pub trait TokenCounter: Send + Sync {
    /// Returns how many tokens the model makes of the request's prompt. Nothing is generated, and nothing is charged.
    fn count<'a>(&'a self, request: &'a Request) -> Counting<'a>;
}
