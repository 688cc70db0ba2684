//! Ratios of two sums, such as the cost per passed trial.

use super::distribution::t_quantile;
use super::interval::Interval;
use super::sample::{float, mean, sd};

/// Returns Fieller's interval of Σ`above` ÷ Σ`below`, whose terms belong together pairwise and are independent between
/// pairs. The lower end is not clipped.
///
/// `None` for fewer than two pairs, and where the denominator is not clearly different from 0: then no finite interval
/// has the confidence. Preferred over the delta method because passes may be few.
///
/// Source: E. C. Fieller, "Some problems in interval estimation", JRSS B 16 (1954), 175–185.
pub fn fieller(above: &[f64], below: &[f64], confidence: f64) -> Option<Interval> {
    let n = above.len();
    if n < 2 || n != below.len() {
        return None;
    }
    let square = t_quantile(n - 1, confidence).powi(2);
    let coefficient = |left: &[f64], right: &[f64]| {
        mean(left) * mean(right) - square * covariance_of_means(left, right)
    };
    // The ends are the roots of `squared` r² − 2 `linear` r + `constant`.
    let squared = coefficient(below, below);
    let linear = coefficient(above, below);
    let constant = coefficient(above, above);
    if squared <= 0.0 {
        return None;
    }
    // Rounding may push a root of zero below zero.
    let root = (linear * linear - squared * constant).max(0.0).sqrt();
    Some(Interval {
        low: (linear - root) / squared,
        high: (linear + root) / squared,
    })
}

/// Returns Σ`above` ÷ Σ`below` and its standard error by the delta method, for as many independent pairs, two at least.
///
/// Source: W. G. Cochran, "Sampling Techniques" (1977), section 6.4. Too narrow where the denominator is small; see [`fieller`].
pub fn ratio_error(above: &[f64], below: &[f64]) -> (f64, f64) {
    let ratio = mean(above) / mean(below);
    let residuals: Vec<f64> = above
        .iter()
        .zip(below)
        .map(|(above, below)| above - ratio * below)
        .collect();
    (
        ratio,
        sd(&residuals) / float(above.len()).sqrt() / mean(below),
    )
}

/// Returns the covariance of the means of two paired series of at least two values.
fn covariance_of_means(left: &[f64], right: &[f64]) -> f64 {
    let (mean_left, mean_right) = (mean(left), mean(right));
    let products = left
        .iter()
        .zip(right)
        .map(|(l, r)| (l - mean_left) * (r - mean_right));
    products.sum::<f64>() / float(left.len() - 1) / float(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: numpy 2.4.6 and scipy 1.17.1.
    #[test]
    fn cost_per_success_agrees_with_the_closed_form() {
        let cost = [
            0.0021, 0.0019, 0.003, 0.0025, 0.0041, 0.0018, 0.0022, 0.0027, 0.0035, 0.002, 0.0024,
            0.0029,
        ];
        let success = [1., 1., 0., 1., 0., 1., 1., 1., 1., 1., 0., 1.];
        let interval = fieller(&cost, &success, 0.95).unwrap();
        assert!(
            (interval.low - 0.002_207_981_251_004_362).abs() < 1e-10,
            "{interval:?}"
        );
        assert!(
            (interval.high - 0.006_156_042_602_815_394).abs() < 1e-10,
            "{interval:?}"
        );
    }

    #[test]
    fn too_few_successes_give_no_interval() {
        assert_eq!(fieller(&[1.0; 4], &[0.0, 0.0, 0.0, 1.0], 0.95), None);
        assert_eq!(fieller(&[1.0], &[1.0], 0.95), None);
    }
}
