//! `--dry-run`: what the plan will take, and nothing sent.

use std::path::Path;
use std::sync::Arc;

use super::EvalArgs;
use super::declared::Declared;
use crate::catalog::{Catalog, Usd};
use crate::cli::connect::region_of;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::run_folder::RunFolder;
use crate::cli::ui::Ui;
use crate::files::read_whole_text;
use crate::journal::RunOptions;
use crate::model::ModelId;
use crate::plan::{Plan, PlanError};
use crate::report::{Format, Report};
use crate::suite::ModelEntry;
use crate::tally::{Experience, Forecast};

/// How many of the newest runs are looked through for what models took.
const RUNS: usize = 20;

/// Shows what `plan` will take.
///
/// # Errors
///
/// A format that a forecast does not have, or a dataset that can no longer be read.
pub(super) fn run(
    args: &EvalArgs,
    options: &RunOptions,
    plan: &Arc<Plan>,
    catalog: &Catalog,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let format = args.outputs.stdout();
    if !matches!(format, Format::Terminal | Format::Json) {
        let message = format!("--dry-run has no format `{}`", format.as_str());
        return Err(CliError::usage(message).hint("use --format terminal or --json"));
    }
    let region = region_of(options);
    super::money::check(plan, options, catalog, region.as_deref())?;
    Declared::find(options, plan, catalog, region.as_deref(), &args.run_dir)?;
    let reports = newest_reports(&args.run_dir);
    let forecast = Forecast::of(
        plan,
        |entry| {
            let region = entry.region.as_deref().or(region.as_deref());
            let id = ModelId::parse(&entry.id);
            catalog.price(&id, region, entry.service_tier.as_deref())
        },
        |suite, entry| {
            let mut told = reports
                .iter()
                .filter_map(|report| experience(report, suite, entry));
            told.next()
        },
    );
    let forecast = forecast.map_err(PlanError::from)?;
    let width = u16::try_from(ui.width()).unwrap_or(u16::MAX);
    ui.print_with(|out| match format {
        Format::Json => forecast.write_json(out),
        _ => forecast.write_text(width, out),
    })?;
    if options.replay.is_some() {
        ui.note("the answers would come from the recording: nothing would be charged");
    }
    Ok(Exit::Done)
}

/// Returns the reports of the newest runs, the newest first. One that cannot be read tells nothing.
fn newest_reports(runs: &Path) -> Vec<Report> {
    let read = |id: &String| {
        let text = read_whole_text(&runs.join(id).join("report.json")).ok()?;
        serde_json::from_str(&text).ok()
    };
    let ids = RunFolder::ids(runs);
    ids.iter().rev().take(RUNS).filter_map(read).collect()
}

/// Returns what a trial of this suite and model took in a run that asked it.
fn experience(report: &Report, suite: &str, entry: &ModelEntry) -> Option<Experience> {
    let mut rows = report.models.iter();
    let row = rows.find(|row| {
        row.suite.as_deref() == Some(suite) && row.model == entry.id && row.label == entry.label
    })?;
    let counts = &row.counts;
    let usage = &counts.usage;
    let asked = counts.attempts.saturating_sub(counts.retried);
    let answered = asked.saturating_sub(counts.errors);
    // A run without judges tells nothing of what they take.
    let judging = counts.judge_cost_usd.filter(|cost| *cost != Usd::ZERO);
    let prompts = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    (answered > 0 && usage.output_tokens > 0).then(|| Experience {
        run: report.run.id.clone(),
        input_tokens: prompts.div_ceil(answered),
        output_tokens: usage.output_tokens.div_ceil(answered),
        judge_cost: judging.map(|cost| Usd::from_pico(cost.pico() / i128::from(answered))),
    })
}
