//! Gates as the document has them, each with its reason in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Report;
use super::human::{Dollars, Times, counted, listed, percent, points, points_off};
use super::safe::name;
use super::schema;
use crate::gate::{Quantity, Rule};
use crate::journal::Header;
use crate::tally::{Decided, GateStatus, Reason, Withheld};

/// A gate, one model that it judges, and whether it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateRow {
    /// The suite.
    pub suite: String,
    /// The label; null where the gate judges the suite as a whole.
    pub model: Option<String>,
    /// The gate, as `--gate` takes it.
    pub gate: String,
    /// `passed`, `failed` or `undecided`.
    #[schemars(schema_with = "schema::check_status")]
    pub status: String,
    /// What was found; null if nothing was.
    pub observed: Option<f64>,
    /// The bound on it; null if none was declared.
    pub required: Option<f64>,
    /// Why it came out so.
    pub reason: String,
    /// The line of the suite that declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl GateRow {
    /// Returns the row of a gate that was decided.
    pub(super) fn of(header: &Header, decided: &Decided<'_>) -> Self {
        let suite = header.suites.get(decided.suite as usize);
        Self {
            suite: suite.map(|suite| suite.name.clone()).unwrap_or_default(),
            model: decided.model.clone(),
            gate: decided.gate.to_string(),
            status: decided.status.as_str().to_owned(),
            observed: decided.observed,
            required: decided.required,
            reason: reason(decided),
            line: decided.gate.line,
        }
    }

    /// Returns gate, whose it is and why it came out so, on one line.
    pub(super) fn sentence(&self, report: &Report) -> String {
        let suite = (report.suites.len() > 1).then(|| name(&self.suite));
        let whose: Vec<String> = suite
            .into_iter()
            .chain(self.model.as_deref().map(name))
            .collect();
        let whose = match whose.as_slice() {
            [] => String::new(),
            parts => format!(" ({})", parts.join(", ")),
        };
        format!("{}{whose}: {}", name(&self.gate), self.reason)
    }
}

/// Returns why a gate came out as it did.
fn reason(decided: &Decided<'_>) -> String {
    let show = |number: f64| match &decided.gate.rule {
        Rule::Bound { quantity, .. } => shown(quantity, number),
        Rule::NoWorseThan(_) | Rule::BetterThan(_) => points(number),
    };
    let observed = decided.observed.map(show).unwrap_or_default();
    match &decided.reason {
        Reason::Estimate => match decided.status {
            GateStatus::Passed => format!("it is {observed}"),
            _ => {
                let required = decided.required.map(show).unwrap_or_default();
                format!("it is {observed}, not {required}")
            }
        },
        Reason::Ends(low, high) => {
            format!(
                "it is {observed}, between {} and {}",
                show(*low),
                show(*high)
            )
        }
        Reason::NoInterval => format!("it is {observed}, and how sure that is cannot be said"),
        Reason::Nothing => "nothing was judged or measured".to_owned(),
        Reason::TooFew(n, needed) => {
            format!("{} measured, and {needed} are needed", counted(*n, "time"))
        }
        Reason::NoPass => "nothing passed".to_owned(),
        Reason::Unpriced => "a model that was asked has no price".to_owned(),
        Reason::NoMetric(names) if names.is_empty() => "no trial has a metric".to_owned(),
        Reason::NoMetric(names) => {
            let names: Vec<String> = names.iter().map(|known| name(known)).collect();
            format!("no trial has this metric; there are {}", listed(&names))
        }
        Reason::NoRepeats => "no case was asked twice: use repeat".to_owned(),
        Reason::NotAsked(Some(label)) => format!("{} was not asked", name(label)),
        Reason::NotAsked(None) => "there is no baseline to hold it against".to_owned(),
        Reason::NoMargin => "no margin was declared: use --margin".to_owned(),
        Reason::Compared(comparison) => {
            let Some(difference) = comparison.difference else {
                return "there is no pair of answers to compare".to_owned();
            };
            let ends = difference
                .interval
                .map(|ends| format!(" [{}, {}]", points_off(ends.low), points_off(ends.high)));
            let why = match comparison.withheld {
                Some(Withheld::Incomplete) => "; too many answers are missing",
                Some(Withheld::FewGroups) => "; there are too few groups of cases",
                Some(Withheld::FewPairs) => "; there are too few cases",
                None => "",
            };
            format!(
                "the difference is {observed}{}{why}",
                ends.unwrap_or_default()
            )
        }
    }
}

fn shown(quantity: &Quantity, number: f64) -> String {
    match quantity {
        Quantity::PassRate | Quantity::Completeness | Quantity::FlakyShare => percent(number),
        Quantity::CostPerPass | Quantity::TotalCost => {
            // Bounds are often far below a cent.
            let text = format!("{number:.8}");
            let text = text.trim_end_matches('0');
            if number >= 0.01 {
                Dollars::for_all([number]).show(number)
            } else {
                format!("${}", text.trim_end_matches('.'))
            }
        }
        Quantity::Latency(_) | Quantity::Ttft(_) => {
            let times = Times::for_all([number]);
            format!("{} {}", times.show(number), times.unit())
        }
        Quantity::Metric(_) => format!("{number:.3}"),
    }
}
