//! When a request left: the start of its latency.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;

/// Starts when the signed request is handed to the network: looking up credentials is nobody's latency.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopwatch {
    started: Arc<OnceLock<Instant>>,
}

impl Stopwatch {
    /// Returns the time since the request left; zero before that.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.get().map(Instant::elapsed).unwrap_or_default()
    }
}

impl Intercept for Stopwatch {
    fn name(&self) -> &'static str {
        "Stopwatch"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.started.get_or_init(Instant::now);
        Ok(())
    }
}
