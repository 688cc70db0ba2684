//! What a price list says otherwise than the table in use.

use std::collections::{BTreeMap, BTreeSet};

use super::file::Offer;
use super::sku::{Place, Understood, understood};
use crate::catalog::{
    BatchRates, Catalog, Kind, ModelFacts, PriceRow, PriceScope, Rates, Tier, Usd,
};
use crate::model::{ModelId, Scope};

/// A kind of token that has a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// Of prompts.
    Input,
    /// Of answers.
    Output,
    /// Read from the cache.
    CacheRead,
    /// Written to the cache for the usual time.
    CacheWrite5m,
    /// Written for an hour.
    CacheWrite1h,
    /// Of prompts in batch inference.
    BatchInput,
    /// Of answers in batch inference.
    BatchOutput,
}

impl Slot {
    const ALL: [Self; 7] = [
        Self::Input,
        Self::Output,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::BatchInput,
        Self::BatchOutput,
    ];

    /// Returns the kind in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheRead => "cache read",
            Self::CacheWrite5m => "cache write 5m",
            Self::CacheWrite1h => "cache write 1h",
            Self::BatchInput => "batch input",
            Self::BatchOutput => "batch output",
        }
    }

    fn of(self, row: &PriceRow) -> Option<Usd> {
        let (rates, batch) = (&row.rates, row.batch.as_ref());
        match self {
            Self::Input => Some(rates.input),
            Self::Output => Some(rates.output),
            Self::CacheRead => rates.cache_read,
            Self::CacheWrite5m => rates.cache_write_5m,
            Self::CacheWrite1h => rates.cache_write_1h,
            Self::BatchInput => batch.map(|batch| batch.input),
            Self::BatchOutput => batch.map(|batch| batch.output),
        }
    }
}

/// A price by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The model.
    pub model: String,
    /// Where it holds.
    pub scope: PriceScope,
    /// The tier.
    pub tier: Tier,
    /// The kind of token.
    pub slot: Slot,
}

/// A price that the list and the table do not agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which price.
    pub price: Named,
    /// What the table says, per token; `None`: nothing.
    pub old: Option<Usd>,
    /// What the list says, per token; `None`: nothing.
    pub new: Option<Usd>,
}

/// What lists say otherwise than a table.
#[derive(Debug, Default)]
pub struct Differences {
    /// Prices that are others now.
    pub changed: Vec<Change>,
    /// Prices that the table does not have.
    pub new: Vec<Change>,
    /// Prices of the table that the lists do not have, though they have others of the same model, place and tier.
    pub gone: Vec<Change>,
    /// Models of the table that the lists do not have, though they have others of the same maker.
    pub unheard: BTreeSet<String>,
    /// How many prices are the same.
    pub same: u64,
    /// Why prices were not understood, how many for each reason, and one of them.
    pub not_understood: BTreeMap<String, (u64, String)>,
    /// Rows of a price table with everything that is new or has changed.
    pub rows: Vec<PriceRow>,
}

/// One row as lists have it.
type Offered = BTreeMap<Slot, Usd>;
/// Rows by model, place and tier, with the regions that say so.
type AllOffered = BTreeMap<(String, Place, Tier), (Offered, BTreeSet<String>)>;

