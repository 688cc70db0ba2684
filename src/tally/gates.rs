//! Whether gates hold, and why.

use super::compare::{Comparison, Contest, Opponent, PairSet, Side, Withheld};
use super::count::Count;
use super::tally::Tally;
use crate::catalog::Usd;
use crate::gate::{Against, Bound, Gate, Quantity, Rule};
use crate::journal::{Header, SuiteRecord};
use crate::stats::Verdict;

/// Latencies below which a percentile decides nothing.
const FEWEST_TIMES: u64 = 20;
/// How sure a gate that compares models must be where it does not say, one-sided: not worse, and better.
const NOT_WORSE: f64 = 0.95;
const BETTER: f64 = 0.975;

/// Whether a gate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateStatus {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// The run does not tell.
    Undecided,
}

impl GateStatus {
    /// Returns the status as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Undecided => "undecided",
        }
    }
}

/// One gate and one model that it judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided<'a> {
    /// Index of the suite.
    pub suite: u32,
    /// The label; `None` where the gate judges the suite as a whole.
    pub model: Option<String>,
    /// The gate.
    pub gate: &'a Gate,
    /// Whether it holds.
    pub status: GateStatus,
    /// What was found.
    pub observed: Option<f64>,
    /// The bound on it.
    pub required: Option<f64>,
    /// Why.
    pub reason: Reason,
}

/// Why a gate came out as it did.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The estimate decides.
    Estimate,
    /// The end of an interval decides, or leaves it open: low, high.
    Ends(f64, f64),
    /// There is no interval of the confidence asked for.
    NoInterval,
    /// Nothing was judged, or measured.
    Nothing,
    /// So many were measured, and fewer than are needed.
    TooFew(u64, u64),
    /// Nothing passed.
    NoPass,
    /// Something that was billed has no price.
    Unpriced,
    /// No trial has the metric; these there are.
    NoMetric(Vec<String>),
    /// No case was asked twice.
    NoRepeats,
    /// The run has no such model, or no baseline.
    NotAsked(Option<String>),
    /// No margin was declared.
    NoMargin,
    /// A comparison decides.
    Compared(Box<Comparison>),
}

/// Returns the comparisons that gates need beside those that are made anyway.
pub fn gate_contests(header: &Header, made: &[Contest]) -> Vec<Contest> {
    let mut more: Vec<Contest> = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        for gate in &suite.gates {
            let Some(name) = gate.against().and_then(|against| against.baseline.as_ref()) else {
                continue;
            };
            let Some(baseline) = Side::named(suite, name) else {
                continue;
            };
            for candidate in judged(suite, at, gate, made) {
                let Some(candidate) = Side::named(suite, &candidate) else {
                    continue;
                };
                let contest = Contest {
                    suite: at,
                    baseline_name: name.clone(),
                    candidate_name: candidate.name(suite),
                    baseline: Opponent::Here(baseline.clone()),
                    candidate,
                };
                if !made.contains(&contest) && !more.contains(&contest) {
                    more.push(contest);
                }
            }
        }
    }
    more
}

/// Decides every gate of a run. `sets` are the pairs of [`contests`](super::contests) and [`gate_contests`], of which the first
/// have a comparison each.
pub fn decided<'a>(
    header: &'a Header,
    tally: &Tally,
    sets: &[(Contest, PairSet)],
    comparisons: &[Comparison],
) -> Vec<Decided<'a>> {
    let made: Vec<Contest> = sets[..comparisons.len()]
        .iter()
        .map(|(contest, _)| contest.clone())
        .collect();
    let mut all = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        for gate in &suite.gates {
            let bench = Bench {
                suite,
                at,
                gate,
                tally,
                sets,
                comparisons,
            };
            if let Rule::Bound {
                quantity: Quantity::TotalCost,
                bound,
                ..
            } = &gate.rule
                && gate.models.is_empty()
            {
                all.push(bench.total_cost(*bound));
                continue;
            }
            for label in judged(suite, at, gate, &made) {
                all.push(bench.decide(label));
            }
        }
    }
    all
}

