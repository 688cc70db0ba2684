//! AWS's published price list, read from its offer files and held against the table in use.
//!
//! An offer says in words what a price is for. What those words do not say plainly is not understood, and said to be so: nothing is
//! guessed. Sums stay whole pico-dollars per token from the text of the file to the table.

mod difference;
mod file;
mod sku;
mod stems;

pub use difference::{Change, Differences, Named, Slot};
pub use file::{Offer, OfferError};
