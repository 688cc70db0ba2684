//! `--batch`: what can be asked ahead is ordered from batch inference.

use std::sync::Arc;

use clap::Args;

use crate::cli::args::at_least_one;
use crate::cli::configured::Identity;
use crate::cli::connect::settings;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::run_folder::RunFolder;
use crate::cli::ui::Ui;
use crate::journal::{BatchOptions, RunOptions};
use crate::model::BatchClient;
use crate::report::safe_text;
use crate::run::{Batch, BatchError, FEWEST_RECORDS, Ordered, Ordering};

/// Where a run keeps what it has ordered, below its folder.
const FOLDER: &str = "batch";

/// The flags of batch inference.
#[derive(Debug, Args)]
pub(in crate::cli) struct BatchArgs {
    /// Ask by batch inference, at about half the price and within hours, through files below this place
    #[arg(
        long,
        value_name = "S3://BUCKET/PREFIX",
        requires = "batch_role",
        conflicts_with_all = ["stream", "stop_early", "record", "replay", "cache"],
        help_heading = "Batch inference"
    )]
    batch: Option<String>,
    /// The role as which Bedrock reads and writes those files
    #[arg(
        long,
        value_name = "ARN",
        requires = "batch",
        help_heading = "Batch inference"
    )]
    batch_role: Option<String>,
    /// Take the answers of a job that was begun elsewhere
    #[arg(
        long = "batch-job",
        value_name = "ARN",
        requires = "batch",
        help_heading = "Batch inference"
    )]
    batch_jobs: Vec<String>,
    /// Ask on demand what is fewer questions to a model than this; 100 unless the account has another minimum
    #[arg(long, value_name = "N", value_parser = at_least_one, requires = "batch", help_heading = "Batch inference")]
    batch_fewest: Option<u64>,
}

impl BatchArgs {
    /// Returns what a run keeps of the flags; `endpoint_url` is the flag of that name.
    pub(super) fn options(&self, endpoint_url: Option<&String>) -> Option<BatchOptions> {
        Some(BatchOptions {
            place: self.batch.clone()?,
            role: self.batch_role.clone()?,
            jobs: self.batch_jobs.clone(),
            fewest: self.batch_fewest.unwrap_or(FEWEST_RECORDS),
            endpoint_url: endpoint_url.cloned(),
        })
    }
}

/// Connects to batch inference, where a run's options ask for it.
///
/// # Errors
///
/// A place that is none in S3, no credentials, or a build without batch inference.
pub(super) async fn connect(
    options: &RunOptions,
    identity: &Identity,
) -> Result<Option<Arc<dyn BatchClient>>, CliError> {
    let Some(batch) = &options.batch else {
        return Ok(None);
    };
    let settings = crate::bedrock::Settings {
        // What is configured is where models answer, which is not where jobs are begun.
        endpoint_url: batch.endpoint_url.clone(),
        ..settings(options, identity.clone())
    };
    client(batch, settings).await.map(Some)
}

#[cfg(feature = "cloud")]
async fn client(
    batch: &BatchOptions,
    settings: crate::bedrock::Settings,
) -> Result<Arc<dyn BatchClient>, CliError> {
    let place = batch.place.parse();
    let place = place.map_err(|error: crate::bedrock::S3PrefixError| {
        CliError::usage(format!("--batch: {error}"))
    })?;
    let batches = crate::bedrock::Batches::connect(&settings, place, batch.role.clone()).await?;
    Ok(Arc::new(batches))
}

#[cfg(not(feature = "cloud"))]
#[expect(clippy::unused_async, reason = "what stands in its place waits")]
async fn client(
    _: &BatchOptions,
    _: crate::bedrock::Settings,
) -> Result<Arc<dyn BatchClient>, CliError> {
    let error = CliError::usage("this build of mcp-cli has no batch inference");
    Err(error.hint("build one that has: cargo install --path . --features cloud"))
}

/// Returns what a run orders with.
pub(super) fn of_run(
    client: Arc<dyn BatchClient>,
    options: &BatchOptions,
    run: &str,
    folder: &RunFolder,
) -> Batch {
    Batch {
        client,
        folder: folder.path.join(FOLDER),
        name: format!("mcp-cli-{run}"),
        adopted: options.jobs.clone(),
        fewest: options.fewest,
    }
}

/// Orders what is left of a run, and waits for it.
///
/// # Errors
///
/// No job can be begun or looked at, or a file of the run cannot be read or written.
pub(super) async fn order(
    batch: &Batch,
    ordering: Ordering<'_>,
    folder: &RunFolder,
    ui: &Ui,
) -> Result<Ordered, CliError> {
    let ordered = batch
        .order(ordering, &|told| ui.note(&safe_text(told)))
        .await;
    ordered.map_err(|error| {
        let error = match error {
            BatchError::Model(error) => error.into(),
            error => CliError::caused(Exit::Incomplete, &error),
        };
        error.hint(format!(
            "what was ordered is kept; to go on: mcp-cli eval --resume {}",
            folder.path.display()
        ))
    })
}
