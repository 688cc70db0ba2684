//! `report.json`: the same facts as the journal's, counted.
//!
//! These types are a promise: fields may be added, none changes its meaning without [`SCHEMA`] going up. Money is a
//! decimal text and exact, but for the cost per pass, a quotient; times are milliseconds to the thousandth.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparisons::ComparisonRow;
use super::front::FrontRow;
use super::gates::GateRow;
use super::judges::JudgeRow;
use super::noise::NoiseRow;
use super::schema;
use crate::catalog::Usd;
use crate::journal::Stopped;

/// The version of this document.
pub(super) const SCHEMA: u32 = 1;

/// A whole run, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this document.
    pub schema: u32,
    /// Which run it was and how it ended.
    pub run: RunSummary,
    /// The suites, in the order of the plan.
    pub suites: Vec<SuiteSummary>,
    /// A row per suite and model; with several suites, also a row per label over all suites in which every label ran.
    pub models: Vec<ModelRow>,
    /// How far judges can be trusted; left out where nothing tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<JudgeRow>,
    /// What repeats say; left out where nothing was repeated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<NoiseRow>,
    /// Models against each other.
    pub comparisons: Vec<ComparisonRow>,
    /// Where models stand in cost and quality; left out where no suite declares a margin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub front: Vec<FrontRow>,
    /// Declared bounds and whether they held.
    pub gates: Vec<GateRow>,
    /// What the run cost.
    pub cost: CostSummary,
    /// The exit code of the command.
    pub exit_code: u8,
}

/// Which run it was and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Its id, also the name of its folder.
    pub id: String,
    /// When it began.
    #[schemars(schema_with = "schema::time")]
    pub started_at: Timestamp,
    /// When it ended; null if it was killed.
    #[schemars(schema_with = "schema::time_or_null")]
    pub finished_at: Option<Timestamp>,
    /// The version of the program that began it.
    pub tool_version: String,
    /// Whether everything planned was asked.
    pub complete: bool,
    /// Why it stopped early.
    #[schemars(schema_with = "schema::stopped")]
    pub stopped_by: Option<Stopped>,
    /// The seed of everything drawn.
    pub seed: u64,
    /// The commit that was checked out.
    pub git_commit: Option<String>,
    /// Trials planned.
    pub planned: u64,
    /// Trials planned and not asked.
    pub not_asked: u64,
}

/// A suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteSummary {
    /// Its name.
    pub name: String,
    /// Where it was read from.
    pub path: String,
    /// Cases chosen.
    pub cases: u64,
}

/// What one model did in one suite, or over several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRow {
    /// The suite; null over all suites in which every label ran.
    pub suite: Option<String>,
    /// The model's id; several, with commas, where suites give the label to different models.
    pub model: String,
    /// The label of the entry.
    pub label: String,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
    /// The same by prompt; empty over several suites.
    pub prompts: Vec<PromptRow>,
}

