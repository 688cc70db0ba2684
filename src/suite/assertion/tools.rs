//! The types that look at the tools that a model calls.

use serde_json::Value;

use super::super::reader::{MapReader, as_number};
use super::super::source::{Node, Tree};
use super::fields::{Fields, Noted, Read, bounds};
use super::text::prepared;
use crate::check::{
    Arguments, Bounds, CallShape, ExpectedCall, Kind, Schema, ToolCallF1, ToolCalls, ValidCalls,
};
use crate::template::JsonTemplate;

pub(super) fn tool_call_f1(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let least = fields.number("threshold");
    let given = fields.value()?;
    let place = given.place();
    let names = match &given.value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let names: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            names.map(|names| names.join(","))
        }
        _ => None,
    };
    let Some(names) = names else {
        return fields.wrong(place, "the names of tools: a list, or text with commas");
    };
    let template = fields.template(&names, place)?;
    Ok(Kind::ToolCallF1(ToolCallF1 {
        expected: prepared(fields, template, place, ToolCallF1::names)?,
        least: least?.unwrap_or(ToolCallF1::DEFAULT_LEAST),
    }))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is read by a function of this shape"
)]
pub(super) fn valid_tools_call(_: &mut Fields<'_, '_>) -> Read<Kind> {
    Ok(Kind::ValidCalls(ValidCalls {
        shape: CallShape::Tools,
    }))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is read by a function of this shape"
)]
pub(super) fn valid_function_call(_: &mut Fields<'_, '_>) -> Read<Kind> {
    Ok(Kind::ValidCalls(ValidCalls {
        shape: CallShape::Function,
    }))
}

pub(super) fn tool_calls(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let list = fields.map.take("value");
    let expected = list.map(|node| expected(fields, node)).transpose();
    let in_order = fields.map.flag("ordered", fields.problems);
    let others = fields.map.flag("others", fields.problems);
    let count = count(fields);
    let (expected, count) = (expected?, count?);
    if expected.is_none() && count.is_none() {
        let place = fields.map.place();
        let hint = "such as `value: [look_up]`, or `count: 0`";
        let message = "`tool-calls` needs a `value` or a `count`";
        fields.problems.error_with(place, message, Some(hint));
        return Err(Noted);
    }
    Ok(Kind::ToolCalls(ToolCalls {
        expected,
        in_order: in_order.unwrap_or(false),
        others: others.unwrap_or(true),
        count,
    }))
}

/// Reads how many calls there are: a number, or bounds.
fn count(fields: &mut Fields<'_, '_>) -> Read<Option<Bounds>> {
    let Some(node) = fields.map.take("count") else {
        return Ok(None);
    };
    if let Some(number) = as_number(node).and_then(serde_json::Number::as_f64) {
        return Ok(Some(Bounds {
            least: Some(number),
            most: Some(number),
        }));
    }
    let mut map = MapReader::new("`count`", node, fields.problems).ok_or(Noted)?;
    let bounds = bounds(&mut map, fields.problems);
    map.finish(fields.problems);
    bounds.map(Some)
}

fn expected(fields: &mut Fields<'_, '_>, node: &Node) -> Read<Vec<ExpectedCall>> {
    let items = match &node.value {
        Tree::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let calls: Vec<_> = items.iter().map(|item| call(fields, item)).collect();
    calls.into_iter().collect()
}

/// Reads an expected call: a name, or a map.
fn call(fields: &mut Fields<'_, '_>, node: &Node) -> Read<ExpectedCall> {
    if let Some(name) = node.as_text() {
        return Ok(ExpectedCall {
            name: name.to_owned(),
            arguments: Arguments::Any,
        });
    }
    let mut map = MapReader::new("an expected call", node, fields.problems).ok_or(Noted)?;
    if map.take("name").is_none() {
        map.miss("name", "an expected call needs a `name`");
    }
    let name = map.text("name", fields.problems).map(str::to_owned);
    let exact = map.flag("exact", fields.problems).unwrap_or(false);
    let (arguments, schema) = (map.take("arguments"), map.take("schema"));
    map.finish(fields.problems);
    let arguments = match (arguments, schema) {
        (Some(_), Some(schema)) => {
            let message = "an expected call has `arguments` or a `schema`, not both";
            return fields.error(&schema.place, message);
        }
        (None, None) => Arguments::Any,
        (None, Some(node)) => match Schema::compile(&node.to_json()) {
            Ok(schema) => Arguments::Fit(schema.into()),
            Err(error) => return fields.error(&node.place, format!("invalid schema: {error}")),
        },
        (Some(node), None) => match JsonTemplate::parse(&node.to_json()) {
            Ok(template) if exact => Arguments::Are(template),
            Ok(template) => Arguments::Have(template),
            Err((source, error)) => {
                fields
                    .problems
                    .template("template", &error, &source, &node.place);
                return Err(Noted);
            }
        },
    };
    Ok(ExpectedCall {
        name: name.ok_or(Noted)?,
        arguments,
    })
}
