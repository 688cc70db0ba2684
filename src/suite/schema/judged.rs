//! The assertions that a judge or an embedding decides.

#![expect(
    dead_code,
    clippy::struct_field_names,
    reason = "described to editors, never filled"
)]

use schemars::JsonSchema;
use serde_json::Value;

use super::assertion::{Common, negatable};
use super::model::IdOrModel;
use super::test::TransformForm;
use super::top::{NumberForm, OneOrMore, Texts};

/// Who judges.
#[derive(JsonSchema)]
pub(super) struct Judges {
    /// The model that judges, or several of which more than half decide. Default: `judge` of the test or the suite.
    judge: Option<OneOrMore<IdOrModel>>,
    /// Another word for `judge`.
    provider: Option<OneOrMore<IdOrModel>>,
    /// How often each judge is asked; more than half of all votes decide. Default: 1.
    #[schemars(range(min = 1, max = 25))]
    votes: Option<u64>,
}

/// Who judges single answers, and what a human says of some.
#[derive(JsonSchema)]
struct Judged {
    #[schemars(flatten)]
    judges: Judges,
    /// Answers that a human has judged: the judges are held against them.
    #[schemars(length(min = 1))]
    human: Option<Vec<HumanLabel>>,
}

/// An answer and what a human says of it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline)]
struct HumanLabel {
    /// The answer, word for word.
    answer: String,
    /// Whether it should pass.
    pass: bool,
}

/// A judge finds that the answer does what a rubric asks.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Rubric {
    #[schemars(extend("enum" = negatable(&["llm-rubric"])))]
    r#type: String,
    /// The rubric: a template; or any other value, which the judge sees as JSON.
    value: Value,
    /// The least score from 0 to 1 that passes, beside the judge's own word.
    threshold: Option<NumberForm>,
    /// What is put before the judge in place of the built-in words: a template that sees `output` and `rubric`.
    rubric_prompt: Option<String>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// A judge finds that the answer meets a criterion.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ClosedQa {
    #[schemars(extend("enum" = negatable(&["model-graded-closedqa"])))]
    r#type: String,
    /// The criterion: a template; or any other value, which the judge sees as JSON.
    value: Value,
    /// What is put before the judge in place of the built-in words: a template that sees `output` and `rubric`.
    rubric_prompt: Option<String>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// A judge scores the answer by steps that it derives from criteria.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct GEval {
    #[schemars(extend("enum" = negatable(&["g-eval"])))]
    r#type: String,
    /// A criterion, or a list of them; templates.
    value: Texts,
    /// The least score from 0 to 1 that passes. Default: 0.7.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// A judge finds that the answer does not contradict a reference.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Factuality {
    #[schemars(extend("enum" = negatable(&["factuality", "model-graded-factuality"])))]
    r#type: String,
    /// The reference, a template.
    value: String,
    /// What each finding scores; more than 0 passes. Default: 0 for `disagree`, 1 for the others.
    scores: Option<Scores>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// What each finding scores.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline)]
struct Scores {
    /// The answer tells a part of the reference.
    #[schemars(range(min = 0, max = 1))]
    subset: Option<f64>,
    /// It tells all of it and more.
    #[schemars(range(min = 0, max = 1))]
    superset: Option<f64>,
    /// It tells the same.
    #[schemars(range(min = 0, max = 1))]
    agree: Option<f64>,
    /// It contradicts the reference.
    #[schemars(range(min = 0, max = 1))]
    disagree: Option<f64>,
    /// It differs in what does not matter.
    #[schemars(range(min = 0, max = 1))]
    differ_but_factual: Option<f64>,
}

/// A judge finds the sentences of a right answer in the context.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ContextRecall {
    #[schemars(extend("enum" = negatable(&["context-recall"])))]
    r#type: String,
    /// The right answer, a template.
    value: String,
    /// The least share that passes. Default: 0.5.
    threshold: Option<NumberForm>,
    /// What makes the context of the output. Default: the variable `context`.
    context_transform: Option<TransformForm>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// A judge finds that the context helps with the question, or that the answer rests on it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Context {
    #[schemars(extend("enum" = negatable(&["context-relevance", "context-faithfulness"])))]
    r#type: String,
    /// The least share that passes. Default: 0.5.
    threshold: Option<NumberForm>,
    /// What makes the context of the output. Default: the variable `context`.
    context_transform: Option<TransformForm>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// A judge makes questions of the answer, which mean what was asked.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct AnswerRelevance {
    #[schemars(extend("enum" = negatable(&["answer-relevance"])))]
    r#type: String,
    /// The least mean cosine that passes. Default: 0.5.
    threshold: Option<NumberForm>,
    /// Who makes vectors. Default: `embedding_model` of the test or the suite.
    embedding_model: Option<IdOrModel>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}

/// The answer means nearly the same as a text: the cosine of their vectors is large. With `similar:dot` it is their dot product,
/// with `similar:euclidean` their distance, which must be small.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Similar {
    #[schemars(extend("enum" = negatable(&["similar", "similar:cosine", "similar:dot", "similar:euclidean"])))]
    r#type: String,
    /// A text, or a list of which the nearest counts; templates.
    value: Texts,
    /// The least similarity, or the greatest distance, that passes. Default: 0.75.
    threshold: Option<NumberForm>,
    /// Who makes vectors. Default: `embedding_model` of the test or the suite.
    embedding_model: Option<IdOrModel>,
    /// Another word for `embedding_model`.
    provider: Option<IdOrModel>,
    #[schemars(flatten)]
    common: Common,
}

/// A judge finds that the turns of the conversation are relevant replies.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Conversation {
    #[schemars(extend("enum" = negatable(&["conversation-relevance"])))]
    r#type: String,
    /// The least share of relevant turns that passes. Default: 0.5.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    judges: Judged,
    #[schemars(flatten)]
    common: Common,
}
