//! The assertions that judge several answers together.

#![expect(dead_code, reason = "described to editors, never filled")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::assertion::{Common, negatable};
use super::judged::Judges;
use super::top::NumberForm;

/// A judge finds the answer the best of all prompts and models to the case.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct SelectBest {
    #[schemars(extend("enum" = negatable(&["select-best"])))]
    r#type: String,
    /// What makes an answer good, a template.
    #[schemars(length(min = 1))]
    value: String,
    #[schemars(flatten)]
    judges: Judges,
    #[schemars(flatten)]
    common: Common,
}

/// The answer scores best in its other assertions, of all prompts and models to the case.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct MaxScore {
    #[schemars(extend("enum" = negatable(&["max-score"])))]
    r#type: String,
    /// How scores are made one.
    value: Option<Scoring>,
    /// The least score that the best answer needs.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// How scores are made one.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline)]
struct Scoring {
    /// Default: average.
    method: Option<Method>,
    /// Weights by the type of assertion, in place of their own.
    weights: Option<BTreeMap<String, f64>>,
    /// The least score that the best answer needs.
    threshold: Option<f64>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
enum Method {
    Average,
    Sum,
}

/// A judge prefers the answer to that of the baseline, in both orders.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Pairwise {
    #[schemars(extend("enum" = negatable(&["pairwise"])))]
    r#type: String,
    /// What makes an answer better, a template.
    #[schemars(length(min = 1))]
    value: String,
    /// The label of the model to compare with. Default: the suite's `baseline`.
    baseline: Option<String>,
    /// The least score that passes: a win scores 1, a tie 0.5, a loss 0. Default: 1.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    judges: Judges,
    #[schemars(flatten)]
    common: Common,
}

/// The chance that one of k repeats passes its other assertions.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct PassAtK {
    #[schemars(extend("enum" = negatable(&["pass_at_k"])))]
    r#type: String,
    /// How many repeats are drawn.
    #[schemars(range(min = 1))]
    k: u64,
    /// The least chance that passes. Default: 1.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}
