//! Comparisons as the document has them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Rate;
use super::schema;
use crate::journal::Header;
use crate::tally::{AGAIN, Comparison, Contest, Flip, Opponent, PairSet, Ratio, Withheld};

/// A candidate against a baseline, on the same questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonRow {
    /// The suite; null over all suites in which every label ran.
    pub suite: Option<String>,
    /// The baseline's label, `label@prompt` where prompts are compared.
    pub baseline: String,
    /// The candidate's.
    pub candidate: String,
    /// The earlier run that the baseline is of; left out where it is this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_run: Option<String>,
    /// Questions, that is cases and prompts, that both were judged on.
    pub pairs: u64,
    /// Both passed; with repeats, more than half of them.
    pub both_pass: u64,
    /// Only the candidate passed.
    pub candidate_only: u64,
    /// Only the baseline passed.
    pub baseline_only: u64,
    /// Both failed.
    pub both_fail: u64,
    /// The candidate's pass rate less the baseline's, over the pairs; null without one.
    pub difference: Option<Rate>,
    /// How likely so large a difference is if there is none.
    pub p_value: Option<PValue>,
    /// How much worse than the baseline is still as good, as a fraction; null if none was declared.
    pub margin: Option<f64>,
    /// Whether the margin was named after the run.
    pub margin_post_hoc: bool,
    /// `better`, `non_inferior`, `worse_within_margin`, `worse_beyond_margin`, `worse_margin_unclear` or `inconclusive`.
    #[schemars(schema_with = "schema::verdict")]
    pub verdict: String,
    /// Why no verdict could be given: `incomplete`, `few_groups` or `few_pairs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::withheld")]
    pub withheld: Option<String>,
    /// The smallest difference that so many questions find in four of five runs; null without a pair.
    pub minimum_detectable_difference: Option<f64>,
    /// How many cases would tell, where these do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases_needed: Option<CasesNeeded>,
    /// The share of the baseline's cost that the candidate saves; null if one is unpriced.
    pub cost_saving: Option<RatioRow>,
    /// The candidate's latency over the baseline's, by geometric means; null if one was not measured.
    pub latency_ratio: Option<RatioRow>,
    /// The share of questions that have a pair. Below 0.98 there is no verdict.
    pub completeness: f64,
    /// Questions that were asked and have no pair.
    pub missing: u64,
    /// The difference, had every missing verdict gone against the candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_case: Option<WorstCaseRow>,
    /// What the candidate first, and the baseline where a check fails, would come to; left out where the candidate is no cheaper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<CascadeRow>,
    /// How evidence grew, where the run may have stopped before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<WatchedRow>,
    /// Questions whose prompt, variables or checks are not those of the earlier run.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub changed: u64,
    /// Questions that the earlier run does not have.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub new: u64,
    /// Questions that only the earlier run has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gone: u64,
    /// What only the candidate passed.
    pub fixed: Vec<FlipRow>,
    /// What only the baseline passed.
    pub broken: Vec<FlipRow>,
}

/// A p-value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PValue {
    /// Two-sided, of this candidate alone.
    pub value: f64,
    /// `mcnemar_midp`, `sign_flip` or `t`; `e_value` where the run may have stopped before its end.
    #[schemars(schema_with = "schema::test")]
    pub method: String,
    /// Adjusted for the number of candidates, by Holm.
    pub adjusted: f64,
}

/// A ratio with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RatioRow {
    /// The estimate.
    pub value: f64,
    /// The lower end; null where no finite interval has the confidence.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// How many cases would tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CasesNeeded {
    /// Cases, for four of five runs to tell.
    pub cases: u64,
    /// The difference, or the margin, that they tell of.
    pub difference: f64,
    /// Whether it is the margin.
    pub is_margin: bool,
}

/// What the cheaper model first, and the other one where a check fails, would come to, from the answers that there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CascadeRow {
    /// The share of questions that the cheaper model settles.
    pub accepted: f64,
    /// The share of questions that pass in the end.
    pub pass_rate: f64,
    /// The share of the baseline's cost that is saved.
    pub cost_saving: RatioRow,
}

/// How evidence grew while a run that may stop before its end was asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WatchedRow {
    /// Cases that counted.
    pub cases: u64,
    /// After how many of them the verdict was there; null if it is not.
    pub decided_after: Option<u64>,
}

