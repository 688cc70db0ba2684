//! Runs of tokens, counted.

use std::collections::HashMap;

/// Returns how often each run of `n` tokens occurs. `n` is at least 1.
pub(super) fn counted(tokens: &[String], n: usize) -> HashMap<&[String], usize> {
    let mut counts = HashMap::new();
    for run in tokens.windows(n) {
        *counts.entry(run).or_default() += 1;
    }
    counts
}

/// Returns how many runs `a` and `b` have in common; a run counts as often as it occurs in both.
pub(super) fn in_common(a: &HashMap<&[String], usize>, b: &HashMap<&[String], usize>) -> usize {
    let shared = a
        .iter()
        .filter_map(|(run, count)| Some(*count.min(b.get(run)?)));
    shared.sum()
}

/// Returns how many runs of `n` tokens a text of `length` tokens has.
pub(super) fn total(length: usize, n: usize) -> usize {
    (length + 1).saturating_sub(n)
}

/// Returns a quotient of counts; 0 where there is nothing to divide by.
#[expect(clippy::cast_precision_loss, reason = "no text has 2^52 tokens")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
