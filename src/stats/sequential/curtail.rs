//! Stopping where the rest cannot change the outcome: exact, and free.

/// What a bound on a rate comes to, whatever the rest brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curtailed {
    /// It will hold.
    Passes,
    /// It will not hold.
    Fails,
    /// The rest decides.
    Open,
}

/// Returns whether at least `required` of `all` cases will pass, after `passed` of `done` did.
pub fn curtailed(all: u64, required: u64, done: u64, passed: u64) -> Curtailed {
    if passed >= required {
        Curtailed::Passes
    } else if passed + (all - done) < required {
        Curtailed::Fails
    } else {
        Curtailed::Open
    }
}
