//! Intervals of a mean that hold at every look.

use super::bets::{CAUTION, Pace};
use crate::stats::interval::Interval;
use crate::stats::sample::float;

/// Steps of the grid of means.
const STEPS: usize = 1000;

/// All means in 0..=1 that no bet against them has refuted so far.
///
/// Source: I. Waudby-Smith and A. Ramdas, JRSS B 86 (2024), 1–27: hedged capital, half on either side; without replacement
/// after their section 5.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceSequence {
    level: f64,
    /// Values in all, where they are drawn from so many without replacement.
    population: Option<usize>,
    pace: Pace,
    seen: usize,
    sum: f64,
    /// For each mean of the grid, the capital of bets that the true one is above, and below.
    capitals: Vec<(f64, f64)>,
    kept: (usize, usize),
}

impl ConfidenceSequence {
    /// Begins with every mean possible, for intervals of confidence 1 − `level`.
    pub fn new(level: f64, population: Option<usize>) -> Self {
        Self {
            level,
            population,
            pace: Pace::default(),
            seen: 0,
            sum: 0.0,
            capitals: vec![(1.0, 1.0); STEPS + 1],
            kept: (0, STEPS),
        }
    }

    /// Takes in the next value, in 0..=1.
    pub fn add(&mut self, value: f64) {
        // Each side gets half of the level.
        let stake = self.pace.stake(self.level / 2.0);
        for (at, capital) in self.capitals.iter_mut().enumerate() {
            let mean = float(at) / float(STEPS);
            let mean = match self.population {
                Some(all) => (float(all) * mean - self.sum) / float(all - self.seen),
                None => mean,
            };
            if !(0.0..=1.0).contains(&mean) {
                // What is left cannot have this mean.
                *capital = (f64::INFINITY, f64::INFINITY);
                continue;
            }
            let above = if mean > 0.0 {
                stake.min(CAUTION / mean)
            } else {
                stake
            };
            let below = if mean < 1.0 {
                stake.min(CAUTION / (1.0 - mean))
            } else {
                stake
            };
            capital.0 *= 1.0 + above * (value - mean);
            capital.1 *= 1.0 - below * (value - mean);
        }
        self.pace.add(value);
        self.seen += 1;
        self.sum += value;
        self.narrow();
    }

    /// Returns the interval so far; it never grows.
    pub fn interval(&self) -> Interval {
        Interval {
            low: float(self.kept.0) / float(STEPS),
            high: float(self.kept.1) / float(STEPS),
        }
    }

    fn narrow(&mut self) {
        let enough = 1.0 / self.level;
        let possible = |at: &usize| {
            let (above, below) = self.capitals[*at];
            above.max(below) / 2.0 < enough
        };
        let (low, high) = self.kept;
        if let Some(first) = (low..=high).find(possible)
            && let Some(last) = (low..=high).rev().find(possible)
        {
            self.kept = (first, last);
        }
    }
}

/// An interval of a mean in 0..=1 that holds at every look, in closed form: wider, and with no grid to keep.
///
/// Source: I. Waudby-Smith and A. Ramdas, JRSS B 86 (2024), theorem 2: predictable plug-in empirical Bernstein.
#[derive(Debug, Clone, PartialEq)]
pub struct EmpiricalBernstein {
    level: f64,
    pace: Pace,
    stakes: f64,
    weighted: f64,
    spread: f64,
}

impl EmpiricalBernstein {
    /// Begins with every mean possible, for intervals of confidence 1 − `level`.
    pub fn new(level: f64) -> Self {
        Self {
            level,
            pace: Pace::default(),
            stakes: 0.0,
            weighted: 0.0,
            spread: 0.0,
        }
    }

    /// Takes in the next value, in 0..=1.
    pub fn add(&mut self, value: f64) {
        let stake = self.pace.stake(self.level / 2.0).min(CAUTION);
        let surprise = 4.0 * (value - self.pace.mean()).powi(2);
        self.stakes += stake;
        self.weighted += stake * value;
        self.spread += surprise * (-(1.0 - stake).ln() - stake) / 4.0;
        self.pace.add(value);
    }

    /// Returns the interval after what was seen, at least one value.
    pub fn interval(&self) -> Interval {
        let centre = self.weighted / self.stakes;
        let half = ((2.0 / self.level).ln() + self.spread) / self.stakes;
        Interval::around(centre, half).clipped(0.0, 1.0)
    }
}
