//! `eval`: suites in, a verdict out. The pipeline, readable from top to bottom.

mod args;
mod declared;
mod dry_run;
mod lanes;
mod money;
mod servers;
mod sitting;

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use jiff::Timestamp;

pub(super) use args::EvalArgs;
use declared::Declared;
use lanes::lanes;
use servers::Hosted;
pub(super) use servers::may_start;
use sitting::{Resumed, Sitting};

use super::args::WatchArgs;
use super::configured::for_run;
use super::connect::{Connected, connect, runtime};
use super::error::CliError;
use super::exit::Exit;
use super::github;
use super::header::catalog;
use super::otel::{Live, Wanted};
use super::outputs::{OutputArgs, Shown, journal_error, records_of};
use super::progress::{Progress, Told};
use super::run_folder::RunFolder;
use super::signals;
use super::told::run_finished;
use super::ui::{Ui, count_problems};
use super::validate::load;
use crate::catalog::{Catalog, Kind};
use crate::journal::{Header, JournalReader, RunOptions, Stopped};
use crate::model::{ModelClient, ModelId, ToolHost};
use crate::plan::{self, Pattern, Plan, Selection};
use crate::run::{EarlyStop, Execution, Recall, RunError, Stop, Watch, execute};
use crate::suite::{self, ModelEntry, Severity, Suite};
use crate::tally::{AGAIN, Chosen, Early, RecordsError, contests};

/// What is to be run, and how it is shown.
pub(super) struct Job<'a> {
    pub(super) options: RunOptions,
    pub(super) seed: u64,
    pub(super) run_dir: &'a Path,
    pub(super) outputs: &'a OutputArgs,
    pub(super) progress: Progress,
    pub(super) watch: &'a WatchArgs,
    pub(super) beginning: Beginning,
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
        let (options, _) = for_run(options, ui)?;
        let catalog = catalog(options.pricing.as_deref())?;
        let plan = planned(&options, seed, &catalog, ui)?;
        return dry_run::run(args, &options, &plan, &catalog, ui);
    }
    let job = Job {
        options,
        seed,
        run_dir: &args.run_dir,
        outputs: &args.outputs,
        progress: args.progress,
        watch: &args.watch,
        beginning: resumed.map_or(Beginning::New, |resumed| {
            Beginning::Resumed(Box::new(resumed))
        }),
    };
    carry_out(job, ui)
}

/// Runs a job from its suites to its reports.
pub(super) fn carry_out(job: Job<'_>, ui: &Ui) -> Result<Exit, CliError> {
    let Job {
        options,
        seed,
        run_dir,
        outputs,
        progress,
        watch,
        beginning,
    } = job;
    let wanted = Wanted::find(watch.otel.as_deref())?;
    let (options, identity) = for_run(options, ui)?;
    let catalog = catalog(options.pricing.as_deref())?;
    let plan = planned(&options, seed, &catalog, ui)?;
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
    let Connected {
        client,
        region,
        cassette,
    } = runtime.block_on(connect(&options, identity, nobody))?;
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
        tools: hosted.as_ref().and_then(|hosted| hosted.host.clone()),
        recall,
        progress,
        verbose: watch.verbose,
        live: live.as_ref(),
    };
    let asked = runtime.block_on(ask(sitting, asking, &catalog, ui));
    if let Some(live) = live {
        live.finish(ui);
    }
    let stopped = asked?;
    if let Some(hosted) = hosted {
        runtime.block_on(hosted.stop());
    }
    // Calls that were abandoned need not be waited for.
    runtime.shutdown_background();

    let mut shown = Shown::publish(&folder)?;
    shown.write(outputs, ui)?;
    github::tell(&mut shown, ui);
    for exchange in cassette.iter().flat_map(|cassette| cassette.unwritten()) {
        ui.note(&format!("warning: not recorded: {exchange}"));
    }
    ui.tell(&run_finished(&folder, shown.exit()));
    if stopped.is_some_and(|why| why != Stopped::Early) && !is_graded {
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

/// Opens the answers of an earlier run.
fn recall(folder: &RunFolder) -> Result<Arc<Recall>, CliError> {
    let reader = JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
    let recall = Recall::open(reader).map_err(|error| CliError::caused(Exit::Usage, &error))?;
    Ok(Arc::new(recall))
}

/// Loads the suites and plans what the options choose of them.
fn planned(
    options: &RunOptions,
    seed: u64,
    catalog: &Catalog,
    ui: &Ui,
) -> Result<Arc<Plan>, CliError> {
    let mut suites = suites(options, catalog, ui)?;
    if options.noise_floor {
        for suite in &mut suites {
            ask_again(suite, options);
        }
    }
    let plan = plan::build(suites, selection(options, seed)?, |id| {
        entry_of(id, catalog)
    })?;
    match plan.starts_programs() {
        Some(suite) if !options.allow_exec => {
            let message = format!("checks of the suite `{suite}` start programs");
            Err(CliError::usage(message)
                .hint("allow it with --allow-exec, if you trust whoever wrote them"))
        }
        _ => Ok(Arc::new(plan)),
    }
}

/// Adds a suite's baseline once more, as a model of its own.
fn ask_again(suite: &mut Suite, options: &RunOptions) {
    let names = [&options.baseline, &suite.baseline];
    let mut found = names.into_iter().flatten().filter_map(|name| {
        let label = name
            .rsplit_once('@')
            .map_or(name.as_str(), |(label, _)| label);
        let mut models = suite.models.iter();
        models.find(|model| model.label == *name || model.label == label)
    });
    let Some(baseline) = found.next().or(suite.models.first()) else {
        return;
    };
    let again = ModelEntry {
        label: format!("{}{AGAIN}", baseline.label),
        ..baseline.clone()
    };
    suite.models.push(again);
}

/// Loads the suites and shows every problem; an error ends the command before anything is sent.
fn suites(options: &RunOptions, catalog: &Catalog, ui: &Ui) -> Result<Vec<Suite>, CliError> {
    let paths: Vec<PathBuf> = options.paths.iter().map(PathBuf::from).collect();
    let loaded = load(&paths, catalog)?;
    ui.problems(&loaded.problems);
    if loaded
        .problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Err(CliError::usage(format!(
            "{}; nothing was sent",
            count_problems(&loaded.problems)
        )));
    }
    Ok(loaded.suites)
}

