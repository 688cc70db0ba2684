//! Quantiles and tails of the distributions that tests and intervals are made of.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::sample::float;

/// Returns how many standard errors a normal interval of `confidence` reaches to each side: 1.96 for 0.95.
pub(super) fn normal_quantile(confidence: f64) -> f64 {
    normal_at(f64::midpoint(1.0, confidence))
}

/// Returns the standard normal quantile at `p`: 1.645 for 0.95.
pub(super) fn normal_at(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// Returns the probability that a standard normal variable exceeds `z`.
pub(super) fn normal_tail(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// Returns how many standard errors an interval of `confidence` by Student's t reaches to each side, with `freedom`
/// degrees of freedom, at least 1.
pub(super) fn t_quantile(freedom: usize, confidence: f64) -> f64 {
    student(freedom).inverse_cdf(f64::midpoint(1.0, confidence))
}

/// Returns the probability that Student's t with `freedom` degrees of freedom, at least 1, exceeds `t`.
pub(super) fn t_tail(freedom: usize, t: f64) -> f64 {
    student(freedom).sf(t)
}

fn student(freedom: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, float(freedom)).expect("there is a degree of freedom")
}
