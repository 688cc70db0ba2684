//! Named metrics: weighted means of the scores that share a name.

use std::collections::BTreeMap;

use super::verdict::CheckResult;

/// Sums of scores by name, with their weights.
#[derive(Debug, Clone, Default)]
pub(super) struct Metrics {
    sums: BTreeMap<String, Sum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// Of score × weight.
    scores: f64,
    weights: f64,
}

impl Sum {
    /// The weighted mean; 0 where the weights sum to nothing.
    fn mean(self) -> f64 {
        if self.weights > 0.0 {
            self.scores / self.weights
        } else {
            0.0
        }
    }
}

impl Metrics {
    /// Adds a score with weight 1.
    pub(super) fn add(&mut self, name: &str, score: f64) {
        let sum = self.sums.entry(name.to_owned()).or_default();
        sum.scores += score;
        sum.weights += 1.0;
    }

    /// Adds the metrics of one result.
    pub(super) fn absorb(&mut self, other: Metrics) {
        for (name, sum) in other.sums {
            let own = self.sums.entry(name).or_default();
            own.scores += sum.scores;
            own.weights += sum.weights;
        }
    }

    /// Returns what goes up from a check to the test around it: the check's own metric, and the metrics inside it
    /// multiplied by its weight, but for one of its own name.
    ///
    /// An undecided check has no score and adds nothing to its metric.
    pub(super) fn under(self, result: &CheckResult) -> Self {
        let mut outer = Self::default();
        for (name, sum) in self.sums {
            if result.metric.as_ref() == Some(&name) {
                continue;
            }
            let weights = sum.weights * result.weight;
            outer.sums.insert(
                name,
                Sum {
                    scores: sum.mean() * weights,
                    weights,
                },
            );
        }
        if let (Some(name), Some(score)) = (&result.metric, result.score) {
            outer.sums.insert(
                name.clone(),
                Sum {
                    scores: score * result.weight,
                    weights: result.weight,
                },
            );
        }
        outer
    }

    /// Returns the means, by name.
    pub(super) fn means(&self) -> BTreeMap<String, f64> {
        self.sums
            .iter()
            .map(|(name, sum)| (name.clone(), sum.mean()))
            .collect()
    }
}
