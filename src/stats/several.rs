//! Several tests at once: p-values that say how likely it is that any of them, or what share of them, errs.

use super::sample::float;

/// Returns p-values adjusted so that the chance of any false finding among them stays below the level they are held to.
///
/// Source: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let mut adjusted = vec![0.0; p_values.len()];
    let mut highest: f64 = 0.0;
    for (rank, at) in order.iter().enumerate() {
        let left = float(p_values.len() - rank);
        highest = highest.max(p_values[*at] * left).min(1.0);
        adjusted[*at] = highest;
    }
    adjusted
}

/// Returns p-values adjusted so that the expected share of false findings stays below the level they are held to; for
/// exploring, not for deciding.
///
/// Source: Y. Benjamini and Y. Hochberg, JRSS B 57 (1995), 289–300.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let mut adjusted = vec![0.0; p_values.len()];
    let mut lowest: f64 = 1.0;
    for (rank, at) in order.iter().enumerate().rev() {
        let scale = float(p_values.len()) / float(rank + 1);
        lowest = lowest.min(p_values[*at] * scale);
        adjusted[*at] = lowest;
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_never_lowers(p in prop::collection::vec(0.0..1.0f64, 1..8)) {
            let (holm, bh) = (holm(&p), benjamini_hochberg(&p));
            for at in 0..p.len() {
                prop_assert!(p[at] <= bh[at] + 1e-12 && bh[at] <= holm[at] + 1e-12 && holm[at] <= 1.0);
                for other in 0..p.len() {
                    prop_assert!(p[at] > p[other] || holm[at] <= holm[other]);
                }
            }
        }
    }
}
