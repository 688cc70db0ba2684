//! `eval`: suites in, a verdict out. The pipeline, readable from top to bottom.

mod account_quotas;
mod args;
mod asking;
mod batch;
mod caching;
mod counting;
mod declared;
mod dry_run;
mod duration;
mod lanes;
mod learn;
mod money;
mod neighbours;
mod planning;
mod servers;
mod sitting;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use account_quotas::with_quotas;
pub(super) use args::EvalArgs;
use asking::{Asking, ask};
use declared::Declared;
pub(super) use planning::entry_of;
use planning::planned;
use servers::Hosted;
pub(super) use servers::may_start;
use sitting::{Resumed, Sitting};

use super::args::TellArgs;
use super::configured::for_run;
use super::connect::{Connected, connect, region_of, runtime};
use super::error::CliError;
use super::exit::Exit;
use super::github;
use super::header::catalog;
use super::otel::{Live, Wanted};
use super::outputs::{OutputArgs, Shown, journal_error};
use super::progress::Progress;
use super::run_folder::RunFolder;
use super::told::run_finished;
use super::ui::Ui;
use crate::journal::{JournalReader, RunOptions};
use crate::plan::Shard;
use crate::run::Recall;

/// What is to be run, and how it is shown.
pub(super) struct Job<'a> {
    pub(super) options: RunOptions,
    pub(super) seed: u64,
    pub(super) run_dir: &'a Path,
    pub(super) outputs: &'a OutputArgs,
    pub(super) progress: Progress,
    pub(super) tell: &'a TellArgs,
    pub(super) beginning: Beginning,
    /// The suites that are run, by their paths; `None`: all. Others may be broken.
    pub(super) only: Option<&'a BTreeSet<PathBuf>>,
}

/// What a run begins with.
pub(super) enum Beginning {
    /// Nothing.
    New,
    /// What an interrupted run has done already.
    Resumed(Box<Resumed>),
    /// The answers of another run, which are judged anew; nobody is asked.
    Graded(RunFolder),
}

pub(super) fn run(args: &EvalArgs, ui: &Ui) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let resumed = args
        .resume
        .as_deref()
        .map(|name| Resumed::find(&args.run_dir, name))
        .transpose()?;
    let (options, seed) = match &resumed {
        Some(resumed) => (resumed.header.options.clone(), resumed.header.run.seed),
        None => (args.options(), args.seed),
    };
    if args.dry_run {
        let (options, identity) = for_run(options, ui)?;
        let catalog = catalog(options.pricing.as_deref())?;
        let plan = planned(&options, seed, None, &catalog, ui)?;
        let region = region_of(&options);
        let quotas = with_quotas(catalog, &plan, &options, &identity, region.as_deref(), ui);
        let catalog = runtime()?.block_on(quotas)?;
        return dry_run::run(args, &options, identity, &plan, &catalog, ui);
    }
    if args.watch {
        return watch::run(args, ui);
    }
    let job = Job {
        only: None,
        options,
        seed,
        run_dir: &args.run_dir,
        outputs: &args.outputs,
        progress: args.progress,
        tell: &args.tell,
        beginning: resumed.map_or(Beginning::New, |resumed| {
            Beginning::Resumed(Box::new(resumed))
        }),
    };
    carry_out(job, ui)
}

/// Runs a job from its suites to its reports.
pub(super) fn carry_out(job: Job<'_>, ui: &Ui) -> Result<Exit, CliError> {
    let outputs = job.outputs;
    let Finished {
        mut shown,
        folder,
        is_unfinished,
        shard,
        unwritten,
    } = carry_on(job, ui)?;
    shown.write(outputs, ui)?;
    github::tell(&mut shown, ui);
    for exchange in unwritten {
        ui.note(&format!("warning: not recorded: {exchange}"));
    }
    ui.tell(&run_finished(&folder, shown.exit()));
    if is_unfinished {
        ui.note(&format!(
            "to finish it: mcp-cli eval --resume {}",
            folder.path.display()
        ));
    }
    if let Some(shard) = shard {
        ui.note(&format!(
            "this is the shard {shard}: what failed counts when all are merged: mcp-cli merge RUN…"
        ));
    }
    Ok(shown.exit())
}

