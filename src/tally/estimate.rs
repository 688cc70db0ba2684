//! Estimates from counts: a value, how sure it is, and by which method.
//!
//! The unit is the case: repeats and prompts are averaged inside it, and cases that declare the same group hang
//! together.

use std::collections::BTreeMap;

use super::by_case::CaseKey;
use super::count::{CaseCount, Count};
use crate::stats::{
    Bounds, Interval, Sample, clustered_quantile_bounds, clustered_t, clustered_wilson, fieller,
    independent_wilson, mean, quantile_bounds, student_t, wilson,
};

/// The confidence of every interval of a report.
pub const CONFIDENCE: f64 = 0.95;

/// How an interval was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Wilson's score interval: one judged trial per case, no groups.
    Wilson,
    /// Student's t on the means of cases; by group, with one degree of freedom fewer than there are groups.
    ///
    /// Where rates, scores or metrics in 0..=1 show no spread at all, t would claim certainty: then the score interval of so many
    /// groups, with the same quantile.
    T,
    /// Tango's score interval of a difference: pairs of single passes, no groups.
    Tango,
    /// Bets against every mean, of a run that may have stopped before its end.
    Betting,
}

impl Method {
    /// Returns the method as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wilson => "wilson",
            Self::T => "t",
            Self::Tango => "tango",
            Self::Betting => "betting",
        }
    }
}

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its interval; `None` with a single case or group.
    pub interval: Option<Interval>,
    /// How the interval was found.
    pub method: Method,
    /// How many groups the cases fall into, where cases declare groups.
    pub clusters: Option<u64>,
}

/// A quantile of times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimingQuantile {
    /// The estimate.
    pub value: f64,
    /// Its order-statistic interval, each end missing where there are too few values.
    pub bounds: Bounds,
}

/// How long answers took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// How many were measured.
    pub n: u64,
    /// The median.
    pub p50: TimingQuantile,
    /// The 90th percentile.
    pub p90: TimingQuantile,
    /// The 95th percentile.
    pub p95: TimingQuantile,
    /// The 99th percentile.
    pub p99: TimingQuantile,
    /// The mean.
    pub mean: f64,
    /// The longest.
    pub max: f64,
}

/// What a passed trial costs in dollars: the cost of all trials over the number that passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostPerPass {
    /// The estimate; `None` if nothing passed.
    pub value: Option<f64>,
    /// Fieller's interval over cases, or groups of cases; `None` where no finite one has the confidence.
    pub interval: Option<Interval>,
}

impl Count {
    /// Returns how many cases were judged.
    pub fn n(&self) -> u64 {
        let judged = self.cases.values().filter(|case| judged(case) > 0);
        judged.count() as u64
    }

    /// Returns the mean over cases of passed ÷ (passed + failed); `None` if no case was judged.
    pub fn pass_rate(&self) -> Option<Estimate> {
        self.pass_rate_at(CONFIDENCE)
    }

    /// Returns the same with an interval of this confidence.
    pub fn pass_rate_at(&self, confidence: f64) -> Option<Estimate> {
        let single = self.cases.values().all(|case| judged(case) <= 1);
        if !single || self.has_clusters() {
            let rates = self.cases.iter();
            return self.estimate(
                rates.filter_map(|(key, case)| Some((key, case.pass_rate()?))),
                confidence,
            );
        }
        let (passed, n) = self.cases.values().fold((0, 0), |(passed, n), case| {
            (passed + case.passed, n + judged(case))
        });
        let passed = f64::from(passed);
        (n > 0).then(|| Estimate {
            value: passed / f64::from(n),
            interval: Some(wilson(passed, n as usize, confidence)),
            method: Method::Wilson,
            clusters: None,
        })
    }

    /// Returns the mean over cases of their mean score; `None` if no trial has a score.
    pub fn mean_score(&self) -> Option<Estimate> {
        let scores = self.cases.iter();
        self.estimate(
            scores.filter_map(|(key, case)| Some((key, case.score()?))),
            CONFIDENCE,
        )
    }

    /// Returns the mean over cases of each named metric, by name.
    pub fn metrics(&self) -> impl Iterator<Item = (&str, Estimate)> {
        self.metrics_at(CONFIDENCE)
    }

    /// Returns the same with intervals of this confidence.
    pub fn metrics_at(&self, confidence: f64) -> impl Iterator<Item = (&str, Estimate)> {
        self.metrics.iter().filter_map(move |(name, cases)| {
            let means = cases.iter();
            let means = means.filter_map(|(key, mean)| Some((key, mean.get()?)));
            Some((name.as_str(), self.estimate(means, confidence)?))
        })
    }

    /// Returns how long the successful attempts took; `None` if none was measured.
    pub fn latency(&self) -> Option<Timing> {
        self.timing(&self.latencies)
    }

    /// Returns how many latencies were measured, and one of their quantiles with an interval of this confidence.
    pub fn latency_at(&self, q: f64, confidence: f64) -> (u64, Option<TimingQuantile>) {
        self.quantile(&self.latencies, q, confidence)
    }

    /// Returns the same of times to the first token.
    pub fn first_token_at(&self, q: f64, confidence: f64) -> (u64, Option<TimingQuantile>) {
        self.quantile(&self.first_tokens, q, confidence)
    }

    /// Returns how long the first token took; `None` if nothing was streamed.
    pub fn first_token(&self) -> Option<Timing> {
        self.timing(&self.first_tokens)
    }

