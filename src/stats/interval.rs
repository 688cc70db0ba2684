//! Intervals for proportions and means.
//!
//! All are two-sided; `confidence` lies strictly between 0 and 1.

use statrs::distribution::{Beta, ContinuousCDF};

use super::distribution::{normal_quantile, t_quantile};
use super::sample::{cluster_error, float, mean, sd};

/// Two ends, `low <= high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Returns the part within `low..=high`, for quantities that cannot lie outside.
    #[must_use]
    pub fn clipped(self, low: f64, high: f64) -> Self {
        Self {
            low: self.low.clamp(low, high),
            high: self.high.clamp(low, high),
        }
    }

    /// Returns `centre` plus and minus `half`.
    pub(super) fn around(centre: f64, half: f64) -> Self {
        Self {
            low: centre - half,
            high: centre + half,
        }
    }
}

/// Returns Wilson's score interval of `successes` in `n` independent trials; `n` is at least 1.
///
/// Unlike the normal approximation it stays within `0..=1` and is sensible when all pass or all fail, the usual cases
/// in a small suite.
///
/// Source: E. B. Wilson, "Probable inference …", JASA 22 (1927), 209–212; recommended by Brown, Cai and others,
/// Statistical Science 16 (2001), 101–133.
pub fn wilson(successes: f64, n: usize, confidence: f64) -> Interval {
    score_interval(successes / float(n), float(n), normal_quantile(confidence))
}

/// Returns the score interval of a share `p` (0..=1) of `n` trials, `quantile` standard errors to each side.
///
/// `n` may be a fraction: the number of independent trials that would tell as much.
pub fn score_interval(p: f64, n: f64, quantile: f64) -> Interval {
    let square = quantile * quantile;
    let scale = 1.0 + square / n;
    let centre = (p + square / (2.0 * n)) / scale;
    let half = quantile / scale * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let around = Interval::around(centre, half).clipped(0.0, 1.0);
    Interval {
        low: if p <= 0.0 { 0.0 } else { around.low },
        high: if p >= 1.0 { 1.0 } else { around.high },
    }
}

/// Returns the interval of `successes` in `n` trials that covers with at least the confidence stated, for guarantees.
///
/// Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404–413, by quantiles of the beta distribution.
#[expect(
    clippy::missing_panics_doc,
    reason = "both shapes are at least 1 in each branch that uses them"
)]
pub fn clopper_pearson(successes: usize, n: usize, confidence: f64) -> Interval {
    let tail = (1.0 - confidence) / 2.0;
    let quantile = |a: usize, b: usize, p: f64| {
        let beta = Beta::new(float(a), float(b)).expect("both shapes are at least 1");
        beta.inverse_cdf(p)
    };
    Interval {
        low: match successes {
            0 => 0.0,
            _ => quantile(successes, n - successes + 1, tail),
        },
        high: match n - successes {
            0 => 1.0,
            failures => quantile(successes + 1, failures, 1.0 - tail),
        },
    }
}

/// Returns Student's t interval of the mean of independent `values`; `None` for fewer than two.
///
/// Not clipped: the caller knows the range of what was measured. Without any spread its width is 0.
pub fn student_t(values: &[f64], confidence: f64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let error = sd(values) / float(values.len()).sqrt();
    let half = t_quantile(values.len() - 1, confidence) * error;
    Some(Interval::around(mean(values), half))
}

/// Returns the t interval of a mean whose values hang together within clusters, G − 1 degrees of freedom; `None` for
/// fewer than two clusters. Not clipped.
///
/// Source: E. Miller, "Adding Error Bars to Evals", arXiv 2411.00640 (2024), appendix A; see [`cluster_error`].
pub fn clustered_t(values: &[f64], clusters: &[u64], confidence: f64) -> Option<Interval> {
    let (error, count) = cluster_error(values, clusters)?;
    let half = t_quantile(count - 1, confidence) * error;
    Some(Interval::around(mean(values), half))
}

/// Returns a score interval of the mean of `values` in 0..=1 that hang together within clusters; `None` for fewer than
/// two clusters.
///
/// The number of values is divided by the design effect, and t with G − 1 degrees of freedom stands in for z. Where
/// the values do not differ at all, there is no design effect to measure, and each cluster counts as one observation.
///
/// Source: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998), 193–201.
pub fn clustered_wilson(values: &[f64], clusters: &[u64], confidence: f64) -> Option<Interval> {
    let (error, count) = cluster_error(values, clusters)?;
    Some(effective_wilson(values, error, count, confidence))
}

/// Returns the same where every value is a cluster of its own; `None` for fewer than two.
pub fn independent_wilson(values: &[f64], confidence: f64) -> Option<Interval> {
    let n = values.len();
    let error = sd(values) / float(n).sqrt();
    (n >= 2).then(|| effective_wilson(values, error, n, confidence))
}

