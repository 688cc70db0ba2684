//! The seam to the network: whoever can answer a request.

use std::future::Future;
use std::pin::Pin;

use super::completion::Completion;
use super::error::ModelError;
use super::request::Request;

/// An answer on its way.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Completion, ModelError>> + Send + 'a>>;

/// Whoever can answer a request: Bedrock, a recording, a script in a test.
///
/// One call is one attempt: an implementation never retries and never waits for its turn. Whoever holds a client
/// decides when to ask and whether to ask again.
pub trait ModelClient: Send + Sync {
    /// Asks once. Dropping the future abandons the call.
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a>;
}