/// A run that has been asked, counted and written to its folder.
struct Finished {
    shown: Shown,
    folder: RunFolder,
    /// Whether it can be gone on with.
    is_unfinished: bool,
    shard: Option<Shard>,
    /// Exchanges that could not be recorded.
    unwritten: Vec<String>,
}

/// Runs a job from its suites to the files of its folder.
fn carry_on(job: Job<'_>, ui: &Ui) -> Result<Finished, CliError> {
    let Job {
        options,
        seed,
        run_dir,
        outputs: _,
        progress,
        tell,
        beginning,
        only,
    } = job;
    let wanted = Wanted::find(tell.otel.as_deref())?;
    let (options, identity) = for_run(options, ui)?;
    let catalog = catalog(options.pricing.as_deref())?;
    let plan = planned(&options, seed, only, &catalog, ui)?;
    let recall = match &beginning {
        Beginning::Graded(folder) => Some(recall(folder)?),
        Beginning::New | Beginning::Resumed(_) => None,
    };
    let is_graded = recall.is_some();
    let shard = options.shard;
    let hosted = if is_graded {
        None
    } else {
        Some(Hosted::of(&plan, &options, ui)?)
    };
    let runtime = runtime()?;
    let nobody = match &recall {
        Some(_) => !plan.asks_helpers(),
        None => plan.asks_nobody(),
    };
    let batches = runtime.block_on(batch::connect(&options, &identity))?;
    let Connected {
        client,
        region,
        cassette,
    } = runtime.block_on(connect(&options, identity.clone(), nobody))?;
    let quotas = with_quotas(catalog, &plan, &options, &identity, region.as_deref(), ui);
    let catalog = runtime.block_on(quotas)?;
    money::check(&plan, &options, &catalog, region.as_deref())?;
    let declared = Declared::find(&options, &plan, &catalog, region.as_deref(), run_dir)?;
    let begin = |graded| {
        let region = region.as_deref();
        Sitting::begin(
            run_dir, options, seed, &plan, &catalog, region, graded, &declared,
        )
    };
    let sitting = match beginning {
        Beginning::New => begin(None)?,
        Beginning::Graded(folder) => begin(Some(folder.id))?,
        Beginning::Resumed(resumed) => resumed.go_on(&plan)?,
    };
    let folder = sitting.folder.clone();
    let endpoint = sitting.header.options.endpoint_url.as_deref();
    let live = Live::start(
        wanted,
        &folder.id,
        (endpoint, region.as_deref()),
        runtime.handle(),
        ui,
    );
    let asking = Asking {
        plan,
        client,
        batches,
        tools: hosted.as_ref().and_then(|hosted| hosted.host.clone()),
        recall,
        progress,
        verbose: tell.verbose,
        live: live.as_ref(),
    };
    let asked = runtime.block_on(ask(sitting, asking, &catalog, ui));
    if let Some(live) = live {
        live.finish(ui);
    }
    let is_left = asked?;
    if let Some(hosted) = hosted {
        runtime.block_on(hosted.stop());
    }
    // Calls that were abandoned need not be waited for.
    runtime.shutdown_background();

    let unwritten = cassette.iter().flat_map(|cassette| cassette.unwritten());
    Ok(Finished {
        shown: Shown::publish(&folder)?,
        folder,
        is_unfinished: is_left && !is_graded,
        shard,
        unwritten: unwritten.collect(),
    })
}

/// Opens the answers of an earlier run.
fn recall(folder: &RunFolder) -> Result<Arc<Recall>, CliError> {
    let reader = JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
    let recall = Recall::open(reader).map_err(|error| CliError::caused(Exit::Usage, &error))?;
    Ok(Arc::new(recall))
}
