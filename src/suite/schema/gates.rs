//! What must hold of a run.

#![expect(dead_code, reason = "described to editors, never filled")]

use schemars::JsonSchema;

use super::top::Texts;

/// A bound that decides whether the run is good enough: one key.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Gate {
    /// The mean over cases of passed ÷ (passed + failed), a fraction.
    pass_rate: Option<Estimated>,
    /// The model is not worse than another by the margin or more.
    no_worse_than: Option<Against>,
    /// The model is better than another.
    better_than: Option<Against>,
    /// What a passed trial costs in US dollars, judges left out.
    cost_per_pass: Option<Estimated>,
    /// What was paid for the suite in US dollars, judges included.
    total_cost: Option<Counted>,
    /// The median latency.
    latency_p50: Option<Timed>,
    /// The 90th percentile of latency.
    latency_p90: Option<Timed>,
    /// The 95th percentile of latency.
    latency_p95: Option<Timed>,
    /// The 99th percentile of latency.
    latency_p99: Option<Timed>,
    /// The median time to the first token.
    ttft_p50: Option<Timed>,
    /// The 90th percentile of the time to the first token.
    ttft_p90: Option<Timed>,
    /// The 95th percentile of the time to the first token.
    ttft_p95: Option<Timed>,
    /// The 99th percentile of the time to the first token.
    ttft_p99: Option<Timed>,
    /// The mean over cases of a named metric.
    metric: Option<Metric>,
    /// The share of planned trials that passed or failed.
    completeness: Option<Counted>,
    /// The share of cases whose repeats show that they pass now and then.
    flaky_share: Option<Counted>,
}

/// A bound on a number that is estimated.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Estimated {
    /// It must be so high.
    at_least: Option<f64>,
    /// It must be so low.
    at_most: Option<f64>,
    /// How sure that must be, one-sided. Default: the estimate decides.
    #[schemars(range(min = 0.5, max = 1))]
    confidence: Option<f64>,
    /// The labels that are judged. Default: all but the suite's `baseline`.
    models: Option<Texts>,
}

/// A bound on a number that is counted.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Counted {
    /// It must be so high.
    at_least: Option<f64>,
    /// It must be so low.
    at_most: Option<f64>,
    /// The labels that are judged. Default: all but the suite's `baseline`.
    models: Option<Texts>,
}

/// A bound on a time.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Timed {
    /// It must be so long: milliseconds, or a duration such as `3s`.
    at_least: Option<Duration>,
    /// It must be so short: milliseconds, or a duration such as `3s`.
    at_most: Option<Duration>,
    /// How sure that must be, one-sided. Default: the estimate decides.
    #[schemars(range(min = 0.5, max = 1))]
    confidence: Option<f64>,
    /// The labels that are judged. Default: all but the suite's `baseline`.
    models: Option<Texts>,
}

/// A bound on a named metric.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Metric {
    /// Its name.
    name: String,
    /// It must be so high.
    at_least: Option<f64>,
    /// It must be so low.
    at_most: Option<f64>,
    /// How sure that must be, one-sided. Default: the estimate decides.
    #[schemars(range(min = 0.5, max = 1))]
    confidence: Option<f64>,
    /// The labels that are judged. Default: all but the suite's `baseline`.
    models: Option<Texts>,
}

/// Whom a model is held against.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Against {
    /// The label of the model. Default: the suite's `baseline`.
    baseline: Option<String>,
    /// By how much, as a fraction: 0.02 is two points. Default: the suite's `margin`; for `better_than`, 0.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    margin: Option<f64>,
    /// How sure that must be, one-sided. Default: 0.95; for `better_than`, 0.975.
    #[schemars(range(min = 0.5, max = 1))]
    confidence: Option<f64>,
    /// The labels that are judged. Default: all but the baseline.
    models: Option<Texts>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum Duration {
    Number(f64),
    Text(String),
}