impl Differences {
    /// Holds offers against the prices of `catalog`.
    pub fn of(offers: &[Offer], catalog: &Catalog) -> Self {
        let mut differences = Self::default();
        let offered = differences.offered(offers, catalog);
        let published = offers.iter().filter_map(|offer| offer.published).max();
        let mut sources: Vec<String> = offers
            .iter()
            .map(|offer| {
                format!("AWS price list {} {}", offer.code, offer.version)
                    .trim()
                    .to_owned()
            })
            .collect();
        sources.dedup();
        let source = sources.join(", ");
        let mut heard = BTreeSet::new();
        for ((model, place, tier), (slots, regions)) in &offered {
            let Some(facts) = catalog.facts().find(|facts| facts.id == *model) else {
                continue;
            };
            heard.insert(model.as_str());
            let row = in_use(catalog, facts, place, regions, *tier);
            let scope = match place {
                Place::Global => PriceScope::Everywhere(Scope::Global),
                Place::From(region) => PriceScope::Region(region.clone()),
            };
            let differs = differences.compare(model, &scope, *tier, slots, row);
            if !differs {
                continue;
            }
            match whole(facts, scope.clone(), *tier, slots, row) {
                Some(whole) => differences.rows.push(PriceRow {
                    source: source.clone(),
                    as_of: published,
                    ..whole
                }),
                None => differences.not(
                    "a row without both input and output",
                    &format!("{model} {scope} {}", tier.as_str()),
                ),
            }
        }
        differences.note_unheard(&heard, catalog);
        differences
    }

    /// Reads every price; notes those that are not understood, and those of which two lists say different things.
    fn offered(&mut self, offers: &[Offer], catalog: &Catalog) -> AllOffered {
        let mut offered = AllOffered::new();
        let mut torn = BTreeSet::new();
        for (sku, priced) in offers.iter().flat_map(|offer| &offer.prices) {
            let example = format!("{} ({sku})", priced.product.usagetype);
            match understood(priced, catalog) {
                Err(why) => self.not(&why, &example),
                Ok(Understood {
                    model,
                    place,
                    region,
                    tier,
                    slot,
                    price,
                }) => {
                    let key = (model, place, tier);
                    let (slots, regions) = offered.entry(key.clone()).or_default();
                    regions.insert(region);
                    if slots
                        .insert(slot, price)
                        .is_some_and(|before| before != price)
                    {
                        self.not("two prices for the same", &example);
                        torn.insert((key, slot));
                    }
                }
            }
        }
        for (key, slot) in torn {
            if let Some((slots, _)) = offered.get_mut(&key) {
                slots.remove(&slot);
            }
        }
        offered
    }

    fn not(&mut self, why: &str, example: &str) {
        let (count, _) = self
            .not_understood
            .entry(why.to_owned())
            .or_insert_with(|| (0, example.to_owned()));
        *count += 1;
    }

    /// Notes how a row differs from that in use; returns whether it does.
    fn compare(
        &mut self,
        model: &str,
        scope: &PriceScope,
        tier: Tier,
        slots: &Offered,
        row: Option<&PriceRow>,
    ) -> bool {
        let mut differs = false;
        for slot in Slot::ALL {
            let (old, new) = (row.and_then(|row| slot.of(row)), slots.get(&slot).copied());
            let change = Change {
                price: Named {
                    model: model.to_owned(),
                    scope: scope.clone(),
                    tier,
                    slot,
                },
                old,
                new,
            };
            match (old, new) {
                (Some(old), Some(new)) if old == new => self.same += 1,
                (Some(_), Some(_)) => self.changed.push(change),
                (None, Some(_)) => self.new.push(change),
                // What embeddings answer costs nothing and is not listed.
                (Some(old), None) if old != Usd::ZERO => {
                    self.gone.push(change);
                    continue;
                }
                _ => continue,
            }
            differs |= old != new;
        }
        differs
    }

    /// Notes models of which no list says anything, though one says something of the same maker's.
    fn note_unheard(&mut self, heard: &BTreeSet<&str>, catalog: &Catalog) {
        let maker = |model: &str| model.split('.').next().map(str::to_owned);
        let makers: BTreeSet<_> = heard.iter().filter_map(|model| maker(model)).collect();
        let models = catalog.prices().rows().map(|row| row.model.as_str());
        let unheard = models.filter(|model| {
            !heard.contains(model) && maker(model).is_some_and(|maker| makers.contains(&maker))
        });
        self.unheard = unheard.map(str::to_owned).collect();
    }
}

