//! When a request left: the start of its latency.
//!
//! One interceptor serves all calls of a client and finds the stopwatch of its call in the task: an interceptor of each
//! call's own would make the SDK merge its components anew every time.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;

tokio::task_local! {
    /// The stopwatch of the call that this task is sending.
    static OF_THIS_CALL: Stopwatch;
}

/// Starts when the signed request is handed to the network: looking up credentials is nobody's latency.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopwatch {
    started: Arc<OnceLock<Instant>>,
}

impl Stopwatch {
    /// Sends a call of a client with the [`Starter`].
    pub(super) async fn time<F: Future>(&self, sending: F) -> F::Output {
        OF_THIS_CALL.scope(self.clone(), sending).await
    }

    /// Returns the time since the request left; zero before that.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.get().map(Instant::elapsed).unwrap_or_default()
    }
}

/// Starts the stopwatch of every call of a client.
#[derive(Debug)]
pub(super) struct Starter;

impl Intercept for Starter {
    fn name(&self) -> &'static str {
        "Starter"
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
}
