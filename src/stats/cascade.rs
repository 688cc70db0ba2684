//! A cheap model first, a strong one where the cheap one's answer is not accepted.

/// What a cascade is made of, as shares and costs of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cascade {
    /// What the cheap model costs.
    pub cheap_cost: f64,
    /// What the strong one costs.
    pub strong_cost: f64,
    /// The share of cheap answers that is accepted.
    pub accepted: f64,
    /// Which share of the accepted ones is right.
    pub right_if_accepted: f64,
    /// Which share of the strong model's answers to the rest is right.
    pub right_on_rest: f64,
}

impl Cascade {
    /// Returns what a case costs on average.
    pub fn cost(&self) -> f64 {
        self.cheap_cost + (1.0 - self.accepted) * self.strong_cost
    }

    /// Returns which share of answers is right.
    pub fn accuracy(&self) -> f64 {
        self.accepted * self.right_if_accepted + (1.0 - self.accepted) * self.right_on_rest
    }

    /// Returns which share of the strong model's cost is saved.
    pub fn saving(&self) -> f64 {
        1.0 - self.cost() / self.strong_cost
    }
}
