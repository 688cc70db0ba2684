//! Where a text turns to something else, told by the vectors of its sentences.

use unicode_segmentation::UnicodeSegmentation;

use super::near::cosine;

/// The share of steps from a sentence to the next that are no turn: what semantic chunkers usually take.
const USUAL: f64 = 0.95;

/// Returns the sentences of a text that say something, each with the bytes of the text before it (UAX #29).
pub fn sentences(text: &str) -> Vec<(usize, &str)> {
    text.split_sentence_bound_indices()
        .filter(|(_, sentence)| !sentence.trim().is_empty())
        .collect()
}

/// Returns which sentences begin something new, by their vectors: those that are farther from the one before than 95 of 100 are.
///
/// The limit is interpolated between steps, as `numpy.percentile` does; a step without a cosine is none.
pub fn turns(vectors: &[Vec<f32>]) -> Vec<usize> {
    let steps = vectors.windows(2);
    let steps: Vec<f64> = steps
        .map(|pair| 1.0 - cosine(&pair[0], &pair[1]).unwrap_or(1.0))
        .collect();
    let Some(limit) = percentile(&steps, USUAL) else {
        return Vec::new();
    };
    let far = steps.iter().enumerate().filter(|(_, step)| **step > limit);
    far.map(|(before, _)| before + 1).collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list that fits into memory"
)]
fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = sorted.len().checked_sub(1)? as f64 * share;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[low] + (sorted[high] - sorted[low]) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_stand_where_they_begin() {
        let found = sentences("One. \n\n  Two is é. Three");
        let text = "One. \n\n  Two is é. Three";
        assert_eq!(found.len(), 3);
        for (start, sentence) in found {
            assert!(text[start..].starts_with(sentence));
        }
        assert_eq!(sentences(" \n ").len(), 0);
    }

    #[test]
    fn the_farthest_step_is_a_turn() {
        let at = |degrees: f32| vec![degrees.to_radians().cos(), degrees.to_radians().sin()];
        let vectors: Vec<Vec<f32>> = [0.0, 2.0, 4.0, 90.0, 91.0].map(at).to_vec();
        assert_eq!(turns(&vectors), [3]);
        // Where all steps are alike, nothing turns.
        assert_eq!(turns(&vectors[..2]), [0usize; 0]);
        assert_eq!(turns(&[]), [0usize; 0]);
        let still = vec![at(0.0); 5];
        assert_eq!(turns(&still), [0usize; 0]);
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.percentile([1, 2, 3, 4], 95)
        let found = percentile(&[4.0, 1.0, 3.0, 2.0], USUAL).unwrap();
        assert!((found - 3.85).abs() < 1e-12, "{found}");
        assert_eq!(percentile(&[7.0], USUAL), Some(7.0));
    }
}
