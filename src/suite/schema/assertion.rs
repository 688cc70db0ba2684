//! What a suite may say in a list of assertions: a shape for each group of types that say the same.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "described to editors, never filled"
)]

use schemars::JsonSchema;
use serde_json::Value;

use super::group::{MaxScore, Pairwise, PassAtK, SelectBest};
use super::judged::{
    AnswerRelevance, ClosedQa, Context, ContextRecall, Conversation, Factuality, GEval, Rubric,
    Similar,
};
use super::markup::{Html, Sql, Xml};
use super::measured::{
    Cost, Duration, FinishReason, Json, JsonPath, Number, StopReason, Time, Tokens, WordCount,
};
use super::reference::{Meteor, Overlap, RougeL, RougeN};
use super::test::TransformForm;
use super::tools::ToolCalls;
use super::top::{NumberForm, Texts};

/// A property that an answer should have. `not-` before a type turns it around.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Assertion {
    Equals(Equals),
    Contains(Contains),
    ContainsSeveral(ContainsSeveral),
    Ends(Ends),
    Regex(Regex),
    Distance(Distance),
    WordCount(WordCount),
    RougeN(RougeN),
    RougeL(RougeL),
    Overlap(Overlap),
    Meteor(Meteor),
    Number(Number),
    Bare(Bare),
    NoRepetition(NoRepetition),
    ToolCallF1(ToolCallF1),
    ToolCalls(ToolCalls),
    Json(Json),
    JsonPath(JsonPath),
    Xml(Xml),
    Html(Html),
    Sql(Sql),
    Time(Time),
    Cost(Cost),
    Tokens(Tokens),
    StopReason(StopReason),
    FinishReason(FinishReason),
    Expr(Expr),
    JavaScript(JavaScript),
    Python(Python),
    Exec(Exec),
    Webhook(Webhook),
    Language(Language),
    Rubric(Rubric),
    ClosedQa(ClosedQa),
    GEval(GEval),
    Factuality(Factuality),
    ContextRecall(ContextRecall),
    Context(Context),
    Conversation(Conversation),
    AnswerRelevance(AnswerRelevance),
    Similar(Similar),
    SelectBest(SelectBest),
    MaxScore(MaxScore),
    Pairwise(Pairwise),
    PassAtK(PassAtK),
    AssertSet(AssertSet),
    Combine(Combine),
}

/// What every assertion may say.
#[derive(JsonSchema)]
pub(super) struct Common {
    /// Its weight in the score of the trial; 0: it always passes and does not count. Default: 1.
    #[schemars(range(min = 0))]
    weight: Option<f64>,
    /// The metric that its score counts for.
    metric: Option<String>,
    /// What to judge instead of the answer itself.
    transform: Option<TransformForm>,
}

/// Returns the names, each also with `not-` before it.
pub(super) fn negatable(names: &[&str]) -> Vec<String> {
    let plain = names.iter().map(|name| (*name).to_owned());
    plain
        .chain(names.iter().map(|name| format!("not-{name}")))
        .collect()
}

/// The answer is this, exactly.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Equals {
    #[schemars(extend("enum" = negatable(&["equals"])))]
    r#type: String,
    /// A template; or any other value, which is compared with the answer read as JSON.
    value: Value,
    #[schemars(flatten)]
    common: Common,
}

/// The answer holds this text; `icontains` ignores the case of letters.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Contains {
    #[schemars(extend("enum" = negatable(&["contains", "icontains"])))]
    r#type: String,
    /// A template or a number.
    value: ContainsValue,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum ContainsValue {
    Text(#[schemars(length(min = 1))] String),
    Number(f64),
}

/// The answer holds any or all of several texts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ContainsSeveral {
    #[schemars(extend("enum" = negatable(&["contains-any", "contains-all", "icontains-any", "icontains-all"])))]
    r#type: String,
    /// A list, or texts parted by commas.
    value: ContainsSeveralValue,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum ContainsSeveralValue {
    Text(#[schemars(length(min = 1))] String),
    List(Vec<Value>),
}

/// The answer begins or ends with this text.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Ends {
    #[schemars(extend("enum" = negatable(&["starts-with", "ends-with"])))]
    r#type: String,
    /// A template.
    #[schemars(length(min = 1))]
    value: String,
    #[schemars(flatten)]
    common: Common,
}

/// A pattern matches somewhere in the answer.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Regex {
    #[schemars(extend("enum" = negatable(&["regex"])))]
    r#type: String,
    /// A JavaScript pattern, which may hold variables.
    #[schemars(length(min = 1))]
    value: String,
    /// Flags of the pattern, such as `i`.
    flags: Option<String>,
    #[schemars(flatten)]
    common: Common,
}

