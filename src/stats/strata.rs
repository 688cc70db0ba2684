//! A part of a suite, drawn by strata: what it says of the whole.

use super::sample::float;

/// A stratum, of which some cases were asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// Its cases.
    pub cases: usize,
    /// How many of them were asked, at least two.
    pub asked: usize,
    /// Which share of these passed.
    pub rate: f64,
}

/// Returns the pass rate of the whole and its standard error; what was asked of a finite suite is known for sure.
///
/// Source: W. G. Cochran, "Sampling Techniques" (1977), section 5.6.
pub fn stratified(strata: &[Stratum]) -> (f64, f64) {
    let all = float(strata.iter().map(|stratum| stratum.cases).sum());
    let weight = |stratum: &Stratum| float(stratum.cases) / all;
    let rate = strata.iter().map(|stratum| weight(stratum) * stratum.rate);
    let variance = strata.iter().map(|stratum| {
        let missing = 1.0 - float(stratum.asked) / float(stratum.cases);
        let spread = stratum.rate * (1.0 - stratum.rate) / float(stratum.asked - 1);
        weight(stratum).powi(2) * missing * spread
    });
    (rate.sum(), variance.sum::<f64>().sqrt())
}
