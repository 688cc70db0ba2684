//! `levenshtein`: how many edits lie between the output and a text.

use super::prepared::rendered;
use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;
use crate::text::{distance_within, number_text};

/// Bounds the edit distance between the output and a text.
#[derive(Debug, Clone)]
pub struct Distance {
    /// The text to compare with; it may be empty.
    pub value: Template,
    /// The greatest distance that passes, in UTF-16 units.
    pub most: f64,
}

impl Distance {
    /// The greatest distance that passes where a suite names none, as in promptfoo.
    pub const DEFAULT_MOST: f64 = 5.0;

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let expected = rendered(&self.value, subject.vars)?;
        let output = text_of(subject.output);
        let most = number_text(self.most);
        let (expected_text, found) = (quoted(&expected), quoted(&output));
        if self.most < 0.0 {
            return Ok(Verdict::of(false, format!("no distance is at most {most}")));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and the cast saturates"
        )]
        let limit = self.most as usize;
        Ok(match distance_within(&expected, &output, limit) {
            Some(distance) => Verdict::of(
                true,
                format!(
                    "{distance} edits lie between the output and {expected_text}, at most {most} were allowed"
                ),
            ),
            None => Verdict::of(
                false,
                format!(
                    "more than {most} edits lie between {expected_text} and the output {found}"
                ),
            ),
        })
    }
}
