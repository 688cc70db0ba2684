//! `--dry-run`: what the plan will take, and nothing sent.

use std::sync::Arc;

use super::EvalArgs;
use super::counting::count;
use super::declared::Declared;
use super::duration::lanes_of;
use super::learn::{MANY, learned};
use crate::catalog::Catalog;
use crate::cli::configured::Identity;
use crate::cli::connect::region_of;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;
use crate::journal::RunOptions;
use crate::model::ModelId;
use crate::plan::{Plan, PlanError};
use crate::report::Format;
use crate::tally::Forecast;

/// Shows what `plan` will take. Nothing is sent but, where the flags ask for it, prompts to be counted.
///
/// # Errors
///
/// A format that a forecast does not have, a dataset that can no longer be read, or no credentials to count with.
pub(super) fn run(
    args: &EvalArgs,
    options: &RunOptions,
    identity: Identity,
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
    let (most, bytes) = MANY;
    let mut learned = learned(plan, &args.run_dir, None, most, bytes);
    let mut exit = Exit::Done;
    if let Some(most) = args.count_tokens {
        exit = count(plan, most, options, identity, catalog, &mut learned, ui)?;
    }
    let forecast = Forecast::of(
        plan,
        |entry| {
            let region = entry.region.as_deref().or(region.as_deref());
            let id = ModelId::parse(&entry.id);
            catalog.price(&id, region, entry.service_tier.as_deref())
        },
        &learned,
    );
    let mut forecast = forecast.map_err(PlanError::from)?;
    if options.replay.is_none() && options.batch.is_none() {
        let expected = lanes_of(plan, &forecast, 1, &learned, catalog, options);
        forecast.duration = Some(expected.total());
    }
    let width = u16::try_from(ui.width()).unwrap_or(u16::MAX);
    ui.print_with(|out| match format {
        Format::Json => forecast.write_json(out),
        _ => forecast.write_text(width, out),
    })?;
    if options.replay.is_some() {
        ui.note("the answers would come from the recording: nothing would be charged");
    }
    if options.batch.is_some() {
        ui.note("these are figures of asking on demand: batch inference costs about half, and takes minutes to hours");
    }
    Ok(exit)
}
