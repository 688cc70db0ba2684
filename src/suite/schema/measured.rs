//! The assertions about numbers, JSON, and what an answer took.

#![expect(dead_code, reason = "described to editors, never filled")]

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::assertion::{Common, negatable};
use super::top::{NumberForm, Texts};

/// The answer has so many words.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct WordCount {
    #[schemars(extend("enum" = negatable(&["word-count"])))]
    r#type: String,
    /// How many: a number, a template of one, or bounds.
    value: WordCountValue,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum WordCountValue {
    Number(f64),
    Text(String),
    Bounds(Bounds),
}

/// The last number in the answer is this.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Number {
    #[schemars(extend("enum" = negatable(&["number"])))]
    r#type: String,
    /// A number, or a template of one.
    value: NumberValue,
    /// How far off it may be. Default: 0.
    tolerance: Option<NumberForm>,
    /// How far off it may be, as a fraction of `value`. Default: 0.
    relative_tolerance: Option<NumberForm>,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum NumberValue {
    Number(f64),
    Text(String),
}

/// The answer is JSON, or holds some; perhaps of a schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Json {
    #[schemars(extend("enum" = negatable(&["is-json", "contains-json"])))]
    r#type: String,
    /// A JSON Schema: a map, text, or a file (`file://…`).
    value: Option<JsonValue>,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum JsonValue {
    Map(Map<String, Value>),
    Text(String),
    /// No schema.
    No(#[schemars(extend("const" = false))] bool),
    /// No schema.
    Zero(#[schemars(extend("const" = 0))] u64),
}

/// The value at a path in the answer, which is read as JSON.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{"required": ["path"]}, {"required": ["value"]}]))]
pub(super) struct JsonPath {
    #[schemars(extend("enum" = negatable(&["json-path"])))]
    r#type: String,
    /// A path such as `$.items[0].name`; `[*]` is every item.
    path: Option<String>,
    /// Another word for `path`.
    value: Option<String>,
    /// Whether the path leads anywhere. Default: true.
    exists: Option<bool>,
    /// What the value equals; text is a template.
    equals: Option<Value>,
    /// Text that the value holds, or an item of a list.
    contains: Option<Value>,
    /// A JavaScript pattern that matches the value.
    matches: Option<String>,
    /// The least it may be.
    at_least: Option<NumberForm>,
    /// The most it may be.
    at_most: Option<NumberForm>,
    /// The type of the value.
    is: Option<TypeOfValue>,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
enum TypeOfValue {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

/// The answer, or its first token, took no longer than this.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Time {
    #[schemars(extend("enum" = negatable(&["latency", "ttft"])))]
    r#type: String,
    /// Milliseconds, or a duration such as `3s`.
    threshold: Duration,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum Duration {
    Milliseconds(f64),
    Text(#[schemars(regex(pattern = r"^\s*\d+(\.\d+)?\s*(ms|s|m)?\s*$"))] String),
}

/// The answer cost no more than this.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Cost {
    #[schemars(extend("enum" = negatable(&["cost"])))]
    r#type: String,
    /// US dollars.
    threshold: NumberForm,
    #[schemars(flatten)]
    common: Common,
}

/// The answer took so many tokens.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("anyOf" = [{"required": ["input"]}, {"required": ["output"]}, {"required": ["total"]}])
)]
pub(super) struct Tokens {
    #[schemars(extend("enum" = negatable(&["tokens"])))]
    r#type: String,
    /// Tokens of the prompt.
    input: Option<Bounds>,
    /// Tokens of the answer.
    output: Option<Bounds>,
    /// Tokens of both.
    total: Option<Bounds>,
    #[schemars(flatten)]
    common: Common,
}

/// Bounds of a number, both included.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Bounds {
    /// The least it may be.
    at_least: Option<NumberForm>,
    /// The most it may be.
    at_most: Option<NumberForm>,
    /// Another word for `at_least`.
    min: Option<NumberForm>,
    /// Another word for `at_most`.
    max: Option<NumberForm>,
}

/// The model stopped for one of these reasons, in Bedrock's words: `end_turn`, `max_tokens` and others.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct StopReason {
    #[schemars(extend("enum" = negatable(&["stop-reason"])))]
    r#type: String,
    /// A reason, or a list of them.
    value: Texts,
    #[schemars(flatten)]
    common: Common,
}

/// The model stopped for this reason.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct FinishReason {
    #[schemars(extend("enum" = negatable(&["finish-reason"])))]
    r#type: String,
    /// A reason in Bedrock's words, such as `end_turn`.
    #[schemars(length(min = 1))]
    value: String,
    #[schemars(flatten)]
    common: Common,
}