/// Returns the row by which a call from there is billed now, by a profile where there is a price for one.
fn in_use<'a>(
    catalog: &'a Catalog,
    facts: &ModelFacts,
    place: &Place,
    regions: &BTreeSet<String>,
    tier: Tier,
) -> Option<&'a PriceRow> {
    let row = |prefix: &str, region: Option<&str>| {
        let id = ModelId::parse(&format!("{prefix}{}", facts.id));
        let row = catalog.price(&id, region, Some(tier.as_str()))?;
        (row.tier == tier).then_some(row)
    };
    match place {
        Place::Global => {
            let region = regions.first().map(String::as_str);
            row("global.", region).filter(|row| row.scope == PriceScope::Everywhere(Scope::Global))
        }
        Place::From(region) => {
            let geo = geographies(region).iter().find_map(|geo| {
                let row = row(&format!("{geo}."), Some(region))?;
                let of_geo = Scope::parse(geo).map(PriceScope::Everywhere);
                let fits = Some(&row.scope) == of_geo.as_ref() || is_of(row, region);
                fits.then_some(row)
            });
            geo.or_else(|| row("", Some(region)))
        }
    }
}

fn is_of(row: &PriceRow, region: &str) -> bool {
    matches!(&row.scope, PriceScope::Region(own) if own == region)
}

/// Returns the geographies whose profiles are asked from a region, the narrowest first.
fn geographies(region: &str) -> &'static [&'static str] {
    match region {
        "ap-northeast-1" | "ap-northeast-3" => &["jp", "apac"],
        "ap-southeast-2" | "ap-southeast-4" => &["au", "apac"],
        "ap-south-1" | "ap-south-2" => &["in", "apac"],
        _ if region.starts_with("us-gov-") => &["us-gov"],
        _ if region.starts_with("us-") => &["us"],
        _ if region.starts_with("eu-") => &["eu"],
        _ if region.starts_with("ap-") => &["apac"],
        _ if region.starts_with("ca-") => &["ca", "us"],
        _ => &[],
    }
}

