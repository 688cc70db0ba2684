//! What one price is for: model, place, tier and kind of token, from the words that AWS has for them.
//!
//! From the first word that says a kind of token on, every word must be known; before it, none may say that the price is for something
//! else. So a word that is new makes a price one that is not understood, and never one that is mistaken.

use serde::Deserialize;

use super::difference::Slot;
use super::file::Priced;
use super::stems::model_of_stem;
use crate::catalog::names::model_of;
use crate::catalog::{Catalog, Tier, Usd};

/// Attributes of a product, as far as they matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Product {
    pub(super) usagetype: String,
    pub(super) region_code: String,
    pub(super) model: String,
    pub(super) servicename: String,
    pub(super) inference_type: String,
    pub(super) feature: String,
    #[serde(rename = "service_tier", alias = "serviceTier")]
    pub(super) service_tier: String,
}

/// Where a price holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// For calls from this region.
    From(String),
    /// For calls by the global profile.
    Global,
}

/// A price that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) model: String,
    pub(super) place: Place,
    /// The region whose price it is.
    pub(super) region: String,
    pub(super) tier: Tier,
    pub(super) slot: Slot,
    /// Dollars per token.
    pub(super) price: Usd,
}

/// Words that say what a price is for, once a kind of token has been said.
const KNOWN: [&str; 25] = [
    "input", "output", "token", "tokens", "count", "prompt", "response", "cache", "read", "write",
    "5m", "1h", "1hour", "global", "regional", "geo", "cross", "region", "in", "standard", "batch",
    "flex", "priority", "units", "default",
];
/// Words that begin what is said of a kind of token.
const BEGINS: [&str; 5] = ["input", "output", "cache", "prompt", "response"];
/// Words that say that a price is for something that the table does not have, and what that is.
const OTHERWISE: [(&str, &str); 15] = [
    ("mantle", "another endpoint at the same price"),
    ("custom", "custom models"),
    ("optimized", "optimized latency"),
    ("provisioned", "provisioned throughput"),
    ("reserved", "reserved capacity"),
    ("long", "long prompts, whose bound the list does not tell"),
    ("ctx", "long prompts, whose bound the list does not tell"),
    ("image", "images"),
    ("images", "images"),
    ("video", "videos"),
    ("audio", "audio"),
    ("speech", "audio"),
    ("search", "search"),
    ("guardrail", "guardrails"),
    ("storage", "storage"),
];

/// Returns what a price is for, or why that is not understood.
pub(super) fn understood(priced: &Priced, catalog: &Catalog) -> Result<Understood, String> {
    let product = &priced.product;
    let usage = words(&product.usagetype);
    let kind = words(&product.inference_type);
    let feature = words(&product.feature);
    let said = [&usage, &kind, &feature, &words(&product.service_tier)];
    for word in said.into_iter().flatten() {
        if let Some((_, what)) = OTHERWISE.iter().find(|(other, _)| other == word) {
            return Err((*what).to_owned());
        }
    }
    let is_batch_feature = match feature.join(" ").as_str() {
        "" | "on demand inference" => false,
        "batch inference" => true,
        other => return Err(format!("the feature `{other}`")),
    };
    let begins = usage
        .iter()
        .position(|word| BEGINS.contains(&word.as_str()));
    let tail = begins.map_or(&[][..], |at| &usage[at..]);
    let unknown = tail
        .iter()
        .chain(&kind)
        .find(|word| !KNOWN.contains(&word.as_str()));
    if let Some(word) = unknown {
        return Err(format!("the word `{word}`"));
    }
    let per_token = price(priced)?;
    let model =
        model(product, catalog).ok_or_else(|| format!("the model `{}`", shown_model(product)))?;
    if product.region_code.is_empty() {
        return Err("no region".to_owned());
    }
    let all: Vec<&str> = tail.iter().chain(&kind).map(String::as_str).collect();
    let tier_words = words(&product.service_tier);
    let has = |word: &str| all.contains(&word) || tier_words.iter().any(|it| it == word);
    let before = begins.map_or(usage.as_slice(), |at| &usage[..at]);
    let said_before = |word: &str| before.iter().any(|it| it == word);
    let is_global = has("global") || said_before("global");
    let tier = match (
        has("flex") || said_before("flex"),
        has("priority") || said_before("priority"),
    ) {
        (true, true) => return Err("two tiers".to_owned()),
        (true, false) => Tier::Flex,
        (false, true) => Tier::Priority,
        (false, false) => Tier::Default,
    };
    let is_batch = is_batch_feature || has("batch") || said_before("batch");
    Ok(Understood {
        model,
        place: if is_global {
            Place::Global
        } else {
            Place::From(product.region_code.clone())
        },
        region: product.region_code.clone(),
        tier,
        slot: slot(tail, &kind, is_batch)?,
        price: per_token,
    })
}

