//! The bootstrap: what a statistic would have been, had other cases been drawn.

use super::interval::Interval;
use super::random::Random;
use super::sample::Sample;

/// Up to so many resamples, every one there is is tried: those of five cases.
const MOST_ENUMERATED: usize = 5;

/// What a statistic comes to over resamples.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap(Sample);

impl Bootstrap {
    /// Draws `resamples` of `cases` cases with replacement, or all there are of five or fewer, and asks for the statistic of
    /// each, which gets the indices drawn. `None` if there are no cases, or if no statistic is finite.
    ///
    /// Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 12 and 13.
    pub fn of(
        cases: usize,
        resamples: u64,
        seed: u64,
        statistic: impl Fn(&[usize]) -> f64,
    ) -> Option<Self> {
        if cases == 0 {
            return None;
        }
        let mut drawn = vec![0; cases];
        let mut values = Vec::new();
        if cases <= MOST_ENUMERATED {
            for number in 0..cases.pow(u32::try_from(cases).ok()?) {
                let mut rest = number;
                for at in &mut drawn {
                    *at = rest % cases;
                    rest /= cases;
                }
                values.push(statistic(&drawn));
            }
        } else {
            let random = Random::new(seed);
            let end = cases as u64;
            let mut place = 0;
            for _ in 0..resamples {
                for at in &mut drawn {
                    *at = usize::try_from(random.below(place, end)).ok()?;
                    place += 1;
                }
                values.push(statistic(&drawn));
            }
        }
        values.retain(|value| value.is_finite());
        Sample::new(values).map(Self)
    }

    /// Returns the interval between quantiles of what was found.
    pub fn interval(&self, confidence: f64) -> Interval {
        let tail = (1.0 - confidence) / 2.0;
        Interval {
            low: self.0.quantile(tail),
            high: self.0.quantile(1.0 - tail),
        }
    }

    /// Returns the spread of what was found, with as many in the denominator as there are.
    pub fn sd(&self) -> f64 {
        let centre = self.0.mean();
        let squares: Vec<f64> = self
            .0
            .sorted()
            .iter()
            .map(|v| (v - centre).powi(2))
            .collect();
        super::mean(&squares).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let values = [0.1, 0.5, 0.2, 0.9, 0.4, 0.7, 0.3];
        let mean_of = |drawn: &[usize]| drawn.iter().map(|at| values[*at]).sum::<f64>() / 7.0;
        let drawn = |seed| Bootstrap::of(7, 2000, seed, mean_of).unwrap();
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let ends = drawn(1).interval(0.95);
        assert!(
            ends.low > 0.2 && ends.high < 0.7 && ends.low < ends.high,
            "{ends:?}"
        );
        assert_eq!(Bootstrap::of(0, 10, 1, mean_of), None);
    }
}
