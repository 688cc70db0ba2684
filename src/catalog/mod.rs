//! What is known of each model before it is asked: prices, abilities, quotas and lifecycle.
//!
//! [`Catalog`] answers for a [`ModelId`](crate::model::ModelId), from tables that come with the program and from those
//! of the user, given as text; an [`Offer`] of AWS says what has changed. Unknown stays unknown: a missing price is `None` and never zero, a missing ability
//! neither yes nor no. Nothing here asks the network, reads a file or knows the time.

mod account_quota;
mod advice;
mod ceiling;
mod cost;
mod facts;
mod model_file;
mod names;
mod offer;
mod price;
mod price_file;
mod price_table;
mod quota;
mod table;
mod usd;

pub use account_quota::{AccountQuota, AccountQuotas};
pub use cost::Cost;
pub use facts::{
    Ability, BareId, CacheFacts, Lifecycle, ModelFacts, QuotaFacts, QuotaScope, Restriction,
    Status, Support,
};
pub use model_file::ModelsError;
pub use offer::{Change, Differences, Named, Offer, OfferError, Slot};
pub use price::{BatchRates, Kind, LongContext, PriceRow, PriceScope, Rates, Tier};
pub use price_file::{PriceError, write as write_prices};
pub use price_table::PriceTable;
pub use quota::Quota;
pub use table::Catalog;
pub use usd::{Usd, UsdError};
