//! What an assertion says beside its type, asked for field by field.

use std::path::PathBuf;

use serde_json::Value;

use super::super::error::Problems;
use super::super::file::{beside, near_file, unreadable};
use super::super::judging::Judging;
use super::super::reader::{MapReader, as_number, listed};
use super::super::source::{Node, Place, Tree};
use super::{Within, template};
use crate::check::{Bounds, Item};
use crate::files::read_whole_text;
use crate::template::Template;

/// Nothing could be read: the problem is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::suite) struct Noted;

/// What was read, unless a problem was noted instead.
pub(in crate::suite) type Read<T> = Result<T, Noted>;

/// An assertion being read.
pub(super) struct Fields<'a, 'p> {
    pub(super) type_name: &'a str,
    pub(super) within: Within,
    pub(super) judging: &'p Judging<'p>,
    pub(super) map: MapReader<'a>,
    pub(super) problems: &'p mut Problems,
}

/// A value as given: what stands in the suite, or in the file that it names.
pub(super) struct Given<'a> {
    pub(super) value: Value,
    node: &'a Node,
}

impl<'a> Given<'a> {
    /// Returns the place of what a JSON pointer leads to.
    pub(super) fn place_at(&self, pointer: &str) -> &'a Place {
        place_at(self.node, pointer)
    }

    pub(super) fn place(&self) -> &'a Place {
        &self.node.place
    }

    /// Returns the place of an item of a list; that of the whole if the list stands in a file.
    pub(super) fn place_of(&self, index: usize) -> &'a Place {
        match &self.node.value {
            Tree::List(items) => items
                .get(index)
                .map_or(&self.node.place, |item| &item.place),
            _ => &self.node.place,
        }
    }
}

/// Returns the place of what a JSON pointer leads to; of the nearest thing above it that has one.
fn place_at<'a>(node: &'a Node, pointer: &str) -> &'a Place {
    let mut node = node;
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        let below = match &node.value {
            Tree::Map(_) => node.get(&name),
            Tree::List(items) => name.parse().ok().and_then(|index: usize| items.get(index)),
            _ => None,
        };
        let Some(below) = below else { break };
        node = below;
    }
    &node.place
}

impl<'a, 'p> Fields<'a, 'p> {
    pub(super) fn new(
        type_name: &'a str,
        within: Within,
        judging: &'p Judging<'p>,
        map: MapReader<'a>,
        problems: &'p mut Problems,
    ) -> Self {
        Self {
            type_name,
            within,
            judging,
            map,
            problems,
        }
    }

    /// Returns the folder of the suite.
    pub(super) fn folder(&self) -> PathBuf {
        let path = &self.map.place().file.path;
        path.parent().map_or_else(PathBuf::new, Into::into)
    }

    /// Notes an error.
    pub(super) fn error<T>(&mut self, place: &Place, message: impl Into<String>) -> Read<T> {
        self.problems.error(place, message);
        Err(Noted)
    }

    /// Notes that the value is of the wrong kind.
    pub(super) fn wrong<T>(&mut self, place: &Place, wanted: &str) -> Read<T> {
        let message = format!("the `value` of `{}` must be {wanted}", self.type_name);
        self.error(place, message)
    }

