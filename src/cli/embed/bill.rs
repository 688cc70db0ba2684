//! What a job has cost so far.

use crate::catalog::{PriceRow, Usd};
use crate::journal::Attempt;
use crate::model::Usage;

/// Tokens and money.
#[derive(Clone, Copy)]
pub(super) struct Bill {
    pub(super) usage: Usage,
    /// `None` once something had no price.
    pub(super) cost: Option<Usd>,
}

impl Bill {
    pub(super) fn new() -> Self {
        Self {
            usage: Usage::default(),
            cost: Some(Usd::ZERO),
        }
    }

    /// Adds what the attempts of a call are billed for.
    pub(super) fn add(&mut self, attempts: &[Attempt], price: Option<&PriceRow>) {
        for billed in attempts.iter().filter_map(|attempt| attempt.usage) {
            self.usage += billed;
            let price = price.map(|price| price.cost(&billed).usd);
            self.cost = self.cost.zip(price).map(|(sum, price)| sum + price);
        }
    }
}
