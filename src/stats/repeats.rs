//! Repeats of one case: how often it passes, how stable it is, and whether a break is more than chance.

use statrs::distribution::{Beta, ContinuousCDF, DiscreteCDF, Hypergeometric};

use super::interval::Interval;
use super::sample::float;

/// A case that passes more often than this is reliable, and one that fails more often is broken.
const NEARLY_ALWAYS: f64 = 0.95;
/// How sure a label must be.
const SURE: f64 = 0.9;

/// How often one case passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// Repeats that passed.
    pub passed: u64,
    /// All repeats that were judged.
    pub n: u64,
}

/// How stable a case is, as far as its repeats tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// It passes nearly always.
    Reliable,
    /// It passes now and then.
    Flaky,
    /// It fails nearly always.
    Broken,
    /// There are too few repeats to tell.
    Undetermined,
}

impl Stability {
    /// Returns the label as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reliable => "reliable",
            Self::Flaky => "flaky",
            Self::Broken => "broken",
            Self::Undetermined => "undetermined",
        }
    }
}

impl Repeats {
    /// Returns the probability that one of `k` repeats passes, without bias; `k` is at most `n`.
    ///
    /// Source: M. Chen and others, "Evaluating Large Language Models Trained on Code", arXiv 2107.03374 (2021).
    pub fn any_of(self, k: u64) -> f64 {
        1.0 - draws(self.n - self.passed, self.n, k)
    }

    /// Returns the probability that all of `k` repeats pass, without bias; `k` is at most `n`.
    ///
    /// Source: S. Yao and others, "τ-bench", arXiv 2406.12045 (2024).
    pub fn all_of(self, k: u64) -> f64 {
        draws(self.passed, self.n, k)
    }

    /// Returns the probability that two runs disagree on the case, without bias; `None` for fewer than two repeats.
    pub fn disagreement(self) -> Option<f64> {
        let (x, n) = (real(self.passed), real(self.n));
        (self.n >= 2).then(|| 2.0 * x * (n - x) / (n * (n - 1.0)))
    }

    /// Returns the probability that the true rate lies in `low..=high`, with Jeffreys' prior.
    pub fn probability_within(self, low: f64, high: f64) -> f64 {
        let posterior = self.posterior();
        posterior.cdf(high) - posterior.cdf(low)
    }

    /// Returns the equal-tailed interval of the true rate, with Jeffreys' prior.
    pub fn credible(self, confidence: f64) -> Interval {
        let (posterior, tail) = (self.posterior(), (1.0 - confidence) / 2.0);
        Interval {
            low: quantile(&posterior, tail),
            high: quantile(&posterior, 1.0 - tail),
        }
    }

    /// Returns how stable the case is: a label that has probability 0.9 at least, with Jeffreys' prior.
    pub fn stability(self) -> Stability {
        let rarely = 1.0 - NEARLY_ALWAYS;
        if self.probability_within(NEARLY_ALWAYS, 1.0) >= SURE {
            Stability::Reliable
        } else if self.probability_within(0.0, rarely) >= SURE {
            Stability::Broken
        } else if self.probability_within(rarely, NEARLY_ALWAYS) >= SURE {
            Stability::Flaky
        } else {
            Stability::Undetermined
        }
    }

    fn posterior(self) -> Beta {
        let (x, rest) = (real(self.passed), real(self.n - self.passed));
        Beta::new(x + 0.5, rest + 0.5).expect("both shapes are positive")
    }
}

/// Returns how many repeats, all passing, show at `confidence` that a case passes with probability `rate` or more.
pub fn repeats_to_certify(rate: f64, confidence: f64) -> u64 {
    // Rounding must not ask for one more where the quotient is whole.
    let needed = ((1.0 - confidence).ln() / rate.ln() - 1e-9).ceil();
    super::sample::index(needed) as u64
}

/// Returns the one-sided p-value that a case got worse, from its repeats then and now.
///
/// Source: R. A. Fisher, JRSS 85 (1922), 87–94: the exact test of a table with fixed margins.
#[expect(
    clippy::missing_panics_doc,
    reason = "parts are no larger than the whole"
)]
pub fn got_worse_p(before: Repeats, now: Repeats) -> f64 {
    let all = before.n + now.n;
    let passed = before.passed + now.passed;
    let table = Hypergeometric::new(all, passed, now.n).expect("parts of a whole");
    table.cdf(now.passed).min(1.0)
}

/// Returns the probability that `k` of `n` drawn without replacement all are among `some` of them.
fn draws(some: u64, n: u64, k: u64) -> f64 {
    (0..k)
        .map(|drawn| real(some.saturating_sub(drawn)) / real(n - drawn))
        .product()
}

/// Returns a quantile of a beta distribution to the last bits: the one of the library stops at about eight digits.
fn quantile(beta: &Beta, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if beta.cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn real(count: u64) -> f64 {
    float(usize::try_from(count).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_repeats_do_not_prove_stability() {
        for (passed, n, expected) in [
            (5, 5, Stability::Undetermined),
            (4, 5, Stability::Flaky),
            (0, 5, Stability::Undetermined),
            (40, 40, Stability::Reliable),
            (0, 40, Stability::Broken),
            (1, 1, Stability::Undetermined),
        ] {
            assert_eq!(Repeats { passed, n }.stability(), expected, "{passed}/{n}");
        }
    }

    #[test]
    fn one_repeat_never_disagrees_with_itself() {
        assert_eq!(Repeats { passed: 1, n: 1 }.disagreement(), None);
    }
}
