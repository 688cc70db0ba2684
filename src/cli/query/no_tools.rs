//! Stands in for tools where the program is built without them.

#![expect(
    clippy::unused_async,
    reason = "it has the form of what it stands in for"
)]

use std::convert::Infallible;

use std::sync::Arc;

use super::answer::Show;
use super::args::QueryArgs;
use crate::cli::error::CliError;
use crate::cli::provider::Chosen;
use crate::cli::ui::Ui;
use crate::model::{Tool, ToolCall, ToolResult};
use crate::run::Tools;

/// No tools.
pub(super) struct Toolbox(Infallible);

/// A tool that is never offered.
pub(super) struct Offered {
    pub(super) tool: Tool,
}

impl Toolbox {
    /// Refuses servers that are named; passes over others.
    ///
    /// # Errors
    ///
    /// Servers are named.
    pub(super) async fn start(
        args: &QueryArgs,
        _: &Chosen,
        _: &Arc<Show>,
        _: &Ui,
    ) -> Result<Option<Self>, CliError> {
        if args.server.is_empty() && args.mcp_config.is_none() {
            return Ok(None);
        }
        let error = CliError::usage("this program was built without tools");
        Err(error.hint("build it with the feature `mcp`"))
    }

    pub(super) fn tools(&self) -> &[Offered] {
        match self.0 {}
    }

    pub(super) fn is_wanted(&self) -> bool {
        match self.0 {}
    }

    pub(super) async fn stop(self) {
        match self.0 {}
    }
}

impl Tools for Toolbox {
    fn takes(&self, _: &ToolCall) -> bool {
        match self.0 {}
    }

    async fn call(&self, _: &ToolCall) -> ToolResult {
        match self.0 {}
    }
}
