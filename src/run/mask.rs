//! What a record says of the environment: names in place of values.
//!
//! A suite may ask with a value that is nobody else's business. What we write ourselves (questions, reasons, errors) is kept with
//! `${NAME}`; what a model says is kept as it is.

use serde_json::{Map, Value};

use crate::journal::Record;

/// Bytes of the shortest value that is covered: `1` or `eu` would turn up everywhere.
const SHORTEST: usize = 4;

/// Covers the values of `env`, the environment that a suite sees, in the reasons of a record, in what its user said, and in
/// why it has no answer.
pub(super) fn cover(record: &mut Record, env: &Map<String, Value>) {
    if env.is_empty() {
        return;
    }
    let reasons = record.checks.iter_mut().map(|check| &mut check.reason);
    let said = record.turns.iter_mut().map(|turn| &mut turn.user);
    let failed = record.error.iter_mut().map(|error| &mut error.message);
    for text in reasons.chain(said).chain(failed) {
        cover_text(text, env);
    }
}

fn cover_text(text: &mut String, env: &Map<String, Value>) {
    let values = env
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?)));
    let mut values: Vec<_> = values
        .filter(|(_, value)| value.len() >= SHORTEST && text.contains(value))
        .collect();
    // One may be a part of another.
    values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    for (name, value) in values {
        *text = text.replace(value, &format!("${{{name}}}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_covered_by_their_names() {
        let env = json!({"TOKEN": "abcd", "LONG": "abcd-efgh", "SHORT": "eu", "COUNT": 12345});
        for (text, expected) in [
            ("found `abcd`, eu", "found `${TOKEN}`, eu"),
            ("abcd-efgh abcd", "${LONG} ${TOKEN}"),
            ("12345", "12345"),
        ] {
            let mut covered = text.to_owned();
            cover_text(&mut covered, env.as_object().unwrap());
            assert_eq!(covered, expected);
        }
    }
}