    /// Returns what a passed trial costs; `None` if unpriced, or if nothing was asked.
    pub fn cost_per_pass(&self) -> Option<CostPerPass> {
        self.cost_per_pass_at(CONFIDENCE)
    }

    /// Returns the same with an interval of this confidence.
    pub fn cost_per_pass_at(&self, confidence: f64) -> Option<CostPerPass> {
        let cost = self.cost?;
        if self.trials() == 0 {
            return None;
        }
        if self.passed == 0 {
            return Some(CostPerPass {
                value: None,
                interval: None,
            });
        }
        let (costs, passes) = self.costs_and_passes();
        let interval = fieller(&costs, &passes, confidence);
        Some(CostPerPass {
            value: Some(cost.to_f64() / passes.iter().sum::<f64>()),
            interval: interval.map(|ends| ends.clipped(0.0, f64::INFINITY)),
        })
    }

    /// Returns what each independent unit cost in dollars, and how often it passed.
    fn costs_and_passes(&self) -> (Vec<f64>, Vec<f64>) {
        let of = |case: &CaseCount| (case.cost, f64::from(case.passed));
        if !self.has_clusters() {
            return self.cases.values().map(of).unzip();
        }
        let mut units = BTreeMap::<u64, (f64, f64)>::new();
        for (key, case) in self.cases.iter() {
            let unit = units.entry(self.unit(key)).or_default();
            let (cost, passed) = of(case);
            unit.0 += cost;
            unit.1 += passed;
        }
        units.into_values().unzip()
    }

    /// Returns the mean over cases. Where every value lies in 0..=1, the interval does too, and has some width even if
    /// the values do not differ at all.
    fn estimate(
        &self,
        values: impl Iterator<Item = (CaseKey, f64)> + Clone,
        confidence: f64,
    ) -> Option<Estimate> {
        let units = self.has_clusters().then(|| {
            let keys = values.clone().map(|(key, _)| self.unit(key));
            keys.collect::<Vec<u64>>()
        });
        let values: Vec<f64> = values.map(|(_, value)| value).collect();
        if values.is_empty() {
            return None;
        }
        let interval = match &units {
            Some(units) => clustered_t(&values, units, confidence),
            None => student_t(&values, confidence),
        };
        let shares = values.iter().all(|value| (0.0..=1.0).contains(value));
        let interval = match interval {
            Some(ends) if shares && ends.high - ends.low <= f64::EPSILON => match &units {
                Some(units) => clustered_wilson(&values, units, confidence),
                None => independent_wilson(&values, confidence),
            },
            Some(ends) if shares => Some(ends.clipped(0.0, 1.0)),
            other => other,
        };
        Some(Estimate {
            value: mean(&values),
            interval,
            method: Method::T,
            clusters: units.map(distinct),
        })
    }

    fn quantile(
        &self,
        times: &[(f64, CaseKey)],
        q: f64,
        confidence: f64,
    ) -> (u64, Option<TimingQuantile>) {
        let found = Times::of(self, times);
        let found = found.map(|times| times.quantile(q, confidence));
        (times.len() as u64, found)
    }

    fn timing(&self, times: &[(f64, CaseKey)]) -> Option<Timing> {
        let n = times.len() as u64;
        let times = Times::of(self, times)?;
        Some(Timing {
            n,
            p50: times.quantile(0.5, CONFIDENCE),
            p90: times.quantile(0.9, CONFIDENCE),
            p95: times.quantile(0.95, CONFIDENCE),
            p99: times.quantile(0.99, CONFIDENCE),
            mean: times.sample.mean(),
            max: times.sample.max(),
        })
    }

    fn has_clusters(&self) -> bool {
        self.cases.values().any(|case| case.cluster.is_some())
    }

    /// Returns the number of the independent unit that a case belongs to: its group, or itself.
    fn unit(&self, key: CaseKey) -> u64 {
        const CASE: u64 = 1 << 63;
        let declared = self.cases.get(key).and_then(|case| case.cluster);
        declared.map_or(CASE | key.number(), |number| u64::from(number.get()))
    }
}

/// Times, sorted once for all their quantiles.
struct Times {
    sample: Sample,
    /// The times as they came and their units, where several share one: most runs ask each case once.
    shared: Option<(Vec<f64>, Vec<u64>)>,
}

impl Times {
    fn of(count: &Count, times: &[(f64, CaseKey)]) -> Option<Self> {
        let values: Vec<f64> = times.iter().map(|(time, _)| *time).collect();
        // They come in the order of the plan.
        let is_apart = !count.has_clusters() && times.is_sorted_by(|(_, a), (_, b)| a < b);
        let shared = (!is_apart).then(|| {
            let units = times.iter().map(|(_, key)| count.unit(*key));
            (values.clone(), units.collect())
        });
        let sample = Sample::new(values)?;
        Some(Self { sample, shared })
    }

    fn quantile(&self, q: f64, confidence: f64) -> TimingQuantile {
        TimingQuantile {
            value: self.sample.quantile(q),
            bounds: match &self.shared {
                None => quantile_bounds(&self.sample, q, confidence),
                Some((values, units)) => {
                    clustered_quantile_bounds(&self.sample, (values, units), q, confidence)
                }
            },
        }
    }
}

/// Returns how many trials of a case passed or failed.
fn judged(case: &CaseCount) -> u32 {
    case.passed + case.failed
}

fn distinct(mut units: Vec<u64>) -> u64 {
    units.sort_unstable();
    units.dedup();
    units.len() as u64
}
