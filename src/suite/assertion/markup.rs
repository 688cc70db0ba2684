//! The types that read the output as XML or HTML.

use serde_json::Value;

use super::super::source::Place;
use super::fields::{Fields, Read};
use crate::check::{Html, Kind, Xml};
use crate::template::Template;

pub(super) fn is_xml(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let required = required_elements(fields)?;
    Ok(Kind::Xml(Xml {
        whole: true,
        required,
    }))
}

pub(super) fn contains_xml(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let required = required_elements(fields)?;
    Ok(Kind::Xml(Xml {
        whole: false,
        required,
    }))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is read by a function of this shape"
)]
pub(super) fn is_html(_: &mut Fields<'_, '_>) -> Read<Kind> {
    Ok(Kind::Html(Html { whole: true }))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is read by a function of this shape"
)]
pub(super) fn contains_html(_: &mut Fields<'_, '_>) -> Read<Kind> {
    Ok(Kind::Html(Html { whole: false }))
}

/// Reads paths: a list, text with commas, or a map whose `requiredElements` is a list.
fn required_elements(fields: &mut Fields<'_, '_>) -> Read<Vec<Template>> {
    let Some(given) = fields.optional_value()? else {
        return Ok(Vec::new());
    };
    let place = given.place();
    let listed = |items: &[Value]| -> Option<Vec<String>> {
        let texts = items
            .iter()
            .map(|item| item.as_str().map(ToOwned::to_owned));
        texts.collect()
    };
    let paths = match &given.value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => listed(items),
        Value::Object(map) => match map.get("requiredElements") {
            Some(Value::Array(items)) if map.len() == 1 => listed(items),
            _ => None,
        },
        _ => None,
    };
    let Some(paths) = paths else {
        return fields.wrong(
            place,
            "a list of paths such as `order.id`, or text with commas",
        );
    };
    templates(fields, &paths, place)
}

fn templates(fields: &mut Fields<'_, '_>, paths: &[String], place: &Place) -> Read<Vec<Template>> {
    let paths = paths.iter().map(|path| fields.template(path, place));
    paths.collect::<Vec<_>>().into_iter().collect()
}
