//! YAML to gates: `gates:` of a suite.

use super::assertion::duration_ms;
use super::case::ModelEntry;
use super::error::Problems;
use super::reader::{MapReader, as_number, listed, nearest};
use super::source::{Node, Place, Tree};
use crate::gate::{Against, Bound, Gate, QUANTITIES, Quantity, Rule};

/// Reads the value of `gates`; `has_margin` says whether the suite declares one.
pub(super) fn gates(
    node: &Node,
    models: &[ModelEntry],
    has_margin: bool,
    problems: &mut Problems,
) -> Vec<Gate> {
    let Tree::List(items) = &node.value else {
        problems.error_with(
            &node.place,
            format!("`gates` must be a list, found {}", node.kind()),
            Some("write `- pass_rate: { at_least: 0.95 }`"),
        );
        return Vec::new();
    };
    if items.is_empty() {
        problems.error_with(
            &node.place,
            "`gates` is empty",
            Some("without the key every trial must pass; with gates, they alone decide"),
        );
    }
    let gates = items.iter();
    gates
        .filter_map(|item| gate(item, models, has_margin, problems))
        .collect()
}

/// Reads a gate: one word, and what is asked of it.
fn gate(
    node: &Node,
    models: &[ModelEntry],
    has_margin: bool,
    problems: &mut Problems,
) -> Option<Gate> {
    let Tree::Map(entries) = &node.value else {
        let message = format!("a gate must be a map, found {}", node.kind());
        problems.error_with(
            &node.place,
            message,
            Some("write `pass_rate: { at_least: 0.95 }`"),
        );
        return None;
    };
    let [(key, value)] = entries.as_slice() else {
        let second = entries.get(1).map_or(&node.place, |(key, _)| &key.place);
        problems.error_with(
            second,
            "a gate has one key",
            Some("write each gate as an item of the list"),
        );
        return None;
    };
    let mut map = MapReader::new("a gate", value, problems)?;
    let rule = match key.name.as_str() {
        "no_worse_than" => Some(Rule::NoWorseThan(against(
            &mut map,
            models,
            !has_margin,
            problems,
        ))),
        "better_than" => Some(Rule::BetterThan(against(&mut map, models, false, problems))),
        "metric" => metric(&mut map, problems)
            .and_then(|quantity| bound(&mut map, quantity, value, problems)),
        name => match Quantity::named(name) {
            Some(quantity) => bound(&mut map, quantity, value, problems),
            None => {
                let known =
                    QUANTITIES
                        .into_iter()
                        .chain(["no_worse_than", "better_than", "metric"]);
                let hint = match nearest(name, known.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("gates are {}", listed(&known.collect::<Vec<_>>())),
                };
                problems.error_with(&key.place, format!("unknown gate `{name}`"), Some(hint));
                return None;
            }
        },
    };
    let judged_place = map.take("models").map(|node| &node.place);
    let judged = map.texts("models", problems).unwrap_or_default();
    for label in &judged {
        if let Some(place) = judged_place {
            label_of(label, place, models, problems);
        }
    }
    map.finish(problems);
    Some(Gate {
        rule: rule?,
        models: judged,
        line: Some(key.place.line as u64),
    })
}

fn metric(map: &mut MapReader<'_>, problems: &mut Problems) -> Option<Quantity> {
    let name = map.text("name", problems);
    if name.is_none() {
        map.miss("name", "`metric` needs the `name` of a metric");
    }
    name.map(|name| Quantity::Metric(name.to_owned()))
}

/// Reads `at_least` or `at_most`, and `confidence`.
fn bound(
    map: &mut MapReader<'_>,
    quantity: Quantity,
    value: &Node,
    problems: &mut Problems,
) -> Option<Rule> {
    let at_least = map.take("at_least");
    let at_most = map.take("at_most");
    let confidence = confidence(map, problems);
    let (node, of): (_, fn(f64) -> Bound) = match (at_least, at_most) {
        (Some(node), None) => (node, Bound::AtLeast),
        (None, Some(node)) => (node, Bound::AtMost),
        (Some(_), Some(second)) => {
            let hint = "write two gates";
            problems.error_with(&second.place, "a gate has one bound", Some(hint));
            return None;
        }
        (None, None) => {
            map.miss("at_least", "a gate needs `at_least` or `at_most`");
            return None;
        }
    };
    if confidence.is_some() && !quantity.has_interval() {
        let message = format!("`{quantity}` is counted, not estimated: it has no `confidence`");
        problems.error(&value.place, message);
        return None;
    }
    let number = if quantity.is_time() {
        duration_ms(node)
    } else {
        as_number(node).and_then(serde_json::Number::as_f64)
    };
    let share = matches!(
        quantity,
        Quantity::PassRate | Quantity::Completeness | Quantity::FlakyShare
    );
    match number {
        Some(number) if share && !(0.0..=1.0).contains(&number) => {
            let message = format!("`{quantity}` is a fraction from 0 to 1");
            problems.error_with(&node.place, message, Some("0.95 is 95 percent"));
            None
        }
        Some(number) => Some(Rule::Bound {
            quantity,
            bound: of(number),
            confidence,
        }),
        None if quantity.is_time() => {
            let message =
                format!("`{quantity}` must be milliseconds, or a duration such as `3s` or `500ms`");
            problems.error(&node.place, message);
            None
        }
        None => {
            let message = format!("`{quantity}` is bounded by a number, found {}", node.kind());
            problems.error(&node.place, message);
            None
        }
    }
}

/// Reads `baseline`, `margin` and `confidence`.
fn against(
    map: &mut MapReader<'_>,
    models: &[ModelEntry],
    needs_margin: bool,
    problems: &mut Problems,
) -> Against {
    let baseline_place = map.take("baseline").map(|node| &node.place);
    let baseline = map.text("baseline", problems).map(str::to_owned);
    if let (Some(label), Some(place)) = (&baseline, baseline_place) {
        label_of(label, place, models, problems);
    }
    let margin_place = map.take("margin").map(|node| &node.place);
    let margin = map.number("margin", problems);
    if let (Some(margin), Some(place)) = (margin, margin_place)
        && !(0.0..1.0).contains(&margin)
    {
        let hint = "0.02 is two points";
        problems.error_with(place, "`margin` is a fraction from 0 to 1", Some(hint));
    }
    if needs_margin && margin_place.is_none() {
        let message = "`no_worse_than` needs a `margin`, here or at the top of the suite";
        map.miss("margin", message);
    }
    Against {
        baseline,
        margin,
        confidence: confidence(map, problems),
    }
}

fn confidence(map: &mut MapReader<'_>, problems: &mut Problems) -> Option<f64> {
    let place = map.take("confidence").map(|node| &node.place);
    let confidence = map.number("confidence", problems)?;
    if confidence > 0.5 && confidence < 1.0 {
        return Some(confidence);
    }
    if let Some(place) = place {
        let message = "`confidence` lies between 0.5 and 1, and is one-sided";
        problems.error_with(place, message, Some("0.95 is usual"));
    }
    None
}

/// Notes a problem if no model has the label.
pub(super) fn label_of(label: &str, place: &Place, models: &[ModelEntry], problems: &mut Problems) {
    let labels: Vec<&str> = models.iter().map(|model| model.label.as_str()).collect();
    if labels.contains(&label) {
        return;
    }
    let hint = match nearest(label, labels.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the suite's models are {}", listed(&labels)),
    };
    let message = format!("no model has the label `{label}`");
    problems.error_with(place, message, Some(hint));
}
