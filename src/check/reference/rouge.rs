//! ROUGE (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"), as F1 with β = 1.

use super::ngrams::{counted, in_common, share, total};

/// Returns ROUGE-N: the F1 of the runs of `n` tokens that both have.
pub(super) fn n(candidate: &[String], reference: &[String], n: usize) -> f64 {
    let common = in_common(&counted(candidate, n), &counted(reference, n));
    f1(common, total(candidate.len(), n), total(reference.len(), n))
}

/// Returns ROUGE-L: the F1 of the longest sequence of tokens that both have in this order, gaps allowed.
pub(super) fn l(candidate: &[String], reference: &[String]) -> f64 {
    let common = longest_in_common(candidate, reference);
    f1(common, candidate.len(), reference.len())
}

/// Returns the harmonic mean of `common` as a share of either length, from the counts: so it is exact where it can be.
fn f1(common: usize, candidate: usize, reference: usize) -> f64 {
    share(2 * common, candidate + reference)
}

/// Returns the length of the longest common subsequence, in the room of one row of its table.
fn longest_in_common(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for token in a {
        let mut above_left = 0;
        for (at, other) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if token == other {
                above_left + 1
            } else {
                above.max(row[at])
            };
            above_left = above;
        }
    }
    row[b.len()]
}
