//! What a model costs: one row of the price table, in pico-dollars per token.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::usd::Usd;
use crate::model::Scope;

/// Prices of a model in one scope and service tier.
///
/// A row is complete in itself: a journal keeps it, so that its costs can be worked out again without the table.
/// A row of another tier than `default` states the whole price of that tier; what it leaves out is not filled from
/// the default row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRow {
    /// Foundation id without geography, or the whole id or ARN of a row that the user gave.
    pub model: String,
    /// Where the call may be served.
    pub scope: PriceScope,
    /// The service tier.
    pub tier: Tier,
    /// What the model makes of its input.
    pub kind: Kind,
    /// The usual prices.
    pub rates: Rates,
    /// Prices of a request with a large prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_context: Option<LongContext>,
    /// Published prices of batch inference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchRates>,
    /// The id that can be called at this price.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub invocable_id: String,
    /// End of life or listing status, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lifecycle: String,
    /// Who says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// When that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// Anything else worth knowing, such as a disagreement between sources.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// Dollars per token, by kind of token. `None` is a price that is not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Prompt tokens that have nothing to do with the cache.
    pub input: Usd,
    /// Generated tokens, reasoning included.
    pub output: Usd,
    /// Tokens read from the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Usd>,
    /// Tokens written to the cache for the usual time (five minutes on Claude).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_5m: Option<Usd>,
    /// Tokens written to the cache for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Usd>,
}

/// Rates that hold for every token of a request whose prompt is larger than a bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongContext {
    /// The largest prompt, in tokens (input, cache reads and writes), that still costs the usual rates.
    pub over_tokens: u64,
    /// What every token costs beyond that.
    pub rates: Rates,
}

/// Dollars per token in batch inference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRates {
    /// Prompt tokens.
    pub input: Usd,
    /// Generated tokens.
    pub output: Usd,
}

/// The service tier of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// On demand.
    Default,
    /// Cheaper, and served when there is room.
    Flex,
    /// Dearer, and served first.
    Priority,
    /// Capacity paid by the hour.
    Reserved,
}

impl Tier {
    /// Every tier, in the order of its name in requests.
    pub const ALL: [Self; 4] = [Self::Default, Self::Flex, Self::Priority, Self::Reserved];

    /// Returns the tier that requests and tables spell as `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text)
    }

    /// Returns the tier as requests and tables spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Reserved => "reserved",
        }
    }
}

/// What a model makes of its input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It answers.
    #[default]
    Chat,
    /// It returns vectors; only input is billed.
    Embedding,
    /// It orders documents; billed by query and not by token.
    Rerank,
}

impl Kind {
    /// Returns the kind that tables spell as `text`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "chat" => Some(Self::Chat),
            "embedding" => Some(Self::Embedding),
            "rerank" => Some(Self::Rerank),
            _ => None,
        }
    }

    /// Returns the kind as tables spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
        }
    }
}

/// Where a price holds. Prints `in-region`, `us`, `global`, `region:eu-west-1`, ….
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceScope {
    /// For every source region, by the kind of id.
    Everywhere(Scope),
    /// For calls from one region.
    Region(String),
}

impl PriceScope {
    /// Returns the scope that prints as `text`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("region:") {
            Some("") => None,
            Some(region) => Some(Self::Region(region.to_owned())),
            None => Scope::parse(text).map(Self::Everywhere),
        }
    }
}

impl fmt::Display for PriceScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere(scope) => scope.fmt(f),
            Self::Region(region) => write!(f, "region:{region}"),
        }
    }
}

impl Serialize for PriceScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PriceScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("no price scope `{text}`")))
    }
}
