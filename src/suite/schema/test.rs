//! What a suite may say under `tests` and `default_test`.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "described to editors, never filled"
)]

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::assertion::Assertion;
use super::model::IdOrModel;
use super::top::{OneOrMore, Texts};

/// A test, or a file of rows.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum RowsOrTest {
    /// A file of rows, each of which becomes a case: .csv, .tsv, .json, .jsonl, .ndjson, .yaml or .yml.
    Rows(String),
    Map(Test),
}

/// A test: one case, several by lists among its variables, or a case for each row of a dataset.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Test {
    /// Its name, unique in the suite. Default: its number, such as #3.
    description: Option<String>,
    /// Rows, each of which becomes a case; their fields are variables.
    dataset: Option<DatasetForm>,
    /// What the user says turn by turn; the first is the variable `turn` of the prompt.
    #[schemars(length(min = 1))]
    turns: Option<Vec<TextOrTurn>>,
    /// A canned answer, which is judged in place of asking a model.
    output: Option<Value>,
    /// Another word for `output`.
    provider_output: Option<Value>,
    #[schemars(flatten)]
    common: DefaultTest,
}

/// What the user says, and what the answer should be like.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum TextOrTurn {
    /// A template; sees the earlier turns as `turns[0].output`.
    Text(String),
    Map(Turn),
}

/// A turn.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Turn {
    /// What the user says, a template.
    user: String,
    /// What the answer to it should be like.
    assert: Option<Vec<Assertion>>,
}

/// What every test has that does not say otherwise.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct DefaultTest {
    /// Variables of prompts and assertions. A list whose first item is text makes a case of each item; `file://…`
    /// reads a file.
    #[schemars(extend("propertyNames" = {"not": {"const": "env"}}))]
    vars: Option<Map<String, Value>>,
    /// What an answer should be like: all of it, unless there is a `threshold`.
    assert: Option<Vec<Assertion>>,
    /// Who judges, in place of the suite's `judge`.
    judge: Option<OneOrMore<IdOrModel>>,
    /// The model that makes vectors where an assertion compares meanings. Default: amazon.titan-embed-text-v2:0.
    embedding_model: Option<IdOrModel>,
    /// What tools give when they are called, over the suite's.
    tool_results: Option<Map<String, Value>>,
    /// Servers whose tools models may call, in place of the suite's.
    mcp_servers: Option<super::top::ServersForm>,
    /// The weighted mean of the assertions' scores that is enough to pass, whether or not each one passed.
    threshold: Option<f64>,
    /// What to judge instead of the answer itself.
    transform: Option<TransformForm>,
    /// Tags, for `--tag`.
    tags: Option<Texts>,
    /// How often each case is asked, over the suite's own.
    #[schemars(range(min = 1))]
    repeat: Option<u64>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum DatasetForm {
    /// A file of rows: .csv, .tsv, .json, .jsonl, .ndjson, .yaml or .yml.
    File(String),
    Map(Dataset),
}

/// Rows of a file.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Dataset {
    /// The file: .csv, .tsv, .json, .jsonl, .ndjson, .yaml or .yml.
    file: String,
    /// Which rows to keep: an expression over their fields, such as `language == 'nl'`.
    r#where: Option<String>,
    /// How many of these to draw at random, always the same ones.
    #[schemars(range(min = 1))]
    sample: Option<u64>,
    /// At most so many rows, the first ones.
    #[schemars(range(min = 1))]
    limit: Option<u64>,
    /// The field that names a case. Default: `id` or `description`, else the row's number.
    id: Option<String>,
    /// The field whose equal values belong together, for the statistics.
    cluster: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum TransformForm {
    /// JavaScript over `output` and `context`.
    Script(String),
    Expression(Transform),
}

/// What to judge instead of the answer itself.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Transform {
    /// An expression over `output`, `json`, `vars` and `tool_calls`.
    expr: String,
}
