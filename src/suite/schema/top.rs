//! The top level of a suite, and forms that many keys share.

#![expect(dead_code, reason = "described to editors, never filled")]

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::gates::Gate;
use super::model::IdOrModel;
use super::prompt::TextOrPrompt;
use super::test::{DefaultTest, RowsOrTest};
use super::tools::Tools;

/// A suite: its prompts × its models × its tests.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("oneOf" = [{"required": ["models"]}, {"required": ["providers"]}, {"required": ["targets"]}])
)]
pub(super) struct Suite {
    /// Its name, unique in a run. Default: the file's path without extension.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// What is asked: templates, files of them, or conversations. At least one.
    prompts: OneOrMore<TextOrPrompt>,
    /// Who is asked: ids, inference profiles or ARNs of Bedrock. At least one.
    models: Option<OneOrMore<IdOrModel>>,
    /// Another word for `models`.
    providers: Option<OneOrMore<IdOrModel>>,
    /// Another word for `models`.
    targets: Option<OneOrMore<IdOrModel>>,
    /// The model that judges where an assertion asks for one, or several of which more than half decide.
    judge: Option<OneOrMore<IdOrModel>>,
    /// The model that makes vectors where an assertion compares meanings. Default: amazon.titan-embed-text-v2:0.
    embedding_model: Option<IdOrModel>,
    /// What every test has that does not say otherwise. Its assertions come before those of the test.
    default_test: Option<DefaultTest>,
    /// The questions: tests, or files of rows that each become one. At least one.
    tests: OneOrMore<RowsOrTest>,
    /// How often each case is asked. Default: 1.
    #[schemars(range(min = 1))]
    repeat: Option<u64>,
    /// The label of the model that others are compared with; `label@prompt` compares prompts.
    baseline: Option<String>,
    /// How much worse than the baseline is still as good, as a fraction: 0.02 is two points.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    margin: Option<f64>,
    /// What must hold of a run. Without gates every trial must pass; with gates they alone decide.
    #[schemars(length(min = 1))]
    gates: Option<Vec<Gate>>,
    /// What a run of this suite may cost, in US dollars. It stops before spending more.
    #[schemars(range(min = 0))]
    budget: Option<f64>,
    /// Environment variables that templates may use, as `env.NAME`: their names, or a map to values in their place.
    env: Option<EnvForm>,
    #[schemars(flatten)]
    tools: Tools,
    /// What tools give when they are called, by name, so that a dialogue can go on; texts are templates.
    tool_results: Option<Map<String, Value>>,
    /// Servers whose tools models may call: names of configured ones, or a map from names to descriptions.
    mcp_servers: Option<ServersForm>,
}

/// Servers of tools.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum ServersForm {
    Names(Texts),
    Described(std::collections::BTreeMap<String, Option<ServerForm>>),
}

/// How a server is reached: a program, or a service over HTTP.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ServerForm {
    /// A program that is started.
    command: Option<String>,
    /// Its arguments.
    args: Option<Texts>,
    /// What it finds in its environment beside the usual few variables.
    env: Option<std::collections::BTreeMap<String, String>>,
    /// The folder that it runs in.
    cwd: Option<String>,
    /// A service over HTTP, in place of a program.
    url: Option<String>,
    /// Headers of every request.
    headers: Option<std::collections::BTreeMap<String, String>>,
    /// `stdio` or `http`; what is there tells it too.
    #[schemars(rename = "type")]
    kind: Option<String>,
    /// How long it may take to start, and each of its tools.
    timeout_seconds: Option<u64>,
    /// Whether it is used.
    enabled: Option<bool>,
    /// Which of its tools may be used.
    tools: Option<ServerToolsForm>,
}

/// Patterns of tools, such as `read_*`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline)]
struct ServerToolsForm {
    /// Those that may be used.
    allow: Option<Texts>,
    /// Those that may not.
    deny: Option<Texts>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum EnvForm {
    Names(Texts),
    Values(std::collections::BTreeMap<String, String>),
}

// One, or a list of at least one.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum OneOrMore<T> {
    One(T),
    More(#[schemars(length(min = 1))] Vec<T>),
}

// A text, or a list of texts.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum Texts {
    One(String),
    Several(Vec<String>),
}

// A number, which may be written as text.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum NumberForm {
    Number(f64),
    Text(#[schemars(regex(pattern = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"))] String),
}
