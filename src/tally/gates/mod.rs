//! Whether gates hold, and why.

mod bench;
mod curtail;
mod number;
#[cfg(test)]
mod tests;

pub(in crate::tally) use curtail::{Curtail, least_rate};

use bench::Bench;

use super::compare::{AGAIN, Comparison, Contest, Opponent, PairSet, Side, Withheld};
use super::tally::Tally;
use crate::gate::{Gate, Quantity, Rule};
use crate::journal::{Header, SuiteRecord};

/// Whether a gate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateStatus {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// The run does not tell.
    Undecided,
}

impl GateStatus {
    /// Returns the status as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Undecided => "undecided",
        }
    }
}

/// One gate and one model that it judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided<'a> {
    /// Index of the suite.
    pub suite: u32,
    /// The label; `None` where the gate judges the suite as a whole.
    pub model: Option<String>,
    /// The gate.
    pub gate: &'a Gate,
    /// Whether it holds.
    pub status: GateStatus,
    /// What was found.
    pub observed: Option<f64>,
    /// The bound on it.
    pub required: Option<f64>,
    /// Why.
    pub reason: Reason,
}

/// Why a gate came out as it did.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The estimate decides.
    Estimate,
    /// The end of an interval decides, or leaves it open: low, high.
    Ends(f64, f64),
    /// There is no interval of the confidence asked for.
    NoInterval,
    /// Nothing was judged, or measured.
    Nothing,
    /// So many were measured, and fewer than are needed.
    TooFew(u64, u64),
    /// Nothing passed.
    NoPass,
    /// Something that was billed has no price.
    Unpriced,
    /// No trial has the metric; these there are.
    NoMetric(Vec<String>),
    /// No case was asked twice.
    NoRepeats,
    /// The run has no such model, or no baseline.
    NotAsked(Option<String>),
    /// No margin was declared.
    NoMargin,
    /// A comparison decides.
    Compared(Box<Comparison>),
}

/// Returns the comparisons that gates need beside those that are made anyway.
pub fn gate_contests(header: &Header, made: &[Contest]) -> Vec<Contest> {
    let mut more: Vec<Contest> = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        for gate in &suite.gates {
            let Some(name) = gate.against().and_then(|against| against.baseline.as_ref()) else {
                continue;
            };
            let Some(baseline) = Side::named(suite, name) else {
                continue;
            };
            for candidate in judged(suite, at, gate, made) {
                let Some(candidate) = Side::named(suite, &candidate) else {
                    continue;
                };
                let contest = Contest {
                    suite: at,
                    baseline_name: name.clone(),
                    candidate_name: candidate.name(suite),
                    baseline: Opponent::Here(baseline.clone()),
                    candidate,
                };
                if !made.contains(&contest) && !more.contains(&contest) {
                    more.push(contest);
                }
            }
        }
    }
    more
}

/// Decides every gate of a run. `sets` are the pairs of [`contests`](super::contests) and [`gate_contests`], of which the first
/// have a comparison each.
pub fn decided<'a>(
    header: &'a Header,
    tally: &Tally,
    sets: &[(Contest, PairSet)],
    comparisons: &[Comparison],
) -> Vec<Decided<'a>> {
    let made: Vec<Contest> = sets[..comparisons.len()]
        .iter()
        .map(|(contest, _)| contest.clone())
        .collect();
    let mut all = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        for gate in &suite.gates {
            let bench = Bench {
                suite,
                at,
                gate,
                tally,
                sets,
                comparisons,
            };
            if let Rule::Bound {
                quantity: Quantity::TotalCost,
                bound,
                ..
            } = &gate.rule
                && gate.models.is_empty()
            {
                all.push(bench.total_cost(*bound));
                continue;
            }
            for label in judged(suite, at, gate, &made) {
                all.push(bench.decide(label));
            }
        }
    }
    all
}

/// Returns the labels that a gate judges: those it names, else all but the baseline that the suite declares or the gate
/// names.
fn judged(suite: &SuiteRecord, at: u32, gate: &Gate, made: &[Contest]) -> Vec<String> {
    if !gate.models.is_empty() {
        return gate.models.clone();
    }
    // A candidate is whatever meets the baseline; against an earlier run all do.
    let contests = made.iter().filter(|contest| contest.suite == at);
    let of_here = contests.filter(|contest| matches!(contest.baseline, Opponent::Here(_)));
    let baselines: Vec<&str> = of_here
        .map(|contest| contest.baseline_name.as_str())
        .collect();
    let against = gate.against();
    let named = against.and_then(|against| against.baseline.as_deref());
    let is_baseline = |label: &str| match (named, against) {
        (Some(named), _) => label == named,
        (None, Some(_)) => baselines.contains(&label),
        (None, None) => suite.baseline.as_deref() == Some(label) && baselines.contains(&label),
    };
    let labels = suite.models.iter().map(|model| model.label.clone());
    let judged = labels.filter(|label| !is_baseline(label) && !label.ends_with(AGAIN));
    judged.collect()
}

impl Reason {
    /// Returns why a comparison decides nothing, if that is why.
    pub fn withheld(&self) -> Option<Withheld> {
        match self {
            Self::Compared(comparison) => comparison.withheld,
            _ => None,
        }
    }
}
