//! The types that look at what an answer took, and at why it ended.

use super::super::reader::{MapReader, as_number};
use super::super::source::Node;
use super::fields::{Fields, Noted, Read, bounds};
use crate::catalog::Usd;
use crate::check::{Bounds, Kind, Limit, NotBlocked, StopReasonIs};
use crate::text::number_text;

pub(super) fn latency(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    milliseconds(fields).map(|most| Kind::Limit(Limit::Latency(most)))
}

pub(super) fn first_token(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    milliseconds(fields).map(|most| Kind::Limit(Limit::FirstToken(most)))
}

/// Reads a threshold in milliseconds, or with its unit: `3000`, `500ms`, `3s`, `2m`.
fn milliseconds(fields: &mut Fields<'_, '_>) -> Read<f64> {
    let Some(node) = fields.map.take("threshold") else {
        return fields.missing("threshold");
    };
    match duration_ms(node) {
        Some(most) => Ok(most),
        None => fields.error(
            &node.place,
            "`threshold` must be milliseconds, or a duration such as `3s` or `500ms`",
        ),
    }
}

/// Reads a duration in milliseconds, or with its unit.
pub(in crate::suite) fn duration_ms(node: &Node) -> Option<f64> {
    if let Some(number) = as_number(node) {
        return number.as_f64();
    }
    let text = node.as_text()?.trim();
    let units = [("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)];
    let (digits, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1.0));
    let number: f64 = digits.trim().parse().ok()?;
    number.is_finite().then_some(number * factor)
}

pub(super) fn cost(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let place = fields.map.take("threshold").map(|node| &node.place);
    let Some(place) = place else {
        return fields.missing("threshold");
    };
    let dollars = fields.number("threshold")?.ok_or(Noted)?;
    // A float's plain decimal is what the suite wrote.
    match dollars.to_string().parse::<Usd>() {
        Ok(most) => Ok(Kind::Limit(Limit::Cost(most))),
        Err(error) => fields.error(
            place,
            format!(
                "`{}` is no amount of dollars: {error}",
                number_text(dollars)
            ),
        ),
    }
}

pub(super) fn tokens(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let input = token_bounds(fields, "input");
    let output = token_bounds(fields, "output");
    let total = token_bounds(fields, "total");
    let (input, output, total) = (input?, output?, total?);
    if [input, output, total]
        .iter()
        .all(|bounds| *bounds == Bounds::default())
    {
        let place = fields.map.place();
        return fields.error(
            place,
            "`tokens` needs bounds for `input`, `output` or `total`",
        );
    }
    Ok(Kind::Limit(Limit::Tokens {
        input,
        output,
        total,
    }))
}

fn token_bounds(fields: &mut Fields<'_, '_>, name: &'static str) -> Read<Bounds> {
    let Some(node) = fields.map.take(name) else {
        return Ok(Bounds::default());
    };
    let mut map = MapReader::new("a number of tokens", node, fields.problems).ok_or(Noted)?;
    let bounds = bounds(&mut map, fields.problems);
    map.finish(fields.problems);
    bounds
}

/// One reason or several.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is read by a function of this shape"
)]
pub(super) fn guardrails(_: &mut Fields<'_, '_>) -> Read<Kind> {
    Ok(Kind::NotBlocked(NotBlocked))
}

pub(super) fn stop_reason(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let Some(node) = fields.map.take("value") else {
        return fields.missing("value");
    };
    let texts = fields.map.texts("value", fields.problems).ok_or(Noted)?;
    let values: Vec<_> = texts
        .iter()
        .map(|text| fields.template(text, &node.place))
        .collect();
    let values: Vec<_> = values.into_iter().collect::<Read<_>>()?;
    if values.is_empty() {
        return fields.error(&node.place, "`stop-reason` needs at least one reason");
    }
    Ok(Kind::StopReason(StopReasonIs { values }))
}

/// One reason, as promptfoo has it.
pub(super) fn finish_reason(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let (value, _) = fields.text_value(false)?;
    Ok(Kind::StopReason(StopReasonIs {
        values: vec![value],
    }))
}
