//! Quotas that an account has, told by their names: Service Quotas gives them codes that say nothing, and names such as
//! `Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1`.
//!
//! They are read strictly: what is not understood whole, or could be two models, is not used.

use std::collections::BTreeMap;

use super::facts::{ModelFacts, QuotaScope};
use super::names::model_of;
use super::table::Catalog;
use crate::model::{ModelId, Scope};

/// What stands between what is limited and whose limit it is.
const FOR: &str = " per minute for ";
/// Words beside the scope and what is counted.
const USUAL: [&str; 4] = ["model", "inference", "invocation", "invokemodel"];

/// Quotas of an account in one region, by model and scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountQuotas(BTreeMap<(String, QuotaScope), AccountQuota>);

/// The quota of one model in one scope; `None` where the account's list has none that is understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountQuota {
    /// Tokens per minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests per minute.
    pub requests_per_minute: Option<u64>,
}

impl AccountQuotas {
    /// Understands names and values as Service Quotas lists them. Quotas of the same model that contradict each other are left
    /// out.
    pub fn of<'a>(list: impl IntoIterator<Item = (&'a str, f64)>, catalog: &Catalog) -> Self {
        let mut found: BTreeMap<(String, QuotaScope, Counted), Option<u64>> = BTreeMap::new();
        for (name, value) in list {
            let Some((scope, counted, named)) = understood(name) else {
                continue;
            };
            let Some(facts) = model(named, catalog) else {
                continue;
            };
            let value = whole(value);
            let known = found.entry((facts.id.clone(), scope, counted));
            let known = known.or_insert(value);
            if *known != value {
                *known = None;
            }
        }
        let mut quotas = Self::default();
        for ((model, scope, counted), value) in found {
            let quota = quotas.0.entry((model, scope)).or_default();
            match counted {
                Counted::Tokens => quota.tokens_per_minute = value,
                Counted::Requests => quota.requests_per_minute = value,
            }
        }
        quotas
    }

    /// Returns the quota of calls with this id.
    pub fn get(&self, id: &ModelId) -> Option<AccountQuota> {
        let key = (id.base()?.to_owned(), QuotaScope::of(id.scope()));
        self.0.get(&key).copied()
    }

    /// Returns every quota with its model and scope, by model.
    pub fn iter(&self) -> impl Iterator<Item = (&str, QuotaScope, AccountQuota)> {
        let quotas = self.0.iter();
        quotas.map(|((model, scope), quota)| (model.as_str(), *scope, *quota))
    }
}

impl QuotaScope {
    /// Returns the buckets of calls of this scope.
    pub fn of(scope: &Scope) -> Self {
        match scope {
            Scope::InRegion => Self::InRegion,
            Scope::Geo(_) => Self::Geo,
            Scope::Global => Self::Global,
        }
    }

    /// Returns the scope as it is spelled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InRegion => "in-region",
            Self::Geo => "geo",
            Self::Global => "global",
        }
    }
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counted {
    Tokens,
    Requests,
}

/// Returns the scope, what is counted, and the name of the model.
fn understood(name: &str) -> Option<(QuotaScope, Counted, &str)> {
    let lower = name.to_ascii_lowercase();
    let (limit, _) = lower.split_once(FOR)?;
    let model = &name[limit.len() + FOR.len()..];
    let (scope, rest) = match words(limit).as_slice() {
        ["on", "demand", rest @ ..] => (QuotaScope::InRegion, rest.to_vec()),
        ["global", "cross", "region", rest @ ..] => (QuotaScope::Global, rest.to_vec()),
        ["cross", "region", rest @ ..] => (QuotaScope::Geo, rest.to_vec()),
        _ => return None,
    };
    let (counted, rest) = match rest.as_slice() {
        [rest @ .., "tokens"] => (Counted::Tokens, rest),
        [rest @ .., "requests"] => (Counted::Requests, rest),
        _ => return None,
    };
    let is_usual = rest.iter().all(|word| USUAL.contains(word));
    is_usual.then_some((scope, counted, model))
}

