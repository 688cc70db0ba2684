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

    /// Returns whether the answer is at hand already, so that neither quota nor budget need be waited for.
    fn holds(&self, _request: &Request) -> bool {
        false
    }

    /// Asks once, and lets `hear` follow the answer as it comes; all of it at the end, where nothing is streamed.
    fn listen<'a>(&'a self, request: &'a Request, hear: &'a Hear<'a>) -> Asking<'a> {
        Box::pin(async move {
            let completion = self.converse(request).await?;
            if !completion.text.is_empty() {
                hear(Said::Text(&completion.text));
            }
            Ok(completion)
        })
    }
}

/// A piece of an answer, as soon as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// Text of the answer.
    Text(&'a str),
    /// What the model thinks before it answers.
    Reasoning(&'a str),
}

/// Whoever follows an answer.
pub type Hear<'a> = dyn Fn(Said<'_>) + Send + Sync + 'a;
