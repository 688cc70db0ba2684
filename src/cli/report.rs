//! `report`: a recorded run, shown again. Asks no model.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::exit::Exit;
use super::outputs::{OutputArgs, Shown};
use super::run_folder::RunFolder;
use super::ui::Ui;

/// Show a recorded run again, in any format, without asking a model
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli report latest\n  mcp-cli report latest --format csv > trials.csv"
)]
pub(super) struct ReportArgs {
    /// A run's folder, its id, the beginning of one, or `latest`
    #[arg(default_value = "latest")]
    run: String,
    /// Where run folders are
    #[arg(
        long,
        visible_alias = "out",
        value_name = "DIR",
        default_value = "reports/"
    )]
    run_dir: PathBuf,
    #[command(flatten)]
    outputs: OutputArgs,
}

pub(super) fn run(args: &ReportArgs, ui: &Ui) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let folder = RunFolder::find(&args.run_dir, &args.run)?;
    Shown::read(&folder)?.write(&args.outputs, ui)?;
    Ok(Exit::Done)
}
