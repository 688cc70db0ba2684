//! All checks of a trial together: its status, its score, its metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kind::{Check, Helper, Judged};
use super::metrics::Metrics;
use super::subject::Subject;
use super::transform::Transform;
use super::verdict::{CheckResult, Status};

/// How the answers to a case are graded.
#[derive(Debug, Clone)]
pub struct Grading {
    /// The checks, in the order of the suite.
    pub checks: Arc<[Check]>,
    /// The least score that passes; without it every check must pass.
    pub threshold: Option<f64>,
    /// What the checks judge instead of the output itself.
    pub transform: Option<Transform>,
    /// Checks of the answers to each turn of a conversation.
    pub turns: Arc<[Vec<Check>]>,
}

/// What grading an answer gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// How the trial came out.
    pub status: Status,
    /// The weighted mean of the checks' scores; `None` if one of them is undecided.
    pub score: Option<f64>,
    /// The checks' results, in the order of the checks.
    pub checks: Vec<CheckResult>,
    /// The weighted means of the scores that share a metric, by its name.
    pub metrics: BTreeMap<String, f64>,
}

impl Grading {
    /// Grades an answer.
    ///
    /// Without a threshold the trial passes if no check failed, with one if its score reaches it. It is undecided where
    /// a check of some weight is, and would matter. Without checks it passes with score 1.
    pub fn grade(&self, subject: &Subject<'_>) -> Grade {
        self.grade_turns(subject, &[])
    }

    /// Grades a conversation: its last answer, and that to each turn.
    pub fn grade_turns(&self, subject: &Subject<'_>, turns: &[Subject<'_>]) -> Grade {
        if self.all().next().is_none() {
            return Grade {
                status: Status::Passed,
                score: Some(1.0),
                checks: Vec::new(),
                metrics: BTreeMap::new(),
            };
        }
        match self
            .transform
            .as_ref()
            .map(|transform| transform.apply(subject))
        {
            None => self.graded(subject, turns),
            Some(Ok(output)) => {
                let subject = Subject {
                    output: &output,
                    ..*subject
                };
                self.graded(&subject, turns)
            }
            Some(Err(reason)) => self.undecided(&reason),
        }
    }

    /// Returns every check, those of turns after the others.
    fn all(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().chain(self.turns.iter().flatten())
    }

    /// Returns the variables that the checks and the transform need, sorted.
    pub fn variables(&self) -> BTreeSet<String> {
        let transform = self.transform.iter().flat_map(Transform::variables);
        self.all()
            .flat_map(Check::variables)
            .chain(transform)
            .collect()
    }

    /// Returns the models that the checks ask, each as often as a check names it.
    pub fn helpers(&self) -> impl Iterator<Item = Helper<'_>> {
        self.all().flat_map(Check::helpers)
    }

    /// Returns whether a check judges several answers together.
    pub fn has_group(&self) -> bool {
        self.checks.iter().any(|check| check.group().is_some())
    }

    /// Returns status and score of results that have changed since they were graded.
    pub fn summed(&self, results: &[CheckResult]) -> (Status, Option<f64>) {
        summed(results, self.threshold)
    }

    /// Returns whether a check looks at what was asked.
    pub fn looks_at_request(&self) -> bool {
        self.all().any(Check::looks_at_request)
    }

    /// Returns whether the checks start programs.
    pub fn runs_programs(&self) -> bool {
        self.all().any(Check::runs_program)
    }

    /// Returns whether the checks ask a model.
    pub fn asks(&self) -> bool {
        self.helpers().next().is_some()
    }

    /// Returns whether scripts judge, whose variables are known only when they run.
    pub fn has_script(&self) -> bool {
        matches!(self.transform, Some(Transform::Script(_))) || self.all().any(Check::has_script)
    }

    fn graded(&self, subject: &Subject<'_>, turns: &[Subject<'_>]) -> Grade {
        let mut metrics = Metrics::default();
        let mut checks = Vec::with_capacity(self.checks.len());
        for check in self.checks.iter() {
            let Judged {
                result,
                metrics: inner,
            } = check.judged(subject);
            metrics.absorb(inner);
            checks.push(result);
        }
        for (number, (subject, own)) in (1..).zip(turns.iter().zip(self.turns.iter())) {
            for check in own {
                let Judged {
                    mut result,
                    metrics: inner,
                } = check.judged(subject);
                metrics.absorb(inner);
                result.reason = format!("turn {number}: {}", result.reason);
                checks.push(result);
            }
        }
        let (status, score) = summed(&checks, self.threshold);
        Grade {
            status,
            score,
            metrics: metrics.means(),
            checks,
        }
    }

    /// The grade where nothing could be judged, for one reason.
    fn undecided(&self, reason: &str) -> Grade {
        let checks = self.checks.iter().map(|check| CheckResult {
            kind: check.type_name.clone(),
            status: Status::Undecided,
            score: None,
            reason: reason.to_owned(),
            metric: check
                .metric
                .as_ref()
                .map(|metric| metric.source().to_owned()),
            weight: check.weight,
            opinions: Vec::new(),
            labels: Vec::new(),
        });
        Grade {
            status: Status::Undecided,
            score: None,
            checks: checks.collect(),
            metrics: BTreeMap::new(),
        }
    }
}

/// Returns status and score of several results together, as [`Grading::grade`] says.
pub(super) fn summed(results: &[CheckResult], threshold: Option<f64>) -> (Status, Option<f64>) {
    let is_open = |result: &&CheckResult| result.score.is_none() && result.weight != 0.0;
    let open = results.iter().any(|result| is_open(&result));
    let score = (!open).then(|| mean(results, 0.0));
    let status = match threshold {
        Some(threshold) => match (
            mean(results, 0.0) >= threshold,
            mean(results, 1.0) >= threshold,
        ) {
            (true, true) => Status::Passed,
            (false, false) => Status::Failed,
            _ => Status::Undecided,
        },
        None if results.iter().any(|result| result.status == Status::Failed) => Status::Failed,
        None if results
            .iter()
            .any(|result| result.status == Status::Undecided) =>
        {
            Status::Undecided
        }
        None => Status::Passed,
    };
    (status, score)
}

/// Returns the weighted mean score where undecided checks count as `undecided`; 0 if there is no weight.
fn mean(results: &[CheckResult], undecided: f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for result in results {
        sum += result.score.unwrap_or(undecided) * result.weight;
        weights += result.weight;
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}
