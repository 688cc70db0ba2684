//! `runs`: what was recorded so far, and removing what is old.

use std::path::Path;

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use super::args::{RunDirArgs, at_least_one};
use super::error::CliError;
use super::exit::Exit;
use super::outputs::Shown;
use super::run_folder::RunFolder;
use super::ui::{Ui, plural};
use crate::report::Report;

/// List the recorded runs, oldest first; `prune` removes old ones
#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    #[command(flatten)]
    runs: RunDirArgs,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<RunsCommand>,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// Remove old runs, all but the newest
    Prune {
        /// How many of the newest runs stay, one at least
        #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "20")]
        keep: u64,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        runs: RunDirArgs,
    },
}

pub(super) fn run(args: &RunsArgs, ui: &Ui) -> Result<Exit, CliError> {
    if let Some(RunsCommand::Prune {
        keep,
        dry_run,
        runs,
    }) = &args.command
    {
        return prune(&runs.run_dir, *keep, *dry_run, ui);
    }
    let mut runs = Vec::new();
    for id in RunFolder::ids(&args.runs.run_dir) {
        let folder = RunFolder {
            path: args.runs.run_dir.join(&id),
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
        ui.note(&format!("no runs in `{}`", args.runs.run_dir.display()));
    } else {
        ui.print(&format!("{}\n", table(&runs)))?;
    }
    Ok(Exit::Done)
}

/// Removes all runs but the newest. Only folders that hold a journal are runs; the one that `latest` names stays.
fn prune(run_dir: &Path, keep: u64, dry_run: bool, ui: &Ui) -> Result<Exit, CliError> {
    let ids = RunFolder::ids(run_dir);
    let latest = std::fs::read_to_string(run_dir.join("latest")).unwrap_or_default();
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let old = &ids[..ids.len().saturating_sub(keep)];
    let mut removed = 0;
    for id in old.iter().filter(|id| *id != latest.trim()) {
        let path = run_dir.join(id);
        if !dry_run {
            std::fs::remove_dir_all(&path).map_err(|error| {
                CliError::usage(format!("cannot remove `{}`: {error}", path.display()))
            })?;
        }
        ui.print(&format!("{id}\n"))?;
        removed += 1;
    }
    let what = if dry_run {
        "would be removed"
    } else {
        "removed"
    };
    ui.note(&format!(
        "{} {what}, {} kept",
        plural(removed, "run"),
        ids.len() as u64 - removed
    ));
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
