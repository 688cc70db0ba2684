//! `number`: the last number in the output.

use super::prepared::Prepared;
use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::{last_number, number_text};

/// Compares the last number in the output with a value.
#[derive(Debug, Clone)]
pub struct NumberIs {
    /// The expected value.
    pub value: Prepared<f64>,
    /// How far off the number may be.
    pub tolerance: f64,
    /// How far off it may be as a share of the expected value. The wider of both counts.
    pub relative_tolerance: f64,
}

impl NumberIs {
    /// Reads an expected value: the last number of a text, so that `$1,234` and a reference answer will do.
    ///
    /// # Errors
    ///
    /// Says that there is none.
    pub fn expected(text: &str) -> Result<f64, String> {
        last_number(text)
            .map(|found| found.value)
            .ok_or_else(|| format!("there is no number in {}", quoted(text)))
    }

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let expected = *self.value.get(subject.vars)?;
        let output = text_of(subject.output);
        let wanted = number_text(expected);
        let Some(found) = last_number(&output) else {
            return Ok(Verdict::of(
                false,
                format!("expected {wanted}, found no number in {}", quoted(&output)),
            ));
        };
        let allowed = self.tolerance.max(self.relative_tolerance * expected.abs());
        // A few units in the last place, so that 0.4 is within 0.1 of 0.3.
        let rounding = 4.0 * f64::EPSILON * expected.abs().max(found.value.abs());
        let holds = (found.value - expected).abs() <= allowed + rounding;
        let margin = if allowed > 0.0 {
            format!(" give or take {}", number_text(allowed))
        } else {
            String::new()
        };
        Ok(Verdict::of(
            holds,
            format!("expected {wanted}{margin}, found `{}`", found.text),
        ))
    }
}
