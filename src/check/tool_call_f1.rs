//! `tool-call-f1`: whether the model called the tools that it should, by their names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::prepared::Prepared;
use super::reason::listed;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::number_text;

/// Pieces of a text that are tried as JSON in vain; a text with more of them holds no calls that anyone meant.
const MOST_TRIED: usize = 100;

/// Compares the names of the tools that were called with those that were expected; how often and with what does not
/// count.
#[derive(Debug, Clone)]
pub struct ToolCallF1 {
    /// The names, at least one.
    pub expected: Prepared<Vec<String>>,
    /// The least F1 that passes.
    pub least: f64,
}

impl ToolCallF1 {
    /// The least F1 that passes where a suite names none, as in promptfoo.
    pub const DEFAULT_LEAST: f64 = 1.0;

    /// Reads names parted by commas.
    ///
    /// # Errors
    ///
    /// Says that there is none.
    pub fn names(text: &str) -> Result<Vec<String>, String> {
        let names = text.split(',').map(str::trim);
        let names: Vec<String> = names
            .filter(|name| !name.is_empty())
            .map(Into::into)
            .collect();
        if names.is_empty() {
            return Err("at least one tool must be named".to_owned());
        }
        Ok(names)
    }

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let names = self.expected.get(subject.vars)?;
        let expected: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let called = called(subject);
        let both = called
            .iter()
            .filter(|name| expected.contains(name.as_str()));
        #[expect(clippy::cast_precision_loss, reason = "no answer has 2^52 calls")]
        let score = 2.0 * both.count() as f64 / (called.len() + expected.len()) as f64;
        let called = if called.is_empty() {
            "no tool".to_owned()
        } else {
            listed(&called.into_iter().collect::<Vec<_>>())
        };
        let reason = format!(
            "the model called {called}, expected {}: F1 {score:.3}; the bound is {}",
            listed(&names),
            number_text(self.least)
        );
        Ok(Verdict::scored(score >= self.least, score, reason).keeping_score())
    }
}

/// Returns the names of the tools that an answer calls: in blocks of their own, or written into its output.
fn called(subject: &Subject<'_>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = subject
        .tool_calls
        .iter()
        .map(|call| call.name.clone())
        .collect();
    match subject.output {
        Value::String(text) => written(text, &mut names),
        output => structured(output, &mut names),
    }
    names
}

/// Adds the names of calls that stand in a text as JSON.
fn written(text: &str, names: &mut BTreeSet<String>) {
    let (mut from, mut tried) = (0, 0);
    while let Some(found) = text[from..].find(['{', '[']) {
        let start = from + found;
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            structured(&value, names);
            from = start + values.byte_offset();
        } else {
            tried += 1;
            if tried == MOST_TRIED {
                return;
            }
            from = start + 1;
        }
    }
}

/// Adds the names of calls in the shapes of Converse, Anthropic, `OpenAI` and Google.
fn structured(value: &Value, names: &mut BTreeSet<String>) {
    if let Value::Array(items) = value {
        for item in items {
            structured(item, names);
        }
    }
    let name_of = |value: &Value| value.get("name").and_then(Value::as_str).map(Into::into);
    for shape in ["function", "function_call", "functionCall", "toolUse"] {
        names.extend(value.get(shape).and_then(name_of));
    }
    let is_call = ["input", "args", "arguments"]
        .iter()
        .any(|key| value.get(key).is_some());
    if is_call {
        names.extend(name_of(value));
    }
    for list in ["tool_calls", "toolCalls", "content", "parts"] {
        if let Some(list @ Value::Array(_)) = value.get(list) {
            structured(list, names);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_are_found_in_every_shape() {
        for (output, expected) in [
            (
                json!({"tool_calls": [{"function": {"name": "a", "arguments": "{}"}}, {"name": "b", "args": {}}]}),
                "a b",
            ),
            (
                json!([{"type": "text", "text": "hi"}, {"type": "tool_use", "name": "a", "input": {}}]),
                "a",
            ),
            (json!([{"toolUse": {"name": "a", "toolUseId": "1"}}]), "a"),
            (json!({"parts": [{"functionCall": {"name": "a"}}]}), "a"),
            (
                json!(
                    "I call {\"type\": \"tool_use\", \"name\": \"a\", \"input\": {}}\n\n[{\"name\": \"b\", \"input\": 1}] {"
                ),
                "a b",
            ),
            (json!({"name": "Ann", "age": 7}), ""),
            (json!("no call"), ""),
        ] {
            let mut names = BTreeSet::new();
            match &output {
                Value::String(text) => written(text, &mut names),
                other => structured(other, &mut names),
            }
            let names: Vec<_> = names.into_iter().collect();
            assert_eq!(names.join(" "), expected, "{output}");
        }
    }

    #[test]
    fn names_must_be_there() {
        assert_eq!(
            ToolCallF1::names("a, b"),
            Ok(vec!["a".to_owned(), "b".to_owned()])
        );
        assert!(ToolCallF1::names(" , ").is_err());
    }
}
