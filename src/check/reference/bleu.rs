//! BLEU of one text (Papineni and others 2002), for runs of one to four words.
//!
//! Orders for which the candidate is too short do not count, a precision of 0 counts as 10⁻⁷, and the length is compared
//! with that of the reference nearest in length.

use super::ngrams::{counted, share, total};

/// The longest runs that count.
const LONGEST: usize = 4;
/// Stands for a precision of 0, whose logarithm would be none.
const NEARLY_NOTHING: f64 = 1e-7;

/// Returns the score of a candidate against all references together.
pub(super) fn score(candidate: &[String], references: &[Vec<String>]) -> f64 {
    if candidate.is_empty() {
        return 0.0;
    }
    let orders = 1..=LONGEST.min(candidate.len());
    let logarithms = orders.clone().map(|n| {
        let precision = precision(candidate, references, n);
        if precision > 0.0 {
            precision.ln()
        } else {
            NEARLY_NOTHING.ln()
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "at most four")]
    let mean = logarithms.sum::<f64>() / orders.count() as f64;
    brevity(candidate.len(), references) * mean.exp()
}

/// Returns the share of the candidate's runs that a reference has, each counted as often as in the reference that has it
/// most often.
fn precision(candidate: &[String], references: &[Vec<String>], n: usize) -> f64 {
    let references: Vec<_> = references
        .iter()
        .map(|reference| counted(reference, n))
        .collect();
    let clipped = counted(candidate, n).into_iter().map(|(run, count)| {
        let most = references.iter().filter_map(|counts| counts.get(run)).max();
        count.min(most.copied().unwrap_or(0))
    });
    share(clipped.sum(), total(candidate.len(), n))
}

/// Returns the penalty for a candidate that is shorter than the reference nearest in length (of two, the shorter one).
fn brevity(candidate: usize, references: &[Vec<String>]) -> f64 {
    let lengths = references.iter().map(Vec::len);
    let nearest = lengths.min_by_key(|length| (length.abs_diff(candidate), *length));
    match nearest {
        Some(reference) if candidate < reference => (1.0 - share(reference, candidate)).exp(),
        _ => 1.0,
    }
}
