//! `report`: a recorded run, shown again. Asks no model.

use clap::Args;

use super::args::RunDirArgs;
use super::baseline_file::kept;
use super::error::CliError;
use super::exit::Exit;
use super::header::catalog;
use super::outputs::{OutputArgs, Shown, records_of};
use super::run_folder::RunFolder;
use super::ui::Ui;
use crate::catalog::{Catalog, PriceRow};
use crate::journal::Header;
use crate::model::ModelId;
use crate::report::Comparing;

/// Show a recorded run again, in any format, without asking a model
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli report latest\n  mcp-cli report latest --format csv > trials.csv"
)]
pub(super) struct ReportArgs {
    /// A run's folder, its id, the beginning of one, or `latest`
    #[arg(default_value = "latest")]
    run: String,
    #[command(flatten)]
    runs: RunDirArgs,
    /// Count costs at today's prices instead of those that were recorded
    #[arg(long)]
    reprice: bool,
    /// A price table whose rows add to or replace the built-in ones, for --reprice
    #[arg(long, value_name = "FILE", requires = "reprice")]
    pricing: Option<String>,
    #[command(flatten)]
    outputs: OutputArgs,
}

pub(super) fn run(args: &ReportArgs, ui: &Ui) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let folder = RunFolder::find(&args.runs.run_dir, &args.run)?;
    let mut records = records_of(&folder)?;
    if args.reprice {
        let catalog = catalog(args.pricing.as_deref())?;
        records.redeclare(|header| reprice(header, &catalog));
    }
    let comparing = Comparing {
        earlier: kept(&folder)?,
        ..Comparing::default()
    };
    Shown::compared(records, &comparing)?.write(&args.outputs, ui)?;
    Ok(Exit::Done)
}

/// Replaces the prices of a run by those of `catalog`; the tier stays what it was.
fn reprice(header: &mut Header, catalog: &Catalog) {
    let region = header.options.region.clone();
    let today = |id: &str, region: Option<&str>, old: &mut Option<PriceRow>| {
        let tier = old.as_ref().map(|old| old.tier.as_str());
        *old = catalog.price(&ModelId::parse(id), region, tier).cloned();
    };
    for suite in &mut header.suites {
        for model in &mut suite.models {
            today(&model.model, region.as_deref(), &mut model.price);
            if model.flex.is_some() {
                today(&model.model, region.as_deref(), &mut model.flex);
            }
        }
        for judge in &mut suite.judges {
            let region = judge.region.as_deref().or(region.as_deref());
            today(&judge.model, region, &mut judge.price);
        }
    }
}