/// Returns the labels that a gate judges: those it names, else all but the baseline that the suite declares or the gate
/// names.
fn judged(suite: &SuiteRecord, at: u32, gate: &Gate, made: &[Contest]) -> Vec<String> {
    if !gate.models.is_empty() {
        return gate.models.clone();
    }
    // A candidate is whatever meets the baseline; against an earlier run all do.
    let contests = made.iter().filter(|contest| contest.suite == at);
    let of_here = contests.filter(|contest| matches!(contest.baseline, Opponent::Here(_)));
    let baselines: Vec<&str> = of_here
        .map(|contest| contest.baseline_name.as_str())
        .collect();
    let against = gate.against();
    let named = against.and_then(|against| against.baseline.as_deref());
    let is_baseline = |label: &str| match (named, against) {
        (Some(named), _) => label == named,
        (None, Some(_)) => baselines.contains(&label),
        (None, None) => suite.baseline.as_deref() == Some(label) && baselines.contains(&label),
    };
    let labels = suite.models.iter().map(|model| model.label.clone());
    labels.filter(|label| !is_baseline(label)).collect()
}

/// One gate, and what it is decided by.
struct Bench<'a, 'b> {
    suite: &'a SuiteRecord,
    at: u32,
    gate: &'a Gate,
    tally: &'b Tally,
    sets: &'b [(Contest, PairSet)],
    comparisons: &'b [Comparison],
}

impl<'a> Bench<'a, '_> {
    fn decide(&self, label: String) -> Decided<'a> {
        let models = self.suite.models.iter().zip(0u32..);
        let known = models.clone().find(|(model, _)| model.label == label);
        let Some((model, model_at)) = known else {
            let reason = Reason::NotAsked(Some(label.clone()));
            return self.open(Some(label), None, reason);
        };
        let count = self.tally.model(self.at, model_at);
        match &self.gate.rule {
            Rule::NoWorseThan(against) => self.not_worse(label, against),
            Rule::BetterThan(against) => self.better(label, against),
            Rule::Bound {
                quantity,
                bound,
                confidence,
            } => {
                let found = number(&count, quantity, *confidence, model.planned);
                self.bounded(Some(label), *bound, confidence.is_some(), found)
            }
        }
    }

    fn total_cost(&self, bound: Bound) -> Decided<'a> {
        let mut total = Some(Usd::ZERO);
        for (_, model) in self.suite.models.iter().zip(0u32..) {
            let count = self.tally.model(self.at, model);
            let paid = count.paid.zip(count.judge_paid);
            total = total.zip(paid).map(|(sum, (a, b))| sum + a + b);
        }
        let found = total.map(|total| (total.to_f64(), None));
        self.bounded(None, bound, false, found.ok_or(Reason::Unpriced))
    }

    /// Decides by the estimate, or where a confidence was asked for, by the end of its interval.
    fn bounded(
        &self,
        model: Option<String>,
        bound: Bound,
        by_ends: bool,
        found: Result<(f64, Option<(f64, f64)>), Reason>,
    ) -> Decided<'a> {
        let required = Some(bound.value());
        let (value, ends) = match found {
            Ok(found) => found,
            Err(Reason::NoPass) => {
                return Decided {
                    status: GateStatus::Failed,
                    ..self.open(model, required, Reason::NoPass)
                };
            }
            Err(reason) => return self.open(model, required, reason),
        };
        let (status, reason) = match ends {
            _ if !by_ends => (of(bound.holds(value)), Reason::Estimate),
            None => (GateStatus::Undecided, Reason::NoInterval),
            Some((low, high)) => {
                let status = match (bound.holds(low), bound.holds(high)) {
                    (true, true) => GateStatus::Passed,
                    (false, false) => GateStatus::Failed,
                    _ => GateStatus::Undecided,
                };
                (status, Reason::Ends(low, high))
            }
        };
        Decided {
            status,
            observed: Some(value),
            ..self.open(model, required, reason)
        }
    }

    fn not_worse(&self, label: String, against: &Against) -> Decided<'a> {
        let Some(margin) = against.margin.or(self.suite.margin) else {
            return self.open(Some(label), None, Reason::NoMargin);
        };
        let required = Some(-margin);
        let (pairs, comparison) = match self.comparison(&label, against, margin) {
            Ok(found) => found,
            Err(reason) => return self.open(Some(label), required, reason),
        };
        let observed = comparison.difference.map(|difference| difference.value);
        let ends = pairs.difference_within(against.confidence.unwrap_or(NOT_WORSE));
        let status = match ends {
            _ if comparison.withheld.is_some() => GateStatus::Undecided,
            Some(ends) if ends.low > -margin => GateStatus::Passed,
            Some(ends) if ends.high < -margin => GateStatus::Failed,
            _ => GateStatus::Undecided,
        };
        Decided {
            status,
            observed,
            ..self.open(
                Some(label),
                required,
                Reason::Compared(Box::new(comparison)),
            )
        }
    }

    fn better(&self, label: String, against: &Against) -> Decided<'a> {
        let margin = against.margin.unwrap_or(0.0);
        let (pairs, comparison) = match self.comparison(&label, against, margin) {
            Ok(found) => found,
            Err(reason) => return self.open(Some(label), Some(margin), reason),
        };
        let observed = comparison.difference.map(|difference| difference.value);
        let ends = pairs.difference_within(against.confidence.unwrap_or(BETTER));
        // No gate passes beside a verdict that knows of no difference.
        let spoken = against.confidence.is_some() || comparison.verdict == Verdict::Better;
        let status = match ends {
            _ if comparison.withheld.is_some() => GateStatus::Undecided,
            Some(ends) if ends.low > margin && spoken => GateStatus::Passed,
            Some(ends) if ends.high < margin => GateStatus::Failed,
            _ => GateStatus::Undecided,
        };
        Decided {
            status,
            observed,
            ..self.open(
                Some(label),
                Some(margin),
                Reason::Compared(Box::new(comparison)),
            )
        }
    }

    /// Returns the pairs of a label and whom the gate holds it against, and what comes of them.
    fn comparison(
        &self,
        label: &str,
        against: &Against,
        margin: f64,
    ) -> Result<(&PairSet, Comparison), Reason> {
        let mut sets = self.sets.iter().enumerate();
        let found = sets.find(|(at, (contest, _))| {
            let meant = match &against.baseline {
                Some(name) => {
                    contest.baseline_name == *name && matches!(contest.baseline, Opponent::Here(_))
                }
                None => *at < self.comparisons.len(),
            };
            contest.suite == self.at && contest.candidate_name == label && meant
        });
        let Some((at, (_, pairs))) = found else {
            return Err(Reason::NotAsked(against.baseline.clone()));
        };
        let mut comparison = Comparison::single(pairs, Some(margin));
        if let Some(made) = self.comparisons.get(at) {
            // What is adjusted for several candidates stays so.
            comparison.adjusted = made.adjusted;
            comparison.decide(pairs);
        }
        Ok((pairs, comparison))
    }

    fn open(&self, model: Option<String>, required: Option<f64>, reason: Reason) -> Decided<'a> {
        Decided {
            suite: self.at,
            model,
            gate: self.gate,
            status: GateStatus::Undecided,
            observed: None,
            required,
            reason,
        }
    }
}

