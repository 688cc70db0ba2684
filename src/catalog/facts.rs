//! What is known of one model, as `config/models.yaml` states it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::price::Kind;

/// What is known of one model. Hints, all of them: what Bedrock answers is right.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFacts {
    /// The foundation model's id, without geography.
    pub id: String,
    /// The name that people use.
    pub name: String,
    /// Short names that stand for the id.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What the model makes of its input.
    #[serde(default)]
    pub kind: Kind,
    /// The largest prompt, in tokens.
    #[serde(default)]
    pub max_input_tokens: Option<u64>,
    /// The longest answer, in tokens.
    #[serde(default)]
    pub max_output_tokens: Option<u32>,
    /// The lengths that its vectors may have; the first is the model's own choice.
    #[serde(default)]
    pub dimensions: Vec<u32>,
    /// What the model can do.
    #[serde(default)]
    pub can: Vec<Ability>,
    /// What the model cannot do. What stands in neither list is unknown.
    #[serde(default)]
    pub cannot: Vec<Ability>,
    /// What the model answers with an error.
    #[serde(default)]
    pub refuses: Vec<Restriction>,
    /// Explicit prompt caching, if the model has it.
    #[serde(default)]
    pub cache: Option<CacheFacts>,
    /// Profiles of which a price is known: geographies and `global`. No proof that a profile exists.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Whether the id can be called without a profile.
    #[serde(default)]
    pub bare_id: BareId,
    /// How many tokens of quota a generated token costs.
    #[serde(default = "one")]
    pub output_burndown: u32,
    /// Published default quotas by scope: `in-region`, `geo` and `global`.
    #[serde(default)]
    pub quota: BTreeMap<QuotaScope, QuotaFacts>,
    /// Whether the model still lives.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Who says so; empty where it is the source of the whole file.
    #[serde(default)]
    pub source: String,
    /// When that was read; `None` where it is the date of the whole file.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Anything else worth knowing.
    #[serde(default)]
    pub notes: String,
}

impl ModelFacts {
    /// Returns whether the model can do this, as far as is known.
    pub fn supports(&self, ability: Ability) -> Support {
        if self.can.contains(&ability) {
            Support::Yes
        } else if self.cannot.contains(&ability) {
            Support::No
        } else {
            Support::Unknown
        }
    }

    /// Returns whether the model is known to refuse this.
    pub fn refuses(&self, restriction: Restriction) -> bool {
        self.refuses.contains(&restriction)
    }
}

/// Something that a model may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// Answer token by token (`ConverseStream`).
    Stream,
    /// Follow a system prompt.
    System,
    /// Call tools.
    Tools,
    /// Call tools while streaming.
    ToolsStreaming,
    /// See images.
    Images,
    /// Read documents.
    Documents,
    /// Reason before it answers.
    Reasoning,
    /// Be told how hard to reason.
    Effort,
    /// Keep to a JSON Schema natively.
    StructuredOutput,
    /// Have the tokens of its prompts counted (`CountTokens`).
    CountTokens,
}

/// Whether a model can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// It can.
    Yes,
    /// It cannot.
    No,
    /// Nobody says, or sources disagree.
    Unknown,
}

/// Something that a model answers with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restriction {
    /// Any sampling parameter: temperature, `top_p`, `top_k`.
    Sampling,
    /// Temperature and `top_p` at once.
    TemperatureWithTopP,
    /// A conversation that ends with a message of the assistant.
    Prefill,
    /// Being told not to reason: it always does, and needs room for it in `max_tokens`.
    ReasoningOff,
    /// A forced tool choice (`any`, or a named tool).
    ForcedToolChoice,
    /// An explicit cache point.
    CachePoint,
}

/// Explicit prompt caching of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheFacts {
    /// The shortest prefix that is cached, in tokens, if known. A shorter one is silently not cached.
    #[serde(default)]
    pub min_tokens: Option<u32>,
    /// Whether an entry may live for an hour.
    pub one_hour: bool,
}

/// Whether a model can be called by its foundation id, without a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BareId {
    /// Nobody says; many newer models need a profile in most regions.
    #[default]
    Unknown,
    /// In some regions only.
    SomeRegions,
    /// Nowhere.
    Refused,
}

/// The buckets that AWS keeps apart for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaScope {
    /// Calls by the bare id.
    InRegion,
    /// Calls through a profile of a geography.
    Geo,
    /// Calls through the global profile.
    Global,
}

/// Default quotas as published for us-east-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaFacts {
    /// Tokens per minute.
    pub tokens_per_minute: u64,
    /// Requests per minute, where there is such a limit.
    #[serde(default)]
    pub requests_per_minute: Option<u64>,
}

/// Whether a model still lives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// How Bedrock lists it.
    #[serde(default)]
    pub status: Status,
    /// The first day without it.
    #[serde(default)]
    pub end_of_life: Option<Date>,
    /// The nearest listed model of its line, by foundation id.
    #[serde(default)]
    pub successor: Option<String>,
}

/// How Bedrock lists a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As any other.
    #[default]
    Active,
    /// In a few regions only, none of them in the US.
    FewRegions,
    /// As legacy: open to those who used it lately.
    Legacy,
    /// In no commercial region that was looked at.
    NotListed,
}

fn one() -> u32 {
    1
}
