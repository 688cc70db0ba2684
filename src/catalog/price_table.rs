//! All prices, and which of them holds for a call.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::price::{Kind, PriceRow, PriceScope, Tier};
use super::price_file::{self, PriceError};
use crate::model::{ModelId, Scope};

/// The built-in table: list prices as public sources had them on the dates in its rows.
static BUILTIN: LazyLock<PriceTable> = LazyLock::new(|| {
    let rows = price_file::read("pricing.csv", include_str!("../../config/pricing.csv"));
    PriceTable::default().with_rows(rows.expect("a test reads the built-in table"))
});

/// Price rows by model; at most one for a model, scope and tier.
#[derive(Debug, Clone, Default)]
pub struct PriceTable {
    rows: BTreeMap<String, Vec<PriceRow>>,
}

impl PriceTable {
    /// Returns the built-in table. The first call reads it, which takes about a millisecond.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Returns this table with the rows of a CSV text: each replaces the row of its model, scope and tier, or is
    /// added. A `model_id` may be any id or ARN; one that is written exactly like a call's model wins over the
    /// foundation model behind it.
    ///
    /// # Errors
    ///
    /// All mistakes of the text; `file` is the name that they carry.
    pub fn with_overrides(&self, file: &str, text: &str) -> Result<Self, Vec<PriceError>> {
        Ok(self.clone().with_rows(price_file::read(file, text)?))
    }

    /// Returns all rows, sorted by model.
    pub fn rows(&self) -> impl Iterator<Item = &PriceRow> {
        self.rows.values().flatten()
    }

    /// Returns the row by which a call is billed, or `None`: unpriced.
    ///
    /// `region` is the region that is called; without it, the one in an ARN. `tier` is as requests spell it, `None`
    /// being `default`. Of the id as written, then of its foundation model, the first of these rows holds: that of
    /// the region, that of the id's scope, the in-region one. What is asked by the global profile has a price of its own, which comes
    /// before that of the region.
    ///
    /// Another tier needs a row of its own, in the same place or where the default prices are the same: no factor
    /// is assumed. Models that are not billed by token (reranking) have no price here.
    pub fn price(
        &self,
        id: &ModelId,
        region: Option<&str>,
        tier: Option<&str>,
    ) -> Option<&PriceRow> {
        let tier = Tier::parse(tier.unwrap_or("default"))?;
        let region = region.or(id.region());
        let mut scopes: Vec<PriceScope> = region
            .map(|region| PriceScope::Region(region.to_owned()))
            .into_iter()
            .chain([id.scope().clone(), Scope::InRegion].map(PriceScope::Everywhere))
            .collect();
        if *id.scope() == Scope::Global && region.is_some() {
            scopes.swap(0, 1);
        }
        let names = [Some(id.as_str()), id.base()].into_iter().flatten();
        let row = names
            .filter_map(|name| self.rows.get(name))
            .find_map(|rows| choose(rows, &scopes, tier));
        row.filter(|row| row.kind != Kind::Rerank)
    }

    fn with_rows(mut self, rows: Vec<PriceRow>) -> Self {
        for row in rows {
            let rows = self.rows.entry(row.model.clone()).or_default();
            let same = |old: &&mut PriceRow| (&old.scope, old.tier) == (&row.scope, row.tier);
            match rows.iter_mut().find(same) {
                Some(old) => *old = row,
                None => rows.push(row),
            }
        }
        self
    }
}

