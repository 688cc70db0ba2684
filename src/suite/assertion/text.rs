//! The types that look at the output as text, and expressions.

use serde_json::Value;

use super::super::reader::MapReader;
use super::super::source::{Place, Tree};
use super::expression;
use super::fields::{Fields, Noted, Read, bounds};
use crate::check::{
    Contains, Distance, End, Ends, Equals, Expr, Kind, Language, LetterCase, Needles, NoRepetition,
    NumberIs, Prepared, Refusal, RegexMatch, WordCount, comma_list,
};
use crate::template::Template;
use crate::text::{Pattern, PatternError, json_text};

pub(super) fn equals(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let given = fields.value_or_null()?;
    let place = given.place();
    let source = given.value.as_str().unwrap_or_default().to_owned();
    Equals::parse(given.value)
        .map(Kind::Equals)
        .map_err(|error| {
            fields.problems.template("template", &error, &source, place);
            Noted
        })
}

pub(super) fn contains(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let given = fields.value()?;
    let place = given.place();
    let text = match given.value {
        Value::String(text) if !text.is_empty() => text,
        number @ Value::Number(_) => json_text(&number),
        _ => return fields.wrong(place, "text that is not empty, or a number"),
    };
    Ok(Kind::Contains(Contains {
        needles: Needles::One(fields.template(&text, place)?),
        all: true,
        case: letter_case(fields),
    }))
}

pub(super) fn contains_several(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let given = fields.value()?;
    let places: Vec<&Place> = match &given.value {
        Value::Array(items) => (0..items.len())
            .map(|index| given.place_of(index))
            .collect(),
        _ => Vec::new(),
    };
    let place = given.place();
    let needles = match given.value {
        Value::Array(items) => {
            let items = items.into_iter().zip(places);
            let items: Vec<_> = items
                .map(|(item, place)| fields.item(item, place))
                .collect();
            Needles::List(items.into_iter().collect::<Read<_>>()?)
        }
        Value::String(text) if !text.is_empty() => {
            let template = fields.template(&text, place)?;
            let split = |text: &str| comma_list(text).map_err(|error| error.to_string());
            Needles::Commas(prepared(fields, template, place, split)?)
        }
        _ => return fields.wrong(place, "a list, or texts parted by commas"),
    };
    Ok(Kind::Contains(Contains {
        needles,
        all: fields.type_name.ends_with("-all"),
        case: letter_case(fields),
    }))
}

fn letter_case(fields: &Fields<'_, '_>) -> LetterCase {
    if fields.type_name.trim_start_matches("not-").starts_with('i') {
        LetterCase::Folded
    } else {
        LetterCase::Exact
    }
}

pub(super) fn starts_with(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    ends(fields, End::Start)
}

pub(super) fn ends_with(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    ends(fields, End::Finish)
}

fn ends(fields: &mut Fields<'_, '_>, end: End) -> Read<Kind> {
    let (value, _) = fields.text_value(false)?;
    Ok(Kind::Ends(Ends { end, value }))
}

pub(super) fn regex(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = fields.text_value(false);
    let flags_place = fields.map.take("flags").map(|node| &node.place);
    let flags = fields.map.text("flags", fields.problems);
    let (template, place) = value?;
    pattern(fields, template, place, flags, flags_place)
        .map(|pattern| Kind::Regex(RegexMatch { pattern }))
}

/// Compiles a pattern; a bad flag is noted at the flags, anything else at the pattern.
fn pattern(
    fields: &mut Fields<'_, '_>,
    template: Template,
    place: &Place,
    flags: Option<&str>,
    flags_place: Option<&Place>,
) -> Read<Prepared<Pattern>> {
    let flags = flags.unwrap_or_default().to_owned();
    if let (Some(place), Err(error @ PatternError::Flag(_))) =
        (flags_place, Pattern::parse("", &flags))
    {
        return fields.error(place, error.to_string());
    }
    let compile =
        move |source: &str| Pattern::parse(source, &flags).map_err(|error| error.to_string());
    prepared(fields, template, place, compile)
}

/// Makes something from a template, or notes why the literal text does not do.
pub(super) fn prepared<T>(
    fields: &mut Fields<'_, '_>,
    template: Template,
    place: &Place,
    make: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static,
) -> Read<Prepared<T>> {
    match Prepared::from_template(template, make) {
        Ok(prepared) => Ok(prepared),
        Err(message) => fields.error(place, message),
    }
}