/// Returns the kind of token; usage type and inference type must not contradict each other.
fn slot(tail: &[String], kind: &[String], is_batch: bool) -> Result<Slot, String> {
    let of = |words: &[String]| {
        let has = |word: &str| words.iter().any(|it| it == word);
        let hour = has("1h") || has("1hour");
        match (has("cache"), has("read"), has("write")) {
            (true, true, false) => Some(Slot::CacheRead),
            (true, false, true) if hour => Some(Slot::CacheWrite1h),
            (true, false, true) => Some(Slot::CacheWrite5m),
            (false, false, false) if has("output") || has("response") => Some(Slot::Output),
            (false, false, false) if has("input") || has("prompt") => Some(Slot::Input),
            _ => None,
        }
    };
    let found = match (of(tail), of(kind)) {
        (Some(usage), Some(kind)) if usage == kind => usage,
        // An inference type may say "Input tokens" of what is read from a cache.
        (Some(usage), Some(Slot::Input)) if usage != Slot::Output => usage,
        (Some(only), None) | (None, Some(only)) => only,
        _ => return Err("no kind of token".to_owned()),
    };
    match (found, is_batch) {
        (slot, false) => Ok(slot),
        (Slot::Input, true) => Ok(Slot::BatchInput),
        (Slot::Output, true) => Ok(Slot::BatchOutput),
        _ => Err("a cache in batch inference".to_owned()),
    }
}

/// Returns dollars per token, exactly.
fn price(priced: &Priced) -> Result<Usd, String> {
    let unit = priced.unit.to_lowercase();
    let tokens = match unit.trim() {
        "1k tokens" => 1_000,
        "1m tokens" => 1_000_000,
        "units" if priced.description.to_lowercase().contains("million") => 1_000_000,
        _ => return Err(format!("the unit `{}`", priced.unit)),
    };
    let Some(text) = &priced.usd else {
        return Err("several prices, or none in dollars".to_owned());
    };
    let too_fine = || "a price finer than a pico-dollar per token".to_owned();
    // Zeros at the end say nothing.
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    let usd: Usd = text.parse().map_err(|_| too_fine())?;
    if usd < Usd::ZERO {
        return Err("a price below zero".to_owned());
    }
    if usd.pico() % tokens != 0 {
        return Err(too_fine());
    }
    Ok(Usd::from_pico(usd.pico() / tokens))
}

fn model(product: &Product, catalog: &Catalog) -> Option<String> {
    let name = shown_model(product);
    let by_name = model_of(&name, catalog);
    let stem = || {
        let lower = product.usagetype.to_lowercase();
        let end = BEGINS
            .iter()
            .filter_map(|word| lower.find(&format!("-{word}")));
        let end = end.min()?;
        model_of_stem(&product.usagetype[..end], catalog)
    };
    let found = match by_name {
        None if product.model.is_empty() => stem(),
        found => found,
    };
    found.map(|facts| facts.id.clone())
}

fn shown_model(product: &Product) -> String {
    if product.model.is_empty() {
        product.servicename.clone()
    } else {
        product.model.clone()
    }
}

