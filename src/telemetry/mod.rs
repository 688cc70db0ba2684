//! What happens in a run, as traces and metrics for an OpenTelemetry collector. The only place that names its packages.
//!
//! Comes in: the events that a run announces. Goes out: OTLP over HTTP, in protobuf. Names and attributes are those of the
//! [conventions for generative AI](https://github.com/open-telemetry/semantic-conventions-genai) (of 2026, in development);
//! what they have no name for begins with `mcp_cli.`.
//!
//! Nothing here holds a run up or makes it fail: spans wait in a queue with an end, are sent by a thread of their own, and
//! what cannot be sent is lost, with one warning. The SDK reads its own variables (`OTEL_RESOURCE_ATTRIBUTES`,
//! `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` …) from the environment, as everything that speaks OTLP does.

mod attributes;
mod content;
mod health;
mod measure;
mod post;
mod queue;
mod spans;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    MetricExporter, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::run::Event;
use health::Health;
use measure::Instruments;
use post::Post;
use queue::{Queue, Sender};
use spans::Spans;

/// Who says all this.
const SCOPE: &str = "mcp-cli";
/// How long the end of a run waits for what is still to be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is sent, and where to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The collector, without the path of a signal; `None`: as the variables of the environment say.
    pub endpoint: Option<String>,
    /// Whether traces are sent.
    pub traces: bool,
    /// Whether metrics are sent.
    pub metrics: bool,
    /// The longest that sending something may take.
    pub timeout: Duration,
    /// The span that the run belongs to, in the form of the header `traceparent`.
    pub parent: Option<String>,
    /// Where the models are.
    pub server: Server,
    /// The run's id.
    pub run: String,
}

/// Where the models are.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// The endpoint that is asked in place of the region's.
    pub endpoint: Option<String>,
    /// The region of calls that name none.
    pub region: Option<String>,
}

/// Tells a collector of one run.
pub struct Telemetry {
    told: Mutex<Told>,
    health: Arc<Health>,
    sender: Option<Sender>,
    meters: Option<SdkMeterProvider>,
}

/// What is made of events.
struct Told {
    spans: Option<Spans>,
    instruments: Option<Instruments>,
}

impl Telemetry {
    /// Begins to tell of a run. Sends with the help of `runtime`, which must live until [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// What cannot be used, in a sentence: an endpoint that is no URL, a compression that is not known here, no certificates.
    pub fn start(settings: &Settings, runtime: &Handle) -> Result<Self, String> {
        let health = Arc::new(Health::default());
        let post = || Post::new(runtime, settings.timeout, &health);
        let resource = resource();
        let at = |path: &str| {
            let endpoint = settings.endpoint.as_ref();
            endpoint.map(|endpoint| format!("{}{path}", endpoint.trim_end_matches('/')))
        };
        let mut sender = None;
        let mut spans = None;
        if settings.traces {
            let post = post()?;
            let refused = post.refused();
            let mut builder = SpanExporter::builder()
                .with_http()
                .with_http_client(post)
                .with_retry_policy(RetryPolicy::disabled());
            if let Some(endpoint) = at("/v1/traces") {
                builder = builder.with_endpoint(endpoint);
            }
            let exporter = builder.build().map_err(|error| error.to_string())?;
            let (queue, thread) = Queue::start(exporter, &resource, runtime, refused, &health)?;
            let provider = SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_span_processor(queue)
                .build();
            sender = Some(thread);
            spans = Some(Spans::begin(provider.tracer(SCOPE), settings));
        }
        let mut meters = None;
        let mut instruments = None;
        if settings.metrics {
            let mut builder = MetricExporter::builder()
                .with_http()
                .with_http_client(post()?)
                .with_retry_policy(RetryPolicy::disabled());
            if let Some(endpoint) = at("/v1/metrics") {
                builder = builder.with_endpoint(endpoint);
            }
            let exporter = builder.build().map_err(|error| error.to_string())?;
            let provider = SdkMeterProvider::builder()
                .with_resource(resource)
                .with_periodic_exporter(exporter)
                .build();
            instruments = Some(Instruments::of(&provider, settings.server.clone()));
            meters = Some(provider);
        }
        let told = Told { spans, instruments };
        Ok(Self {
            told: Mutex::new(told),
            health,
            sender,
            meters,
        })
    }

    /// Hears of an event. Takes microseconds and waits for nobody.
    pub fn hear(&self, event: &Event) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let Told { spans, instruments } = &mut *told;
        if let Some(instruments) = instruments {
            instruments.hear(event);
        }
        if let Some(spans) = spans {
            spans.hear(event);
        }
    }

    /// Returns what went wrong with sending, if something did and this was not asked before: once in a run.
    pub fn problem(&self) -> Option<String> {
        self.health.told_once()
    }

    /// Ends the run and sends what is left, for five seconds at most; returns what went wrong if nobody was told yet.
    pub fn finish(self) -> Option<String> {
        let Self {
            told,
            health,
            sender,
            meters,
        } = self;
        let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(spans) = told.spans {
            spans.end();
        }
        let (done, is_done) = std::sync::mpsc::channel();
        let ending = std::thread::Builder::new().spawn(move || {
            if let Some(sender) = sender {
                sender.finish();
            }
            if let Some(meters) = meters {
                // What failed is in the health.
                let _ = meters.shutdown();
            }
            // Who has lost patience does not listen.
            let _ = done.send(());
        });
        if ending.is_ok() && is_done.recv_timeout(PATIENCE).is_err() {
            health.note(None, "it did not take everything in time");
        }
        health.told_once()
    }
}

/// Returns what the program says of itself; variables of the environment win.
fn resource() -> Resource {
    let resource = Resource::builder().build();
    let name = resource.get_ref(&"service.name".into());
    let is_unknown = name.is_none_or(|name| name.as_str().starts_with("unknown_service"));
    let mut builder = Resource::builder();
    if is_unknown {
        builder = builder.with_service_name(SCOPE);
    }
    if resource.get_ref(&"service.version".into()).is_none() {
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        builder = builder.with_attribute(version);
    }
    builder.build()
}
