//! What one model did with one question, all repeats together.

use serde::{Deserialize, Serialize};

use crate::catalog::{PriceRow, Usd};
use crate::journal::{Record, TrialStatus};
use crate::tally::Mean;

/// What one model did with one case and prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Outcome {
    /// Trials that passed.
    pub passed: u32,
    /// Trials that passed or failed.
    pub judged: u32,
    /// All trials.
    pub trials: u32,
    /// What they cost; `None` if unpriced.
    pub cost: Option<Usd>,
    /// Logarithms of the latencies in milliseconds.
    pub log_latency: Mean,
}

impl Outcome {
    /// Takes in a trial.
    pub(super) fn add(&mut self, record: &Record, price: Option<&PriceRow>) {
        let cost = record.cost(price);
        self.cost = match self.trials {
            0 => cost,
            _ => self.cost.zip(cost).map(|(sum, more)| sum + more),
        };
        self.trials += 1;
        match record.status {
            TrialStatus::Passed => {
                self.passed += 1;
                self.judged += 1;
            }
            TrialStatus::Failed => self.judged += 1,
            TrialStatus::Undecided | TrialStatus::Error => {}
        }
        let measured = record.latency_ms.filter(|time| *time > 0.0);
        if let Some(time) = measured.filter(|_| record.status != TrialStatus::Error) {
            self.log_latency.add(time.ln());
        }
    }

    /// Returns the share of judged trials that passed; `None` if none was judged.
    pub fn rate(&self) -> Option<f64> {
        (self.judged > 0).then(|| f64::from(self.passed) / f64::from(self.judged))
    }

    /// Returns what a trial costs in dollars.
    pub(super) fn cost_of_one(&self) -> Option<f64> {
        let trials = (self.trials > 0).then(|| f64::from(self.trials))?;
        Some(self.cost?.to_f64() / trials)
    }

    /// Returns whether the question counts as passed: more than half of its judged trials did.
    pub(super) fn passes(&self) -> bool {
        2 * self.passed > self.judged
    }
}

/// An outcome as a baseline file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    passed: u32,
    judged: u32,
    trials: u32,
    /// Absent if unpriced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost_usd: Option<Usd>,
    /// The geometric mean of the latencies, to the thousandth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latency_ms: Option<f64>,
}

impl From<Outcome> for Written {
    fn from(outcome: Outcome) -> Self {
        let latency = outcome.log_latency.get().map(f64::exp);
        Self {
            passed: outcome.passed,
            judged: outcome.judged,
            trials: outcome.trials,
            cost_usd: outcome.cost,
            latency_ms: latency.map(|time| (time * 1000.0).round() / 1000.0),
        }
    }
}

impl From<Written> for Outcome {
    fn from(written: Written) -> Self {
        let mut log_latency = Mean::default();
        if let Some(time) = written.latency_ms.filter(|time| *time > 0.0) {
            log_latency.add(time.ln());
        }
        Self {
            passed: written.passed,
            judged: written.judged,
            trials: written.trials,
            cost: written.cost_usd,
            log_latency,
        }
    }
}
