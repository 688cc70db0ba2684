//! How far a quantile may be off: the ranks between which it lies.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::sample::{Sample, cluster_error, float, index};

/// The ends of an interval, each missing where the sample is too small to tell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// Returns the order-statistic interval of the quantile at `q` (strictly between 0 and 1) of independent values,
/// equal-tailed.
///
/// Assumes nothing of the shape of the distribution. The upper end of a 95 % interval needs 72 values for the 95th
/// percentile and 368 for the 99th. In small samples the interpolated quantile may lie outside the ranks; then the interval
/// reaches to it.
///
/// Source: order statistics as in H. A. David and H. N. Nagaraja, "Order Statistics" (2003), section 7.1.
pub fn quantile_bounds(sample: &Sample, q: f64, confidence: f64) -> Bounds {
    effective_bounds(sample, sample.sorted().len(), q, confidence)
}

/// Returns the same of values that hang together within clusters: `values` in any order, and the cluster of each.
///
/// Ranks are counted on as many values as the design effect of "at or below the quantile" leaves, which widens the interval, as
/// for proportions in [`clustered_wilson`](super::clustered_wilson).
pub fn clustered_quantile_bounds(
    sample: &Sample,
    (values, clusters): (&[f64], &[u64]),
    q: f64,
    confidence: f64,
) -> Bounds {
    let effective = effective_size(values, clusters, sample.quantile(q));
    effective_bounds(sample, effective, q, confidence)
}

/// Returns the interval by the ranks of as many independent values as are `effective`.
fn effective_bounds(sample: &Sample, effective: usize, q: f64, confidence: f64) -> Bounds {
    let sorted = sample.sorted();
    let n = sorted.len();
    let point = sample.quantile(q);
    let (low, high) = ranks(effective, q, confidence);
    let stretch = float(n) / float(effective);
    let low = low.map(|rank| sorted[index((float(rank - 1) * stretch).floor())]);
    let high = high.map(|rank| sorted[index((float(rank) * stretch).ceil()).min(n) - 1]);
    Bounds {
        low: low.map(|low| low.min(point)),
        high: high.map(|high| high.max(point)),
    }
}

/// Returns the ranks, from 1, of a sample of `n` between which its quantile at `q` lies.
fn ranks(n: usize, q: f64, confidence: f64) -> (Option<usize>, Option<usize>) {
    let tail = (1.0 - confidence) / 2.0;
    let below = Binomial::new(q, n as u64).expect("q is a probability");
    let cdf = |rank: usize| below.cdf(rank as u64);
    // The largest l with P(X <= l - 1) <= tail, and the smallest u with P(X >= u) <= tail.
    let low = first(n, |rank| cdf(rank) > tail);
    let high = first(n, |rank| 1.0 - cdf(rank) <= tail) + 1;
    ((low > 0).then_some(low), (high <= n).then_some(high))
}

/// Returns the first of `0..=n` for which `holds`, which holds for all after it; `n` if it never does.
fn first(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut start, mut end) = (0, n);
    while start < end {
        let middle = usize::midpoint(start, end);
        if holds(middle) {
            end = middle;
        } else {
            start = middle + 1;
        }
    }
    start
}

