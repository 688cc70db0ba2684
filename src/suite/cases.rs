//! The cases of a suite, one at a time: matrices multiplied, rows read as they are asked for.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::case::{Case, Suite, Test};
use super::dataset::{DatasetError, Row};
use super::prompt::Prompt;
use crate::model::{canonical, hex};

impl Suite {
    /// Returns every case in the order of the file, rows of datasets in the order of theirs.
    ///
    /// Reads datasets again each time; holds one row at a time.
    pub fn cases(
        self: &Arc<Self>,
    ) -> impl Iterator<Item = Result<Case, DatasetError>> + Send + use<> {
        let suite = Arc::clone(self);
        let prompts = suite.prompts_digest();
        (0..suite.tests.len()).flat_map(move |index| suite.cases_of(index, &prompts))
    }

    fn cases_of(
        self: &Arc<Self>,
        index: usize,
        prompts: &str,
    ) -> Box<dyn Iterator<Item = Result<Case, DatasetError>> + Send> {
        let suite = Arc::clone(self);
        let prompts = prompts.to_owned();
        let test = &self.tests[index];
        let rows: Box<dyn Iterator<Item = Result<Option<Row>, DatasetError>> + Send> =
            match &test.dataset {
                None => Box::new(std::iter::once(Ok(None))),
                Some(dataset) => match dataset.rows() {
                    Ok(rows) => Box::new(rows.map(|row| row.map(Some))),
                    Err(error) => Box::new(std::iter::once(Err(error))),
                },
            };
        Box::new(rows.flat_map(move |row| {
            let made: Vec<Result<Case, DatasetError>> = match row {
                Ok(row) => suite.tests[index]
                    .expand(row)
                    .map(|found| Ok(suite.case(found, index, &prompts)))
                    .collect(),
                Err(error) => vec![Err(error)],
            };
            made
        }))
    }

    fn case(&self, found: Expanded, index: usize, prompts: &str) -> Case {
        let test = &self.tests[index];
        let case_id = digest(&json!([self.name, found.name]));
        let case_hash = digest(&json!([prompts, found.vars, test.digest]));
        Case {
            name: found.name,
            case_id,
            case_hash,
            line: test.line,
            vars: found.vars,
            tags: test.tags.clone(),
            cluster: found.cluster,
            turns: Arc::clone(&test.turns),
            grading: test.grading.clone(),
            output: test.output.clone(),
            tool_results: test.tool_results.clone(),
            servers: Arc::clone(&test.servers),
            repeat: test.repeat.unwrap_or(self.repeat),
        }
    }

    /// Returns a digest of all prompts, names and contents, and of the suite's tools.
    fn prompts_digest(&self) -> String {
        let prompts: Vec<Value> = self
            .prompts
            .iter()
            .map(|prompt: &Prompt| json!(prompt.digest()))
            .collect();
        // Suites without tools have the digests that they had before there were any.
        if self.tools.is_empty() {
            return digest(&Value::Array(prompts));
        }
        digest(&json!([prompts, self.tools]))
    }
}

/// A test's variables for one case.
struct Expanded {
    name: String,
    vars: Map<String, Value>,
    cluster: Option<String>,
}

/// The most cases that the lists of one test, or of one row of its dataset, make together: lists multiply quickly.
pub(super) const MOST_CASES: u64 = 100_000;

impl Test {
    /// Returns how many cases the matrix makes, over the fields of `row` if there is one; no more than a number can say.
    pub(super) fn combinations(&self, row: Option<&Row>) -> u64 {
        let lengths = self.matrix.iter().filter_map(|variable| {
            let own = || self.vars.get(variable);
            let value = row.and_then(|row| row.fields.get(variable)).or_else(own);
            value?.as_array().map(Vec::len)
        });
        lengths.fold(1, |product, length| product.saturating_mul(length as u64))
    }

    /// Multiplies the matrix, over the fields of `row` if there is one.
    fn expand(&self, row: Option<Row>) -> impl Iterator<Item = Expanded> + use<> {
        let mut name = self.name.clone();
        let mut vars = self.vars.clone();
        let mut cluster = None;
        if let (Some(row), Some(dataset)) = (row, &self.dataset) {
            name = dataset.case_name(&row);
            cluster = dataset
                .cluster
                .as_ref()
                .and_then(|field| row.fields.get(field))
                .map(plain);
            vars.extend(row.fields);
        }
        let mut cases = vec![(name, vars)];
        for variable in &self.matrix {
            let Some(Value::Array(values)) = cases[0].1.get(variable).cloned() else {
                continue;
            };
            cases = cases
                .iter()
                .flat_map(|(name, vars)| {
                    values.iter().map(move |value| {
                        let mut vars = vars.clone();
                        vars.insert(variable.clone(), value.clone());
                        (format!("{name} [{variable}={}]", plain(value)), vars)
                    })
                })
                .collect();
        }
        cases.into_iter().map(move |(name, vars)| Expanded {
            name,
            vars,
            cluster: cluster.clone(),
        })
    }
}

impl super::dataset::Dataset {
    /// Returns the name of a row's case: its `id` field, its `id` or `description` column, or `file#N`.
    pub(super) fn case_name(&self, row: &Row) -> String {
        let field = |name: &str| {
            row.fields
                .get(name)
                .map(plain)
                .filter(|text| !text.is_empty())
        };
        let named = match &self.id {
            Some(id) => field(id),
            None => field("id").or_else(|| field("description")),
        };
        named.unwrap_or_else(|| format!("{}#{}", self.name, row.number))
    }
}

/// Returns a value as people write it: text without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn digest(value: &Value) -> String {
    hex(&Sha256::digest(canonical(value).as_bytes())[..16])
}
