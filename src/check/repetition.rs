//! `no-repetition`: the output does not say the same over and over, as models do that have lost their way.

use std::collections::HashSet;

use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::number_text;

/// Counts the runs of words that occur for the first time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoRepetition {
    /// Words of a run, at least 1.
    pub words: usize,
    /// The least share of runs that must be new, 0 to 1.
    pub least: f64,
}

impl Default for NoRepetition {
    fn default() -> Self {
        Self {
            words: 4,
            least: 0.8,
        }
    }
}

impl NoRepetition {
    pub(super) fn verdict(self, subject: &Subject<'_>) -> Verdict {
        let text = text_of(subject.output).to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let (mut seen, mut again) = (HashSet::new(), None);
        let runs = words.windows(self.words);
        let count = runs.len();
        for run in runs {
            if !seen.insert(run) && again.is_none() {
                again = Some(run.join(" "));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "no output has 2^52 words")]
        let score = match count {
            0 => 1.0,
            _ => seen.len() as f64 / count as f64,
        };
        let example = again.map(|run| format!(", others are not, such as {}", quoted(&run)));
        Verdict::scored(
            score >= self.least,
            score,
            format!(
                "{:.0} % of all runs of {} words are new{}; the bound is {} %",
                100.0 * score,
                self.words,
                example.unwrap_or_default(),
                number_text(100.0 * self.least)
            ),
        )
    }
}
