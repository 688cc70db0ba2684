//! How long until a lane is done, by what was expected of it and by what has been seen. Pure.

/// Seconds from which on, and trials in the later half of the time from which on, the pace that is seen counts.
const SEEN_ENOUGH: (f64, usize) = (20.0, 20);

/// Returns how many seconds a lane still needs for the rest of `planned` trials, `elapsed` seconds after it began; `None` if nobody can
/// tell yet.
///
/// `finished` holds when its trials were done, in ascending order. `expected` is how long the whole was expected to take. Of what is seen the
/// later half of the time counts: what a full quota allows at once at the beginning says nothing of the rest.
pub fn remaining(
    finished: &[f64],
    planned: u64,
    elapsed: f64,
    expected: Option<f64>,
) -> Option<f64> {
    let left = planned.saturating_sub(finished.len() as u64);
    if left == 0 {
        return Some(0.0);
    }
    let half = elapsed / 2.0;
    let before = finished.partition_point(|at| *at < half);
    let recent = finished.len() - before;
    let (long, many) = SEEN_ENOUGH;
    if elapsed >= long && recent >= many {
        return Some(float(left) * half / float(recent as u64));
    }
    let whole = expected.map(|whole| whole - elapsed);
    if let Some(rest) = whole.filter(|rest| *rest > 0.0) {
        return Some(rest);
    }
    let so_far = float(finished.len() as u64);
    (so_far > 0.0).then(|| float(left) * elapsed / so_far)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below what a float tells apart"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` trials, one each `step` seconds from `from` on.
    fn steady(from: f64, step: f64, count: u32) -> impl Iterator<Item = f64> {
        (0..count).map(move |number| from + step * f64::from(number))
    }

    #[test]
    fn what_is_left_is_told_by_what_is_known_best() {
        let burst: Vec<f64> = steady(0.0, 0.01, 100).chain(steady(1.0, 1.0, 60)).collect();
        let slow: Vec<f64> = steady(2.0, 2.0, 5).collect();
        for (what, finished, planned, elapsed, expected, left) in [
            ("nothing is known", &[][..], 10, 5.0, None, None),
            ("nothing is seen", &[], 10, 5.0, Some(60.0), Some(55.0)),
            ("nothing is left", &slow, 5, 30.0, Some(60.0), Some(0.0)),
            ("little is seen", &slow, 10, 10.0, Some(60.0), Some(50.0)),
            (
                "longer than expected",
                &slow,
                10,
                12.0,
                Some(10.0),
                Some(12.0),
            ),
            ("without an expectation", &slow, 10, 10.0, None, Some(10.0)),
            // 30 in the last 30 seconds, whatever came at once at the beginning.
            ("a burst", &burst, 220, 60.0, Some(70.0), Some(60.0)),
        ] {
            let found = remaining(finished, planned, elapsed, expected);
            let same = match (found, left) {
                (Some(found), Some(left)) => (found - left).abs() < 0.05 * left + 1e-9,
                (found, left) => found == left,
            };
            assert!(same, "{what}: {found:?}, not {left:?}");
        }
    }
}
