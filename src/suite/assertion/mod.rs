//! Assertions: a YAML list becomes checks, or problems at the places of the mistakes.
//!
//! `types.rs` holds the one list of type names; the files beside it read what each type may say. Everything that can
//! be known before an answer is there is known here: patterns and schemas are compiled, templates parsed.

mod combine;
mod fields;
mod group;
mod json;
mod judged;
mod labels;
mod limits;
mod markup;
mod reference;
mod script;
mod sql;
mod text;
mod tools;
mod types;

use super::error::Problems;
use super::judging::Judging;
use super::reader::{MapReader, nearest};
use super::source::{Node, Place, Tree};
use crate::check::{Check, SCOPE, Transform};
use crate::template::{Expression, Template};
use fields::{Fields, Noted, Read};
pub(super) use limits::duration_ms;
pub(super) use types::is_type;
#[cfg(test)]
pub(super) use types::names as type_names;
use types::{Found, find};

/// Where a list of assertions stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// In a test.
    Test,
    /// In an `assert-set` or a combinator: sets do not nest.
    Check,
}

/// Reads a list of assertions. Every mistake is noted; what has none is returned.
pub(super) fn assertions(
    node: &Node,
    judging: &Judging<'_>,
    problems: &mut Problems,
) -> Vec<Check> {
    list(node, Within::Test, judging, problems)
}

fn list(node: &Node, within: Within, judging: &Judging<'_>, problems: &mut Problems) -> Vec<Check> {
    let Tree::List(items) = &node.value else {
        let message = format!(
            "`assert` must be a list of assertions, found {}",
            node.kind()
        );
        let hint = "begin each assertion with a `-`: `- { type: …, value: … }`";
        problems.error_with(&node.place, message, Some(hint));
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| assertion(item, within, judging, problems))
        .collect()
}

fn assertion(
    node: &Node,
    within: Within,
    judging: &Judging<'_>,
    problems: &mut Problems,
) -> Option<Check> {
    if let Some(text) = node.as_text() {
        let message = format!("an assertion must be a map, found the text `{text}`");
        let hint = "write `- { type: …, value: … }`";
        problems.error_with(&node.place, message, Some(hint));
        return None;
    }
    let mut map = MapReader::new("an assertion", node, problems)?;
    let Some(type_node) = map.take("type") else {
        let misspelt = map
            .rest()
            .find(|(key, _)| nearest(&key.name, ["type"]).is_some());
        let (place, message, hint) = match misspelt {
            Some((key, _)) => (
                &key.place,
                format!("unknown key `{}` in an assertion", key.name),
                "did you mean `type`?",
            ),
            None => (
                map.place(),
                "an assertion needs a `type`".to_owned(),
                "such as `type: contains`",
            ),
        };
        problems.error_with(place, message, Some(hint));
        return None;
    };
    let Some(type_name) = type_node.as_text() else {
        let message = format!("`type` must be text, found {}", type_node.kind());
        problems.error(&type_node.place, message);
        return None;
    };
    let entry = match find(type_name) {
        Found::Type(entry) => entry,
        Found::Problem { message, hint } => {
            problems.error_with(&type_node.place, message, hint);
            return None;
        }
    };
    let weight = weight(&mut map, problems);
    let metric = metric(&mut map, problems);
    let transform = transform(&mut map, problems);
    let mut fields = Fields::new(type_name, within, judging, map, problems);
    let kind = (entry.read)(&mut fields);
    fields.finish();
    let mut check = Check::new(type_name, kind.ok()?);
    check.weight = weight.ok()?;
    check.metric = metric.ok()?;
    check.transform = transform.ok()?;
    Some(check)
}

/// Reads the weight, 1 if there is none.
fn weight(map: &mut MapReader<'_>, problems: &mut Problems) -> Read<f64> {
    match map.take("weight") {
        None => Ok(1.0),
        Some(node) => {
            let weight = map.number("weight", problems).ok_or(Noted)?;
            if weight < 0.0 {
                problems.error(&node.place, "`weight` must not be negative");
                return Err(Noted);
            }
            Ok(weight)
        }
    }
}

/// Reads the name of a metric.
fn metric(map: &mut MapReader<'_>, problems: &mut Problems) -> Read<Option<Template>> {
    let Some(node) = map.take("metric") else {
        return Ok(None);
    };
    let text = map.text("metric", problems).ok_or(Noted)?;
    template(text, &node.place, problems).map(Some)
}

/// Reads a transform: JavaScript, or `{expr: …}`.
pub(super) fn transform(
    map: &mut MapReader<'_>,
    problems: &mut Problems,
) -> Read<Option<Transform>> {
    let node = map.take("transform");
    node.map(|node| transform_of(node, problems)).transpose()
}

fn transform_of(node: &Node, problems: &mut Problems) -> Read<Transform> {
    if let Some(source) = node.as_text() {
        return script::parse(source, &node.place, problems).map(Transform::Script);
    }
    let mut inner = MapReader::new("a transform", node, problems).ok_or(Noted)?;
    let place = inner.take("expr").map(|node| &node.place);
    let source = inner.text("expr", problems);
    if place.is_none() {
        problems.error(&node.place, "a transform needs an `expr`");
    }
    inner.finish(problems);
    expression(source.ok_or(Noted)?, place.ok_or(Noted)?, problems).map(Transform::Expression)
}

/// Parses a template, or notes where it is none.
fn template(source: &str, place: &Place, problems: &mut Problems) -> Read<Template> {
    Template::parse(source).map_err(|error| {
        problems.template("template", &error, source, place);
        Noted
    })
}

/// Parses an expression and checks that it uses nothing but what there is.
fn expression(source: &str, place: &Place, problems: &mut Problems) -> Read<Expression> {
    let expression = Expression::parse(source).map_err(|error| {
        problems.template("expression", &error, source, place);
        Noted
    })?;
    let unknown: Vec<String> = expression
        .variables()
        .into_iter()
        .filter(|name| !SCOPE.contains(&name.as_str()))
        .collect();
    for name in &unknown {
        let hint = match nearest(name, SCOPE) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "an expression sees `output`, `json`, `vars` and `tool_calls`; a variable is `vars.name`".to_owned(),
        };
        problems.error_with(
            place,
            format!("unknown variable `{name}` in an expression"),
            Some(hint),
        );
    }
    if unknown.is_empty() {
        Ok(expression)
    } else {
        Err(Noted)
    }
}

#[cfg(test)]
mod tests;
