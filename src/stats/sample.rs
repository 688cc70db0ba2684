//! Samples: mean, spread and quantiles of numbers that were measured.

use std::collections::BTreeMap;

/// Numbers in ascending order: finite, and at least one, by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Sorts `values`. `None` if there are none, or if one is not finite.
    pub fn new(mut values: Vec<f64>) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        // Equal numbers are the same: no room is taken to keep their order.
        values.sort_unstable_by(f64::total_cmp);
        Some(Self(values))
    }

    /// Returns the numbers in ascending order.
    pub fn sorted(&self) -> &[f64] {
        &self.0
    }

    /// Returns the largest number.
    pub fn max(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    /// Returns the arithmetic mean, summed from the smallest to the largest.
    pub fn mean(&self) -> f64 {
        mean(&self.0)
    }

    /// Returns the quantile at `q` (0..=1), interpolated linearly between the two nearest numbers.
    ///
    /// Source: type 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American
    /// Statistician 50 (1996), 361–365; the default of R and `NumPy`.
    pub fn quantile(&self, q: f64) -> f64 {
        let last = self.0.len() - 1;
        let place = q.clamp(0.0, 1.0) * float(last);
        let below = index(place.floor()).min(last);
        let above = (below + 1).min(last);
        let share = place - float(below);
        self.0[below] + share * (self.0[above] - self.0[below])
    }
}

/// Returns the arithmetic mean; not a number for no values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len())
}

/// Returns the sample standard deviation, with n − 1 in the denominator; 0 for fewer than two values.
pub fn sd(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / float(values.len() - 1)).sqrt()
}

/// Returns the standard error of the mean of `values`, robust to whatever correlates within a cluster, and the number
/// of clusters. `clusters` names the cluster of each value. `None` with fewer than two clusters.
///
/// Source: K.-Y. Liang and S. L. Zeger, Biometrika 73 (1986), 13–22, with the correction G/(G − 1) (CR1).
pub fn cluster_error(values: &[f64], clusters: &[u64]) -> Option<(f64, usize)> {
    let centre = mean(values);
    let mut residuals: BTreeMap<u64, f64> = BTreeMap::new();
    for (value, cluster) in values.iter().zip(clusters) {
        *residuals.entry(*cluster).or_default() += value - centre;
    }
    let count = residuals.len();
    if count < 2 {
        return None;
    }
    let squares: f64 = residuals.values().map(|sum| sum.powi(2)).sum();
    let correction = float(count) / float(count - 1);
    Some(((correction * squares).sqrt() / float(values.len()), count))
}

/// Returns a count as a float; exact below 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay far below 2^53, where floats stop being exact"
)]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}

/// Returns a float that is a whole number, not negative, as an index.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass floor or ceil of something between 0 and a length"
)]
pub(super) fn index(whole: f64) -> usize {
    whole as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_interpolate_as_numpy_does() {
        let sample = Sample::new(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        for (q, expected) in [
            (0.0, 1.0),
            (0.25, 1.75),
            (0.5, 2.5),
            (0.95, 3.85),
            (1.0, 4.0),
        ] {
            assert!((sample.quantile(q) - expected).abs() < 1e-12, "{q}");
        }
        assert!((Sample::new(vec![7.0]).unwrap().quantile(0.95) - 7.0).abs() < 1e-12);
    }

    #[test]
    fn a_sample_is_finite_and_not_empty() {
        assert_eq!(Sample::new(vec![]), None);
        assert_eq!(Sample::new(vec![1.0, f64::NAN]), None);
        assert_eq!(Sample::new(vec![1.0, f64::INFINITY]), None);
    }

    /// Oracle: statsmodels 0.15.0, OLS on a constant, `cov_type="cluster"`.
    #[test]
    fn the_clustered_error_agrees_with_statsmodels() {
        let values = [1., 1., 1., 0., 0., 1., 1., 1., 1., 0., 1., 1.];
        let clusters = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4];
        let (error, count) = cluster_error(&values, &clusters).unwrap();
        assert!((error - 0.157_976_571_751_073_96).abs() < 1e-9, "{error}");
        assert_eq!(count, 5);
        assert_eq!(cluster_error(&values, &[3; 12]), None);
    }

    proptest! {
        #[test]
        fn quantiles_rise_and_stay_inside(values in prop::collection::vec(-1e6..1e6f64, 1..40), p in 0.0..1.0f64, q in 0.0..1.0f64) {
            let sample = Sample::new(values).unwrap();
            let (low, high) = (sample.quantile(p.min(q)), sample.quantile(p.max(q)));
            prop_assert!(low <= high + 1e-9);
            prop_assert!(sample.sorted()[0] <= low && high <= sample.max() + 1e-9);
        }

        #[test]
        fn every_value_its_own_cluster_gives_the_usual_error(values in prop::collection::vec(-10.0..10.0f64, 2..30)) {
            let clusters: Vec<u64> = (0..values.len() as u64).collect();
            let (error, _) = cluster_error(&values, &clusters).unwrap();
            prop_assert!((error - sd(&values) / float(values.len()).sqrt()).abs() < 1e-9);
        }
    }
}
