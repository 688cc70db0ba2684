//! `starts-with` and `ends-with`.

use super::prepared::rendered;
use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;

/// Which end of the output is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its beginning.
    Start,
    /// Its end.
    Finish,
}

/// Compares one end of the output with a text, which is not empty.
#[derive(Debug, Clone)]
pub struct Ends {
    /// Which end.
    pub end: End,
    /// The text that should stand there.
    pub value: Template,
}

impl Ends {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let expected = rendered(&self.value, subject.vars)?;
        if expected.is_empty() {
            return Err("the text to compare with renders empty".to_owned());
        }
        let output = text_of(subject.output);
        let (holds, verb) = match self.end {
            End::Start => (output.starts_with(&expected), "start"),
            End::Finish => (output.ends_with(&expected), "end"),
        };
        let expected = quoted(&expected);
        Ok(Verdict::of(
            holds,
            if holds {
                format!("the output {verb}s with {expected}")
            } else {
                format!(
                    "the output does not {verb} with {expected}; it is {}",
                    quoted(&output)
                )
            },
        ))
    }
}
