//! An offer file: products and their prices on demand. Of a file of hundreds of megabytes only these few texts are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use jiff::civil::Date;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::sku::Product;

/// The offers that hold prices of tokens.
const OFFERS: [&str; 2] = ["AmazonBedrock", "AmazonBedrockFoundationModels"];
/// The offer that holds none: hours and throughput.
const WITHOUT_TOKENS: &str = "AmazonBedrockService";

/// Why a file is no offer that prices can be read from.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// It is no offer file at all.
    #[error("this is no offer file of AWS's price list")]
    NotAnOffer(#[source] serde_json::Error),
    /// It is one of another service.
    #[error("the offer `{0}` is not one of Bedrock")]
    OtherService(String),
    /// It is one of Bedrock without prices of tokens.
    #[error("the offer `{WITHOUT_TOKENS}` holds no prices of tokens")]
    WithoutTokens,
}

/// A price, as the file words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Priced {
    /// What it is for.
    pub(super) product: Product,
    /// The unit, such as `1K tokens`.
    pub(super) unit: String,
    /// In words.
    pub(super) description: String,
    /// US dollars, as text; `None` where there are several prices, or none in dollars.
    pub(super) usd: Option<String>,
}

/// One offer file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which offer it is.
    pub code: String,
    /// Its version.
    pub version: String,
    /// When it was published, if it says so.
    pub published: Option<Date>,
    /// Every price on demand, by SKU.
    pub(super) prices: BTreeMap<String, Priced>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    offer_code: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    publication_date: String,
    products: BTreeMap<String, Listed>,
    terms: Terms,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    attributes: Product,
}

#[derive(Deserialize)]
struct Terms {
    #[serde(rename = "OnDemand", default, deserialize_with = "each_alone")]
    on_demand: BTreeMap<String, Price>,
}

/// What is kept of the terms of one SKU.
struct Price {
    unit: String,
    description: String,
    usd: Option<String>,
}

/// Reads the terms of one SKU after the other, and keeps of each its price alone.
fn each_alone<'de, D: Deserializer<'de>>(terms: D) -> Result<BTreeMap<String, Price>, D::Error> {
    struct Each;

    impl<'de> Visitor<'de> for Each {
        type Value = BTreeMap<String, Price>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("terms by SKU")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut prices = BTreeMap::new();
            while let Some((sku, terms)) = map.next_entry::<String, BTreeMap<String, Term>>()? {
                prices.extend(Price::of(terms).map(|price| (sku, price)));
            }
            Ok(prices)
        }
    }

    terms.deserialize_map(Each)
}

impl Price {
    /// Returns the price of some terms; `None` if they have none.
    fn of(terms: BTreeMap<String, Term>) -> Option<Self> {
        let dimensions = terms
            .into_values()
            .flat_map(|term| term.price_dimensions.into_values());
        let dimensions: Vec<Dimension> = dimensions.collect();
        let first = dimensions.first()?.clone();
        let mut others = dimensions.iter();
        let several = others.any(|other| other.price_per_unit != first.price_per_unit);
        let usd = first.price_per_unit.get("USD").filter(|_| !several);
        Some(Self {
            usd: usd.cloned(),
            unit: first.unit,
            description: first.description,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    #[serde(default)]
    price_dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize, PartialEq, Eq, Clone)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    price_per_unit: BTreeMap<String, String>,
}

impl Offer {
    /// Reads an offer file as it is downloaded.
    ///
    /// # Errors
    ///
    /// It cannot be read, is no offer, or is one without prices of tokens.
    pub fn read(file: impl Read) -> Result<Self, OfferError> {
        let whole: Whole = serde_json::from_reader(file).map_err(OfferError::NotAnOffer)?;
        match whole.offer_code.as_str() {
            WITHOUT_TOKENS => return Err(OfferError::WithoutTokens),
            code if !OFFERS.contains(&code) => {
                return Err(OfferError::OtherService(whole.offer_code));
            }
            _ => {}
        }
        let mut terms = whole.terms.on_demand;
        let prices = whole.products.into_iter().filter_map(|(sku, listed)| {
            let price = terms.remove(&sku)?;
            let priced = Priced {
                product: listed.attributes,
                usd: price.usd,
                unit: price.unit,
                description: price.description,
            };
            Some((sku, priced))
        });
        let date = whole.publication_date.get(..10);
        Ok(Self {
            prices: prices.collect(),
            published: date.and_then(|date| date.parse().ok()),
            code: whole.offer_code,
            version: whole.version,
        })
    }
}
