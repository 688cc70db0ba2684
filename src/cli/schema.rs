//! `schema`: the JSON Schemas of what is read and written.

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::exit::Exit;
use super::ui::Ui;
use crate::{report, suite};

/// Print the JSON Schema of suites, of report.json, or of a line of results.jsonl
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which schema
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Suite files
    Suite,
    /// report.json
    Report,
    /// A line of results.jsonl
    Results,
}

pub(super) fn run(args: &SchemaArgs, ui: &Ui) -> Result<Exit, CliError> {
    let schema = match args.what {
        What::Suite => suite::schema(),
        What::Report => report::schema_report(),
        What::Results => report::schema_results(),
    };
    ui.print(&(serde_json::to_string_pretty(&schema).expect("a schema is plain data") + "\n"))?;
    Ok(Exit::Done)
}
