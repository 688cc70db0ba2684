//! Gates on a pass rate that the rest of a run can no longer change.

use std::collections::BTreeMap;

use super::judged;
use crate::gate::{Bound, Gate, Quantity, Rule};
use crate::journal::{Header, Record, TrialStatus};
use crate::stats::sequential::{Curtailed, curtailed};
use crate::tally::compare::Contest;

/// What such gates ask of the model entries of a run, and how far they have come.
#[derive(Debug, Default)]
pub(in crate::tally) struct Curtail {
    entries: BTreeMap<(u32, u32), Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Rates that must be reached.
    least: Vec<f64>,
    /// Cases that may still count: all but those that came to nothing.
    all: u64,
    done: u64,
    passed: u64,
    /// Whether a case has several trials, so that cases are no whole numbers.
    is_split: bool,
}

/// Returns the rate that a gate asks for, if the estimate alone decides it.
pub(in crate::tally) fn least_rate(gate: &Gate) -> Option<f64> {
    match gate.rule {
        Rule::Bound {
            quantity: Quantity::PassRate,
            bound: Bound::AtLeast(least),
            confidence: None,
        } => Some(least),
        _ => None,
    }
}

impl Curtail {
    /// Finds what is asked of whom.
    pub(in crate::tally) fn new(header: &Header, contests: &[Contest]) -> Self {
        let mut entries: BTreeMap<(u32, u32), Entry> = BTreeMap::new();
        for (suite, at) in header.suites.iter().zip(0u32..) {
            for gate in &suite.gates {
                let Some(least) = least_rate(gate) else {
                    continue;
                };
                let labels = judged(suite, at, gate, contests);
                for (model, model_at) in suite.models.iter().zip(0u32..) {
                    if labels.contains(&model.label) {
                        let entry = entries.entry((at, model_at)).or_insert_with(|| Entry {
                            least: Vec::new(),
                            all: suite.cases,
                            done: 0,
                            passed: 0,
                            is_split: suite.prompts.len() > 1,
                        });
                        entry.least.push(least);
                    }
                }
            }
        }
        Self { entries }
    }

    /// Takes in a finished trial, one of so many of its case.
    pub(in crate::tally) fn add(&mut self, record: &Record, trials: u64) {
        let at = (record.at.suite, record.at.model);
        let Some(entry) = self.entries.get_mut(&at) else {
            return;
        };
        entry.is_split |= trials > 1;
        match record.status {
            TrialStatus::Passed => {
                entry.done += 1;
                entry.passed += 1;
            }
            TrialStatus::Failed => entry.done += 1,
            // It is in no rate.
            TrialStatus::Undecided | TrialStatus::Error => entry.all = entry.all.saturating_sub(1),
        }
    }

    /// Returns whether the rest can change nothing for a model entry; `None` if nothing is asked of it.
    pub(in crate::tally) fn is_settled(&self, at: (u32, u32)) -> Option<bool> {
        let entry = self.entries.get(&at)?;
        let is_open = |least: &f64| {
            curtailed(
                entry.all,
                required(*least, entry.all),
                entry.done,
                entry.passed,
            ) == Curtailed::Open
        };
        Some(!entry.is_split && !entry.least.iter().any(is_open))
    }
}

/// Returns how many of `all` make a rate of at least `least`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count of cases"
)]
fn required(least: f64, all: u64) -> u64 {
    let about = (least.max(0.0) * all as f64).ceil() as u64;
    // 0.1 × 30 is a little more than 3: the rate itself decides.
    if about > 0 && (about - 1) as f64 / all as f64 >= least {
        about - 1
    } else {
        about
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_what_the_gate_would_decide() {
        for all in 1..200u64 {
            for least in [0.0, 0.1, 0.3, 0.5, 0.9, 0.95, 1.0] {
                #[expect(clippy::cast_precision_loss, reason = "small counts")]
                let holds = |passed: u64| passed as f64 / all as f64 >= least;
                let first = (0..=all).find(|passed| holds(*passed)).unwrap();
                assert_eq!(required(least, all), first, "{least} of {all}");
            }
        }
    }
}