/// What one model did with one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptRow {
    /// The prompt.
    pub prompt: String,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What is counted of a set of trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Trials planned; null for one of several prompts of an unfinished run, of which the plan does not say.
    pub planned: Option<u64>,
    /// Passed, failed, undecided and errors together.
    pub trials: u64,
    /// Trials of which every check that matters held.
    pub passed: u64,
    /// Trials of which a check failed.
    pub failed: u64,
    /// Trials of which a check that matters could not be decided.
    pub undecided: u64,
    /// Trials without a completion.
    pub errors: u64,
    /// Trials planned and not asked; null where `planned` is.
    pub not_asked: Option<u64>,
    /// Cases judged.
    pub n: u64,
    /// Mean over cases of passed ÷ (passed + failed); null if no case was judged.
    pub pass_rate: Option<Rate>,
    /// Mean over cases of their mean score.
    pub mean_score: Option<Rate>,
    /// Mean over cases of each named metric.
    pub metrics: BTreeMap<String, Rate>,
    /// Tokens of every attempt that was billed.
    pub usage: Tokens,
    /// What the answers cost, paid now or recorded; null if unpriced.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub cost_usd: Option<Usd>,
    /// What the answers would cost in batch inference; null where that cannot be said.
    #[serde(default)]
    #[schemars(schema_with = "schema::usd_or_null")]
    pub batch_cost_usd: Option<Usd>,
    /// What the answers would cost in the flex tier; null where that cannot be said.
    #[serde(default)]
    #[schemars(schema_with = "schema::usd_or_null")]
    pub flex_cost_usd: Option<Usd>,
    /// What the answers would cost with a prompt cache for what all questions of a prompt begin with, as estimated; null where
    /// there is nothing to keep, or it is kept already.
    #[serde(default)]
    #[schemars(schema_with = "schema::usd_or_null")]
    pub cached_cost_usd: Option<Usd>,
    /// What was charged in this run; null if unpriced.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub paid_usd: Option<Usd>,
    /// What judges cost.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub judge_cost_usd: Option<Usd>,
    /// `cost_usd` ÷ passed; null if unpriced or nothing was asked.
    pub cost_per_pass_usd: Option<CostPerPass>,
    /// Whether the model has no price.
    pub unpriced: bool,
    /// How long the successful attempts took; null if none was measured.
    pub latency_ms: Option<LatencySummary>,
    /// How long the first token took; null if nothing was streamed.
    pub ttft_ms: Option<LatencySummary>,
    /// Attempts.
    pub attempts: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// Attempts that repeat one that failed.
    pub retried: u64,
    /// Answers that were cut off at `max_tokens`.
    pub cut_off: u64,
    /// Trials of which tokens or a price had to be estimated.
    pub estimated: u64,
    /// Prompt tokens read from the cache, as a fraction of all; left out where no cache was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_hit_rate: Option<f64>,
    /// Answers of batch inference, at its price; left out where there are none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub batched: u64,
}

/// A mean with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    /// The estimate.
    pub value: f64,
    /// The lower end; null where a single case or group says nothing of the spread.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The confidence of the interval.
    pub confidence: f64,
    /// `wilson`, `t` or, of a difference, `tango`.
    #[schemars(schema_with = "schema::method")]
    pub method: String,
    /// How many groups the cases fall into, where cases declare groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
}

/// Tokens by kind of billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    /// Prompt tokens that were neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// Prompt tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Prompt tokens written to the cache.
    pub cache_write_tokens: u64,
    /// The part of them that was written for an hour.
    pub cache_write_1h_tokens: u64,
}

/// What a passed trial costs, in dollars, rounded as floats are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostPerPass {
    /// The estimate; null if nothing passed.
    pub value: Option<f64>,
    /// The lower end of Fieller's 95 % interval over cases; null where no finite interval has that confidence.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// How long something took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencySummary {
    /// The median.
    pub p50: LatencyQuantile,
    /// The 90th percentile.
    pub p90: LatencyQuantile,
    /// The 95th percentile.
    pub p95: LatencyQuantile,
    /// The 99th percentile.
    pub p99: LatencyQuantile,
    /// The mean.
    pub mean: f64,
    /// The longest.
    pub max: f64,
    /// How many were measured.
    pub n: u64,
}

/// A quantile of type 7 with its 95 % order-statistic interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyQuantile {
    /// The estimate.
    pub value: f64,
    /// The lower end; null where there are too few values.
    pub low: Option<f64>,
    /// The upper end; null where there are too few values.
    pub high: Option<f64>,
}

/// What a run cost. Counts what was charged in this run, so that a replayed run costs nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostSummary {
    /// Answers and judges together; null if something unpriced was billed.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub total_usd: Option<Usd>,
    /// The models under test.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub answers_usd: Option<Usd>,
    /// Judges.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub judges_usd: Option<Usd>,
    /// What prompt tokens read from Bedrock's cache saved against the price of input.
    #[schemars(schema_with = "schema::usd_or_null")]
    pub saved_by_cache_usd: Option<Usd>,
    /// Ids of models without a price.
    pub unpriced_models: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(count: &u64) -> bool {
    *count == 0
}