    /// Returns the value, if there is one and it is not null. `file://` is read.
    pub(super) fn optional_value(&mut self) -> Read<Option<Given<'a>>> {
        match self.map.take("value") {
            None => Ok(None),
            Some(node) => self.given(node).map(Some),
        }
    }

    /// Returns the value, or notes that it is missing.
    pub(super) fn value(&mut self) -> Read<Given<'a>> {
        match self.optional_value()? {
            Some(given) => Ok(given),
            None => self.missing("value"),
        }
    }

    /// Returns the value, null included, or notes that it is missing.
    pub(super) fn value_or_null(&mut self) -> Read<Given<'a>> {
        match self.map.take_with_key("value") {
            Some((_, node)) => self.given(node),
            None => self.missing("value"),
        }
    }

    /// Notes that `name` is missing; [`finish`](Self::finish) says it.
    pub(super) fn missing<T>(&mut self, name: &'static str) -> Read<T> {
        let article = if name.starts_with('a') { "an" } else { "a" };
        let message = format!("`{}` needs {article} `{name}`", self.type_name);
        self.map.miss(name, message);
        Err(Noted)
    }

    /// Returns what stands in `node`, or in the file it names relative to the suite's folder.
    pub(super) fn given(&mut self, node: &'a Node) -> Read<Given<'a>> {
        let value = match node.as_text().and_then(|text| text.strip_prefix("file://")) {
            None => node.to_json(),
            Some(path) => read_file(node, path).map_err(|(message, hint)| {
                self.problems.error_with(&node.place, message, hint);
                Noted
            })?,
        };
        Ok(Given { value, node })
    }

    /// Parses a template that stands at `place`.
    pub(super) fn template(&mut self, source: &str, place: &Place) -> Read<Template> {
        template(source, place, self.problems)
    }

    /// Reads a value whose text is a template.
    pub(super) fn item(&mut self, value: Value, place: &Place) -> Read<Item> {
        match value {
            Value::String(text) => self.template(&text, place).map(Item::Text),
            other => Ok(Item::Value(other)),
        }
    }

    /// Returns the value, which must be text, as a template.
    pub(super) fn text_value(&mut self, may_be_empty: bool) -> Read<(Template, &'a Place)> {
        let given = self.value()?;
        let place = given.place();
        match given.value {
            Value::String(text) if may_be_empty || !text.is_empty() => self
                .template(&text, place)
                .map(|template| (template, place)),
            _ if may_be_empty => self.wrong(place, "text"),
            _ => self.wrong(place, "text that is not empty"),
        }
    }

    /// Returns the number of `name`, which may be written as text.
    pub(super) fn number(&mut self, name: &'static str) -> Read<Option<f64>> {
        let Some(node) = self.map.take(name) else {
            return Ok(None);
        };
        let number = match as_number(node) {
            Some(number) => number.as_f64(),
            None => node.as_text().and_then(|text| text.trim().parse().ok()),
        };
        match number.filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => self.error(
                &node.place,
                format!("`{name}` must be a number, found {}", node.kind()),
            ),
        }
    }

    /// Notes what is left over. A threshold or a value that the type does not use is a warning.
    pub(super) fn finish(mut self) {
        for name in ["value", "threshold"] {
            let is_unused = self.map.rest().any(|(key, _)| key.name == name);
            if let Some(key) = self.map.tolerate(name).filter(|_| is_unused) {
                let message = format!("`{name}` means nothing for `{}`", self.type_name);
                self.problems
                    .warning(&key.place, message, Some("leave it out"));
            }
        }
        self.map.finish(self.problems);
    }
}

/// Reads bounds from a map's `at_least` and `at_most`, or `min` and `max`.
pub(super) fn bounds(map: &mut MapReader<'_>, problems: &mut Problems) -> Read<Bounds> {
    let mut one = |names: [&'static str; 2]| {
        let mut bound = None;
        for name in names {
            let Some(node) = map.take(name) else { continue };
            let number = match as_number(node) {
                Some(number) => number.as_f64(),
                None => node.as_text().and_then(|text| text.trim().parse().ok()),
            };
            if number.is_none() {
                problems.error(
                    &node.place,
                    format!("`{name}` must be a number, found {}", node.kind()),
                );
                return Err(Noted);
            }
            if bound.is_some() {
                problems.error(
                    &node.place,
                    format!("{} say the same: write one", listed(&names)),
                );
                return Err(Noted);
            }
            bound = number;
        }
        Ok(bound)
    };
    let least = one(["at_least", "min"]);
    let most = one(["at_most", "max"]);
    let bounds = Bounds {
        least: least?,
        most: most?,
    };
    if bounds == Bounds::default() {
        problems.error(map.place(), "bounds need `at_least`, `at_most` or both");
        return Err(Noted);
    }
    if bounds.is_empty() {
        problems.error(map.place(), "no number lies within these bounds");
        return Err(Noted);
    }
    Ok(bounds)
}

/// Reads a file beside the suite: JSON and YAML as values, anything else as text. Or says why not, and what to do.
fn read_file(node: &Node, path: &str) -> Result<Value, (String, Option<String>)> {
    let file = beside(path, &node.place);
    let extension = file.extension().unwrap_or_default().to_ascii_lowercase();
    let extension = extension.to_string_lossy();
    if ["js", "cjs", "mjs", "ts", "py", "rb"].contains(&&*extension) {
        let message = format!("`{path}` is a program, whose result cannot be a value");
        let hint = "programs judge: `type: javascript`, `type: python` and `type: exec`";
        return Err((message, Some(hint.to_owned())));
    }
    let text =
        read_whole_text(&file).map_err(|error| (unreadable(&file, &error), near_file(&file)))?;
    let invalid = |error: String| {
        (
            format!("`{}` cannot be read: {error}", file.display()),
            None,
        )
    };
    match &*extension {
        "json" => serde_json::from_str(&text).map_err(|error| invalid(error.to_string())),
        "yaml" | "yml" => {
            crate::text::lenient_yaml(&text).map_err(|error| invalid(error.to_string()))
        }
        _ => Ok(Value::String(text)),
    }
}
