//! Models against each other on the same questions, and prompts too; in one run, or with an earlier one.
//!
//! [`Contest`]s say who meets whom, [`Pairing`] lays their answers to one question side by side as records pass, [`PairSet`]
//! holds what is needed of each pair, [`Comparison`] is what comes of it.

mod baseline;
mod comparison;
mod contest;
mod early;
mod evidence;
mod front;
mod outcome;
mod pair_set;
mod pairing;
#[cfg(test)]
mod tests;

pub use baseline::{Baseline, BaselineError, BaselineHead, BaselineRow};
pub use comparison::{
    CascadeOutcome, Comparison, ENOUGH, Needed, Ratio, Watched, Withheld, WorstCase, compared,
};
pub use contest::{AGAIN, Chosen, Contest, Opponent, Side, contests, pooled};
pub use early::Early;
pub use evidence::Evidence;
pub use front::{OnFront, front, front_contests};
pub use outcome::Outcome;
pub use pair_set::{Flip, Missing, PairSet};
pub use pairing::Pairing;
