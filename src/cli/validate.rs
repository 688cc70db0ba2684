//! `validate`: everything that can be said about suites without a network.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::error::CliError;
use super::exit::Exit;
use super::header::catalog;
use super::ui::{Ui, count_problems, plural};
use crate::catalog::Catalog;
use crate::plan::{self, Selection};
use crate::suite::{self, Loaded, Severity, SuiteError, Surroundings};

/// Check suites without asking a model
///
/// Finds unknown keys and checks, templates that do not parse, variables that are missing, rows that cannot be read,
/// and what a model is known to reject. All mistakes at once.
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Suite files, or folders with suite files below them
    #[arg(default_value = "suites/")]
    paths: Vec<PathBuf>,
    /// A price table whose rows add to or replace the built-in ones
    #[arg(long, value_name = "FILE")]
    pricing: Option<String>,
    /// Print the problems as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ValidateArgs, ui: &Ui) -> Result<Exit, CliError> {
    let catalog = catalog(args.pricing.as_deref())?;
    let loaded = load(&args.paths, &catalog)?;
    let is_valid = loaded
        .problems
        .iter()
        .all(|problem| problem.severity == Severity::Warning);
    if args.json {
        let problems: Vec<Value> = loaded.problems.iter().map(as_json).collect();
        let document = json!({"files": loaded.files, "valid": is_valid, "problems": problems});
        ui.print(&(serde_json::to_string_pretty(&document).expect("plain data") + "\n"))?;
    } else {
        ui.problems(&loaded.problems);
    }
    if !is_valid {
        return Err(CliError::usage(count_problems(&loaded.problems)));
    }
    if !args.json {
        let (files, problems) = (loaded.files, count_problems(&loaded.problems));
        let plan = plan::build(loaded.suites, Selection::default(), |_| None)?;
        let cases: u64 = plan.suites.iter().map(|part| part.cases).sum();
        let models: BTreeSet<&str> = plan
            .suites
            .iter()
            .flat_map(|part| &part.entries)
            .map(|entry| &*entry.id)
            .collect();
        ui.print(&format!(
            "valid: {}, {}, {}, {}; {problems}\n",
            plural(files as u64, "suite"),
            plural(cases, "case"),
            plural(models.len() as u64, "model"),
            plural(plan.len(), "trial"),
        ))?;
    }
    Ok(Exit::Done)
}

/// Loads the suites at `paths` with the environment of this process, today.
///
/// # Errors
///
/// A path leads nowhere, or no suite is found.
pub(super) fn load(paths: &[PathBuf], catalog: &Catalog) -> Result<Loaded, CliError> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let today = jiff::Zoned::now().date();
    Ok(suite::load(
        paths,
        &Surroundings {
            catalog,
            environment: &environment,
            today,
        },
    )?)
}

pub(super) fn as_json(problem: &SuiteError) -> Value {
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "file": problem.place.file.path,
        "line": problem.place.line,
        "column": problem.place.column,
        "message": problem.message,
        "hint": problem.hint,
    })
}
