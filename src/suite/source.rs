//! YAML as a located tree: every key and every value knows its file, line and column.
//!
//! This module and `text/yaml.rs`, which reads what models write, are the only places that name the YAML package.
//! Options are fixed here, so that YAML means the same in every suite: `no` and `017` are text, a repeated key and an
//! unknown tag are errors, merge keys are merged.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use super::error::SuiteError;
pub(super) use super::place::{Place, SourceFile};
use super::yaml_error::explained;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// What stands there.
    pub value: Tree,
    /// Where it stands.
    pub place: Place,
}

/// A key with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    /// The key as written.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// A located YAML value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// Parses the text of `file`.
    ///
    /// # Errors
    ///
    /// What is not YAML, with its line and column.
    pub(crate) fn parse(file: &Arc<SourceFile>) -> Result<Self, SuiteError> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            reject_unsupported_tags: true,
            // What aliases unfold to is limited by itself: one anchor may stand for the checks of a thousand tests.
            budget: serde_saphyr::budget! {
                max_nodes: 2_000_000,
                max_events: 8_000_000,
                enforce_alias_anchor_ratio: false,
            },
        };
        let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(&file.text, options)
            .map_err(|error| explained(&error, file))?;
        Ok(Locator::new(file).node(raw))
    }

    /// Returns the same tree at its places in `file`, of which a part was parsed: that from the line after `lines` lines on.
    pub(super) fn below(self, lines: usize, file: &Arc<SourceFile>) -> Self {
        let value = match self.value {
            Tree::List(items) => {
                let items = items.into_iter();
                Tree::List(items.map(|item| item.below(lines, file)).collect())
            }
            Tree::Map(entries) => {
                let entries = entries.into_iter().map(|(key, value)| {
                    let place = key.place.below(lines, file);
                    (Key { place, ..key }, value.below(lines, file))
                });
                Tree::Map(entries.collect())
            }
            scalar => scalar,
        };
        Self {
            value,
            place: self.place.below(lines, file),
        }
    }

    /// Returns the value without its places.
    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Number(value) => Value::Number(value.clone()),
            Tree::Text(value) => Value::String(value.clone()),
            Tree::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Tree::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.name.clone(), node.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Returns the value of `name`, written like this, if this is a map that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Tree::Map(entries) => entries
                .iter()
                .find(|(key, _)| key.name == name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// Returns the text, if this is text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns what kind of value this is, for messages: "a list", "text" …
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Tree::Null => "nothing",
            Tree::Bool(_) => "true or false",
            Tree::Number(_) => "a number",
            Tree::Text(_) => "text",
            Tree::List(_) => "a list",
            Tree::Map(_) => "a map",
        }
    }
}

/// What serde sees: the tree with the package's own locations.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
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
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value)
            .map(Raw::Number)
            .ok_or_else(|| E::custom("numbers must be finite"))
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

/// Turns the package's locations into places of one file.
struct Locator<'a> {
    file: &'a Arc<SourceFile>,
}

impl<'a> Locator<'a> {
    fn new(file: &'a Arc<SourceFile>) -> Self {
        Self { file }
    }

    fn node(&self, raw: Spanned<Raw>) -> Node {
        let place = self.place(raw.referenced);
        let value = match raw.value {
            Raw::Null => Tree::Null,
            Raw::Bool(value) => Tree::Bool(value),
            Raw::Number(value) => Tree::Number(value),
            Raw::Text(value) => Tree::Text(value),
            Raw::List(items) => Tree::List(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => Tree::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let place = self.place(key.referenced);
                        (
                            Key {
                                name: key.value,
                                place,
                            },
                            self.node(value),
                        )
                    })
                    .collect(),
            ),
        };
        Node { value, place }
    }

    fn place(&self, location: serde_saphyr::Location) -> Place {
        Place {
            file: Arc::clone(self.file),
            line: usize::try_from(location.line()).unwrap_or(1).max(1),
            column: usize::try_from(location.column()).unwrap_or(1).max(1),
            width: usize::try_from(location.span().len()).unwrap_or(1).max(1),
        }
    }
}

/// Turns a location of the package into a place of `file`.
pub(super) fn place_of(location: serde_saphyr::Location, file: &Arc<SourceFile>) -> Place {
    Place {
        file: Arc::clone(file),
        line: usize::try_from(location.line()).unwrap_or(1).max(1),
        column: usize::try_from(location.column()).unwrap_or(1).max(1),
        width: usize::try_from(location.span().len()).unwrap_or(1).max(1),
    }
}
