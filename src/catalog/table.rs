//! The catalog: prices and facts of all known models, looked up by id.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::account_quota::AccountQuotas;
use super::facts::{ModelFacts, QuotaScope};
use super::model_file::{self, ModelsError};
use super::price::PriceRow;
use super::price_table::PriceTable;
use super::quota::Quota;
use crate::model::{Family, ModelId};

/// The facts that come with the program; read at the first look-up.
static BUILTIN: LazyLock<BTreeMap<String, ModelFacts>> = LazyLock::new(|| {
    let models = model_file::read("models.yaml", include_str!("../../config/models.yaml"));
    models.expect("a test reads the built-in facts")
});

/// The most tokens that are asked for where nobody says how many.
const DEFAULT_MAX_TOKENS: u32 = 4096;

/// How often output of an unknown Claude model counts: such a model is newer than the facts, and newer ones count
/// ten times.
const NEW_CLAUDE_BURNDOWN: u32 = 10;

/// What is known of models before they are asked. Cheap to make: the built-in tables are read when first needed.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    prices: Option<PriceTable>,
    models: Option<BTreeMap<String, ModelFacts>>,
    /// Quotas of an account, by the region that an entry names.
    account: BTreeMap<Option<String>, AccountQuotas>,
}

impl Catalog {
    /// Returns the catalog that comes with the program.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// Returns the catalog with other prices.
    #[must_use]
    pub fn with_prices(self, prices: PriceTable) -> Self {
        Self {
            prices: Some(prices),
            ..self
        }
    }

    /// Returns the catalog with the models of a YAML text, in the form of `config/models.yaml`, added or replaced.
    ///
    /// # Errors
    ///
    /// The first mistake of the text; `file` is the name that the error carries.
    pub fn with_models(self, file: &str, text: &str) -> Result<Self, ModelsError> {
        let mut models = self.models().clone();
        models.extend(model_file::read(file, text)?);
        Ok(Self {
            models: Some(models),
            ..self
        })
    }

    /// Returns the catalog with an account's own quotas for models that are asked in `region`; `None` stands for that of models
    /// that name none.
    #[must_use]
    pub fn with_account_quotas(mut self, region: Option<&str>, quotas: AccountQuotas) -> Self {
        self.account.insert(region.map(str::to_owned), quotas);
        self
    }

    /// Returns the prices.
    pub fn prices(&self) -> &PriceTable {
        self.prices
            .as_ref()
            .unwrap_or_else(|| PriceTable::builtin())
    }

    /// Returns the price by which a call is billed: see [`PriceTable::price`].
    pub fn price(
        &self,
        id: &ModelId,
        region: Option<&str>,
        tier: Option<&str>,
    ) -> Option<&PriceRow> {
        self.prices().price(id, region, tier)
    }

    /// Returns the facts about all models, sorted by id.
    pub fn facts(&self) -> impl Iterator<Item = &ModelFacts> {
        self.models().values()
    }

    /// Returns what is known of a model, or `None`: nothing. An alias is not an id: see [`expand`](Self::expand).
    pub fn look_up(&self, id: &ModelId) -> Option<&ModelFacts> {
        self.models().get(id.base()?)
    }

    /// Returns the model that an alias such as `nova-lite` stands for.
    pub fn expand(&self, alias: &str) -> Option<&ModelFacts> {
        self.facts()
            .find(|facts| facts.aliases.iter().any(|name| name == alias))
    }

    /// Returns the quota of a call with this id in the region that its entry names: the account's own where it is known, else the
    /// published default. `None` in it is unknown, not unlimited.
    pub fn quota(&self, id: &ModelId, region: Option<&str>) -> Quota {
        let own = self.account.get(&region.map(str::to_owned));
        let own = own.and_then(|quotas| quotas.get(id)).unwrap_or_default();
        let scope = QuotaScope::of(id.scope());
        let facts = self.look_up(id);
        let published = facts.and_then(|facts| facts.quota.get(&scope));
        let burndown = match (facts, id.family()) {
            (Some(facts), _) => facts.output_burndown,
            (None, Family::Claude) => NEW_CLAUDE_BURNDOWN,
            (None, _) => 1,
        };
        Quota {
            tokens_per_minute: own
                .tokens_per_minute
                .or(published.map(|quota| quota.tokens_per_minute)),
            requests_per_minute: own
                .requests_per_minute
                .or(published.and_then(|quota| quota.requests_per_minute)),
            output_burndown: burndown,
        }
    }

