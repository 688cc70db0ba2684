//! The sign test.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Returns the two-sided probability that counts at least as uneven as these come from a fair coin; 1 for no counts.
///
/// Source: the exact binomial test, J. Arbuthnot, Philosophical Transactions 27 (1710), 186–190; W. J. Conover, "Practical
/// Nonparametric Statistics" (1999), section 3.4.
#[expect(clippy::missing_panics_doc, reason = "one half is a probability")]
pub fn sign_test(a: u64, b: u64) -> f64 {
    let coin = Binomial::new(0.5, a + b).expect("one half is a probability");
    (2.0 * coin.cdf(a.min(b))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: `binomtest` of scipy 1.17.1.
    #[test]
    fn it_agrees_with_scipy() {
        for (a, b, expected) in [
            (30, 12, 0.007_915_897_334_896_727),
            (14, 4, 0.030_883_789_062_5),
            (3, 12, 0.035_156_25),
            (5, 5, 1.0),
            (0, 0, 1.0),
        ] {
            assert!((sign_test(a, b) - expected).abs() < 1e-9, "{a} {b}");
            assert!((sign_test(b, a) - expected).abs() < 1e-9, "{b} {a}");
        }
    }
}
