//! What only the wire knows of a call: when its request left, which is the start of its latency, and the tokens that the
//! headers of an embedding's answer tell.
//!
//! One interceptor serves all calls of a client and finds the stopwatch of its call in the task: an interceptor of each
//! call's own would make the SDK merge its components anew every time. It limits bodies as well, since the SDK asks every interceptor
//! at every step.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeDeserializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;

use super::body::{LARGEST, limited};

/// The header in which Bedrock tells the tokens of a prompt.
const INPUT_TOKENS: &str = "x-amzn-bedrock-input-token-count";

tokio::task_local! {
    /// The stopwatch of the call that this task is sending.
    static OF_THIS_CALL: Stopwatch;
}

/// Starts when the signed request is handed to the network: looking up credentials is nobody's latency.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopwatch {
    started: Arc<OnceLock<Instant>>,
    input_tokens: Arc<OnceLock<u64>>,
}

impl Stopwatch {
    /// Sends a call of a client with the [`Wire`]. It is pinned where it was made: a call of the SDK takes seven kilobytes, which
    /// every hand that it passes through would copy.
    pub(super) async fn time<F: Future>(&self, sending: Pin<&mut F>) -> F::Output {
        OF_THIS_CALL.scope(self.clone(), sending).await
    }

    /// Returns the tokens of the prompt, where the answer's headers tell them.
    pub(super) fn input_tokens(&self) -> Option<u64> {
        self.input_tokens.get().copied()
    }

    /// Returns the time since the request left; zero before that.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.get().map(Instant::elapsed).unwrap_or_default()
    }
}

/// Starts the stopwatch of every call of a client, and takes in no body that is larger than any answer.
#[derive(Debug)]
pub(super) struct Wire;

impl Intercept for Wire {
    fn name(&self) -> &'static str {
        "Wire"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A call that nobody times has no stopwatch.
        let _ = OF_THIS_CALL.try_with(|stopwatch| {
            stopwatch.started.get_or_init(Instant::now);
        });
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        let body = response.take_body();
        *response.body_mut() = limited(body, LARGEST);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let tokens = context.response().headers().get(INPUT_TOKENS);
        if let Some(tokens) = tokens.and_then(|tokens| tokens.parse().ok()) {
            let _ = OF_THIS_CALL.try_with(|stopwatch| stopwatch.input_tokens.set(tokens));
        }
        Ok(())
    }
}
