//! `baseline`: the committed file that CI compares with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::json;

use super::args::RunDirArgs;
use super::baseline_file::{baseline_of, read_baseline, write_baseline};
use super::error::CliError;
use super::exit::Exit;
use super::run_folder::RunFolder;
use super::ui::{Ui, plural};
use crate::report::safe_text;
use crate::tally::{Baseline, BaselineRow, Outcome};

/// Names of cases that are listed after an update.
const NAMES: usize = 10;

/// Keep or show the baseline that a repository commits
///
/// A small text file, a line for each case and prompt: commit it, and compare each
/// change with it: mcp-cli eval suites/ --baseline baseline.jsonl
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    /// Write the results of a run to the file, and say what changed
    Update {
        /// A run's folder, its id, the beginning of one, or `latest`
        #[arg(default_value = "latest")]
        run: String,
        #[command(flatten)]
        file: FileArgs,
        #[command(flatten)]
        runs: RunDirArgs,
    },
    /// Show what the file holds
    Show {
        #[command(flatten)]
        file: FileArgs,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The baseline file
    #[arg(long, value_name = "FILE", default_value = "baseline.jsonl")]
    file: PathBuf,
}

pub(super) fn run(args: &BaselineArgs, ui: &Ui) -> Result<Exit, CliError> {
    match &args.command {
        BaselineCommand::Update { run, file, runs } => update(run, &file.file, &runs.run_dir, ui),
        BaselineCommand::Show { file, json } => show(&file.file, *json, ui),
    }
}

fn update(run: &str, file: &Path, run_dir: &Path, ui: &Ui) -> Result<Exit, CliError> {
    let new = baseline_of(&RunFolder::find(run_dir, run)?)?;
    if new.rows.is_empty() {
        let message = format!("run `{}` has no answers", new.head.run);
        return Err(CliError::usage(message).hint("finish it first: mcp-cli eval --resume"));
    }
    let unjudged = new.rows.iter().flat_map(|row| row.models.values());
    let unjudged = unjudged.filter(|outcome| outcome.judged < outcome.trials);
    let unjudged = unjudged.count() as u64;
    let old = file.is_file().then(|| read_baseline(file));
    write_baseline(&new, file)?;
    let rows = plural(new.rows.len() as u64, "line");
    ui.print(&format!(
        "{} holds run {}: {rows}, digest {}\n",
        file.display(),
        new.head.run,
        &new.digest()[..12]
    ))?;
    if let Some(Ok(old)) = &old {
        ui.print(&changes(old, &new))?;
    }
    if unjudged > 0 {
        ui.note(&format!(
            "warning: {} of it could not be judged in full, and will be missing in comparisons",
            plural(unjudged, "result")
        ));
    }
    Ok(Exit::Done)
}

/// Says what passes and failed before, and the other way round.
fn changes(old: &Baseline, new: &Baseline) -> String {
    let known: BTreeMap<(&str, &str, &str), &BaselineRow> =
        old.rows.iter().map(|row| (key(row), row)).collect();
    let (mut better, mut worse) = (Vec::new(), Vec::new());
    for row in &new.rows {
        let Some(before) = known.get(&key(row)) else {
            continue;
        };
        for (label, outcome) in &row.models {
            let rates = (
                outcome.rate(),
                before.models.get(label).and_then(Outcome::rate),
            );
            let (Some(now), Some(then)) = rates else {
                continue;
            };
            let name = format!("{} ({})", safe_text(&row.case), safe_text(label));
            if now > then {
                better.push(name);
            } else if now < then {
                worse.push(name);
            }
        }
    }
    let told = |what: &str, names: &[String]| {
        let more = match names.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let listed = names[..names.len().min(NAMES)].join(", ");
        match names {
            [] => String::new(),
            names => format!("{what} {}: {listed}{more}\n", names.len()),
        }
    };
    let text = told("worse:", &worse) + &told("better:", &better);
    if text.is_empty() {
        return "no result changed\n".to_owned();
    }
    text
}

fn key(row: &BaselineRow) -> (&str, &str, &str) {
    (&row.suite, &row.case_id, &row.prompt)
}

fn show(file: &Path, as_json: bool, ui: &Ui) -> Result<Exit, CliError> {
    let baseline = read_baseline(file)?;
    let mut sums: BTreeMap<(&str, &str), Vec<&Outcome>> = BTreeMap::new();
    for row in &baseline.rows {
        for (label, outcome) in &row.models {
            sums.entry((&row.suite, label)).or_default().push(outcome);
        }
    }
    let rate = |outcomes: &[&Outcome]| {
        let rates: Vec<f64> = outcomes.iter().filter_map(|it| it.rate()).collect();
        let n = u32::try_from(rates.len()).unwrap_or(u32::MAX);
        (n > 0).then(|| rates.iter().sum::<f64>() / f64::from(n))
    };
    if as_json {
        let rows: Vec<_> = sums
            .iter()
            .map(|((suite, label), outcomes)| {
                json!({"suite": suite, "label": label, "questions": outcomes.len(), "pass_rate": rate(outcomes)})
            })
            .collect();
        let document = json!({
            "run": baseline.head.run, "git_commit": baseline.head.git_commit,
            "digest": baseline.head.digest, "models": rows,
        });
        ui.print(&(serde_json::to_string_pretty(&document).expect("plain data") + "\n"))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["suite", "model", "questions", "pass rate"]);
    for ((suite, label), outcomes) in &sums {
        let rate = rate(outcomes).map_or("–".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
        table.add_row([
            safe_text(suite).into_owned(),
            safe_text(label).into_owned(),
            outcomes.len().to_string(),
            rate,
        ]);
    }
    let commit = baseline.head.git_commit.as_deref().unwrap_or("unknown");
    ui.print(&format!(
        "run {}, commit {commit}, digest {}\n{table}\n",
        baseline.head.run,
        &baseline.head.digest[..12.min(baseline.head.digest.len())]
    ))?;
    Ok(Exit::Done)
}
