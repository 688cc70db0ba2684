//! Two models on the same cases, pass or fail: how far their rates differ, and how sure that is.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::distribution::{normal_quantile, normal_tail};
use super::interval::Interval;
use super::sample::float;

/// How often two models passed and failed the same cases, a pair for each case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairTable {
    /// Both passed.
    pub both: u64,
    /// The candidate passed, the baseline failed.
    pub only_candidate: u64,
    /// The baseline passed, the candidate failed.
    pub only_baseline: u64,
    /// Both failed.
    pub neither: u64,
}

impl PairTable {
    /// Notes what both did with one case.
    pub fn add(&mut self, candidate: bool, baseline: bool) {
        let cell = match (candidate, baseline) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.only_candidate,
            (false, true) => &mut self.only_baseline,
            (false, false) => &mut self.neither,
        };
        *cell += 1;
    }

    /// Adds the pairs of another table.
    pub fn absorb(&mut self, other: &Self) {
        self.both += other.both;
        self.only_candidate += other.only_candidate;
        self.only_baseline += other.only_baseline;
        self.neither += other.neither;
    }

    /// Returns the number of pairs.
    pub fn n(&self) -> u64 {
        self.both + self.only_candidate + self.only_baseline + self.neither
    }

    /// Returns the number of pairs that differ.
    pub fn discordant(&self) -> u64 {
        self.only_candidate + self.only_baseline
    }

    /// Returns the candidate's rate less the baseline's; not a number without pairs.
    pub fn difference(&self) -> f64 {
        (real(self.only_candidate) - real(self.only_baseline)) / real(self.n())
    }

    /// Returns the two-sided p-value of `McNemar`'s test that both rates are the same, by the mid-p method: close to its
    /// nominal size, where the exact test is far below.
    ///
    /// Source: M. W. Fagerland, S. Lydersen and P. Laake, BMC Medical Research Methodology 13 (2013), 91.
    pub fn mid_p(&self) -> f64 {
        let less = self.only_candidate.min(self.only_baseline);
        let coin = fair(self.discordant());
        let up_to = coin.cdf(less);
        let below = less.checked_sub(1).map_or(0.0, |below| coin.cdf(below));
        (up_to + below).min(1.0)
    }

    /// Returns the two-sided p-value of the exact test, which is never above its nominal size.
    ///
    /// Source: Q. `McNemar`, Psychometrika 12 (1947), 153–157, with the binomial distribution.
    pub fn exact_p(&self) -> f64 {
        super::sign_test(self.only_candidate, self.only_baseline)
    }

    /// Returns how many standard errors the difference lies above `difference` (in -1..=1), the error being that of a world
    /// in which `difference` is the true one.
    ///
    /// Source: T. Tango, Statistics in Medicine 17 (1998), 891–908.
    pub fn score_z(&self, difference: f64) -> f64 {
        score_z(
            real(self.only_candidate),
            real(self.only_baseline),
            real(self.n()),
            difference,
        )
    }

    /// Returns the one-sided p-value of the claim that the candidate's rate is not lower than the baseline's by `margin`
    /// or more.
    pub fn not_worse_p(&self, margin: f64) -> f64 {
        normal_tail(self.score_z(-margin))
    }

    /// Returns Tango's score interval of the difference. It has some width even where no pair differs.
    pub fn score_interval(&self, confidence: f64) -> Interval {
        tango(
            real(self.only_candidate),
            real(self.only_baseline),
            real(self.n()),
            confidence,
        )
    }

    /// Returns the adjusted Wald interval of the difference, a conservative closed form.
    ///
    /// Source: D. G. Bonett and R. M. Price, Journal of Educational and Behavioral Statistics 37 (2012), 479–488.
    pub fn adjusted_wald(&self, confidence: f64) -> Interval {
        let n = real(self.n()) + 2.0;
        let up = (real(self.only_candidate) + 1.0) / n;
        let down = (real(self.only_baseline) + 1.0) / n;
        let error = ((up + down - (up - down).powi(2)) / n).sqrt();
        Interval::around(up - down, normal_quantile(confidence) * error).clipped(-1.0, 1.0)
    }
}

/// Returns Tango's interval for a difference of `up` less `down` in `n` pairs, which may be fractions of pairs.
pub(super) fn tango(up: f64, down: f64, n: f64, confidence: f64) -> Interval {
    let reach = normal_quantile(confidence);
    let found = (up - down) / n;
    let z = |difference| score_z(up, down, n, difference);
    Interval {
        low: crossing(-1.0, found, |difference| z(difference) > reach),
        high: crossing(found, 1.0, |difference| z(difference) > -reach),
    }
}

/// Returns the score statistic; see [`PairTable::score_z`].
fn score_z(up: f64, down: f64, n: f64, difference: f64) -> f64 {
    let above = up - down - n * difference;
    let a = 2.0 * n;
    let b = -up - down + (2.0 * n - up + down) * difference;
    let c = -down * difference * (1.0 - difference);
    let share = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
    let variance = n * (2.0 * share + difference * (1.0 - difference));
    if above == 0.0 {
        0.0
    } else {
        above / variance.max(0.0).sqrt()
    }
}

/// Returns the point between `low` and `high` up to which `holds`, to the last bit but a few.
fn crossing(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn fair(tosses: u64) -> Binomial {
    Binomial::new(0.5, tosses).expect("one half is a probability")
}

fn real(count: u64) -> f64 {
    float(usize::try_from(count).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The table that Tango printed, with 21 pairs.
    #[test]
    fn the_interval_is_that_of_the_paper() {
        let table = PairTable {
            both: 1,
            only_candidate: 1,
            only_baseline: 7,
            neither: 12,
        };
        let ends = table.score_interval(0.95);
        assert!((ends.low + 0.517).abs() < 5e-4 && (ends.high + 0.026).abs() < 5e-4);
    }

    #[test]
    fn no_flip_still_leaves_doubt() {
        let table = PairTable {
            both: 50,
            ..PairTable::default()
        };
        assert!((table.mid_p() - 1.0).abs() < 1e-12);
        assert!(table.score_interval(0.9).low < -0.05);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_difference_and_mirrors(both in 0u64..50, up in 0u64..30, down in 0u64..30, neither in 0u64..50) {
            let table = PairTable { both, only_candidate: up, only_baseline: down, neither };
            prop_assume!(table.n() > 0);
            let mirrored = PairTable { only_candidate: down, only_baseline: up, ..table };
            let (ends, other) = (table.score_interval(0.95), mirrored.score_interval(0.95));
            prop_assert!(ends.low <= table.difference() + 1e-9 && table.difference() <= ends.high + 1e-9);
            prop_assert!((ends.low + other.high).abs() < 1e-9 && (ends.high + other.low).abs() < 1e-9);
            prop_assert!(table.mid_p() <= table.exact_p() + 1e-12);
            let wider = table.score_interval(0.99);
            prop_assert!(wider.low <= ends.low + 1e-9 && ends.high <= wider.high + 1e-9);
        }
    }
}
