//! `contains-json`: a JSON object somewhere in the output.
//!
//! Candidates begin at each opening brace and run to the brace that balances it, braces in quotes counted too. They are
//! read as YAML, as promptfoo does, so that `{name}` is an object as well; lists are not looked for.

use serde_json::Value;

use super::prepared::Prepared;
use super::reason::{quoted, text_of};
use super::schema::Schema;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::lenient_yaml;

/// Bytes of the longest candidate that is read.
const LONGEST: usize = 100_000;

/// Bytes of candidates that are read in all, so that an answer full of braces cannot hold up a run.
const EFFORT: usize = 4_000_000;

/// Looks for an object, which may have to conform to a schema. One that does is enough.
#[derive(Debug, Clone)]
pub struct ContainsJson {
    /// What the object must conform to.
    pub schema: Option<Prepared<Schema>>,
}

impl ContainsJson {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = text_of(subject.output);
        let objects = objects_in(&output)?;
        if objects.is_empty() {
            let reason = format!("the output contains no JSON object: {}", quoted(&output));
            return Ok(Verdict::of(false, reason));
        }
        let Some(schema) = &self.schema else {
            return Ok(Verdict::of(true, "the output contains a JSON object"));
        };
        let schema = schema.get(subject.vars)?;
        let mut last_flaw = String::new();
        for object in &objects {
            match schema.flaw(object) {
                None => {
                    let reason = "the output contains a JSON object that conforms to the schema";
                    return Ok(Verdict::of(true, reason));
                }
                Some(flaw) => last_flaw = flaw,
            }
        }
        Ok(Verdict::of(
            false,
            format!("no JSON object in the output conforms to the schema: {last_flaw}"),
        ))
    }
}

/// Returns the objects in a text, in order. What lies within one is no object of its own.
///
/// # Errors
///
/// Gives up on a text with too many braces that begin nothing.
fn objects_in(text: &str) -> Result<Vec<Value>, String> {
    let ends = balanced_ends(text);
    let mut objects = Vec::new();
    let mut effort = 0;
    let mut read_to = 0;
    for (start, end) in ends {
        if start < read_to || start + 1 == text.len() {
            continue;
        }
        let (end, unclosed) = match end {
            End::At(end) => (end, 0),
            End::Missing(count) => (text.len(), count),
        };
        if end - start > LONGEST {
            continue;
        }
        effort += end - start;
        if effort > EFFORT {
            return Err("the output has too many braces to look for JSON in".to_owned());
        }
        let candidate = format!("{}{}", &text[start..end], "}".repeat(unclosed));
        if let Ok(object @ Value::Object(_)) = read(&candidate) {
            objects.push(object);
            read_to = end;
        }
    }
    Ok(objects)
}

fn read(candidate: &str) -> Result<Value, String> {
    serde_json::from_str(candidate)
        .or_else(|_| lenient_yaml(candidate))
        .map_err(|error| error.to_string())
}

/// Where a candidate ends.
#[derive(Clone, Copy)]
enum End {
    /// Behind the brace at this byte.
    At(usize),
    /// Nowhere: so many braces are missing.
    Missing(usize),
}

/// Returns for each opening brace, in order, where it is balanced.
fn balanced_ends(text: &str) -> Vec<(usize, End)> {
    let mut ends: Vec<(usize, End)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => {
                open.push(ends.len());
                ends.push((at, End::Missing(0)));
            }
            b'}' => {
                if let Some(index) = open.pop() {
                    ends[index].1 = End::At(at + 1);
                }
            }
            _ => {}
        }
    }
    for (depth, index) in open.iter().enumerate() {
        ends[*index].1 = End::Missing(open.len() - depth);
    }
    ends
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_what_promptfoo_finds() {
        for (text, expected) in [
            ("", vec![]),
            ("{", vec![]),
            (
                r#"so: {"a":1} and {"b":{"c":2}}."#,
                vec![json!({"a": 1}), json!({"b": {"c": 2}})],
            ),
            (r#"{"a":1"#, vec![json!({"a": 1})]),
            (r#"{"a":{"b":1"#, vec![json!({"a": {"b": 1}})]),
            (r#"{"a":"}"}"#, vec![]),
            ("css a { color: red; }", vec![json!({"color": "red;"})]),
            ("${HOME}", vec![json!({"HOME": null})]),
            ("[1, 2]", vec![]),
            (r#"{ no: t : {"a":1} }"#, vec![json!({"a": 1})]),
            ("{d: 2024-12-01}", vec![json!({"d": {}})]),
            (r#"{"d":"2024-12-01"}"#, vec![json!({"d": "2024-12-01"})]),
        ] {
            assert_eq!(objects_in(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn gives_up_on_a_wall_of_braces() {
        let wall = format!("{}{}", "{[".repeat(2_000), "}".repeat(2_000));
        assert!(objects_in(&wall).is_err());
    }
}
