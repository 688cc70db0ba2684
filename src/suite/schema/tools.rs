//! Tools, their results, and the assertion about calling them.

#![expect(dead_code, reason = "described to editors, never filled")]

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::assertion::{Common, negatable};
use super::measured::Bounds;

/// Tools that the model is offered.
#[derive(JsonSchema)]
pub(super) struct Tools {
    /// Tools that the model may call, in the shape of Converse, Anthropic or `OpenAI`; or a file of them: `file://…`.
    tools: Option<ToolList>,
    /// `auto`, `any`, or the name of the tool that must be called.
    tool_choice: Option<ToolChoice>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum ToolList {
    File(
        #[schemars(regex(pattern = "^file://"))]
        String,
    ),
    List(Vec<Map<String, Value>>),
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum ToolChoice {
    Word(String),
    Map(Map<String, Value>),
}

/// The model called these tools.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{"required": ["value"]}, {"required": ["count"]}]))]
pub(super) struct ToolCalls {
    #[schemars(extend("enum" = negatable(&["tool-calls"])))]
    r#type: String,
    /// Calls that must be there, each by itself.
    value: Option<ExpectedCalls>,
    /// Whether they must come in this order. Default: false.
    ordered: Option<bool>,
    /// Whether there may be other calls. Default: true.
    others: Option<bool>,
    /// How many calls there are in all: a number, or bounds.
    count: Option<Count>,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum ExpectedCalls {
    One(NameOrCall),
    Several(Vec<NameOrCall>),
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum NameOrCall {
    Name(String),
    Call(ExpectedCall),
}

/// A call that is expected.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ExpectedCall {
    /// The tool's name.
    name: String,
    /// Arguments that the call has; texts in them are templates.
    arguments: Option<Value>,
    /// Whether it has no others. Default: false.
    exact: Option<bool>,
    /// A JSON Schema of its arguments, in place of `arguments`.
    schema: Option<Map<String, Value>>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum Count {
    Number(f64),
    Bounds(Bounds),
}