/// Returns the words of an identifier in small letters, cut at signs and at humps: `InputTokenCount_Global`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in text.chars() {
        let is_hump = before.is_ascii_lowercase() && c.is_ascii_uppercase();
        if !c.is_alphanumeric() || is_hump {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .expect("there is one")
                .extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is understood of a usage type, inference type, feature and tier; a price of 0.0006 in 1K tokens.
    fn read(usagetype: &str, inference_type: &str, feature: &str, service_tier: &str) -> String {
        let priced = Priced {
            product: Product {
                usagetype: usagetype.into(),
                inference_type: inference_type.into(),
                feature: feature.into(),
                service_tier: service_tier.into(),
                model: "Nova Lite".into(),
                region_code: "eu-west-1".into(),
                servicename: "Amazon Bedrock".into(),
            },
            unit: "1K Tokens".into(),
            description: String::new(),
            usd: Some("0.0006000000000000".into()),
        };
        match understood(&priced, &Catalog::builtin()) {
            Ok(it) => format!(
                "{} {:?} {} {}",
                it.model,
                it.place,
                it.tier.as_str(),
                it.slot.as_str()
            ),
            Err(why) => format!("not: {why}"),
        }
    }

    #[test]
    fn words_say_what_a_price_is_for() {
        const DEMAND: &str = "On-demand Inference";
        let from = |slot: &str| format!("amazon.nova-lite-v1:0 From(\"eu-west-1\") default {slot}");
        for (usage, kind, feature, tier, expected) in [
            (
                "EUW1-NovaLite-input-tokens",
                "Input tokens",
                DEMAND,
                "",
                from("input"),
            ),
            ("EUW1-NovaLite-output-tokens", "", "", "", from("output")),
            (
                "EUW1-NovaLite-input-tokens-batch",
                "Input tokens",
                "Batch Inference",
                "",
                from("batch input"),
            ),
            (
                "EUW1-NovaLite-cache-read-input-token-count",
                "Prompt cache read input tokens",
                DEMAND,
                "",
                from("cache read"),
            ),
            (
                "EUW1-MP:EUW1_cache_write_1h_input_tokens_standard-Units",
                "",
                "",
                "",
                from("cache write 1h"),
            ),
            (
                "EUW1-MP:EUW1_CacheWriteInputTokenCount-Units",
                "",
                "",
                "",
                from("cache write 5m"),
            ),
            (
                "EUW1-MP:EUW1_InputTokenCount_Global-Units",
                "",
                "",
                "",
                "amazon.nova-lite-v1:0 Global default input".into(),
            ),
            (
                "EUW1-NovaLite-output-tokens-cross-region-global",
                "",
                "",
                "flex",
                "amazon.nova-lite-v1:0 Global flex output".into(),
            ),
            (
                "EUW1-NovaLite-input-tokens-priority",
                "",
                "",
                "",
                "amazon.nova-lite-v1:0 From(\"eu-west-1\") priority input".into(),
            ),
        ] {
            assert_eq!(read(usage, kind, feature, tier), expected, "{usage}");
        }
    }

    #[test]
    fn what_words_do_not_say_plainly_is_not_understood() {
        for (usage, kind, feature, why) in [
            ("EUW1-NovaLite-input-image-tokens", "", "", "images"),
            (
                "EUW1-NovaLite-input-tokens-mantle",
                "",
                "",
                "another endpoint at the same price",
            ),
            (
                "EUW1-NovaLite-latency-optimized-input-tokens",
                "",
                "",
                "optimized latency",
            ),
            (
                "EUW1-NovaLite-input-tokens-turbo",
                "",
                "",
                "the word `turbo`",
            ),
            (
                "EUW1-NovaLite-input-tokens",
                "Output tokens",
                "",
                "no kind of token",
            ),
            ("EUW1-NovaLite-units", "", "", "no kind of token"),
            (
                "EUW1-NovaLite-input-tokens",
                "",
                "Model Evaluation",
                "the feature `model evaluation`",
            ),
        ] {
            assert_eq!(
                read(usage, kind, feature, ""),
                format!("not: {why}"),
                "{usage}"
            );
        }
    }

    #[test]
    fn prices_are_exact_or_not_understood() {
        let of = |unit: &str, description: &str, usd: Option<&str>| {
            let priced = Priced {
                product: Product::default(),
                unit: unit.into(),
                description: description.into(),
                usd: usd.map(str::to_owned),
            };
            price(&priced).map(Usd::pico)
        };
        for (unit, description, usd, expected) in [
            ("1K tokens", "", Some("0.0000600000"), Some(60_000)),
            ("1k tokens", "", Some("0.0000000010"), Some(1)),
            ("1M tokens", "", Some("2.2000000000"), Some(2_200_000)),
            (
                "Units",
                "Million Input Tokens",
                Some("3.00"),
                Some(3_000_000),
            ),
            ("Units", "Input Tokens", Some("3.00"), None),
            ("Hrs", "", Some("3.00"), None),
            ("1K tokens", "", Some("0.0000000001"), None),
            ("1K tokens", "", Some("-1"), None),
            ("1K tokens", "", None, None),
            ("1K tokens", "", Some("0.0000000000"), Some(0)),
        ] {
            assert_eq!(of(unit, description, usd).ok(), expected, "{unit} {usd:?}");
        }
    }
}
