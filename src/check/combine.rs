//! Checks made of checks: `assert-set`, and `any-of`, `all-of`, `none-of`.

use super::grade::summed;
use super::kind::{Check, Judged};
use super::metrics::Metrics;
use super::subject::Subject;
use super::verdict::{CheckResult, Status, Verdict};
use crate::text::number_text;

/// A test within the test: checks with weights and a threshold of their own.
#[derive(Debug, Clone)]
pub struct AssertSet {
    /// The checks; none of them is a set.
    pub checks: Vec<Check>,
    /// The least score that passes; without it every check must.
    pub threshold: Option<f64>,
}

impl AssertSet {
    pub(super) fn verdict(&self, subject: &Subject<'_>, metrics: &mut Metrics) -> Verdict {
        let results = judged(&self.checks, subject, metrics);
        let (status, score) = summed(&results, self.threshold);
        let bound = match (self.threshold, score) {
            (Some(threshold), Some(score)) => Some(format!(
                "the set scores {} where {} passes",
                number_text(score),
                number_text(threshold)
            )),
            _ => None,
        };
        let open = reasons(&results, |result| result.status != Status::Passed);
        let all: Vec<String> = match status {
            Status::Passed => bound.into_iter().chain(open).collect(),
            Status::Failed | Status::Undecided => open.into_iter().chain(bound).collect(),
        };
        Verdict {
            keeps_score: false,
            opinions: Vec::new(),
            weightless: false,
            status,
            score,
            reason: or_all_hold(&all),
        }
    }
}

/// How checks are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combinator {
    /// One of them passes. Scores as the best of them.
    Any,
    /// Every one passes. Scores as the worst of them.
    All,
    /// Not one passes. Scores as the opposite of the best.
    None,
}

/// Any, all or none of several checks, whatever their weights.
///
/// An undecided check leaves the whole undecided only where the others do not settle it.
#[derive(Debug, Clone)]
pub struct Combine {
    /// How they are combined.
    pub combinator: Combinator,
    /// The checks, at least one.
    pub checks: Vec<Check>,
}

impl Combine {
    pub(super) fn verdict(&self, subject: &Subject<'_>, metrics: &mut Metrics) -> Verdict {
        let results = judged(&self.checks, subject, metrics);
        let any = |status: Status| results.iter().any(|result| result.status == status);
        let (settling, settled, otherwise) = match self.combinator {
            Combinator::Any => (Status::Passed, Status::Passed, Status::Failed),
            Combinator::All => (Status::Failed, Status::Failed, Status::Passed),
            Combinator::None => (Status::Passed, Status::Failed, Status::Passed),
        };
        let status = if any(settling) {
            settled
        } else if any(Status::Undecided) {
            Status::Undecided
        } else {
            otherwise
        };
        Verdict {
            keeps_score: false,
            opinions: Vec::new(),
            weightless: false,
            status,
            score: self.score(&results).filter(|_| status != Status::Undecided),
            reason: self.reason(status, &results),
        }
    }

    /// Says which checks decided it, or keep it from being decided.
    fn reason(&self, status: Status, results: &[CheckResult]) -> String {
        let of = |wanted: Status| reasons(results, move |result| result.status == wanted);
        let holds = || {
            let passed = results
                .iter()
                .find(|result| result.status == Status::Passed);
            passed.map(|result| format!("`{}` holds: {}", result.kind, result.reason))
        };
        match (self.combinator, status) {
            (_, Status::Undecided) => of(Status::Undecided).join("; "),
            (Combinator::Any | Combinator::All, Status::Failed) => of(Status::Failed).join("; "),
            (Combinator::Any, Status::Passed) | (Combinator::None, Status::Failed) => {
                holds().unwrap_or_default()
            }
            (Combinator::All, Status::Passed) => or_all_hold(&[]),
            (Combinator::None, Status::Passed) => "no check holds".to_owned(),
        }
    }

    fn score(&self, results: &[CheckResult]) -> Option<f64> {
        let scores = results.iter().filter_map(|result| result.score);
        match self.combinator {
            Combinator::Any => scores.reduce(f64::max),
            Combinator::All => scores.reduce(f64::min),
            Combinator::None => scores.reduce(f64::max).map(|best| 1.0 - best),
        }
    }
}

fn judged(checks: &[Check], subject: &Subject<'_>, metrics: &mut Metrics) -> Vec<CheckResult> {
    checks
        .iter()
        .map(|check| {
            let Judged {
                result,
                metrics: inner,
            } = check.judged(subject);
            metrics.absorb(inner);
            result
        })
        .collect()
}

/// Returns the reasons of the results that `tell`, each with its check's type.
fn reasons(results: &[CheckResult], tell: impl Fn(&CheckResult) -> bool) -> Vec<String> {
    let telling = results.iter().filter(|result| tell(result));
    telling
        .map(|result| format!("{}: {}", result.kind, result.reason))
        .collect()
}

fn or_all_hold(reasons: &[String]) -> String {
    if reasons.is_empty() {
        return "every check holds".to_owned();
    }
    reasons.join("; ")
}
