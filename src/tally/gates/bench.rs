//! One gate and one model: the deciding.

use super::number::number;
use super::{Decided, GateStatus, Reason};
use crate::catalog::Usd;
use crate::gate::{Against, Bound, Gate, Rule};
use crate::journal::SuiteRecord;
use crate::stats::Verdict;
use crate::tally::Tally;
use crate::tally::compare::{Comparison, Contest, Opponent, PairSet};
use crate::tally::noise::flaky_share;

/// How sure a gate that compares models must be where it does not say, one-sided: not worse, and better.
const NOT_WORSE: f64 = 0.95;
const BETTER: f64 = 0.975;

/// One gate, and what it is decided by.
pub(super) struct Bench<'a, 'b> {
    pub(super) suite: &'a SuiteRecord,
    pub(super) at: u32,
    pub(super) gate: &'a Gate,
    pub(super) tally: &'b Tally,
    pub(super) sets: &'b [(Contest, PairSet)],
    pub(super) comparisons: &'b [Comparison],
}

impl<'a> Bench<'a, '_> {
    pub(super) fn decide(&self, label: String) -> Decided<'a> {
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
                let prompts = self.tally.prompts(self.at, model_at);
                let flaky = flaky_share(prompts.map(|(_, count)| count));
                let found = number(&count, quantity, *confidence, model.planned, flaky);
                self.bounded(Some(label), *bound, confidence.is_some(), found)
            }
        }
    }

    pub(super) fn total_cost(&self, bound: Bound) -> Decided<'a> {
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
            _ if comparison.watched.is_some() => match comparison.verdict {
                verdict if verdict.allows_switch() => GateStatus::Passed,
                Verdict::WorseBeyondMargin => GateStatus::Failed,
                _ => GateStatus::Undecided,
            },
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
            _ if comparison.watched.is_some() => match comparison.verdict {
                Verdict::Better => GateStatus::Passed,
                Verdict::NonInferior | Verdict::Inconclusive => GateStatus::Undecided,
                _ => GateStatus::Failed,
            },
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
            if made.watched.is_some() {
                return Ok((pairs, made.clone()));
            }
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

fn of(holds: bool) -> GateStatus {
    if holds {
        GateStatus::Passed
    } else {
        GateStatus::Failed
    }
}
