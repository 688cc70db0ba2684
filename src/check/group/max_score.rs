//! `max-score`: the answer that scores best in its other checks.

use std::collections::BTreeMap;

use super::Member;
use crate::check::verdict::Verdict;
use crate::text::number_text;

/// How far apart scores may be by rounding alone.
const ROUNDING: f64 = 1e-9;

/// The answer of a row with the best score; the first of several.
#[derive(Debug, Clone)]
pub struct MaxScore {
    /// Whether scores are summed and not averaged.
    pub sum: bool,
    /// Weights of types of checks in place of their own.
    pub weights: BTreeMap<String, f64>,
    /// The least score that the best answer needs.
    pub threshold: Option<f64>,
}

impl MaxScore {
    pub(super) fn verdicts(&self, members: &[Member<'_>]) -> Vec<Result<Verdict, String>> {
        let scores: Vec<Option<f64>> = members.iter().map(|member| self.score(member)).collect();
        let known = scores.iter().copied().flatten();
        let best = known.reduce(f64::max);
        let is_best = |score: &Option<f64>| {
            score
                .zip(best)
                .is_some_and(|(score, best)| score >= best - ROUNDING)
        };
        let winner = scores.iter().position(is_best);
        let verdict = |(index, score): (usize, &Option<f64>)| {
            let score = score.ok_or("its other checks have no score")?;
            let (Some(best), Some(winner)) = (best, winner) else {
                return Err("no answer has a score".to_owned());
            };
            let text = number_text(score);
            if let Some(threshold) = self.threshold.filter(|threshold| best < *threshold) {
                let (best, threshold) = (number_text(best), number_text(threshold));
                return Ok(Verdict::of(
                    false,
                    format!("the best score is {best}, {threshold} is needed"),
                ));
            }
            Ok(if index == winner {
                Verdict::of(true, format!("the best score: {text}"))
            } else {
                let label = members[winner].label;
                let best = number_text(best);
                Verdict::of(false, format!("score {text}; `{label}` has {best}"))
            })
        };
        scores.iter().enumerate().map(verdict).collect()
    }

    /// Returns the weighted mean or sum of a member's scores; `None` if one of them is not known, or there is none.
    fn score(&self, member: &Member<'_>) -> Option<f64> {
        let (mut sum, mut weights) = (0.0, 0.0);
        for result in member.results {
            let weight = self.weights.get(&result.kind).copied();
            let weight = weight.unwrap_or(result.weight);
            if weight == 0.0 {
                continue;
            }
            sum += result.score? * weight;
            weights += weight;
        }
        match (weights > 0.0, self.sum) {
            (false, _) => None,
            (true, true) => Some(sum),
            (true, false) => Some(sum / weights),
        }
    }
}