fn selection(options: &RunOptions, seed: u64) -> Result<Selection, CliError> {
    let filters = options
        .filters
        .iter()
        .map(|pattern| Pattern::parse(pattern));
    Ok(Selection {
        models: options.models.clone(),
        filters: filters
            .collect::<Result<_, _>>()
            .map_err(|error| CliError::usage(error.to_string()))?,
        tags: options.tags.clone(),
        sample: options.sample,
        limit: options.limit,
        shard: options.shard,
        repeat: options.repeat,
        shuffle: options.stop_early,
        seed,
    })
}

/// Returns the entry of a model that `--model` names and no suite lists: one that the catalog knows, or an id by its
/// looks.
pub(super) fn entry_of(id: &str, catalog: &Catalog) -> Option<ModelEntry> {
    let facts = catalog.look_up(&ModelId::parse(id));
    let can_be_asked = facts.is_some_and(|facts| facts.kind == Kind::Chat);
    let looks_like_id = facts.is_none() && id.contains(['.', ':']);
    (can_be_asked || looks_like_id).then(|| suite::entry_of(id, catalog))
}

/// What is asked, and of whom.
struct Asking<'a> {
    plan: Arc<Plan>,
    client: Arc<dyn ModelClient>,
    tools: Option<Arc<dyn ToolHost>>,
    recall: Option<Arc<Recall>>,
    progress: Progress,
    verbose: bool,
    /// Whoever tells a collector.
    live: Option<&'a Live>,
}

/// Asks what is left of the plan; returns why it ended early, if it did.
async fn ask(
    sitting: Sitting,
    asking: Asking<'_>,
    catalog: &Catalog,
    ui: &Ui,
) -> Result<Option<Stopped>, CliError> {
    let Asking {
        plan,
        client,
        tools,
        recall,
        progress,
        verbose,
        live,
    } = asking;
    let Sitting {
        header,
        done,
        paid,
        journal,
        folder,
    } = sitting;
    let options = &header.options;
    let left = plan.len().saturating_sub(done.len() as u64);
    let stop = Stop::default();
    signals::watch(&stop);
    let (watcher, events) = mpsc::channel();
    let told = Told {
        calls: verbose,
        ear: live.map(Live::ear),
    };
    let watch = match live {
        Some(live) => live.watch(),
        None if verbose => Watch::Calls,
        None => Watch::Outcomes,
    };
    let shown = progress.show(ui, told, left, events);
    let execution = Execution {
        lanes: lanes(&plan, &client, catalog, options),
        budget: money::budget(&plan, &header, &paid),
        plan,
        done,
        stream: options.stream,
        tools,
        max_failures: options.max_failures,
        recall,
        early: early(&header, &folder)?,
        watch,
        header: Arc::clone(&header),
    };
    let executed = execute(execution, journal, &stop, watcher).await;
    shown.thread().unpark();
    shown.join().expect("progress is drawn without panics");
    let journal = executed.map_err(|error: RunError| CliError::caused(Exit::Incomplete, &error))?;
    let ended = journal.finish(Timestamp::now(), stop.reason());
    ended.map_err(|error| CliError::caused(Exit::Incomplete, &error))?;
    Ok(stop.reason())
}

/// Returns what says where verdicts are there, told of what earlier sittings have found; `None` without `--stop-early`.
fn early(header: &Arc<Header>, folder: &RunFolder) -> Result<Option<EarlyStop>, CliError> {
    if !header.options.stop_early {
        return Ok(None);
    }
    let contests = contests(header, None, &Chosen::default());
    let mut early = Early::new(header, &contests);
    let told = records_of(folder)?.each(|header, record| {
        early.add(header, &record);
        Ok::<_, RecordsError>(())
    });
    told.map_err(|error| CliError::caused(Exit::Usage, &error))?;
    let header = Arc::clone(header);
    Ok(Some(EarlyStop {
        decided: early.decided().iter().copied().collect(),
        decide: Box::new(move |record| early.add(&header, record)),
    }))
}
