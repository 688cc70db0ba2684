//! Tools that a model is offered, and canned results of calling them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Tool, ToolCall, ToolChoice, ToolResult, canonical};
use crate::template::{JsonTemplate, TemplateError};

/// Tools, and which of them must be called.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ToolSet {
    /// The tools; none at all is a set that says nothing.
    pub tools: Vec<Tool>,
    /// Which of them must be called.
    pub choice: Option<ToolChoice>,
}

impl ToolSet {
    /// Returns whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

/// What tools give when they are called, by their names.
#[derive(Debug, Clone, Default)]
pub struct ToolResults {
    by_name: Arc<BTreeMap<String, JsonTemplate>>,
    /// As written, as JSON with sorted keys.
    written: Arc<str>,
}

impl ToolResults {
    /// Returns results by the names of their tools, which were `written` so.
    pub(super) fn new(by_name: BTreeMap<String, JsonTemplate>, written: &Value) -> Self {
        Self {
            by_name: Arc::new(by_name),
            written: canonical(written).into(),
        }
    }

    /// Returns them as they were written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Returns the names of the tools.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Returns the variables that the results need.
    pub(super) fn variables(&self) -> BTreeSet<String> {
        self.by_name
            .values()
            .flat_map(JsonTemplate::variables)
            .collect()
    }

    /// Returns what a call gives; `None` if nothing is said of its tool.
    ///
    /// # Errors
    ///
    /// A result that cannot be rendered.
    pub fn of(
        &self,
        call: &ToolCall,
        vars: &Map<String, Value>,
    ) -> Result<Option<ToolResult>, TemplateError> {
        let Some(result) = self.by_name.get(&call.name) else {
            return Ok(None);
        };
        Ok(Some(ToolResult {
            id: call.id.clone(),
            content: result.render(vars)?,
            images: Vec::new(),
            is_error: false,
        }))
    }
}
