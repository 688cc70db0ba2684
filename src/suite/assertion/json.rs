//! The types that look at the output as JSON.

use serde_json::Value;

use super::super::reader::{listed, nearest};
use super::fields::{Fields, Noted, Read};
use super::text::{pattern_field, prepared};
use crate::check::{
    Condition, ContainsJson, IsJson, Item, JsonPath, JsonType, Kind, Path, Prepared, Schema,
};

pub(super) fn is_json(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let schema = schema(fields)?;
    Ok(Kind::IsJson(IsJson { schema }))
}

pub(super) fn contains_json(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let schema = schema(fields)?;
    Ok(Kind::ContainsJson(ContainsJson { schema }))
}

/// Reads a schema: a map, or YAML or JSON text. Nothing, `false`, 0 and empty text are no schema.
fn schema(fields: &mut Fields<'_, '_>) -> Read<Option<Prepared<Schema>>> {
    let Some(given) = fields.optional_value()? else {
        return Ok(None);
    };
    let place = given.place();
    match &given.value {
        Value::Bool(false) => Ok(None),
        Value::Number(number) if number.as_f64() == Some(0.0) => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => {
            let template = fields.template(text, place)?;
            let compile = |text: &str| Schema::from_text(text).map_err(|error| error.to_string());
            prepared(fields, template, place, compile).map(Some)
        }
        Value::Object(_) => match Schema::compile(&given.value) {
            Ok(schema) => Ok(Some(Prepared::ready(schema))),
            Err(error) => {
                let place = given.place_at(error.path());
                fields.error(place, format!("invalid schema: {error}"))
            }
        },
        _ => fields.wrong(place, "a JSON Schema, as a map or as text"),
    }
}

pub(super) fn json_path(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let path = path(fields);
    let exists = exists(fields);
    let conditions = conditions(fields);
    let check = JsonPath {
        path: path?,
        exists: exists?,
        conditions: conditions?,
    };
    if !check.exists && !check.conditions.is_empty() {
        let place = fields.map.place();
        return fields.error(
            place,
            "`exists: false` leaves nothing that could meet a condition",
        );
    }
    Ok(Kind::JsonPath(check))
}

fn exists(fields: &mut Fields<'_, '_>) -> Read<bool> {
    match fields.map.take("exists") {
        None => Ok(true),
        Some(_) => fields.map.flag("exists", fields.problems).ok_or(Noted),
    }
}

/// Reads `path`, or `value` in its place.
fn path(fields: &mut Fields<'_, '_>) -> Read<Path> {
    let name = if fields.map.take("path").is_some() {
        "path"
    } else {
        "value"
    };
    let Some(node) = fields.map.take(name) else {
        return fields.missing("path");
    };
    let source = fields.map.text(name, fields.problems).ok_or(Noted)?;
    match Path::parse(source) {
        Ok(path) => Ok(path),
        Err(error) => fields.error(&node.place, format!("invalid path: {error}")),
    }
}

fn conditions(fields: &mut Fields<'_, '_>) -> Read<Vec<Condition>> {
    let equals = item(fields, "equals").map(|item| item.map(Condition::Equals));
    let contains = item(fields, "contains").map(|item| item.map(Condition::Contains));
    let matches = pattern_field(fields, "matches").map(|pattern| pattern.map(Condition::Matches));
    let least = fields
        .number("at_least")
        .map(|number| number.map(Condition::AtLeast));
    let most = fields
        .number("at_most")
        .map(|number| number.map(Condition::AtMost));
    let kind = json_type(fields).map(|kind| kind.map(Condition::Type));
    let all = [kind, equals, contains, matches, least, most];
    let all: Vec<Option<Condition>> = all.into_iter().collect::<Read<_>>()?;
    Ok(all.into_iter().flatten().collect())
}

fn item(fields: &mut Fields<'_, '_>, name: &'static str) -> Read<Option<Item>> {
    let Some((_, node)) = fields.map.take_with_key(name) else {
        return Ok(None);
    };
    let given = fields.given(node)?;
    let place = given.place();
    fields.item(given.value, place).map(Some)
}

/// Reads `is`, the type of the value; `type` is the assertion's own.
fn json_type(fields: &mut Fields<'_, '_>) -> Read<Option<JsonType>> {
    let Some(node) = fields.map.take("is") else {
        return Ok(None);
    };
    let name = fields.map.text("is", fields.problems).ok_or(Noted)?;
    if let Some((_, kind)) = JsonType::NAMES.iter().find(|(known, _)| *known == name) {
        return Ok(Some(*kind));
    }
    let names = JsonType::NAMES.iter().map(|(name, _)| *name);
    let hint = match nearest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the types are {}", listed(&names.collect::<Vec<_>>())),
    };
    let message = format!("`{name}` is no type of JSON values");
    fields.problems.error_with(&node.place, message, Some(hint));
    Err(Noted)
}
