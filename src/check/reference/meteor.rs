//! METEOR (Banerjee and Lavie 2005), with words and stems and without synonyms.
//!
//! Words are matched from the end of the candidate to its beginning, each with the last free word of the reference: first
//! the same words, then those of one stem (Porter 1980). It is how NLTK does it, whose figures people compare with.

use porter_stemmer::stem;

use super::ngrams::share;

/// The parameters of METEOR.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeteorWeights {
    /// How much recall counts beside precision, 0 to 1.
    pub alpha: f64,
    /// How steeply the penalty grows with the number of pieces.
    pub beta: f64,
    /// The greatest penalty.
    pub gamma: f64,
}

impl Default for MeteorWeights {
    fn default() -> Self {
        Self {
            alpha: 0.9,
            beta: 3.0,
            gamma: 0.5,
        }
    }
}

/// Returns the score of a candidate against one reference.
pub(super) fn score(candidate: &[String], reference: &[String], weights: MeteorWeights) -> f64 {
    let pairs = aligned(candidate, reference);
    let precision = share(pairs.len(), candidate.len());
    let recall = share(pairs.len(), reference.len());
    if pairs.is_empty() {
        return 0.0;
    }
    let MeteorWeights { alpha, beta, gamma } = weights;
    let mean = precision * recall / (alpha * precision + (1.0 - alpha) * recall);
    let penalty = gamma * share(pieces(&pairs), pairs.len()).powf(beta);
    (1.0 - penalty) * mean
}

/// Returns which word of the candidate goes with which of the reference, by their places, in the candidate's order.
fn aligned(candidate: &[String], reference: &[String]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut candidate, mut reference) = (numbered(candidate), numbered(reference));
    matched(&mut candidate, &mut reference, &mut pairs);
    for (_, word) in candidate.iter_mut().chain(&mut reference) {
        *word = stem(word);
    }
    matched(&mut candidate, &mut reference, &mut pairs);
    pairs.sort_unstable();
    pairs
}

fn numbered(words: &[String]) -> Vec<(usize, String)> {
    words.iter().cloned().enumerate().collect()
}

/// Moves words that are the same from those that are free to the pairs.
fn matched(
    candidate: &mut Vec<(usize, String)>,
    reference: &mut Vec<(usize, String)>,
    pairs: &mut Vec<(usize, usize)>,
) {
    for at in (0..candidate.len()).rev() {
        let word = &candidate[at].1;
        if let Some(other) = reference.iter().rposition(|(_, other)| other == word) {
            pairs.push((candidate[at].0, reference[other].0));
            candidate.remove(at);
            reference.remove(other);
        }
    }
}

/// Returns how many pieces the matched words fall into: runs that stand together in both texts.
fn pieces(pairs: &[(usize, usize)]) -> usize {
    let breaks = pairs
        .windows(2)
        .filter(|pair| (pair[0].0 + 1, pair[0].1 + 1) != pair[1]);
    breaks.count() + 1
}
