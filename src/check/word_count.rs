//! `word-count`: pieces parted by white space, as JavaScript knows it.

use std::collections::BTreeSet;

use super::bounds::Bounds;
use super::prepared::Prepared;
use super::reason::text_of;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::{count_words, number_text};

/// Counts the words of the output.
#[derive(Debug, Clone)]
pub enum WordCount {
    /// Exactly so many.
    Exactly(Prepared<f64>),
    /// So many at least, at most, or both.
    Within(Bounds),
}

impl WordCount {
    /// Reads a number as JavaScript's `Number()` does; empty text is 0.
    ///
    /// # Errors
    ///
    /// Says what is no number.
    pub fn number(text: &str) -> Result<f64, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(0.0);
        }
        trimmed
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| format!("`{trimmed}` is no number of words"))
    }

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        #[expect(clippy::cast_precision_loss, reason = "no output has 2^52 words")]
        let count = count_words(&text_of(subject.output)) as f64;
        let (holds, expected) = match self {
            Self::Exactly(number) => {
                let number = number.get(subject.vars)?;
                #[expect(clippy::float_cmp, reason = "whole numbers are exact")]
                let holds = count == *number;
                (holds, number_text(*number))
            }
            Self::Within(bounds) => (bounds.contains(count), bounds.to_string()),
        };
        let count = number_text(count);
        Ok(Verdict::of(
            holds,
            format!("the output has {count} words; the bound is {expected}"),
        ))
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        if let Self::Exactly(number) = self {
            names.extend(number.variables());
        }
    }
}
