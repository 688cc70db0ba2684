//! The order of asking where a run may stop before its end: drawn by the seed, the same for all models.

use std::collections::BTreeMap;

use super::planned::Chosen;
use crate::suite::rank;

/// Where a question stands in the order of asking, and how many trials each model has for its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Turn {
    /// The case's place, from 0.
    pub place: u64,
    /// Trials of one model for the case, all prompts and repeats together.
    pub trials: u64,
}

/// Puts cases into the order of asking. Cases with the same tags are spread evenly, so that every beginning of it is a sample of
/// the whole.
pub(super) fn shuffled(cases: Vec<Chosen>, seed: u64) -> Vec<Chosen> {
    let mut strata: BTreeMap<Vec<String>, Vec<Chosen>> = BTreeMap::new();
    for case in cases {
        let mut tags = case.case.tags.clone();
        tags.sort_unstable();
        strata.entry(tags).or_default().push(case);
    }
    let mut keyed = Vec::new();
    for mut stratum in strata.into_values() {
        stratum.sort_by_key(|case| rank(seed, case.index));
        let size = stratum.len() as u64;
        for (at, case) in (0_u64..).zip(stratum) {
            // The middle of the part of the order that this one stands for, in 2^32 parts.
            let middle = ((2 * at + 1) << 32) / (2 * size);
            keyed.push((middle, rank(seed, case.index), case));
        }
    }
    keyed.sort_by_key(|(middle, rank, _)| (*middle, *rank));
    let cases = keyed.into_iter().map(|(_, _, case)| case);
    let placed = (0_u64..).zip(cases).map(|(place, mut case)| {
        case.place = Some(place);
        case
    });
    placed.collect()
}
