//! Looking after every case, and still being right: tests whose level holds whenever one stops.
//!
//! Evidence is a capital that a fair game would not let grow: by Ville's inequality it reaches 1/α with probability α at most,
//! however often one looks (G. Shafer, JRSS A 184 (2021), 407–431). It may be fed only in an order that was fixed before, never in
//! the order in which answers happen to come.

mod bets;
mod confidence;
mod curtail;
mod flips;

pub use bets::Bets;
pub use confidence::{ConfidenceSequence, EmpiricalBernstein};
pub use curtail::{Curtailed, curtailed};
pub use flips::FlipEvidence;

/// Returns which of several hypotheses are rejected, given the largest capital each has reached, at a joint level: Holm's
/// method on p-values of 1 ÷ capital.
pub fn rejected(capitals: &[f64], level: f64) -> Vec<bool> {
    let p_values: Vec<f64> = capitals
        .iter()
        .map(|capital| (1.0 / capital).min(1.0))
        .collect();
    let adjusted = super::holm(&p_values);
    adjusted.iter().map(|p| *p <= level + 1e-12).collect()
}