/// Returns the one model that is meant; a first version need not be named as one.
fn model<'a>(name: &str, catalog: &'a Catalog) -> Option<&'a ModelFacts> {
    let unversioned = || {
        let (name, version) = name.trim().rsplit_once(' ')?;
        version.eq_ignore_ascii_case("v1").then_some(name)
    };
    model_of(name, catalog).or_else(|| model_of(unversioned()?, catalog))
}

fn words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect()
}

/// Returns a count; `None` for what is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held against what a count can be"
)]
fn whole(value: f64) -> Option<u64> {
    (0.0..1e15).contains(&value).then_some(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(list: &[(&str, f64)]) -> AccountQuotas {
        AccountQuotas::of(list.iter().copied(), &Catalog::builtin())
    }

    #[track_caller]
    fn check(quotas: &AccountQuotas, id: &str, tokens: Option<u64>, requests: Option<u64>) {
        let expected = AccountQuota {
            tokens_per_minute: tokens,
            requests_per_minute: requests,
        };
        let found = quotas.get(&ModelId::parse(id)).unwrap_or_default();
        assert_eq!(found, expected, "{id}");
    }

    #[test]
    fn names_are_understood_however_they_are_spelled() {
        let quotas = quotas(&[
            (
                "Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1",
                200_000.0,
            ),
            (
                "Global Cross-Region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1",
                500_000.0,
            ),
            (
                "On-demand model inference requests per minute for Amazon Nova Lite",
                60.0,
            ),
            (
                "On-demand InvokeModel tokens per minute for Amazon Nova Lite",
                20_000.0,
            ),
            (
                "On-demand model inference tokens per minute for OpenAI gpt-oss-20b",
                1e6,
            ),
            (
                "On-demand model inference requests per minute for Amazon Titan Text Embeddings V2",
                6_000.0,
            ),
            (
                "On-demand model inference requests per minute for Mistral AI Mistral 7B Instruct",
                800.0,
            ),
        ]);
        check(
            &quotas,
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            Some(200_000),
            None,
        );
        check(
            &quotas,
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            Some(500_000),
            None,
        );
        check(
            &quotas,
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            None,
            None,
        );
        check(&quotas, "amazon.nova-lite-v1:0", Some(20_000), Some(60));
        check(&quotas, "openai.gpt-oss-20b-1:0", Some(1_000_000), None);
        check(&quotas, "amazon.titan-embed-text-v2:0", None, Some(6_000));
        check(&quotas, "mistral.mistral-7b-instruct-v0:2", None, Some(800));
    }

    #[test]
    fn versions_are_told_apart() {
        let quotas = quotas(&[
            (
                "On-demand model inference requests per minute for Anthropic Claude 3.5 Sonnet",
                20.0,
            ),
            (
                "On-demand model inference requests per minute for Anthropic Claude 3.5 Sonnet V2",
                50.0,
            ),
        ]);
        check(
            &quotas,
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            None,
            Some(20),
        );
        check(
            &quotas,
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            None,
            Some(50),
        );
    }

    #[test]
    fn what_is_not_understood_or_contradicts_itself_is_left_out() {
        let quotas = quotas(&[
            (
                "Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4 V1 1M Context Length",
                1e6,
            ),
            (
                "Model invocation max tokens per day for Anthropic Claude Sonnet 4 V1",
                1e9,
            ),
            (
                "Latency-optimized on-demand model inference tokens per minute for Amazon Nova Pro",
                1e6,
            ),
            (
                "On-demand latency-optimized model inference tokens per minute for Amazon Nova Pro",
                1e6,
            ),
            (
                "On-demand model inference tokens per minute for Kimi K2 Thinking",
                1e6,
            ),
            (
                "On-demand model inference tokens per minute for Amazon Nova Micro",
                1.0,
            ),
            (
                "On-demand InvokeModel tokens per minute for Amazon Nova Micro",
                2.0,
            ),
            (
                "On-demand model inference tokens per minute for Amazon",
                1.0,
            ),
            (
                "On-demand model inference requests per minute for Amazon Nova Micro",
                f64::NAN,
            ),
            (" per minute for ", 1.0),
            ("", 1.0),
        ]);
        check(&quotas, "amazon.nova-micro-v1:0", None, None);
        let known = quotas
            .iter()
            .filter(|(_, _, quota)| *quota != AccountQuota::default());
        assert_eq!(known.count(), 0, "{quotas:?}");
    }
}
