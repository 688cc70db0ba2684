//! The numbers that gates bound.

use super::Reason;
use crate::gate::Quantity;
use crate::tally::{CONFIDENCE, Count, Estimate, TimingQuantile};

/// Latencies below which a percentile decides nothing.
const FEWEST_TIMES: u64 = 20;

/// Returns a number of a model with the ends of its two-sided interval, each of which is a one-sided bound of `confidence`.
pub(super) fn number(
    count: &Count,
    quantity: &Quantity,
    confidence: Option<f64>,
    planned: u64,
    flaky: Option<f64>,
) -> Result<(f64, Option<(f64, f64)>), Reason> {
    let two_sided = confidence.map_or(CONFIDENCE, |one_sided| 2.0 * one_sided - 1.0);
    let estimate = |found: Option<Estimate>| {
        let found = found.ok_or(Reason::Nothing)?;
        let ends = found.interval.map(|ends| (ends.low, ends.high));
        Ok((found.value, ends))
    };
    let time = |(n, found): (u64, Option<TimingQuantile>)| {
        let found = found.ok_or(Reason::Nothing)?;
        if n < FEWEST_TIMES {
            return Err(Reason::TooFew(n, FEWEST_TIMES));
        }
        Ok((found.value, found.bounds.low.zip(found.bounds.high)))
    };
    match quantity {
        Quantity::PassRate => estimate(count.pass_rate_at(two_sided)),
        Quantity::Metric(name) => {
            let mut metrics = count.metrics_at(two_sided);
            match metrics.find(|(known, _)| known == name) {
                Some((_, found)) => estimate(Some(found)),
                None => {
                    let names = count.metrics().map(|(name, _)| name.to_owned());
                    Err(Reason::NoMetric(names.collect()))
                }
            }
        }
        Quantity::CostPerPass => match count.cost_per_pass_at(two_sided) {
            None if count.cost.is_none() => Err(Reason::Unpriced),
            None => Err(Reason::Nothing),
            Some(found) => {
                let value = found.value.ok_or(Reason::NoPass)?;
                Ok((value, found.interval.map(|ends| (ends.low, ends.high))))
            }
        },
        Quantity::TotalCost => {
            let paid = count.paid.zip(count.judge_paid).ok_or(Reason::Unpriced)?;
            Ok(((paid.0 + paid.1).to_f64(), None))
        }
        Quantity::Latency(percentile) => time(count.latency_at(percentile.share(), two_sided)),
        Quantity::Ttft(percentile) => time(count.first_token_at(percentile.share(), two_sided)),
        Quantity::Completeness => {
            let (done, planned) = (count.passed + count.failed, planned.max(1));
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            let share = done as f64 / planned as f64;
            Ok((share, None))
        }
        Quantity::FlakyShare => match flaky {
            Some(share) => Ok((share, None)),
            None => Err(Reason::NoRepeats),
        },
    }
}
