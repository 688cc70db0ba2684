//! Gates in one line, as `--gate` takes them: `pass_rate>=0.95`, `no_worse_than=sonnet`.

use std::str::FromStr;

use super::{Against, Bound, Gate, QUANTITIES, Quantity, Rule};
use crate::text::nearest;

/// Why a text is no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GateError(String);

const FORMS: &str =
    "a gate is `NAME>=NUMBER`, `NAME<=NUMBER`, `no_worse_than=LABEL` or `better_than=LABEL`";

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let text = text.trim();
        let (text, confidence) = match text.rsplit_once('@') {
            // A label may have an `@` of its own.
            Some((before, after)) if after.trim().parse::<f64>().is_ok() => {
                (before.trim(), Some(confidence(after)?))
            }
            _ => (text, None),
        };
        let rule = if let Some((name, value)) = text.split_once(">=") {
            bound(name, value, Bound::AtLeast, confidence)?
        } else if let Some((name, value)) = text.split_once("<=") {
            bound(name, value, Bound::AtMost, confidence)?
        } else if text.contains(['<', '>']) {
            return Err(GateError(format!("{FORMS}: with an equals sign")));
        } else {
            let (name, baseline) = match text.split_once('=') {
                Some((name, label)) => (name.trim(), Some(label.trim().to_owned())),
                None => (text, None),
            };
            let against = Against {
                baseline,
                margin: None,
                confidence,
            };
            match name {
                "no_worse_than" => Rule::NoWorseThan(against),
                "better_than" => Rule::BetterThan(against),
                _ => return Err(unknown(name)),
            }
        };
        Ok(Self {
            rule,
            models: Vec::new(),
            line: None,
        })
    }
}

fn bound(
    name: &str,
    value: &str,
    of: fn(f64) -> Bound,
    confidence: Option<f64>,
) -> Result<Rule, GateError> {
    let name = name.trim();
    let quantity = match name.strip_prefix("metric:") {
        Some(metric) => Quantity::Metric(metric.trim().to_owned()),
        None => Quantity::named(name).ok_or_else(|| unknown(name))?,
    };
    let number = if quantity.is_time() {
        milliseconds(value)
    } else {
        value.trim().parse().ok()
    };
    let number = number.filter(|number: &f64| number.is_finite());
    let number =
        number.ok_or_else(|| GateError(format!("`{}` is no number for `{name}`", value.trim())))?;
    if confidence.is_some() && !quantity.has_interval() {
        return Err(GateError(format!(
            "`{name}` is counted, not estimated: it has no confidence"
        )));
    }
    Ok(Rule::Bound {
        quantity,
        bound: of(number),
        confidence,
    })
}

fn confidence(text: &str) -> Result<f64, GateError> {
    let number = text.trim().parse().unwrap_or(0.0);
    if number > 0.5 && number < 1.0 {
        Ok(number)
    } else {
        Err(GateError(format!(
            "the confidence `{}` must lie between 0.5 and 1, such as 0.95",
            text.trim()
        )))
    }
}

/// Reads a duration: `3000`, `800ms`, `3s`, `2m`.
fn milliseconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let units = [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)];
    let with_unit = units
        .iter()
        .find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, *scale)));
    let (number, scale) = with_unit.unwrap_or((text, 1.0));
    let number: f64 = number.trim().parse().ok()?;
    (number >= 0.0).then_some(number * scale)
}

fn unknown(name: &str) -> GateError {
    let names = QUANTITIES
        .into_iter()
        .chain(["no_worse_than", "better_than", "metric:NAME"]);
    GateError(match nearest(name, names) {
        Some(near) => format!("no gate is called `{name}`: did you mean `{near}`?"),
        None => format!("no gate is called `{name}`; {FORMS}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            "pass_rate>=0.95",
            "pass_rate>=0.9@0.95",
            "cost_per_pass<=0.001",
            "latency_p95<=3000",
            "metric:correct>=0.9",
            "no_worse_than=sonnet",
            "no_worse_than=a@b",
            "no_worse_than",
            "better_than=haiku@0.99",
            "flaky_share<=0.1",
        ] {
            assert_eq!(text.parse::<Gate>().unwrap().to_string(), text);
        }
        let spaced: Gate = " latency_p95 <= 3s ".parse().unwrap();
        assert_eq!(spaced.to_string(), "latency_p95<=3000");
    }

    #[test]
    fn what_is_none_says_why() {
        for (text, expected) in [
            ("pass_rat>=0.9", "did you mean `pass_rate`?"),
            ("pass_rate>0.9", "with an equals sign"),
            ("pass_rate>=most", "`most` is no number"),
            ("pass_rate>=0.9@1.5", "must lie between 0.5 and 1"),
            ("total_cost<=1@0.95", "has no confidence"),
            ("latency_p95<=-1", "is no number"),
            ("", "no gate is called"),
        ] {
            let error = text.parse::<Gate>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