    /// Returns the `max_tokens` of a request that does not say: 4096, or the model's maximum if that is less.
    pub fn default_max_tokens(&self, id: &ModelId) -> u32 {
        let maximum = self.look_up(id).and_then(|facts| facts.max_output_tokens);
        maximum.map_or(DEFAULT_MAX_TOKENS, |most| most.min(DEFAULT_MAX_TOKENS))
    }

    fn models(&self) -> &BTreeMap<String, ModelFacts> {
        self.models.as_ref().unwrap_or(&BUILTIN)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::facts::{Ability, Restriction, Status, Support};
    use super::*;
    use crate::model::Scope;

    /// Priced models of which we know nothing else: too old for any current source.
    const UNKNOWN_ON_PURPOSE: [&str; 3] =
        ["ai21.j2-mid-v1", "ai21.j2-ultra-v1", "anthropic.claude-v1"];

    fn facts(id: &str) -> ModelFacts {
        let facts = Catalog::builtin().look_up(&ModelId::parse(id)).cloned();
        facts.expect("a known model")
    }

    #[test]
    fn every_priced_model_is_known() {
        let catalog = Catalog::builtin();
        let unknown: BTreeSet<_> = catalog
            .prices()
            .rows()
            .map(|row| row.model.as_str())
            .filter(|model| catalog.look_up(&ModelId::parse(model)).is_none())
            .collect();
        assert_eq!(unknown, BTreeSet::from(UNKNOWN_ON_PURPOSE));
    }

    #[test]
    fn the_built_in_facts_are_sound() {
        let catalog = Catalog::builtin();
        let mut names = BTreeSet::new();
        for facts in catalog.facts() {
            let id = &facts.id;
            let parsed = ModelId::parse(id);
            assert_eq!(parsed.base(), Some(id.as_str()));
            let row = catalog.prices().rows().find(|row| row.model == *id);
            assert_eq!(row.map(|row| row.kind), Some(facts.kind), "{id}");
            for name in std::iter::once(id).chain(&facts.aliases) {
                assert!(names.insert(name.clone()), "`{name}` stands for two models");
            }
            for ability in &facts.can {
                assert!(
                    !facts.cannot.contains(ability),
                    "{id}: {ability:?} in both lists"
                );
            }
            for profile in &facts.profiles {
                assert!(Scope::parse(profile).is_some(), "{id}: {profile}");
            }
            assert!(
                facts.output_burndown >= 1 && !facts.source.is_empty() && facts.as_of.is_some(),
                "{id}"
            );
            if let Some(successor) = &facts.lifecycle.successor {
                let successor = self::facts(successor);
                assert_eq!(successor.lifecycle.status, Status::Active, "{id}");
            }
        }
    }

    #[test]
    fn output_counts_against_the_quota_as_published() {
        for (id, expected) in [
            ("us.anthropic.claude-opus-4-8", 15),
            ("anthropic.claude-sonnet-5", 10),
            ("anthropic.claude-sonnet-5-5", 10),
            ("anthropic.claude-haiku-5-5", 10),
            ("global.anthropic.claude-opus-5", 10),
            ("anthropic.claude-opus-5-5", 10),
            ("anthropic.claude-fable-5-1", 10),
            ("anthropic.claude-fable-5-2", 10),
            ("openai.gpt-5.6-luna", 10),
            ("openai.gpt-6-astra", 10),
            ("openai.gpt-6.1-sol", 10),
            ("anthropic.claude-opus-4-7", 5),
            ("anthropic.claude-sonnet-4-6", 5),
            ("anthropic.claude-haiku-4-5-20251001-v1:0", 5),
            ("anthropic.claude-3-haiku-20240307-v1:0", 5),
            ("openai.gpt-5.4", 1),
            ("openai.gpt-oss-20b-1:0", 1),
            ("amazon.nova-pro-v1:0", 1),
            ("meta.llama3-3-70b-instruct-v1:0", 1),
            ("anthropic.claude-sonnet-7", 10),
            ("some.other-model", 1),
        ] {
            let quota = Catalog::builtin().quota(&ModelId::parse(id), None);
            assert_eq!(quota.output_burndown, expected, "{id}");
        }
    }

    #[test]
    fn quotas_differ_by_scope() {
        for (id, tokens, requests) in [
            ("anthropic.claude-sonnet-4-6", Some(3_000_000), Some(5_000)),
            (
                "us.anthropic.claude-sonnet-4-6",
                Some(6_000_000),
                Some(10_000),
            ),
            ("eu.anthropic.claude-sonnet-5", Some(6_000_000), None),
            ("global.anthropic.claude-sonnet-5", None, None),
            ("amazon.titan-embed-text-v2:0", Some(300_000), Some(6_000)),
            ("amazon.nova-lite-v1:0", None, None),
        ] {
            let quota = Catalog::builtin().quota(&ModelId::parse(id), None);
            let found = (quota.tokens_per_minute, quota.requests_per_minute);
            assert_eq!(found, (tokens, requests), "{id}");
        }
    }

    #[test]
    fn max_tokens_is_4096_or_the_models_maximum() {
        let catalog = Catalog::builtin().with_models(
            "mine.yaml",
            "source: me\nas_of: 2026-11-22\nmodels: [{id: my.tiny, name: Tiny, max_output_tokens: 512}]",
        );
        let catalog = catalog.expect("good facts");
        for (id, expected) in [
            ("us.anthropic.claude-sonnet-5", 4096),
            ("cohere.command-r-v1:0", 4000),
            ("amazon.titan-text-lite-v1", 4000),
            ("my.tiny", 512),
            ("some.other-model", 4096),
        ] {
            assert_eq!(
                catalog.default_max_tokens(&ModelId::parse(id)),
                expected,
                "{id}"
            );
        }
    }

    #[test]
    fn abilities_are_yes_no_or_unknown() {
        for (id, ability, expected) in [
            ("us.anthropic.claude-sonnet-5", Ability::Tools, Support::Yes),
            (
                "us.anthropic.claude-sonnet-5",
                Ability::StructuredOutput,
                Support::Unknown,
            ),
            (
                "us.anthropic.claude-sonnet-4-6",
                Ability::StructuredOutput,
                Support::Yes,
            ),
            (
                "us.meta.llama3-3-70b-instruct-v1:0",
                Ability::ToolsStreaming,
                Support::No,
            ),
            ("amazon.titan-text-express-v1", Ability::System, Support::No),
            (
                "anthropic.claude-3-5-haiku-20241022-v1:0",
                Ability::Images,
                Support::No,
            ),
            ("openai.gpt-oss-20b-1:0", Ability::Stream, Support::Unknown),
        ] {
            assert_eq!(facts(id).supports(ability), expected, "{id} {ability:?}");
        }
        for (id, restriction, expected) in [
            ("anthropic.claude-opus-4-7", Restriction::Sampling, true),
            ("anthropic.claude-opus-4-6-v1", Restriction::Sampling, false),
            ("anthropic.claude-opus-4-6-v1", Restriction::Prefill, true),
            (
                "anthropic.claude-haiku-4-5-20251001-v1:0",
                Restriction::TemperatureWithTopP,
                true,
            ),
            (
                "anthropic.claude-opus-5-5",
                Restriction::ForcedToolChoice,
                true,
            ),
            ("anthropic.claude-fable-5", Restriction::ReasoningOff, true),
            (
                "meta.llama3-8b-instruct-v1:0",
                Restriction::CachePoint,
                true,
            ),
            ("amazon.nova-lite-v1:0", Restriction::Sampling, false),
        ] {
            assert_eq!(
                facts(id).refuses(restriction),
                expected,
                "{id} {restriction:?}"
            );
        }
        let cache = facts("anthropic.claude-haiku-4-5-20251001-v1:0").cache;
        assert_eq!(
            cache.map(|cache| (cache.min_tokens, cache.one_hour)),
            Some((Some(4096), true))
        );
    }

    #[test]
    fn aliases_stand_for_ids() {
        let catalog = Catalog::builtin();
        for (alias, expected) in [
            ("nova-lite", Some("amazon.nova-lite-v1:0")),
            ("sonnet", Some("anthropic.claude-sonnet-5")),
            ("sonnet-4-6", Some("anthropic.claude-sonnet-4-6")),
            ("haiku", Some("anthropic.claude-haiku-4-5-20251001-v1:0")),
            ("amazon.nova-lite-v1:0", None),
        ] {
            let found = catalog.expand(alias).map(|facts| facts.id.as_str());
            assert_eq!(found, expected, "{alias}");
        }
    }
}