/// Reads a pattern from a field of a check, without flags.
pub(super) fn pattern_field(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
) -> Read<Option<Prepared<Pattern>>> {
    let Some(node) = fields.map.take(name) else {
        return Ok(None);
    };
    let source = fields.map.text(name, fields.problems).ok_or(Noted)?;
    let template = fields.template(source, &node.place)?;
    pattern(fields, template, &node.place, None, None).map(Some)
}

pub(super) fn levenshtein(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = fields.text_value(true);
    let most = fields.number("threshold");
    Ok(Kind::Distance(Distance {
        value: value?.0,
        most: most?.unwrap_or(Distance::DEFAULT_MOST),
    }))
}

pub(super) fn word_count(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let node = fields.map.take("value");
    if let Some(node) = node
        && let Tree::Map(_) = node.value
    {
        let mut map = MapReader::new("a word count", node, fields.problems).ok_or(Noted)?;
        let bounds = bounds(&mut map, fields.problems);
        map.finish(fields.problems);
        return bounds.map(|bounds| Kind::WordCount(WordCount::Within(bounds)));
    }
    let given = fields.value()?;
    let place = given.place();
    let text = match given.value {
        Value::String(text) => text,
        number @ Value::Number(_) => json_text(&number),
        _ => return fields.wrong(place, "a number, or a map with `min` and `max`"),
    };
    let template = fields.template(&text, place)?;
    let number = prepared(fields, template, place, WordCount::number)?;
    Ok(Kind::WordCount(WordCount::Exactly(number)))
}

pub(super) fn number(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = expected_number(fields);
    let tolerance = margin(fields, "tolerance");
    let relative_tolerance = margin(fields, "relative_tolerance");
    Ok(Kind::Number(NumberIs {
        value: value?,
        tolerance: tolerance?,
        relative_tolerance: relative_tolerance?,
    }))
}

fn expected_number(fields: &mut Fields<'_, '_>) -> Read<Prepared<f64>> {
    let given = fields.value()?;
    let place = given.place();
    match given.value {
        Value::Number(number) => number.as_f64().map(Prepared::ready).ok_or(Noted),
        Value::String(text) => {
            let template = fields.template(&text, place)?;
            prepared(fields, template, place, NumberIs::expected)
        }
        _ => fields.wrong(place, "a number"),
    }
}

/// Reads a number that is not negative, 0 if there is none.
fn margin(fields: &mut Fields<'_, '_>, name: &'static str) -> Read<f64> {
    let place = fields.map.take(name).map(|node| &node.place);
    let margin = fields.number(name)?.unwrap_or(0.0);
    match place {
        Some(place) if margin < 0.0 => {
            fields.error(place, format!("`{name}` must not be negative"))
        }
        _ => Ok(margin),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is read by a function of this shape"
)]
pub(super) fn is_refusal(_: &mut Fields<'_, '_>) -> Read<Kind> {
    Ok(Kind::Refusal(Refusal))
}

pub(super) fn language(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let given = fields.value()?;
    let place = given.place();
    let words: Vec<&str> = match &given.value {
        Value::String(text) => text.split(',').collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if words.is_empty() {
        return fields.wrong(place, "a language such as `en`, or a list of them");
    }
    let languages: Result<Vec<_>, String> =
        words.iter().map(|word| Language::parse(word)).collect();
    match languages {
        Ok(languages) => Ok(Kind::Language(Language { languages })),
        Err(message) => fields.error(place, message),
    }
}

pub(super) fn no_repetition(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let usual = NoRepetition::default();
    let words = whole_number(fields, "words", usual.words);
    let least = fields.number("threshold");
    Ok(Kind::NoRepetition(NoRepetition {
        words: words?,
        least: least?.unwrap_or(usual.least),
    }))
}

/// Reads a whole number from 1 to 99.
pub(super) fn whole_number(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    usual: usize,
) -> Read<usize> {
    let Some(node) = fields.map.take(name) else {
        return Ok(usual);
    };
    let number = fields.number(name)?.unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 1 to 99"
    )]
    if (1.0..=99.0).contains(&number) && number.fract() == 0.0 {
        Ok(number as usize)
    } else {
        let message = format!("`{name}` must be a whole number from 1 to 99");
        fields.error(&node.place, message)
    }
}

pub(super) fn expr(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = fields.map.take("value").map(|node| &node.place);
    let source = fields.map.text("value", fields.problems);
    let threshold = fields.number("threshold");
    let Some(place) = value else {
        return fields.missing("value");
    };
    Ok(Kind::Expr(Expr {
        expression: expression(source.ok_or(Noted)?, place, fields.problems)?,
        threshold: threshold?,
    }))
}