/// The answer is nearly this text: so many letters may differ.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Distance {
    #[schemars(extend("enum" = negatable(&["levenshtein"])))]
    r#type: String,
    /// A template.
    value: String,
    /// The largest distance. Default: 5.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// The model refused to answer; no guardrail stepped in; the tools that it called were offered and fit their schemas.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Bare {
    #[schemars(extend("enum" = negatable(&["is-refusal", "guardrails", "is-valid-openai-tools-call", "is-valid-function-call", "is-valid-openai-function-call"])))]
    r#type: String,
    #[schemars(flatten)]
    common: Common,
}

/// The answer does not repeat itself.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct NoRepetition {
    #[schemars(extend("enum" = negatable(&["no-repetition"])))]
    r#type: String,
    /// The length of the runs of words that should be new. Default: 4.
    words: Option<NumberForm>,
    /// The least share of runs that must be new. Default: 0.8.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// The model called these tools and no others.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ToolCallF1 {
    #[schemars(extend("enum" = negatable(&["tool-call-f1"])))]
    r#type: String,
    /// Names of tools: a list, or text with commas.
    value: Texts,
    /// The least F1 that passes. Default: 1.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// An expression is true, or a number that is large enough.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Expr {
    #[schemars(extend("enum" = negatable(&["expr"])))]
    r#type: String,
    /// An expression over `output`, `json`, `vars` and `tool_calls`.
    value: String,
    /// The least number that passes.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// A script returns true, a number that is large enough, or `{pass, score, reason}`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct JavaScript {
    #[schemars(extend("enum" = negatable(&["javascript"])))]
    r#type: String,
    /// One line is an expression over `output` and `context`; several are a function's body. Or a file that exports a
    /// function: `file://check.js`, `file://check.js:name`.
    #[schemars(length(min = 1))]
    value: String,
    /// The least number that passes.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// Python returns true, a number that is large enough, or `{pass, score, reason}`. Needs `--allow-exec`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Python {
    #[schemars(extend("enum" = negatable(&["python"])))]
    r#type: String,
    /// One line is an expression over `output` and `context`; several are a function's body. Or a file with a function
    /// `get_assert(output, context)`, or of another name: `file://check.py:name`.
    #[schemars(length(min = 1))]
    value: String,
    /// The least score that passes.
    threshold: Option<NumberForm>,
    /// The longest that one answer may take. Default: 10s.
    timeout: Option<Duration>,
    #[schemars(flatten)]
    common: Common,
}

/// A command answers a line of JSON with true, a number that is large enough, or `{pass, score, reason}`. Needs
/// `--allow-exec`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Exec {
    #[schemars(extend("enum" = negatable(&["exec"])))]
    r#type: String,
    /// The command: text with blanks between its words, or a list of words.
    value: Texts,
    /// The least score that passes.
    threshold: Option<NumberForm>,
    /// The longest that one answer may take. Default: 10s.
    timeout: Option<Duration>,
    #[schemars(flatten)]
    common: Common,
}

/// A service answers `{pass, score, reason}` to a POST of `{output, context}`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Webhook {
    #[schemars(extend("enum" = negatable(&["webhook"])))]
    r#type: String,
    /// Its URL, a template.
    #[schemars(length(min = 1))]
    value: String,
    #[schemars(flatten)]
    common: Common,
}

/// The answer is in one of these languages.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Language {
    #[schemars(extend("enum" = negatable(&["language"])))]
    r#type: String,
    /// A code such as `en` or a name such as Dutch, or a list of them.
    value: Texts,
    #[schemars(flatten)]
    common: Common,
}

/// A test within the test, with a threshold of its own. Sets do not nest.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct AssertSet {
    #[schemars(extend("enum" = ["assert-set"]))]
    r#type: String,
    /// The assertions of the set.
    assert: Vec<Assertion>,
    /// The weighted mean of their scores that is enough to pass.
    threshold: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

/// Any, all or none of several assertions hold.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Combine {
    #[schemars(extend("enum" = ["any-of", "all-of", "none-of"]))]
    r#type: String,
    /// At least one assertion.
    #[schemars(length(min = 1))]
    assert: Vec<Assertion>,
    #[schemars(flatten)]
    common: Common,
}