/// The worst that missing verdicts could have made of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorstCaseRow {
    /// The difference.
    pub difference: f64,
    /// Whether the verdict would be another.
    pub flips: bool,
}

/// A question that one side passed and the other failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlipRow {
    /// The case's name.
    pub case: String,
    /// Hash of suite and case names.
    pub case_id: String,
    /// The prompt.
    pub prompt: String,
}

impl ComparisonRow {
    /// Returns the row of a comparison; a contest of no suite of the header is one over several.
    pub(super) fn of(
        header: &Header,
        contest: &Contest,
        pairs: &PairSet,
        comparison: &Comparison,
        baseline_run: Option<&str>,
        margin_post_hoc: bool,
    ) -> Self {
        let suite = header.suites.get(contest.suite as usize);
        let earlier = matches!(contest.baseline, Opponent::Earlier(_));
        let p_value = comparison.p_value.zip(comparison.adjusted);
        Self {
            suite: suite.map(|suite| suite.name.clone()),
            baseline: contest.baseline_name.clone(),
            candidate: contest.candidate_name.clone(),
            baseline_run: baseline_run.filter(|_| earlier).map(str::to_owned),
            pairs: pairs.len(),
            both_pass: pairs.table.both,
            candidate_only: pairs.table.only_candidate,
            baseline_only: pairs.table.only_baseline,
            both_fail: pairs.table.neither,
            difference: comparison.difference.map(Rate::from),
            p_value: p_value.map(|((value, method), adjusted)| PValue {
                value,
                method: method.to_owned(),
                adjusted,
            }),
            margin: comparison.margin,
            margin_post_hoc: margin_post_hoc && comparison.margin.is_some(),
            verdict: comparison.verdict.as_str().to_owned(),
            withheld: comparison.withheld.map(|why| why.as_str().to_owned()),
            minimum_detectable_difference: comparison.detectable,
            cases_needed: comparison.needed.map(|needed| CasesNeeded {
                cases: needed.cases,
                difference: needed.difference,
                is_margin: needed.is_margin,
            }),
            cost_saving: comparison.cost_saving.map(RatioRow::from),
            latency_ratio: comparison.latency_ratio.map(RatioRow::from),
            completeness: pairs.completeness(),
            missing: match comparison.watched {
                Some(_) => pairs.missing.asked,
                None => pairs.missing.count,
            },
            worst_case: comparison.worst_case.map(|worst| WorstCaseRow {
                difference: worst.difference,
                flips: worst.flips,
            }),
            cascade: comparison.cascade.map(|cascade| CascadeRow {
                accepted: cascade.accepted,
                pass_rate: cascade.pass_rate,
                cost_saving: cascade.cost_saving.into(),
            }),
            watched: comparison.watched.map(|watched| WatchedRow {
                cases: watched.cases,
                decided_after: watched.decided_after,
            }),
            changed: pairs.changed,
            new: pairs.new,
            gone: pairs.gone,
            fixed: pairs.fixed.iter().map(FlipRow::from).collect(),
            broken: pairs.broken.iter().map(FlipRow::from).collect(),
        }
    }
}

impl ComparisonRow {
    /// Returns whether it is of a model with itself.
    pub(super) fn is_noise_floor(&self) -> bool {
        self.candidate.strip_suffix(AGAIN) == Some(&self.baseline)
    }
}

impl CascadeRow {
    /// Returns whether it is worth a thought: the cheaper model settles some questions and not all, and something is saved.
    pub(super) fn is_worth_it(&self) -> bool {
        self.cost_saving.value > 0.0 && self.accepted > 0.0 && self.accepted < 1.0
    }
}

impl From<&Flip> for FlipRow {
    fn from(flip: &Flip) -> Self {
        Self {
            case: flip.case.clone(),
            case_id: flip.case_id.clone(),
            prompt: flip.prompt.clone(),
        }
    }
}

impl From<Ratio> for RatioRow {
    fn from(ratio: Ratio) -> Self {
        Self {
            value: ratio.value,
            low: ratio.interval.map(|ends| ends.low),
            high: ratio.interval.map(|ends| ends.high),
        }
    }
}

impl Withheld {
    /// Returns why as reports spell it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::FewGroups => "few_groups",
            Self::FewPairs => "few_pairs",
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
