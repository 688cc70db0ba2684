//! The types that are code of the suite's author.

use super::super::error::Problems;
use super::super::source::Place;
use super::fields::{Fields, Noted, Read};
use crate::check::{JavaScript, Kind, Prepared};
use crate::script::Script;
use crate::template::Template;

pub(super) fn javascript(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let threshold = fields.number("threshold");
    let given = fields.value()?;
    let place = given.place();
    let Some(source) = given.value.as_str().filter(|text| !text.trim().is_empty()) else {
        return fields.wrong(place, "JavaScript");
    };
    // Braces that are no template are JavaScript's own.
    let script = match Template::parse(source) {
        Ok(template) if !template.is_literal() => Prepared::from_template(template, Script::parse)
            .or_else(|message| fields.error(place, message))?,
        _ => Prepared::ready(parse(source, place, fields.problems)?),
    };
    Ok(Kind::JavaScript(JavaScript {
        script,
        threshold: threshold?,
    }))
}

/// Reads a script, or notes what is wrong with it.
pub(super) fn parse(source: &str, place: &Place, problems: &mut Problems) -> Read<Script> {
    Script::parse(source).map_err(|error| {
        let hint = if source.contains('\n') {
            "several lines are a function's body: end it with `return …`"
        } else {
            "one line is an expression over `output` and `context`; a body with `return` takes several lines"
        };
        problems.error_with(place, format!("this is not JavaScript: {error}"), Some(hint));
        Noted
    })
}
