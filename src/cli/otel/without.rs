//! In builds that cannot tell a collector: says so where that is asked for.

#![expect(
    clippy::needless_pass_by_value,
    reason = "it has the form of what it stands in for"
)]

use std::convert::Infallible;

use tokio::runtime::Handle;

use super::Wanted;
use crate::cli::error::CliError;
use crate::cli::progress::Ear;
use crate::cli::ui::Ui;
use crate::run::Watch;

/// What cannot be.
pub(in crate::cli) struct Live(Infallible);

/// What this build is without.
const WITHOUT: &str = "this build of mcp-cli cannot send traces and metrics";

/// Says that this build cannot do it.
pub(super) fn check() -> Result<(), CliError> {
    let error = CliError::usage(WITHOUT);
    Err(error.hint("build one that can: cargo install --path . --features otel"))
}

impl Live {
    /// Warns, if the environment asks for what cannot be.
    pub(in crate::cli) fn start(
        wanted: Option<Wanted>,
        _: &str,
        _: (Option<&str>, Option<&str>),
        _: &Handle,
        ui: &Ui,
    ) -> Option<Self> {
        if wanted.is_some() {
            let why = "OTEL_EXPORTER_OTLP_ENDPOINT asks for them; OTEL_SDK_DISABLED=true does not";
            ui.note(&format!("warning: {WITHOUT}: {why}"));
        }
        None
    }

    pub(in crate::cli) fn watch(&self) -> Watch {
        match self.0 {}
    }

    pub(in crate::cli) fn ear(&self) -> Ear {
        match self.0 {}
    }

    pub(in crate::cli) fn finish(self, _: &Ui) {
        match self.0 {}
    }
}