/// Returns the row of `tier` in the first of `scopes` that has one, of a model's `rows`.
fn choose<'a>(rows: &'a [PriceRow], scopes: &[PriceScope], tier: Tier) -> Option<&'a PriceRow> {
    let row = |scope: &PriceScope, tier: Tier| {
        rows.iter()
            .find(|row| row.scope == *scope && row.tier == tier)
    };
    let default = scopes.iter().find_map(|scope| row(scope, Tier::Default));
    if tier == Tier::Default {
        return default;
    }
    scopes.iter().find_map(|scope| {
        let rates = |row: &'a PriceRow| (row.rates.input, row.rates.output);
        let same_place = match (default, row(scope, Tier::Default)) {
            (Some(default), Some(here)) => rates(default) == rates(here),
            (None, _) | (_, None) => true,
        };
        row(scope, tier).filter(|_| same_place)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::usd::Usd;
    use super::*;

    /// Returns input, output, cache read, cache writes for five minutes and for an hour, per million tokens.
    fn rates(table: &PriceTable, id: &str, region: &str, tier: &str) -> String {
        let given = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let Some(row) = table.price(&ModelId::parse(id), given(region), given(tier)) else {
            return "unpriced".to_owned();
        };
        let rates = &row.rates;
        let per_mtok = |price: Usd| price.times(1_000_000).to_string();
        let cache = [rates.cache_read, rates.cache_write_5m, rates.cache_write_1h];
        let cache = cache.map(|price| price.map_or("-".to_owned(), per_mtok));
        format!(
            "{} {} {}",
            per_mtok(rates.input),
            per_mtok(rates.output),
            cache.join(" ")
        )
    }

    /// Checks lines of id, region, tier and rates, `-` being none, against the built-in table.
    fn check(table: &str) {
        for line in table.lines().map(str::trim) {
            let Some((call, expected)) = line.split_once(" = ") else {
                assert!(line.is_empty() || line.starts_with('#'), "{line}");
                continue;
            };
            let words: Vec<_> = call.split(' ').map(|word| word.trim_matches('-')).collect();
            let [id, region, tier] = words[..] else {
                panic!("{line}");
            };
            assert_eq!(
                rates(PriceTable::builtin(), id, region, tier),
                expected,
                "{call}"
            );
        }
    }

    #[test]
    fn knows_the_list_prices() {
        check(
            "
            amazon.nova-micro-v1:0 - - = 0.035 0.14 0.00875 - -
            us.amazon.nova-micro-v1:0 us-east-1 - = 0.035 0.14 0.00875 - -
            amazon.nova-lite-v1:0 us-east-1 default = 0.06 0.24 0.015 - -
            eu.amazon.nova-lite-v1:0 eu-west-1 - = 0.078 0.312 0.0195 - -
            amazon.nova-lite-v1:0 us-gov-west-1 - = 0.072 0.288 0.018 - -
            amazon.nova-pro-v1:0 - flex = 0.4 1.6 0.1 - -
            us.amazon.nova-pro-v1:0 us-west-2 priority = 1.4 5.6 0.35 - -
            global.amazon.nova-2-lite-v1:0 - - = 0.3 2.5 0.075 - -
            us.amazon.nova-2-lite-v1:0 - - = 0.33 2.75 0.0825 - -
            us.amazon.nova-2-lite-v1:0 - flex = 0.165 1.375 0.04125 - -
            jp.amazon.nova-2-lite-v1:0 ap-northeast-1 - = 0.396 3.311 0.099 - -
            amazon.titan-embed-text-v2:0 us-east-1 - = 0.02 0 - - -
            cohere.embed-english-v3 - - = 0.1 0 - - -
            global.anthropic.claude-sonnet-5 eu-west-1 - = 2 10 0.2 2.5 4
            us.anthropic.claude-sonnet-5 - - = 2.2 11 0.22 2.75 4.4
            anthropic.claude-sonnet-5 us-gov-west-1 - = 2.4 12 0.24 3 4.8
            global.anthropic.claude-sonnet-5-5 - - = 2 10 0.1 2.5 4
            us.anthropic.claude-opus-4-8 - - = 5.5 27.5 0.55 6.875 11
            eu.anthropic.claude-haiku-4-5-20251001-v1:0 - - = 1.1 5.5 0.11 1.375 2.2
            anthropic.claude-3-5-sonnet-20241022-v2:0 - - = 3 15 0.3 3.75 -
            us.anthropic.claude-3-5-haiku-20241022-v1:0 - - = 0.8 4 0.08 1 -
            anthropic.claude-3-opus-20240229-v1:0 - - = 15 75 1.5 18.75 -
            us.meta.llama3-1-70b-instruct-v1:0 - - = 0.72 0.72 - - -
            deepseek.v3.2 us-east-1 - = 0.62 1.85 - - -
            deepseek.v3.2 sa-east-1 - = 0.74 2.22 - - -
            eu.deepseek.v3.2 eu-north-1 - = 0.74 2.22 - - -
            ",
        );
    }

    #[test]
    fn the_nearest_row_holds_and_unknown_stays_unknown() {
        check(
            "
            # an ARN says the region; the region that is called wins
            arn:aws:bedrock:sa-east-1::foundation-model/deepseek.v3.2 - - = 0.74 2.22 - - -
            arn:aws:bedrock:sa-east-1::foundation-model/deepseek.v3.2 us-east-1 - = 0.62 1.85 - - -
            arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-lite-v1:0 - - = 0.078 0.312 0.0195 - -
            # a profile without a row of its own: the in-region price
            us.amazon.nova-premier-v1:0 - - = 2.5 12.5 0.625 - -
            # unknown stays unknown
            us.anthropic.claude-sonnet-5 - flex = unpriced
            us.anthropic.claude-sonnet-5 - reserved = unpriced
            us.amazon.nova-2-lite-v1:0 - turbo = unpriced
            amazon.nova-9-v1:0 - - = unpriced
            nova-lite - - = unpriced
            arn:aws:bedrock:us-east-1:1:provisioned-model/x - - = unpriced
            cohere.rerank-v3-5:0 - - = unpriced
            # apac has a flex price but no priority price, and in-region prices are lower than its own
            apac.amazon.nova-pro-v1:0 - flex = 0.42 1.68 0.105 - -
            apac.amazon.nova-pro-v1:0 - priority = unpriced
            # flex stands in the in-region row, whose default price is that of the region
            deepseek.v3.2 us-east-1 flex = 0.31 0.925 - - -
            deepseek.v3.2 sa-east-1 flex = unpriced
            ",
        );
    }

    #[test]
    fn the_built_in_table_is_whole() {
        let rows: Vec<_> = PriceTable::builtin().rows().collect();
        assert_eq!(
            rows.len(),
            include_str!("../../config/pricing.csv").lines().count() - 1
        );
        let keys: BTreeSet<_> = rows
            .iter()
            .map(|row| (&row.model, &row.scope, row.tier))
            .collect();
        assert_eq!(keys.len(), rows.len(), "a row stands twice");
        for row in rows {
            let name = format!("{} {} {:?}", row.model, row.scope, row.tier);
            assert!(
                row.as_of.is_some() && !row.source.is_empty(),
                "{name} has no source"
            );
            assert_eq!(
                ModelId::parse(&row.model).base(),
                Some(row.model.as_str()),
                "{name}"
            );
            assert_eq!(
                row.kind != Kind::Rerank,
                row.rates.input > Usd::ZERO,
                "{name}"
            );
            if let Some(long) = &row.long_context {
                assert!(long.rates.input > row.rates.input, "{name}");
            }
            let json = serde_json::to_string(row).expect("plain data");
            assert!(!json.contains("null") && !json.contains("\"\""), "{json}");
            assert_eq!(
                &serde_json::from_str::<PriceRow>(&json).expect("reads back"),
                row
            );
        }
    }

    #[test]
    fn the_users_rows_win() {
        const TABLE: &str = "model_id,region_scope,tier,input_per_mtok,output_per_mtok\n\
            amazon.nova-lite-v1:0,eu,,1,2\n\
            amazon.nova-lite-v1:0,region:eu-north-1,,3,4\n\
            amazon.nova-lite-v1:0,eu,flex,5,6\n\
            us.amazon.nova-lite-v1:0,us,,7,8\n\
            arn:aws:bedrock:us-east-1:1:application-inference-profile/abc,in-region,,9,10\n";
        let table = PriceTable::builtin()
            .with_overrides("mine.csv", TABLE)
            .expect("a good table");
        for (id, region, tier, expected) in [
            ("eu.amazon.nova-lite-v1:0", "", "", "1 2 - - -"),
            ("eu.amazon.nova-lite-v1:0", "eu-north-1", "", "3 4 - - -"),
            ("eu.amazon.nova-lite-v1:0", "eu-west-1", "flex", "5 6 - - -"),
            ("us.amazon.nova-lite-v1:0", "", "", "7 8 - - -"),
            ("amazon.nova-lite-v1:0", "", "", "0.06 0.24 0.015 - -"),
            (
                "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc",
                "",
                "",
                "9 10 - - -",
            ),
        ] {
            assert_eq!(
                rates(&table, id, region, tier),
                expected,
                "{id} {region} {tier}"
            );
        }
        assert_eq!(
            table.rows().count(),
            PriceTable::builtin().rows().count() + 4
        );
    }
}