/// Returns how many independent values tell as much of the quantile at `point` as these, at least 1.
fn effective_size(values: &[f64], clusters: &[u64], point: f64) -> usize {
    let mut distinct = clusters.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let n = values.len();
    if distinct.len() == n {
        return n;
    }
    let below: Vec<f64> = values
        .iter()
        .map(|value| if *value <= point { 1.0 } else { 0.0 })
        .collect();
    let share = super::mean(&below);
    let independent = share * (1.0 - share) / float(n);
    match cluster_error(&below, clusters) {
        Some((error, _)) if independent > 0.0 => {
            let effect = (error.powi(2) / independent).max(1.0);
            index((float(n) / effect).floor()).max(1)
        }
        _ => distinct.len().max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred latencies in milliseconds.
    const LATENCIES: [f64; 100] = [
        852.6, 1803.0, 1388.4, 992.5, 474.2, 379.6, 1531.5, 1301.2, 365.9, 1189.6, 306.6, 1406.5,
        1231.8, 1386.4, 735.7, 1225.0, 798.0, 475.8, 1149.1, 1113.9, 969.8, 1006.8, 683.2, 901.8,
        777.9, 573.5, 605.1, 872.7, 354.5, 825.8, 1666.2, 1761.4, 1143.4, 1142.0, 746.3, 1019.6,
        705.1, 1370.3, 712.5, 435.2, 494.8, 609.1, 1523.9, 399.6, 1366.2, 849.4, 704.7, 1161.7,
        2649.8, 1005.2, 923.9, 990.9, 798.2, 1271.2, 520.5, 568.6, 803.5, 1155.2, 449.5, 567.5,
        397.1, 820.2, 638.0, 1036.1, 859.7, 583.9, 1706.0, 1176.0, 706.3, 554.1, 781.2, 1653.9,
        476.1, 538.4, 608.0, 898.2, 1496.4, 1103.0, 965.7, 1019.7, 587.9, 1023.9, 868.0, 813.1,
        1780.5, 742.7, 837.8, 516.9, 482.6, 1558.9, 607.1, 628.7, 316.9, 837.5, 497.9, 909.2,
        1192.3, 842.6, 1023.0, 1070.8,
    ];

    /// Oracle: scipy 1.17.1 `quantile_test().confidence_interval()` for the ends, numpy 2.4.6 for the points.
    #[test]
    fn quantiles_agree_with_scipy() {
        let sample = Sample::new(LATENCIES.to_vec()).unwrap();
        for (q, point, low, high) in [
            (0.5, 851.0, 781.2, 990.9),
            (0.9, 1499.15, 1301.2, 1706.0),
            (0.95, 1668.19, 1496.4, 2649.8),
        ] {
            assert!((sample.quantile(q) - point).abs() < 1e-9, "{q}");
            let bounds = quantile_bounds(&sample, q, 0.95);
            let expected = Bounds {
                low: Some(low),
                high: Some(high),
            };
            assert_eq!(bounds, expected, "{q}");
        }
    }

    /// Oracle: closed form, q^n <= 0.025.
    #[test]
    fn the_upper_end_needs_enough_values() {
        for (q, enough) in [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368), (0.999, 3688)] {
            assert_eq!(ranks(enough, q, 0.95).1, Some(enough), "{q}");
            assert_eq!(ranks(enough - 1, q, 0.95).1, None, "{q}");
        }
        assert_eq!(ranks(1, 0.5, 0.95), (None, None));
    }

    #[test]
    fn repeating_every_value_adds_nothing() {
        let twice: Vec<f64> = LATENCIES.iter().flat_map(|value| [*value; 2]).collect();
        let clusters: Vec<u64> = (0..200).map(|index| index / 2).collect();
        let sample = Sample::new(twice.clone()).unwrap();
        let honest = clustered_quantile_bounds(&sample, (&twice, &clusters), 0.5, 0.95);
        let naive = quantile_bounds(&sample, 0.5, 0.95);
        let width = |bounds: Bounds| bounds.high.unwrap() - bounds.low.unwrap();
        assert!(width(honest) > width(naive), "{honest:?} {naive:?}");
        assert!(width(honest) >= 990.9 - 781.2);
    }

    #[test]
    fn clusters_of_one_change_nothing() {
        let sample = Sample::new(LATENCIES.to_vec()).unwrap();
        let apart: Vec<u64> = (0..100).collect();
        let clustered = clustered_quantile_bounds(&sample, (&LATENCIES, &apart), 0.9, 0.95);
        assert_eq!(clustered, quantile_bounds(&sample, 0.9, 0.95));
    }

    #[test]
    fn the_interval_holds_its_quantile() {
        let sample = Sample::new(vec![1.0, 2.0]).unwrap();
        let bounds = quantile_bounds(&sample, 0.99, 0.95);
        assert!(bounds.low.is_some_and(|low| low <= 1.99), "{bounds:?}");
    }
}
