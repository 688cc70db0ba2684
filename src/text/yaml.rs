//! YAML from strangers: what a model wrote, or a schema given as text.
//!
//! Lenient where suites are strict: the last of repeated keys counts, and nothing keeps its place. Types are those
//! of YAML 1.2 as JavaScript programs read it: `yes` and `1_000` are text, `0x1F` is a number, a bare date is a
//! date and no text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// Why a text is no YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    message: String,
}

/// Reads one YAML document, JSON included, as a JSON value.
///
/// A bare date or time becomes an empty object: it has no form in JSON, and must not pass for text.
///
/// # Errors
///
/// What is not YAML, holds an unknown tag, or is unreasonably large for its size (aliases of aliases).
pub fn lenient_yaml(text: &str) -> Result<Value, YamlError> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
    };
    let raw: Spanned<Raw> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| YamlError {
            message: first_line(&error.without_snippet().to_string()),
        })?;
    Ok(value(raw, text))
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// What serde sees: values that still know where they stood, and so whether they were quoted.
enum Raw {
    Plain(Value),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

fn value(raw: Spanned<Raw>, source: &str) -> Value {
    let offset = raw.referenced.span().byte_offset();
    match raw.value {
        Raw::Plain(value) => value,
        Raw::Text(text) if is_timestamp(&text) && stands_bare(source, offset) => {
            Value::Object(Map::new())
        }
        Raw::Text(text) => Value::String(text),
        Raw::List(items) => items.into_iter().map(|item| value(item, source)).collect(),
        Raw::Map(entries) => entries
            .into_iter()
            .map(|(key, item)| (key, value(item, source)))
            .collect(),
    }
}

/// Returns whether the scalar at `offset` is written without quotes.
fn stands_bare(source: &str, offset: Option<u64>) -> bool {
    offset
        .and_then(|offset| source.as_bytes().get(usize::try_from(offset).ok()?))
        .is_some_and(u8::is_ascii_digit)
}

/// Returns whether `text` begins as YAML's timestamps do: `2024-12-01`, alone or with a time after it.
fn is_timestamp(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    date.chars().map(shape).eq("0000-00-00".chars())
        && time.is_none_or(|time| {
            time.trim_start()
                .chars()
                .map(shape)
                .take(3)
                .eq("00:".chars())
        })
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        let number = Number::from_f64(value).map_or(Value::Null, Value::Number);
        Ok(Raw::Plain(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_models_write() {
        for (text, expected) in [
            ("{a: 2}", json!({"a": 2})),
            (r#"{"a":1,}"#, json!({"a": 1})),
            ("{a: 1, a: 2}", json!({"a": 2})),
            ("{f: yes, g: True}", json!({"f": "yes", "g": true})),
            ("{n: 1_000, h: 0x1F}", json!({"n": "1_000", "h": 31})),
            ("{d: 2024-12-01}", json!({"d": {}})),
            ("{d: 2024-12-01 10:00:00}", json!({"d": {}})),
            (r#"{d: "2024-12-01"}"#, json!({"d": "2024-12-01"})),
            ("[é, 'x']", json!(["é", "x"])),
            (
                "type: object\nrequired: [a]\n",
                json!({"type": "object", "required": ["a"]}),
            ),
        ] {
            assert_eq!(lenient_yaml(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_yaml() {
        for text in ["{ not : valid : yaml }", "{[}", "{*}", "{a: !foo x}"] {
            assert!(lenient_yaml(text).is_err(), "{text}");
        }
    }
}