/// Returns the score interval of a mean with this standard error, of so many clusters.
fn effective_wilson(values: &[f64], error: f64, clusters: usize, confidence: f64) -> Interval {
    let p = mean(values);
    let independent = p * (1.0 - p) / float(values.len());
    let n = if error <= f64::EPSILON || independent <= f64::EPSILON {
        float(clusters)
    } else {
        float(values.len()) / (error.powi(2) / independent).max(1.0)
    };
    score_interval(p, n, t_quantile(clusters - 1, confidence))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(name: &str, actual: Interval, low: f64, high: f64) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            near(actual.low, low) && near(actual.high, high),
            "{name}: {actual:?}"
        );
    }

    /// Oracle: statsmodels 0.15.0, `proportion_confint` with `wilson` and `beta`, 95 %.
    #[test]
    fn proportions_agree_with_statsmodels() {
        for (k, n, wilson_low, wilson_high, exact_low, exact_high) in [
            (
                0,
                10,
                0.0,
                0.277_532_799_862_889_26,
                0.0,
                0.308_497_107_818_760_83,
            ),
            (
                1,
                3,
                0.061_491_944_720_396_26,
                0.792_340_399_197_952_3,
                0.008_403_758_659_612_636,
                0.905_700_675_949_753_9,
            ),
            (
                7,
                10,
                0.396_778_147_461_145_36,
                0.892_208_732_593_698_9,
                0.347_547_149_940_002_7,
                0.933_260_488_822_265_5,
            ),
            (
                10,
                10,
                0.722_467_200_137_110_6,
                1.0,
                0.691_502_892_181_239_2,
                1.0,
            ),
            (
                45,
                50,
                0.786_397_685_625_203_4,
                0.956_524_235_068_109_5,
                0.781_864_633_565_797_7,
                0.966_724_906_410_977_5,
            ),
            (
                187,
                200,
                0.891_980_920_700_931,
                0.961_623_645_350_847_1,
                0.891_412_763_496_184_8,
                0.964_939_291_343_020_9,
            ),
            (
                200,
                200,
                0.981_154_673_622_733_5,
                1.0,
                0.981_724_659_644_863_8,
                1.0,
            ),
        ] {
            let name = format!("{k} of {n}");
            check(&name, wilson(float(k), n, 0.95), wilson_low, wilson_high);
            check(&name, clopper_pearson(k, n, 0.95), exact_low, exact_high);
        }
    }

    /// Oracle: closed form 1 − 0.05^(1/n), the one-sided bound after no failure in n.
    #[test]
    fn no_failures_bound_the_rate_of_failure() {
        for (n, upper) in [
            (20, 0.139_108_340_668_265_16),
            (50, 0.058_155_079_116_972_264),
            (59, 0.049_507_609_888_227),
            (100, 0.029_513_049_607_039_932),
            (300, 0.009_936_081_944_457_72),
        ] {
            check(&n.to_string(), clopper_pearson(0, n, 0.90), 0.0, upper);
        }
    }

    /// Oracle: scipy 1.17.1, `stats.t.interval`.
    #[test]
    fn means_agree_with_scipy() {
        let scores = [0.9, 0.8, 1.0, 0.4, 0.75, 0.6, 0.85, 1.0, 0.0, 0.7];
        let interval = student_t(&scores, 0.95).unwrap();
        check(
            "scores",
            interval,
            0.480_805_388_355_123_54,
            0.919_194_611_644_876_6,
        );

        let means_of_repeats = [1.0, 0.75, 0.25, 0.75, 0.0, 1.0];
        let interval = student_t(&means_of_repeats, 0.95).unwrap();
        check(
            "repeats",
            interval,
            0.193_900_320_534_325_6,
            1.056_099_679_465_674_5,
        );
        assert_eq!(student_t(&[1.0], 0.95), None);
    }

    /// Oracle: statsmodels 0.15.0 for the clustered error, scipy 1.17.1 for the quantiles.
    #[test]
    fn clusters_widen_the_interval() {
        let scores = [1., 1., 1., 0., 0., 1., 1., 1., 1., 0., 1., 1.];
        let clusters = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4];
        let interval = clustered_t(&scores, &clusters, 0.95).unwrap();
        check(
            "t",
            interval,
            0.311_386_720_625_802_6,
            1.188_613_279_374_198,
        );
        let interval = clustered_wilson(&scores, &clusters, 0.95).unwrap();
        check(
            "wilson",
            interval,
            0.290_251_285_658_471_9,
            0.956_536_128_676_845_3,
        );

        let differences = [
            0., 1., 0., -1., 1., 1., 0., 0., 1., 0., 0., 1., 0., 0., 1., 0.,
        ];
        let clusters: Vec<u64> = (0..16).map(|index| index / 4).collect();
        let interval = clustered_t(&differences, &clusters, 0.95).unwrap();
        check(
            "differences",
            interval,
            -0.068_370_045_207_203_2,
            0.693_370_045_207_203_6,
        );
    }

    #[test]
    fn what_never_varies_is_still_not_certain() {
        let interval = clustered_wilson(&[1.0; 6], &[0, 0, 0, 1, 1, 1], 0.95).unwrap();
        assert!(interval.low < 0.1 && interval.high >= 1.0, "{interval:?}");
    }

    proptest! {
        #[test]
        fn wilson_holds_its_estimate_and_stays_inside(n in 1usize..500, share in 0.0..=1.0f64) {
            let k = (share * float(n)).round();
            let interval = wilson(k, n, 0.95);
            let p = k / float(n);
            prop_assert!(0.0 <= interval.low && interval.low <= p + 1e-12);
            prop_assert!(p <= interval.high + 1e-12 && interval.high <= 1.0);
        }

        #[test]
        fn clusters_of_one_are_independent(values in prop::collection::vec(0.0..=1.0f64, 2..30)) {
            let apart: Vec<u64> = (0..values.len() as u64).collect();
            let clustered = clustered_wilson(&values, &apart, 0.95).unwrap();
            let independent = independent_wilson(&values, 0.95).unwrap();
            prop_assert!((clustered.low - independent.low).abs() < 1e-9);
            prop_assert!((clustered.high - independent.high).abs() < 1e-9);
        }
    }
}
