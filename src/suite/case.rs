//! The resolved types: suites and cases that cannot be wrong.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::dataset::Dataset;
use super::prompt::Prompt;
use super::toolset::{ToolResults, ToolSet};
use crate::catalog::Usd;
use crate::check::{Grading, Helper};
use crate::gate::Gate;
use crate::model::{CacheTtl, Guardrail, Params, ServerSpec};
use crate::template::{Template, TemplateError};

/// A suite: its prompts × its models × its cases.
#[derive(Debug)]
pub struct Suite {
    /// Its name, unique in the run.
    pub name: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// What it is for.
    pub description: Option<String>,
    /// At least one.
    pub prompts: Vec<Prompt>,
    /// At least one, with unique labels.
    pub models: Vec<ModelEntry>,
    /// The tests as written; a dataset is one of them.
    pub tests: Vec<Test>,
    /// How often each case is asked, at least once.
    pub repeat: u32,
    /// The label that others are compared with.
    pub baseline: Option<String>,
    /// What a run of this suite may cost.
    pub budget: Option<Usd>,
    /// The non-inferiority margin as a fraction.
    pub margin: Option<f64>,
    /// What must hold for the run to be good enough; without any, every trial must pass.
    pub gates: Vec<Gate>,
    /// Environment variables that templates may use, as the variable `env`.
    pub env: Map<String, Value>,
    /// Tools that every model is offered that has no others.
    pub tools: ToolSet,
    /// Servers of tools that it describes itself; others that it names are configured.
    pub server_specs: Vec<ServerSpec>,
}

impl Suite {
    /// Returns the models that its checks ask, each once: one model in one region and tier is one.
    pub fn helpers(&self) -> Vec<Helper<'_>> {
        let mut helpers: Vec<Helper<'_>> = Vec::new();
        let is_same = |a: &Helper<'_>, b: &Helper<'_>| {
            let (a, b) = (a.request, b.request);
            a.model == b.model && a.region == b.region && a.service_tier == b.service_tier
        };
        for helper in self.tests.iter().flat_map(|test| test.grading.helpers()) {
            if !helpers.iter().any(|known| is_same(known, &helper)) {
                helpers.push(helper);
            }
        }
        helpers
    }
}

/// A model that a suite asks, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// Its name in the suite.
    pub label: String,
    /// Id, inference profile or ARN.
    pub id: String,
    /// The region to ask, where it is not the run's.
    pub region: Option<String>,
    /// Inference parameters.
    pub params: Params,
    /// Fields that go to the model as they are.
    pub additional_fields: Option<Map<String, Value>>,
    /// Service tier.
    pub service_tier: Option<String>,
    /// Latency optimisation.
    pub performance: Option<String>,
    /// Guardrail.
    pub guardrail: Option<Guardrail>,
    /// Whether a cache point follows the system prompt, and for how long.
    pub cache_system: Option<CacheTtl>,
    /// Whether what questions begin with is kept in the prompt cache wherever that pays.
    pub cache_auto: bool,
    /// Tools that it is offered in place of the suite's.
    pub tools: ToolSet,
    /// Whether it may be offered tools while it streams, as far as is known.
    pub streams_tools: bool,
}

/// A test as written: one case, several by its variable matrix, or a case for each row of a dataset.
#[derive(Debug)]
pub struct Test {
    /// Its description, or `#N`.
    pub name: String,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// Variables of its own and of `default_test`, lists not yet multiplied.
    pub vars: Map<String, Value>,
    /// Variables whose lists are multiplied, in order.
    pub matrix: Vec<String>,
    /// Rows to make cases of.
    pub dataset: Option<Dataset>,
    /// Tags, for `--tag`.
    pub tags: Vec<String>,
    /// What the user says, turn by turn; empty where the prompt says all.
    pub turns: Arc<[Template]>,
    /// How its answers are judged.
    pub grading: Grading,
    /// A canned answer, which is judged in place of asking.
    pub output: Option<Value>,
    /// What tools give when they are called.
    pub tool_results: ToolResults,
    /// Servers whose tools models are offered, by name.
    pub servers: Arc<[String]>,
    /// Those of them that the test describes itself.
    pub server_specs: Vec<ServerSpec>,
    /// How often it is asked, over the suite's own.
    pub repeat: Option<u32>,
    /// Digest of everything in the test that decides a verdict.
    pub digest: String,
    /// Variables that prompts and checks need from a row.
    pub needed: BTreeSet<String>,
}

/// One question with its variables and its checks.
#[derive(Debug)]
pub struct Case {
    /// Its name in the suite.
    pub name: String,
    /// Hash of suite and case names.
    pub case_id: String,
    /// Hash of prompts, variables and checks.
    pub case_hash: String,
    /// The line of the suite on which its test begins, from 1.
    pub line: u64,
    /// Its variables.
    pub vars: Map<String, Value>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The group it belongs to, for the statistics.
    pub cluster: Option<String>,
    /// What the user says, turn by turn; empty where the prompt says all.
    pub turns: Arc<[Template]>,
    /// How its answers are judged.
    pub grading: Grading,
    /// A canned answer.
    pub output: Option<Value>,
    /// What tools give when they are called.
    pub tool_results: ToolResults,
    /// Servers whose tools models are offered, by name.
    pub servers: Arc<[String]>,
    /// How often it is asked.
    pub repeat: u32,
}

impl Case {
    /// Returns what the user says in a turn, from 0.
    ///
    /// # Errors
    ///
    /// The message cannot be rendered over `context`.
    pub fn said(&self, turn: usize, context: &Map<String, Value>) -> Result<String, TemplateError> {
        self.turns[turn].render(context)
    }
}

/// A case as the plan shares it.
pub type SharedCase = Arc<Case>;
