//! Metrics of calls and trials.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::attributes::of_both;
use super::{SCOPE, Server};
use crate::run::{Call, Event};

/// Bounds of `gen_ai.client.token.usage`, as the conventions recommend them.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
/// Bounds of durations, in seconds, as the conventions recommend them.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// What is measured.
pub(super) struct Instruments {
    server: Server,
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
    first: Histogram<f64>,
    trials: Counter<u64>,
    cost: Counter<f64>,
}

impl Instruments {
    pub(super) fn of(provider: &SdkMeterProvider, server: Server) -> Self {
        let meter = provider.meter(SCOPE);
        let seconds = |name: &'static str, description: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s");
            let histogram = histogram.with_description(description);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        Self {
            server,
            tokens: meter
                .u64_histogram("gen_ai.client.token.usage")
                .with_unit("{token}")
                .with_description("Number of input and output tokens used.")
                .with_boundaries(TOKENS.to_vec())
                .build(),
            duration: seconds(
                "gen_ai.client.operation.duration",
                "GenAI operation duration.",
            ),
            first: seconds(
                "gen_ai.client.operation.time_to_first_chunk",
                "Time to receive the first chunk of a streamed answer.",
            ),
            trials: meter
                .u64_counter("mcp_cli.trials")
                .with_unit("{trial}")
                .with_description("Trials that are finished.")
                .build(),
            cost: meter
                .f64_counter("mcp_cli.cost")
                .with_unit("{USD}")
                .with_description("What calls are charged, at list prices.")
                .build(),
        }
    }

    pub(super) fn hear(&self, event: &Event) {
        match event {
            // Nobody was asked, and nobody is charged.
            Event::Called(call) if !call.billed.recorded => self.called(call),
            Event::Finished { label, status, .. } => {
                let label = KeyValue::new("mcp_cli.label", label.clone());
                let status = KeyValue::new("mcp_cli.status", status.as_str());
                self.trials.add(1, &[label, status]);
            }
            _ => {}
        }
    }

    fn called(&self, call: &Call) {
        let mut attributes = of_both(call, &self.server);
        self.duration
            .record(call.latency().as_secs_f64(), &attributes);
        attributes.retain(|attribute| attribute.key.as_str() != "error.type");
        if let Some(first) = call
            .outcome
            .as_ref()
            .ok()
            .and_then(|it| it.time_to_first_token)
        {
            self.first.record(first.as_secs_f64(), &attributes);
        }
        let Some(usage) = &call.billed.usage else {
            return;
        };
        if let Some(cost) = call.cost {
            self.cost.add(cost.to_f64(), &attributes);
        }
        let kinds = [
            ("input", usage.prompt_tokens()),
            ("output", usage.output_tokens),
        ];
        for (kind, tokens) in kinds
            .into_iter()
            .filter(|(kind, _)| !call.embeds || *kind == "input")
        {
            let mut attributes = attributes.clone();
            attributes.push(KeyValue::new("gen_ai.token.type", kind));
            self.tokens.record(tokens, &attributes);
        }
    }
}
