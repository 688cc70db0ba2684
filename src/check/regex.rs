//! `regex`: a JavaScript pattern that matches somewhere in the output.

use super::prepared::Prepared;
use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::Pattern;

/// Searches the output for a pattern.
#[derive(Debug, Clone)]
pub struct RegexMatch {
    /// The pattern, with its flags.
    pub pattern: Prepared<Pattern>,
}

impl RegexMatch {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let pattern = self.pattern.get(subject.vars)?;
        let output = text_of(subject.output);
        let holds = pattern
            .is_match(&output)
            .map_err(|error| error.to_string())?;
        let source = quoted(pattern.source());
        Ok(Verdict::of(
            holds,
            if holds {
                format!("the output matches {source}")
            } else {
                format!(
                    "the output does not match {source}; it is {}",
                    quoted(&output)
                )
            },
        ))
    }
}
