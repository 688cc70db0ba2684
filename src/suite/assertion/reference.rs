//! The types that compare the output with reference texts.

use serde_json::Value;

use super::super::source::Place;
use super::fields::{Fields, Read};
use super::text::whole_number;
use crate::check::{Kind, Measure, MeteorWeights, Reference};
use crate::template::Template;

pub(super) fn rouge_n(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let measure = whole_number(fields, "n", 1).map(Measure::RougeN);
    let value = one_text(fields);
    reference(fields, measure, value)
}

pub(super) fn rouge_l(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = one_text(fields);
    reference(fields, Ok(Measure::RougeL), value)
}

pub(super) fn bleu(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = texts(fields, true);
    reference(fields, Ok(Measure::Bleu), value)
}

pub(super) fn gleu(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = texts(fields, true);
    reference(fields, Ok(Measure::Gleu), value)
}

pub(super) fn meteor(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let weights = meteor_weights(fields);
    let value = texts(fields, false);
    reference(fields, weights.map(Measure::Meteor), value)
}

fn reference(
    fields: &mut Fields<'_, '_>,
    measure: Read<Measure>,
    references: Read<Vec<Template>>,
) -> Read<Kind> {
    let least = fields.number("threshold");
    let measure = measure?;
    Ok(Kind::Reference(Reference {
        measure,
        references: references?,
        least: least?.unwrap_or(measure.default_least()),
    }))
}

fn meteor_weights(fields: &mut Fields<'_, '_>) -> Read<MeteorWeights> {
    let usual = MeteorWeights::default();
    let alpha = weight(fields, "alpha", usual.alpha);
    let beta = weight(fields, "beta", usual.beta);
    let gamma = weight(fields, "gamma", usual.gamma);
    Ok(MeteorWeights {
        alpha: alpha?,
        beta: beta?,
        gamma: gamma?,
    })
}

/// Reads a parameter of METEOR, which is not negative.
fn weight(fields: &mut Fields<'_, '_>, name: &'static str, usual: f64) -> Read<f64> {
    let place = fields.map.take(name).map(|node| &node.place);
    let weight = fields.number(name)?.unwrap_or(usual);
    match place {
        Some(place) if weight < 0.0 || (name == "alpha" && weight > 1.0) => {
            let range = if name == "alpha" {
                "from 0 to 1"
            } else {
                "0 or more"
            };
            fields.error(place, format!("`{name}` must be {range}"))
        }
        _ => Ok(weight),
    }
}

fn one_text(fields: &mut Fields<'_, '_>) -> Read<Vec<Template>> {
    fields.text_value(true).map(|(text, _)| vec![text])
}

/// Reads one text or a list of texts.
pub(super) fn texts(fields: &mut Fields<'_, '_>, may_be_empty: bool) -> Read<Vec<Template>> {
    let given = fields.value()?;
    let place = given.place();
    let items = match &given.value {
        Value::String(text) => vec![(text.clone(), place)],
        Value::Array(items) if !items.is_empty() => {
            let texts = items.iter().enumerate();
            let texts: Option<Vec<(String, &Place)>> = texts
                .map(|(at, item)| Some((item.as_str()?.to_owned(), given.place_of(at))))
                .collect();
            texts.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    if items.is_empty() {
        return fields.wrong(place, "text, or a list of texts");
    }
    if !may_be_empty && items.iter().any(|(text, _)| text.is_empty()) {
        return fields.wrong(place, "text that is not empty");
    }
    let templates: Vec<_> = items
        .iter()
        .map(|(text, place)| fields.template(text, place))
        .collect();
    templates.into_iter().collect()
}
