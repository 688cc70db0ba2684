//! GLEU, Google's BLEU for single sentences (Wu and others 2016, section 4): the lesser of precision and recall of all
//! runs of one to four words together.

use super::ngrams::{counted, in_common, share, total};
use super::words;

/// The longest runs that count.
const LONGEST: usize = 4;

/// Returns the words of a text without the points at their ends.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut words = words(text);
    for word in &mut words {
        word.truncate(word.trim_end_matches('.').len());
    }
    words
}

/// Returns the score of a candidate against one reference.
pub(super) fn score(candidate: &[String], reference: &[String]) -> f64 {
    let common = (1..=LONGEST)
        .map(|n| in_common(&counted(candidate, n), &counted(reference, n)))
        .sum();
    let runs = |tokens: &[String]| (1..=LONGEST).map(|n| total(tokens.len(), n)).sum::<usize>();
    share(common, runs(candidate).max(runs(reference)))
}
