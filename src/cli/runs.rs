//! `runs`: what was recorded so far.

use std::path::PathBuf;

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use super::error::CliError;
use super::exit::Exit;
use super::outputs::Shown;
use super::run_folder::RunFolder;
use super::ui::Ui;
use crate::report::Report;

/// List the recorded runs, oldest first
#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    /// Where run folders are
    #[arg(
        long,
        visible_alias = "out",
        value_name = "DIR",
        default_value = "reports/"
    )]
    run_dir: PathBuf,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RunsArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut runs = Vec::new();
    for id in RunFolder::ids(&args.run_dir) {
        let folder = RunFolder {
            path: args.run_dir.join(&id),
            id,
        };
        match Shown::read(&folder) {
            Ok(shown) => runs.push(shown.into_report()),
            Err(error) => ui.note(&format!(
                "warning: run `{}` is passed over: {}",
                folder.id, error.message
            )),
        }
    }
    if args.json {
        let list: Vec<Value> = runs.iter().map(as_json).collect();
        ui.print(&(serde_json::to_string_pretty(&list).expect("plain data") + "\n"))?;
    } else if runs.is_empty() {
        ui.note(&format!("no runs in `{}`", args.run_dir.display()));
    } else {
        ui.print(&format!("{}\n", table(&runs)))?;
    }
    Ok(Exit::Done)
}

fn table(runs: &[Report]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["run", "suites", "trials", "state", "exit"]);
    for report in runs {
        let suites: Vec<&str> = report
            .suites
            .iter()
            .map(|suite| suite.name.as_str())
            .collect();
        let state = if report.run.complete {
            "complete"
        } else {
            "incomplete"
        };
        table.add_row([
            report.run.id.clone(),
            crate::report::safe_text(&suites.join(", ")).into_owned(),
            format!(
                "{}/{}",
                report.run.planned - report.run.not_asked,
                report.run.planned
            ),
            state.to_owned(),
            report.exit_code.to_string(),
        ]);
    }
    table
}

fn as_json(report: &Report) -> Value {
    json!({
        "id": report.run.id,
        "started_at": report.run.started_at,
        "finished_at": report.run.finished_at,
        "suites": report.suites.iter().map(|suite| &suite.name).collect::<Vec<_>>(),
        "planned": report.run.planned,
        "not_asked": report.run.not_asked,
        "complete": report.run.complete,
        "exit_code": report.exit_code,
    })
}
