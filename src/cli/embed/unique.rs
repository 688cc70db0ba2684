//! One name, one text: what is gone on with, and what a collection holds, is found by its name.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::input::{Input, Inputs};
use crate::cli::error::CliError;

/// Refuses a second text of a name, of which one vector would be lost. `may_repeat` allows the same text twice.
///
/// Sixteen bytes are remembered of each text.
pub(super) fn unique(inputs: Inputs, may_repeat: bool) -> Inputs {
    let mut seen = HashMap::new();
    Box::new(inputs.map(move |input| {
        let input = input?;
        let text = digest(&input.text);
        match seen.insert(digest(&input.id), text) {
            Some(before) if !may_repeat || before != text => Err(twice(&input)),
            _ => Ok(input),
        }
    }))
}

fn twice(input: &Input) -> CliError {
    let message = format!("two texts are named `{}`", input.id);
    CliError::usage(message).hint("give each row an `id` of its own, or name its field: --id-field")
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many of these rows pass before one does not.
    fn passed(rows: &'static [(&str, &str)], may_repeat: bool) -> usize {
        let rows = rows.iter().map(|(id, text)| {
            Ok(Input {
                id: (*id).to_owned(),
                text: (*text).to_owned(),
                image: None,
            })
        });
        unique(Box::new(rows), may_repeat)
            .take_while(Result::is_ok)
            .count()
    }

    #[test]
    fn a_name_is_refused_for_a_second_text() {
        let other = &[("a", "1"), ("b", "1"), ("a", "2")];
        let same = &[("a", "1"), ("b", "1"), ("a", "1")];
        assert_eq!(passed(other, true), 2);
        assert_eq!(passed(other, false), 2);
        assert_eq!(passed(same, true), 3);
        assert_eq!(passed(same, false), 2);
    }
}
