//! What a suite may say under `models`.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "described to editors, never filled"
)]

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::prompt::CachePointForm;
use super::tools::Tools;
use super::top::Texts;

/// An id, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum IdOrModel {
    /// An id, inference profile or ARN, with or without `bedrock:` or `bedrock:converse:` before it.
    Id(#[schemars(regex(pattern = r"^\S+$"))] String),
    Map(Model),
}

/// A model, and how it is asked.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Model {
    /// An id, inference profile or ARN, with or without `bedrock:` or `bedrock:converse:` before it.
    #[schemars(regex(pattern = r"^\S+$"))]
    id: String,
    /// Its name in reports and for `baseline`, unique in the suite. Default: the id.
    label: Option<String>,
    /// The region to ask, where it is not the run's.
    region: Option<String>,
    /// The service tier to ask for.
    service_tier: Option<ServiceTier>,
    /// Latency optimisation.
    performance: Option<Performance>,
    /// A guardrail that Bedrock applies to each call.
    guardrail: Option<Guardrail>,
    /// Whether a cache point follows the system prompt, and for how long it lasts; `auto` places them where they pay.
    cache: Option<CacheForm>,
    /// Inference parameters. What is not said is not sent, but for `max_tokens`.
    params: Option<Params>,
    /// Fields that go to the model as they are (`additionalModelRequestFields`).
    additional_fields: Option<Map<String, Value>>,
    #[schemars(flatten)]
    tools: Tools,
}

/// Inference parameters.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Params {
    /// The most tokens that the model may generate. Default: 4096, or the model's own limit if that is lower.
    #[schemars(range(min = 1))]
    max_tokens: Option<u64>,
    /// Sampling temperature.
    #[schemars(range(min = 0, max = 1))]
    temperature: Option<f64>,
    /// Nucleus sampling.
    #[schemars(range(min = 0, max = 1))]
    top_p: Option<f64>,
    /// Texts that end the answer.
    stop: Option<Texts>,
    /// Reasoning effort.
    effort: Option<Effort>,
    /// Fields that go to the model as they are, added to the model's own.
    additional_fields: Option<Map<String, Value>>,
}

/// A guardrail.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Guardrail {
    /// Its id or ARN.
    id: String,
    /// Its version, such as 1 or DRAFT. Default: DRAFT.
    version: Option<Version>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum Version {
    Number(f64),
    Text(String),
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum CacheForm {
    /// No cache point.
    No(#[schemars(extend("const" = false))] bool),
    /// Cache points wherever what questions begin with is worth keeping.
    Auto(#[schemars(extend("const" = "auto"))] String),
    Point(CachePointForm),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
enum ServiceTier {
    Default,
    Flex,
    Priority,
    Reserved,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
enum Performance {
    Standard,
    Optimized,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
enum Effort {
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}