/// Returns a number of a model with the ends of its two-sided interval, each of which is a one-sided bound of `confidence`.
fn number(
    count: &Count,
    quantity: &Quantity,
    confidence: Option<f64>,
    planned: u64,
) -> Result<(f64, Option<(f64, f64)>), Reason> {
    let two_sided = confidence.map_or(super::CONFIDENCE, |one_sided| 2.0 * one_sided - 1.0);
    let estimate = |found: Option<super::Estimate>| {
        let found = found.ok_or(Reason::Nothing)?;
        let ends = found.interval.map(|ends| (ends.low, ends.high));
        Ok((found.value, ends))
    };
    let time = |(n, found): (u64, Option<super::TimingQuantile>)| {
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
        Quantity::FlakyShare => match count.flaky_share() {
            Some(share) => Ok((share, None)),
            None => Err(Reason::NoRepeats),
        },
    }
}

fn of(holds: bool) -> GateStatus {
    if holds {
        GateStatus::Passed
    } else {
        GateStatus::Failed
    }
}

impl Reason {
    /// Returns why a comparison decides nothing, if that is why.
    pub fn withheld(&self) -> Option<Withheld> {
        match self {
            Self::Compared(comparison) => comparison.withheld,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Record;
    use crate::model::ErrorKind;
    use crate::tally::compare::{Chosen, Pairing, compared, contests};
    use crate::tally::fixture::{broken, failed, header_of, record, suite};

    /// A run of two models; the first passes all, the second all but some of its 40 cases.
    fn run(fails: u64, gates: &[&str]) -> (Header, Vec<Record>) {
        let mut suite = suite("support", 40);
        suite.gates = gates.iter().map(|gate| gate.parse().unwrap()).collect();
        suite.baseline = Some("nova-lite".to_owned());
        suite.margin = Some(0.3);
        let mut records = Vec::new();
        for case in 0..40 {
            records.push(record(0, case, 0, 0));
            let second = record(0, case, 0, 1);
            records.push(if case < fails {
                failed(second, "no")
            } else {
                second
            });
        }
        (header_of(vec![suite]), records)
    }

    /// Returns status, label and observed number of each gate.
    fn decide(
        header: &Header,
        records: &[Record],
    ) -> Vec<(GateStatus, Option<String>, Option<f64>)> {
        let mut tally = Tally::default();
        let mut contests = contests(header, None, &Chosen::default());
        let made = contests.len();
        contests.extend(gate_contests(header, &contests));
        let mut pairing = Pairing::new(contests, None);
        for record in records {
            tally.add(header, record);
            pairing.add(header, record);
        }
        let sets = pairing.finish(header);
        let comparisons = compared(&sets[..made], |_| Some(0.3));
        decided(header, &tally, &sets, &comparisons)
            .into_iter()
            .map(|decided| (decided.status, decided.model, decided.observed))
            .collect()
    }

    #[track_caller]
    fn status(fails: u64, gate: &str, expected: GateStatus) {
        let (header, records) = run(fails, &[gate]);
        let found = decide(&header, &records);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, expected, "{gate}: {found:?}");
    }

    #[test]
    fn the_estimate_decides_unless_it_must_be_sure() {
        use GateStatus::{Failed, Passed, Undecided};
        for (fails, gate, expected) in [
            (4, "pass_rate>=0.9", Passed),
            (5, "pass_rate>=0.9", Failed),
            (4, "pass_rate>=0.9@0.95", Undecided),
            (0, "pass_rate>=0.9@0.95", Passed),
            (20, "pass_rate>=0.9@0.95", Failed),
            (0, "completeness>=1", Passed),
            (0, "latency_p50<=5s", Passed),
            (0, "latency_p50<=1", Failed),
            (0, "ttft_p50<=1", Undecided),
            (0, "metric:nothing>=1", Undecided),
            (0, "flaky_share<=1", Undecided),
            (40, "cost_per_pass<=1", Failed),
            (0, "cost_per_pass<=1", Passed),
            (0, "total_cost<=0.000001", Failed),
            (0, "no_worse_than", Passed),
            (20, "no_worse_than", Failed),
            (10, "no_worse_than", Undecided),
            (0, "better_than", Undecided),
            (20, "better_than", Failed),
        ] {
            status(fails, gate, expected);
        }
    }

    #[test]
    fn the_declared_baseline_is_not_judged_unless_it_is_named() {
        let (mut header, records) = run(0, &["pass_rate>=0.9", "better_than=sonnet-4-6"]);
        let labels = |header: &Header| -> Vec<Option<String>> {
            let found = decide(header, &records).into_iter();
            found.map(|(_, label, _)| label).collect()
        };
        let some = |label: &str| Some(label.to_owned());
        assert_eq!(labels(&header), [some("sonnet-4-6"), some("nova-lite")]);
        header.suites[0].baseline = None;
        header.suites[0].gates.truncate(1);
        assert_eq!(labels(&header), [some("nova-lite"), some("sonnet-4-6")]);
        header.suites[0].gates[0].models = vec!["nova-lite".to_owned(), "gone".to_owned()];
        let found = decide(&header, &records);
        assert_eq!(found[1].0, GateStatus::Undecided);
    }

    #[test]
    fn what_was_not_judged_decides_nothing() {
        let (header, mut records) =
            run(0, &["pass_rate>=0.9", "no_worse_than", "completeness>=0.9"]);
        for record in records.iter_mut().filter(|it| it.at.model == 1) {
            *record = broken(record.clone(), ErrorKind::Timeout, "too late");
        }
        let found: Vec<GateStatus> = decide(&header, &records)
            .into_iter()
            .map(|(status, ..)| status)
            .collect();
        use GateStatus::{Failed, Undecided};
        assert_eq!(found, [Undecided, Undecided, Failed]);
    }
}
