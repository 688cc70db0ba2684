//! Asking what is left of a plan: ahead where that is wanted, then trial by trial.

use std::path::Path;
use std::sync::{Arc, OnceLock, mpsc};

use jiff::Timestamp;

use super::duration::{self, Ahead};
use super::lanes::lanes;
use super::sitting::Sitting;
use super::{batch, money, neighbours};
use crate::catalog::Catalog;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::otel::Live;
use crate::cli::outputs::records_of;
use crate::cli::progress::{LookAhead, Progress, Told};
use crate::cli::run_folder::RunFolder;
use crate::cli::signals;
use crate::cli::ui::Ui;
use crate::journal::{Header, RunOptions, Stopped};
use crate::model::{BatchClient, ModelClient, ToolHost};
use crate::plan::Plan;
use crate::run::{EarlyStop, Execution, Lengths, Ordering, Recall, RunError, Stop, Watch, execute};
use crate::tally::{Chosen, Early, Learned, RecordsError, contests};

/// What is asked, and of whom.
pub(super) struct Asking<'a> {
    pub(super) plan: Arc<Plan>,
    pub(super) client: Arc<dyn ModelClient>,
    pub(super) batches: Option<Arc<dyn BatchClient>>,
    pub(super) tools: Option<Arc<dyn ToolHost>>,
    pub(super) recall: Option<Arc<Recall>>,
    pub(super) progress: Progress,
    pub(super) verbose: bool,
    /// Whoever tells a collector.
    pub(super) live: Option<&'a Live>,
}

/// Asks what is left of the plan; returns whether something still is which a resumed run would ask.
pub(super) async fn ask(
    sitting: Sitting,
    asking: Asking<'_>,
    catalog: &Catalog,
    ui: &Ui,
) -> Result<bool, CliError> {
    let Asking {
        plan,
        client,
        batches,
        tools,
        recall,
        progress,
        verbose,
        live,
    } = asking;
    let Sitting {
        header,
        mut done,
        paid,
        journal,
        folder,
    } = sitting;
    let options = &header.options;
    let stop = Stop::default();
    signals::watch(&stop);
    let budget = money::budget(&plan, &header, &paid);
    let mut client = client;
    let mut is_lacking = false;
    let batch = batches.zip(options.batch.as_ref());
    let batch =
        batch.map(|(client, options)| batch::of_run(client, options, &header.run.id, &folder));
    if let Some(batch) = &batch {
        let ordering = Ordering {
            plan: &plan,
            done: &done,
            header: &header,
            budget: budget.as_deref(),
            live: Arc::clone(&client),
            stop: &stop,
        };
        let ordered = batch::order(batch, ordering, &folder, ui).await?;
        is_lacking = !ordered.unanswered.is_empty();
        done.extend(ordered.unanswered);
        client = ordered.answers;
    }
    let left = plan.len().saturating_sub(done.len() as u64);
    let learned = Arc::default();
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
    let shown = progress.show(
        ui,
        told,
        left,
        events,
        look_ahead(&header, &folder, &plan, catalog, left, &learned),
    );
    let lanes = lanes(&plan, &client, catalog, options);
    let _neighbours = neighbours::share(&lanes, options);
    let execution = Execution {
        lanes,
        budget,
        plan,
        done,
        stream: options.stream,
        tools,
        max_failures: options.max_failures,
        recall,
        early: early(&header, &folder)?,
        lengths: lengths(options, &learned),
        watch,
        header: Arc::clone(&header),
    };
    let executed = execute(execution, journal, &stop, watcher).await;
    shown.thread().unpark();
    shown.join().expect("progress is drawn without panics");
    let journal = executed.map_err(|error: RunError| CliError::caused(Exit::Incomplete, &error))?;
    let ended = journal.finish(Timestamp::now(), stop.reason());
    ended.map_err(|error| CliError::caused(Exit::Incomplete, &error))?;
    let was_stopped = stop.reason().is_some_and(|why| why != Stopped::Early);
    if let Some(batch) = batch.filter(|_| !was_stopped && !is_lacking) {
        batch.clear();
    }
    Ok(was_stopped || is_lacking)
}

/// Returns what says how long the `left` trials of a run will take; `None` where nobody is waited for.
fn look_ahead(
    header: &Header,
    folder: &RunFolder,
    plan: &Arc<Plan>,
    catalog: &Catalog,
    left: u64,
    learned: &Arc<OnceLock<Learned>>,
) -> LookAhead {
    let options = &header.options;
    if options.replay.is_some() || header.run.graded.is_some() || plan.is_empty() {
        return None;
    }
    let ahead = Ahead {
        plan: Arc::clone(plan),
        catalog: catalog.clone(),
        options: options.clone(),
        runs: folder.path.parent().unwrap_or(Path::new(".")).to_owned(),
        run: folder.id.clone(),
        left: duration::float(left) / duration::float(plan.len()),
        learned: Arc::clone(learned),
    };
    Some(Box::new(move || ahead.look()))
}

/// Returns what says how long answers will be, by what is learned of earlier runs by the time it is needed. `None` where nobody waits
/// for answers, and where a run may stop before its end: there the order is drawn by chance, for the statistics.
fn lengths(options: &RunOptions, learned: &Arc<OnceLock<Learned>>) -> Option<Lengths> {
    if options.stop_early || options.replay.is_some() {
        return None;
    }
    let learned = Arc::clone(learned);
    Some(Arc::new(move |trial| learned.get()?.answer(trial)))
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
