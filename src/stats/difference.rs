//! Two models on the same cases, by scores or by shares of repeats: the mean of the differences of pairs.

use super::distribution::{t_quantile, t_tail};
use super::interval::Interval;
use super::pairs::tango;
use super::sample::{cluster_error, float, mean, sd};

/// Units up to which all ways to flip their signs are tried: about a million.
const MOST_UNITS: usize = 20;

/// Differences of pairs, candidate less baseline, and their mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of the error: one fewer than there are independent units.
    pub freedom: usize,
    /// The sum of each unit, for flipping signs.
    sums: Vec<f64>,
}

impl Differences {
    /// Takes in independent differences; `None` for fewer than two.
    pub fn new(values: &[f64]) -> Option<Self> {
        (values.len() >= 2).then(|| Self {
            mean: mean(values),
            error: sd(values) / float(values.len()).sqrt(),
            freedom: values.len() - 1,
            sums: values.to_vec(),
        })
    }

    /// Takes in differences that hang together within clusters; `None` for fewer than two clusters.
    ///
    /// Source: see [`cluster_error`].
    pub fn clustered(values: &[f64], clusters: &[u64]) -> Option<Self> {
        let (error, count) = cluster_error(values, clusters)?;
        let mut sums = std::collections::BTreeMap::<u64, f64>::new();
        for (value, cluster) in values.iter().zip(clusters) {
            *sums.entry(*cluster).or_default() += value;
        }
        Some(Self {
            mean: mean(values),
            error,
            freedom: count - 1,
            sums: sums.into_values().collect(),
        })
    }

    /// Returns the number of independent units.
    pub fn units(&self) -> usize {
        self.freedom + 1
    }

    /// Returns the interval of a mean of differences in -1..=1 by Student's t.
    ///
    /// Where the differences do not differ at all, t would be certain of what a few cases show: then it is Tango's interval
    /// of as many pairs that pass and fail.
    pub fn interval(&self, confidence: f64) -> Interval {
        if self.error <= f64::EPSILON {
            let n = float(self.units());
            let (up, down) = (self.mean.max(0.0) * n, (-self.mean).max(0.0) * n);
            return tango(up, down, n, confidence);
        }
        self.interval_unclipped(confidence).clipped(-1.0, 1.0)
    }

    /// Returns the interval of the mean by Student's t, for quantities of any size; of no width if there is no spread.
    pub fn interval_unclipped(&self, confidence: f64) -> Interval {
        let half = t_quantile(self.freedom, confidence) * self.error;
        Interval::around(self.mean, half)
    }

    /// Returns the two-sided p-value of the t test that the mean is 0.
    pub fn t_p(&self) -> f64 {
        if self.error <= f64::EPSILON {
            return if self.mean.abs() <= f64::EPSILON {
                1.0
            } else {
                0.0
            };
        }
        2.0 * t_tail(self.freedom, (self.mean / self.error).abs())
    }

    /// Returns t and the one-sided p-value of the claim that the mean is above `-margin`.
    pub fn not_worse(&self, margin: f64) -> (f64, f64) {
        let t = (self.mean + margin) / self.error;
        (t, t_tail(self.freedom, t))
    }

    /// Returns the p-value of the claim that the mean lies within `margin` of 0: the larger of two one-sided ones.
    ///
    /// Source: D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987), 657–680.
    pub fn equivalence_p(&self, margin: f64) -> f64 {
        let (_, low) = self.not_worse(margin);
        low.max(t_tail(self.freedom, (margin - self.mean) / self.error))
    }

    /// Returns the two-sided p-value by trying every way to flip the signs of units: exact whatever the distribution, as long
    /// as it is symmetric. `None` for more than 20 units, for which t is as good and far cheaper.
    ///
    /// Source: R. A. Fisher, "The Design of Experiments" (1935), section 21.
    pub fn sign_flip_p(&self) -> Option<f64> {
        let sums = &self.sums;
        if sums.len() > MOST_UNITS {
            return None;
        }
        let observed: f64 = sums.iter().sum::<f64>().abs();
        // Sums that are equal but for rounding count as equal.
        let enough = observed - 1e-9 * sums.iter().map(|sum| sum.abs()).sum::<f64>().max(1e-300);
        let mut signs = vec![1.0; sums.len()];
        let mut total: f64 = sums.iter().sum();
        let (mut hits, all) = (0_u64, 1_u64 << sums.len());
        for step in 0..all {
            hits += u64::from(total.abs() >= enough);
            // A Gray code: each step flips one sign.
            let flipped = (step + 1).trailing_zeros() as usize;
            if let Some(sign) = signs.get_mut(flipped) {
                *sign = -*sign;
                total += 2.0 * *sign * sums[flipped];
            }
        }
        let float = |count: u64| float(usize::try_from(count).unwrap_or(usize::MAX));
        Some(float(hits) / float(all))
    }
}

/// Returns the differences by which the candidate exceeds a share `kept` of the baseline, pairwise: it keeps that share if
/// their mean is above 0.
pub fn above_share(candidate: &[f64], baseline: &[f64], kept: f64) -> Vec<f64> {
    let pairs = candidate.iter().zip(baseline);
    pairs.map(|(ours, theirs)| ours - kept * theirs).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_spread_a_few_cases_prove_little() {
        let same = Differences::new(&[0.0; 10]).unwrap();
        let ends = same.interval(0.9);
        assert!(ends.low < -0.2 && ends.high > 0.2, "{ends:?}");
        assert!((same.t_p() - 1.0).abs() < 1e-12);
        assert_eq!(same.sign_flip_p(), Some(1.0));
        assert_eq!(Differences::new(&[1.0]), None);
        let all = Differences::new(&[1.0; 3]).unwrap();
        assert_eq!(all.sign_flip_p(), Some(0.25));
        assert_eq!(Differences::new(&[0.5; 21]).unwrap().sign_flip_p(), None);
    }

    proptest! {
        #[test]
        fn clusters_of_one_are_no_clusters(values in prop::collection::vec(-1.0..1.0f64, 2..12)) {
            let clusters: Vec<u64> = (0..values.len() as u64).collect();
            let (plain, clustered) = (Differences::new(&values).unwrap(), Differences::clustered(&values, &clusters).unwrap());
            prop_assert!((plain.error - clustered.error).abs() < 1e-9);
            prop_assert_eq!(plain.sign_flip_p(), clustered.sign_flip_p());
        }

        #[test]
        fn flipping_agrees_with_trying_them_one_by_one(values in prop::collection::vec(-5i32..5, 2..9)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let found = Differences::new(&values).unwrap().sign_flip_p().unwrap();
            let observed = values.iter().sum::<f64>().abs();
            let hits = (0u32..1 << values.len()).filter(|signs| {
                let sum: f64 = values.iter().enumerate().map(|(bit, value)| if signs >> bit & 1 == 1 { -value } else { *value }).sum();
                sum.abs() >= observed
            });
            let expected = float(hits.count()) / float(1 << values.len());
            prop_assert!((found - expected).abs() < 1e-12);
        }
    }
}
