//! Reading what a judge answered: strictly, or not at all.

use serde_json::{Map, Value};

use super::super::reason::quoted;
use super::question::TOOL;
use crate::model::Completion;

/// The fields of an answer.
pub(in crate::check) type Fields = Map<String, Value>;

/// Returns the fields of an answer: the arguments of the tool, or the only JSON object in the text.
///
/// # Errors
///
/// What is wrong with the answer, as a clause.
pub(super) fn fields(completion: &Completion) -> Result<Fields, String> {
    let mut calls = completion.tool_calls.iter();
    let cut_off = if completion.stop_reason.is_cut_off() {
        " and was cut off"
    } else {
        ""
    };
    match calls.find(|call| call.name == TOOL).map(|call| &call.input) {
        Some(Value::Object(fields)) => return Ok(fields.clone()),
        Some(_) => return Err(format!("the tool's arguments are no JSON object{cut_off}")),
        None => {}
    }
    let said = || {
        let text = completion.text.trim();
        if text.is_empty() {
            "nothing".to_owned()
        } else {
            quoted(text)
        }
    };
    match objects(&completion.text).as_slice() {
        [fields] => Ok(fields.clone()),
        [] => Err(format!("it holds no JSON object{cut_off}, but {}", said())),
        _ => Err(format!("it holds more than one JSON object: {}", said())),
    }
}

/// Returns the JSON objects of a text that stand in no other.
fn objects(text: &str) -> Vec<Fields> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = text[from..].find('{').map(|at| from + at) {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Fields>();
        match values.next() {
            Some(Ok(fields)) => {
                from = start + values.byte_offset();
                found.push(fields);
            }
            _ => from = start + 1,
        }
        if found.len() > 1 {
            break;
        }
    }
    found
}

/// Returns a field that is true or false.
pub(super) fn boolean(fields: &Fields, name: &str) -> Result<bool, String> {
    let value = fields.get(name).and_then(Value::as_bool);
    value.ok_or_else(|| format!("its `{name}` is neither true nor false"))
}

/// Returns a field that is a number from `least` to `most`; `None` if there is none.
pub(super) fn number(
    fields: &Fields,
    name: &str,
    least: f64,
    most: f64,
) -> Result<Option<f64>, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(format!("its `{name}` is no number from {least} to {most}")),
        },
    }
}

/// Returns a field that is text; empty if there is none.
pub(in crate::check) fn text(fields: &Fields, name: &str) -> String {
    let text = fields.get(name).and_then(Value::as_str).unwrap_or_default();
    text.trim().to_owned()
}

/// Returns a field that is a list of texts, none of them blank.
pub(in crate::check) fn texts(fields: &Fields, name: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("its `{name}` is no list of texts");
    let items = fields
        .get(name)
        .and_then(Value::as_array)
        .ok_or_else(wrong)?;
    let texts: Option<Vec<String>> = items
        .iter()
        .map(|item| item.as_str().map(|text| text.trim().to_owned()))
        .collect();
    let texts = texts.ok_or_else(wrong)?;
    if texts.iter().any(String::is_empty) {
        return Err(format!("its `{name}` holds a blank text"));
    }
    Ok(texts)
}

/// Returns a field that is a list of numbers from 1 to `most`, how many different ones there are.
pub(super) fn chosen(fields: &Fields, name: &str, most: usize) -> Result<usize, String> {
    let wrong = || format!("its `{name}` is no list of numbers from 1 to {most}");
    let items = fields
        .get(name)
        .and_then(Value::as_array)
        .ok_or_else(wrong)?;
    let mut numbers = std::collections::BTreeSet::new();
    for item in items {
        let number = item
            .as_u64()
            .and_then(|number| usize::try_from(number).ok());
        let number = number.filter(|number| (1..=most).contains(number));
        numbers.insert(number.ok_or_else(wrong)?);
    }
    Ok(numbers.len())
}
