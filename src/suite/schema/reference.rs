//! The assertions that compare the answer with reference texts.

#![expect(dead_code, reason = "described to editors, never filled")]

use schemars::JsonSchema;

use super::assertion::{Common, negatable};
use super::top::{NumberForm, Texts};

/// The answer has runs of tokens of a reference text.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RougeN {
    #[schemars(extend("enum" = negatable(&["rouge-n"])))]
    r#type: String,
    /// The reference, a template.
    value: String,
    /// The length of the runs. Default: 1.
    n: Option<NumberForm>,
    /// The least F1 that passes. Default: 0.75.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// The answer has a long sequence of tokens in common with a reference text.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RougeL {
    #[schemars(extend("enum" = negatable(&["rouge-l"])))]
    r#type: String,
    /// The reference, a template.
    value: String,
    /// The least F1 that passes. Default: 0.75.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// The answer has runs of words of a reference text.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Overlap {
    #[schemars(extend("enum" = negatable(&["bleu", "gleu"])))]
    r#type: String,
    /// A reference, or a list of them; templates.
    value: Texts,
    /// The least score that passes. Default: 0.5.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// The answer has words and stems of a reference text.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Meteor {
    #[schemars(extend("enum" = negatable(&["meteor"])))]
    r#type: String,
    /// A reference, or a list of them; templates.
    value: Texts,
    /// How much recall counts beside precision. Default: 0.9.
    #[schemars(range(min = 0, max = 1))]
    alpha: Option<f64>,
    /// How steeply the penalty for disorder grows. Default: 3.
    #[schemars(range(min = 0))]
    beta: Option<f64>,
    /// The greatest penalty for disorder. Default: 0.5.
    #[schemars(range(min = 0))]
    gamma: Option<f64>,
    /// The least score that passes. Default: 0.5.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}