/// Returns a whole row: what the list says, and of what it does not say what is in use. `None` without input and output.
fn whole(
    facts: &ModelFacts,
    scope: PriceScope,
    tier: Tier,
    slots: &Offered,
    row: Option<&PriceRow>,
) -> Option<PriceRow> {
    let of = |slot: Slot| slots.get(&slot).copied().or_else(|| slot.of(row?));
    let free = (facts.kind == Kind::Embedding).then_some(Usd::ZERO);
    let rates = Rates {
        input: of(Slot::Input)?,
        output: of(Slot::Output).or(free)?,
        cache_read: of(Slot::CacheRead),
        cache_write_5m: of(Slot::CacheWrite5m),
        cache_write_1h: of(Slot::CacheWrite1h),
    };
    let batch = of(Slot::BatchInput).zip(of(Slot::BatchOutput));
    Some(PriceRow {
        model: facts.id.clone(),
        scope,
        tier,
        kind: facts.kind,
        rates,
        long_context: row.and_then(|row| row.long_context.clone()),
        batch: batch.map(|(input, output)| BatchRates { input, output }),
        invocable_id: row.map(|row| row.invocable_id.clone()).unwrap_or_default(),
        lifecycle: row.map(|row| row.lifecycle.clone()).unwrap_or_default(),
        source: String::new(),
        as_of: None,
        notes: match row.and_then(|row| row.long_context.as_ref()) {
            Some(_) => "long prompts as in the table before".to_owned(),
            None => String::new(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::write_prices;

    fn offer(name: &str) -> Offer {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pricing");
        Offer::read(std::fs::File::open(folder.join(name)).unwrap()).unwrap()
    }

    fn offers() -> [Offer; 2] {
        [
            offer("amazon-bedrock.json"),
            offer("foundation-models.json"),
        ]
    }

    fn shown(changes: &[Change]) -> Vec<String> {
        let per_mtok = |price: Option<Usd>| {
            price.map_or("-".to_owned(), |price| price.times(1_000_000).to_string())
        };
        let each = changes.iter().map(|change| {
            let Named {
                model,
                scope,
                tier,
                slot,
            } = &change.price;
            let (old, new) = (per_mtok(change.old), per_mtok(change.new));
            format!(
                "{model} {scope} {} {}: {old} {new}",
                tier.as_str(),
                slot.as_str()
            )
        });
        each.collect()
    }

    #[test]
    fn a_list_is_held_against_what_a_call_costs_now() {
        let found = Differences::of(&offers(), &Catalog::builtin());
        assert_eq!(
            shown(&found.changed),
            [
                "amazon.nova-lite-v1:0 region:us-east-1 default input: 0.06 0.05",
                "anthropic.claude-sonnet-5 global default input: 2 1.9",
            ]
        );
        assert_eq!(
            shown(&found.new),
            [
                "amazon.nova-micro-v1:0 region:us-east-1 flex input: - 0.0175",
                "amazon.nova-micro-v1:0 region:us-east-1 flex output: - 0.07",
            ]
        );
        assert!(shown(&found.gone).contains(
            &"anthropic.claude-sonnet-5 region:us-east-1 default cache read: 0.22 -".to_owned()
        ));
        assert!(found.unheard.contains("anthropic.claude-opus-5"));
        assert!(!found.unheard.iter().any(|model| model.starts_with("meta.")));
        assert_eq!(found.not_understood.values().map(|it| it.0).sum::<u64>(), 8);
    }

    #[test]
    fn what_is_written_makes_the_table_say_what_the_list_does() {
        let catalog = Catalog::builtin();
        let found = Differences::of(&offers(), &catalog);
        let mut csv = Vec::new();
        write_prices(&found.rows, &mut csv).unwrap();
        let text = String::from_utf8(csv).unwrap();
        let prices = catalog.prices().with_overrides("p.csv", &text).unwrap();
        let catalog = catalog.with_prices(prices);
        let again = Differences::of(&offers(), &catalog);
        assert_eq!((again.changed, again.new), (Vec::new(), Vec::new()));
        let price = |id: &str, region: &str| {
            let row = catalog
                .price(&ModelId::parse(id), Some(region), None)
                .unwrap();
            (
                row.rates.input.times(1_000_000).to_string(),
                row.rates.cache_write_1h.is_some(),
            )
        };
        // A profile from that region, another region, the global profile, and a price that the list does not have.
        assert_eq!(price("us.amazon.nova-lite-v1:0", "us-east-1").0, "0.05");
        assert_eq!(price("us.amazon.nova-lite-v1:0", "us-west-2").0, "0.06");
        let sonnet = price("global.anthropic.claude-sonnet-5", "us-east-1");
        assert_eq!(sonnet, ("1.9".to_owned(), true));
        assert_eq!(price("us.anthropic.claude-sonnet-5", "us-east-1").0, "2.2");
    }

    #[test]
    fn lists_that_contradict_each_other_are_not_believed() {
        let [bedrock, _] = offers();
        let mut other = bedrock.clone();
        for priced in other.prices.values_mut() {
            priced.usd = Some("0.0000900000".to_owned());
        }
        let found = Differences::of(&[bedrock, other], &Catalog::builtin());
        let is_of_lite = |model: &str| model == "amazon.nova-lite-v1:0";
        let changes = found.changed.iter().chain(&found.new);
        let mut models = changes.map(|change| change.price.model.as_str());
        assert!(!models.any(is_of_lite) && !found.rows.iter().any(|row| is_of_lite(&row.model)));
        assert!(found.not_understood.contains_key("two prices for the same"));
    }

    #[test]
    fn a_row_that_is_written_reads_back_the_same() {
        let table = Catalog::builtin();
        let rows: Vec<PriceRow> = table.prices().rows().cloned().collect();
        let mut csv = Vec::new();
        write_prices(&rows, &mut csv).unwrap();
        let text = String::from_utf8(csv).unwrap();
        let read = crate::catalog::PriceTable::default().with_overrides("p.csv", &text);
        assert_eq!(read.unwrap().rows().cloned().collect::<Vec<_>>(), rows);
    }
}
