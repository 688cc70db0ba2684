//! The types that judge several answers together.

use std::collections::BTreeMap;

use super::super::reader::{MapReader, as_number, listed, nearest};
use super::super::source::{Node, Tree};
use super::Within;
use super::fields::{Fields, Noted, Read};
use super::judged::panel;
use super::types::is_type;
use crate::check::{Group, Kind, MaxScore, Pairwise, PassAtK, SelectBest};

pub(super) fn select_best(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let panel = panel(fields);
    let criterion = fields.text_value(false);
    in_a_test(fields)?;
    let (criterion, _) = criterion?;
    Ok(Kind::Group(Group::SelectBest(SelectBest {
        panel: panel?,
        criterion,
    })))
}

pub(super) fn pairwise(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let panel = panel(fields);
    let least = fields.number("threshold");
    let baseline_place = fields.map.take("baseline").map(|node| &node.place);
    let baseline = fields.map.text("baseline", fields.problems);
    let criterion = fields.text_value(false);
    in_a_test(fields)?;
    let labels = fields.judging.labels();
    let Some(baseline) = baseline.or(fields.judging.baseline()) else {
        let place = fields.map.place();
        let hint = "name a model's label: `baseline: …` here or at the top of the suite";
        fields
            .problems
            .error_with(place, "`pairwise` needs a baseline", Some(hint));
        return Err(Noted);
    };
    if let Some(place) = baseline_place.filter(|_| !labels.contains(&baseline)) {
        let hint = match nearest(baseline, labels.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the suite's models are {}", listed(&labels)),
        };
        let message = format!("no model has the label `{baseline}`");
        fields.problems.error_with(place, message, Some(hint));
        return Err(Noted);
    }
    let (criterion, _) = criterion?;
    Ok(Kind::Group(Group::Pairwise(Pairwise {
        panel: panel?,
        criterion,
        baseline: baseline.to_owned(),
        least: least?.unwrap_or(Pairwise::DEFAULT_LEAST),
    })))
}

pub(super) fn pass_at_k(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let k_node = fields.map.take("k");
    let k = fields.map.count("k", 1, fields.problems);
    let least = fields.number("threshold");
    in_a_test(fields)?;
    if k_node.is_none() {
        return fields.missing("k");
    }
    let k = u32::try_from(k.ok_or(Noted)?).unwrap_or(u32::MAX);
    Ok(Kind::Group(Group::PassAtK(PassAtK {
        k,
        least: least?.unwrap_or(PassAtK::DEFAULT_LEAST),
    })))
}

pub(super) fn max_score(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let value = fields.map.take("value");
    let threshold = fields.number("threshold");
    in_a_test(fields)?;
    let mut check = MaxScore {
        sum: false,
        weights: BTreeMap::new(),
        threshold: threshold?,
    };
    if let Some(node) = value {
        let mut map =
            MapReader::new("the `value` of `max-score`", node, fields.problems).ok_or(Noted)?;
        let method_place = map.take("method").map(|node| &node.place);
        let method = map.text("method", fields.problems);
        let weights = map.take("weights");
        let threshold = map.number("threshold", fields.problems);
        map.finish(fields.problems);
        check.threshold = check.threshold.or(threshold);
        check.sum = match (method, method_place) {
            (Some("sum"), _) => true,
            (None | Some("average"), _) => false,
            (Some(_), place) => {
                let place = place.unwrap_or(&node.place);
                return fields.error(place, "`method` is `average` or `sum`");
            }
        };
        if let Some(weights) = weights {
            check.weights = read_weights(fields, weights)?;
        }
    }
    Ok(Kind::Group(Group::MaxScore(check)))
}

fn read_weights(fields: &mut Fields<'_, '_>, node: &Node) -> Read<BTreeMap<String, f64>> {
    let Tree::Map(entries) = &node.value else {
        let message = format!(
            "`weights` must be a map from types to numbers, found {}",
            node.kind()
        );
        return fields.error(&node.place, message);
    };
    let mut weights = BTreeMap::new();
    for (key, node) in entries {
        if !is_type(&key.name) {
            let message = format!("unknown assertion type `{}`", key.name);
            return fields.error(&key.place, message);
        }
        let weight = as_number(node).and_then(serde_json::Number::as_f64);
        match weight.filter(|weight| *weight >= 0.0) {
            Some(weight) => weights.insert(key.name.clone(), weight),
            None => return fields.error(&node.place, "a weight is a number, 0 or more"),
        };
    }
    Ok(weights)
}

/// Refuses a type within another assertion: it judges more than the one answer that is judged there.
fn in_a_test(fields: &mut Fields<'_, '_>) -> Read<()> {
    if fields.within == Within::Check {
        let place = fields.map.place();
        let message = format!(
            "`{}` judges several answers and stands in a test itself",
            fields.type_name
        );
        return fields.error(place, message);
    }
    Ok(())
}
