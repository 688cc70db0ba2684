//! The front of cost and quality: models that no other beats at both, as far as that is sure.

use super::comparison::saving;
use super::contest::{AGAIN, Contest, Opponent, Side};
use super::pair_set::PairSet;
use super::{ENOUGH, contest};
use crate::journal::{Header, SuiteRecord};

/// How sure it must be that a model is not worse, one-sided.
const NOT_WORSE: f64 = 0.95;

/// A model, and which others are surely as good and cheaper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnFront {
    /// Index of the suite.
    pub suite: u32,
    /// The label.
    pub label: String,
    /// The labels of models that are not worse by the suite's margin, and cost less; empty for a model on the front.
    pub dominated_by: Vec<String>,
}

/// Returns the comparisons that the front needs beside those that are made anyway: every model with every other, in suites that
/// declare a margin.
pub fn front_contests(header: &Header, made: &[Contest]) -> Vec<Contest> {
    let mut more = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        if suite.margin.is_none() {
            continue;
        }
        for baseline in rivals(suite) {
            for candidate in rivals(suite).filter(|rival| *rival > baseline) {
                let known = made.iter().any(|contest| {
                    let sides = sides(contest);
                    contest.suite == at
                        && (sides == Some((baseline, candidate))
                            || sides == Some((candidate, baseline)))
                });
                if !known {
                    more.push(contest::between_models(suite, at, baseline, candidate));
                }
            }
        }
    }
    more
}

/// Returns where models stand, in suites that declare a margin and have two at least.
pub fn front(header: &Header, sets: &[(Contest, PairSet)]) -> Vec<OnFront> {
    let mut all = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        let Some(margin) = suite.margin.filter(|_| rivals(suite).count() > 1) else {
            continue;
        };
        let own = sets.iter().filter(|(contest, _)| contest.suite == at);
        let beaten: Vec<(u32, u32)> = own
            .filter_map(|(contest, pairs)| beaten(contest, pairs, margin))
            .collect();
        let label = |model: u32| suite.models[model as usize].label.clone();
        for model in rivals(suite) {
            let mut dominated_by: Vec<String> = beaten
                .iter()
                .filter(|(loser, _)| *loser == model)
                .map(|(_, winner)| label(*winner))
                .collect();
            dominated_by.dedup();
            all.push(OnFront {
                suite: at,
                label: label(model),
                dominated_by,
            });
        }
    }
    all
}

/// Returns which of two models is surely beaten at both, and by which.
fn beaten(contest: &Contest, pairs: &PairSet, margin: f64) -> Option<(u32, u32)> {
    let (baseline, candidate) = sides(contest)?;
    if pairs.completeness() < ENOUGH {
        return None;
    }
    let difference = pairs.difference_within(NOT_WORSE)?;
    let saved = saving(pairs)?.interval?;
    if difference.low > -margin && saved.low > 0.0 {
        Some((baseline, candidate))
    } else if difference.high < margin && saved.high < 0.0 {
        Some((candidate, baseline))
    } else {
        None
    }
}

/// Returns the models that are compared, baseline first; `None` where prompts are, or with an earlier run.
fn sides(contest: &Contest) -> Option<(u32, u32)> {
    match (&contest.baseline, &contest.candidate) {
        (
            Opponent::Here(Side {
                model: baseline,
                prompt: None,
            }),
            Side {
                model: candidate,
                prompt: None,
            },
        ) => Some((*baseline, *candidate)),
        _ => None,
    }
}

fn rivals(suite: &SuiteRecord) -> impl Iterator<Item = u32> + '_ {
    let models = suite.models.iter().zip(0u32..);
    let others = models.filter(|(model, _)| !model.label.ends_with(AGAIN));
    others.map(|(_, at)| at)
}
