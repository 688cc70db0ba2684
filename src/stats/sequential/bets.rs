//! Evidence that the mean of a bounded quantity lies above a bound.

/// The share of what can be lost that is bet at most.
pub(super) const CAUTION: f64 = 0.5;

/// A capital that grows if the mean of values in 0..=1 is above a bound.
///
/// Source: I. Waudby-Smith and A. Ramdas, JRSS B 86 (2024), 1–27: predictable plug-in bets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bets {
    bound: f64,
    level: f64,
    pace: Pace,
    capital: f64,
    highest: f64,
}

impl Bets {
    /// Begins with a capital of 1. `bound` lies strictly between 0 and 1, as does the one-sided `level`.
    pub fn new(bound: f64, level: f64) -> Self {
        Self {
            bound,
            level,
            pace: Pace::default(),
            capital: 1.0,
            highest: 1.0,
        }
    }

    /// Begins a bet that a difference in -1..=1 is above `-margin`; feed it (difference + 1) ÷ 2.
    pub fn not_worse(margin: f64, level: f64) -> Self {
        Self::new(f64::midpoint(1.0, -margin), level)
    }

    /// Takes in the next value.
    pub fn add(&mut self, value: f64) {
        let stake = self.stake();
        self.capital *= 1.0 + stake * (value - self.bound);
        self.highest = self.highest.max(self.capital);
        self.pace.add(value);
    }

    /// Returns what the next value will be bet on.
    pub fn stake(&self) -> f64 {
        (CAUTION / self.bound).min(self.pace.stake(self.level))
    }

    /// Returns the capital.
    pub fn capital(&self) -> f64 {
        self.capital
    }

    /// Returns the highest capital so far: what the claim is worth, whenever one looked.
    pub fn highest(&self) -> f64 {
        self.highest
    }
}

/// What has been seen, which says how much to bet on what comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    seen: f64,
    sum: f64,
    squares: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            seen: 0.0,
            sum: 0.5,
            squares: 0.25,
        }
    }
}

impl Pace {
    pub(super) fn add(&mut self, value: f64) {
        self.seen += 1.0;
        self.sum += value;
        self.squares += (value - self.mean()).powi(2);
    }

    /// Returns the stake on the next value, which sees the past alone, at a one-sided level.
    pub(super) fn stake(&self, level: f64) -> f64 {
        let next = self.seen + 1.0;
        (2.0 * (1.0 / level).ln() / (self.variance() * next * (next + 1.0).ln())).sqrt()
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / (self.seen + 1.0)
    }

    pub(super) fn variance(&self) -> f64 {
        self.squares / (self.seen + 1.0)
    }
}
