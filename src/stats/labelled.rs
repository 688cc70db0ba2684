//! A mean over many that a judge has seen, put right by few that people have.

use super::distribution::normal_quantile;
use super::interval::Interval;
use super::sample::{float, mean, sd};

/// Returns the mean that people would have given, and its interval: that of the judge over all, and by how much people differ
/// from the judge where both have seen the same. `human` and `judge` belong together pairwise, two at least; `unseen` is what the
/// judge said of the rest, two at least. `None` for fewer.
///
/// Source: A. N. Angelopoulos and others, Science 382 (2023), 669–674: prediction-powered inference.
pub fn powered_mean(
    human: &[f64],
    judge: &[f64],
    unseen: &[f64],
    confidence: f64,
) -> Option<(f64, Interval)> {
    if human.len() < 2 || human.len() != judge.len() || unseen.len() < 2 {
        return None;
    }
    let pairs = human.iter().zip(judge);
    let off: Vec<f64> = pairs.map(|(human, judge)| human - judge).collect();
    let estimate = mean(unseen) + mean(&off);
    let error = sd(unseen).powi(2) / float(unseen.len()) + sd(&off).powi(2) / float(off.len());
    let half = normal_quantile(confidence) * error.sqrt();
    Some((estimate, Interval::around(estimate, half)))
}
