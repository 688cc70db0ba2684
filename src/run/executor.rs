//! Drives a plan: admits trials lane by lane, carries them out, writes their records, announces them.

use std::collections::{BTreeSet, HashSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};

use super::ahead::{Ahead, Lengths};
use super::asks::Means;
use super::budget::{Budget, Payer};
use super::call::{Ended, Watch};
use super::event::Event;
use super::groups;
use super::lane::Lane;
use super::mask;
use super::paced::Notice;
use super::recall::Recall;
use super::stop::Stop;
use super::trial::{Asking, Outcome, carry_out};
use crate::journal::{Header, JournalWriter, Record, Stopped, TrialStatus, WriteError};
use crate::model::{ErrorKind, ToolHost};
use crate::plan::{Plan, Trial, TrialKey};
use crate::suite::DatasetError;

/// Records that may wait for the disk; more, and the asking waits too.
const UNWRITTEN: usize = 256;
/// Records that are handed to the system together, where so many have finished.
const TOGETHER: usize = 32;
/// Model entries, as suite and index, of which nothing more need be known.
type Decided = Arc<Mutex<BTreeSet<(u32, u32)>>>;

/// Trials of a lane that may be open, for each slot: the others are backing off and have given their slot back.
const OPEN_PER_SLOT: usize = 4;

/// What is to be executed.
pub struct Execution {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Trials that an earlier sitting finished.
    pub done: HashSet<TrialKey>,
    /// The journal's header: prices come from there.
    pub header: Arc<Header>,
    /// A lane for every model and every judge of the plan.
    pub lanes: Vec<Lane>,
    /// Whether answers are streamed.
    pub stream: bool,
    /// Whoever runs the tools of servers; needed where a case has some.
    pub tools: Option<Arc<dyn ToolHost>>,
    /// What may be spent; `None` where nothing is capped.
    pub budget: Option<Arc<Budget>>,
    /// Failed trials, errors included, after which the run stops.
    pub max_failures: Option<u64>,
    /// Answers of an earlier run, which are judged in place of asking; what they do not hold is left out.
    pub recall: Option<Arc<Recall>>,
    /// Says of which model entries nothing more need be known, where a run may stop before its end.
    pub early: Option<EarlyStop>,
    /// Says how long answers will be: the last trials of a lane go by it, the longest first; `None` where the order is the plan's.
    pub lengths: Option<Lengths>,
    /// How closely somebody watches.
    pub watch: Watch,
}

/// What says of which model entries, as suite and index, nothing more need be known.
pub struct EarlyStop {
    /// Those of which that is so already.
    pub decided: BTreeSet<(u32, u32)>,
    /// Hears of every record, and returns more of them.
    pub decide: Decide,
}

/// Hears of a record, and returns model entries of which nothing more need be known.
pub type Decide = Box<dyn FnMut(&Record) -> Vec<(u32, u32)> + Send>;

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] WriteError),
    /// A dataset can no longer be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Executes a plan, and returns the journal for its last line.
///
/// Stops early if `stop` says so; what is in flight then is finished and written.
///
/// # Errors
///
/// The journal cannot be written, or a dataset can no longer be read. What was written stays.
pub async fn execute(
    execution: Execution,
    journal: JournalWriter,
    stop: &Stop,
    watcher: Sender<Event>,
) -> Result<JournalWriter, RunError> {
    let Execution {
        plan,
        done,
        header,
        lanes,
        stream,
        tools,
        budget,
        max_failures,
        recall,
        early,
        lengths,
        watch,
    } = execution;
    let places = if early.is_some() { 1 } else { OPEN_PER_SLOT };
    let (known, decide) = early.map(|early| (early.decided, early.decide)).unzip();
    let decided: Decided = Arc::new(Mutex::new(known.unwrap_or_default()));
    let (records, written) = mpsc::channel(UNWRITTEN);
    let scribe = Scribe {
        journal,
        header: Arc::clone(&header),
        stop: stop.clone(),
        watcher: watcher.clone(),
        max_failures,
        failures: 0,
        decide,
        decided: Arc::clone(&decided),
        watch,
    };
    let writer = tokio::spawn(scribe.write_all(written));
    let done = Arc::new(done);
    let means = Means {
        lanes: lanes.into_iter().map(Arc::new).collect(),
        shared: Arc::default(),
        workers: Arc::default(),
        webhooks: Arc::default(),
        tools,
        header: Arc::clone(&header),
        budget,
        stop: stop.clone(),
        watch,
    };
    let mut driving = JoinSet::new();
    for lane in means
        .lanes
        .iter()
        .filter(|lane| plan.asks(|entry| lane.serves(entry)))
    {
        let driver = Driver {
            plan: Arc::clone(&plan),
            done: Arc::clone(&done),
            means: means.clone(),
            lane: Arc::clone(lane),
            stream,
            recall: recall.clone(),
            run_out: Mutex::default(),
            decided: Arc::clone(&decided),
            places,
            lengths: lengths.clone(),
            records: records.clone(),
            watcher: watcher.clone(),
        };
        driving.spawn(driver.drive());
    }
    drop(records);
    let mut outcome = Ok(());
    while let Some(driven) = driving.join_next().await {
        let driven = unwound(driven);
        if driven.is_err() {
            stop.stop(Stopped::Failures);
            outcome = outcome.and(driven);
        }
    }
    let journal = unwound(writer.await)?;
    outcome?;
    if !plan.has_groups() || stop.is_stopped() {
        return Ok(journal);
    }
    let notify = |trial: &Trial, model: &str, notice: Notice<'_>| {
        if let Notice::Over(_, reason) = notice {
            stop.note(reason);
        }
        if let Some(event) = means.event(trial, model, &notice) {
            // A watcher that has gone away misses nothing it needs.
            let _ = watcher.send(event);
        }
    };
    groups::judge(&plan, journal, &means, &notify).await
}

/// Returns what a task gave. A panic in it is a bug, and goes on here.
fn unwound<T>(ended: Result<T, JoinError>) -> T {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Admits the trials of one lane.
struct Driver {
    plan: Arc<Plan>,
    done: Arc<HashSet<TrialKey>>,
    means: Means,
    lane: Arc<Lane>,
    stream: bool,
    recall: Option<Arc<Recall>>,
    /// Suites whose budget is too small for another question to this model.
    run_out: Mutex<BTreeSet<u32>>,
    decided: Decided,
    /// Trials that may be open, for each slot.
    places: usize,
    lengths: Option<Lengths>,
    records: mpsc::Sender<Outcome>,
    watcher: Sender<Event>,
}

impl Driver {
    async fn drive(self) -> Result<(), DatasetError> {
        let driver = Arc::new(self);
        let open = Arc::new(Semaphore::new(driver.lane.slots * driver.places));
        let mut trials = JoinSet::new();
        let lane = Arc::clone(&driver.lane);
        let mut outcome = Ok(());
        let trials_of = Arc::clone(&lane);
        let planned = driver
            .plan
            .trials_by_turns(move |entry| trials_of.serves(entry));
        for trial in Ahead::new(planned, lane.slots, driver.lengths.clone()) {
            let trial = match trial {
                Ok(trial) => trial,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            };
            if driver.done.contains(&trial.key()) || driver.has_run_out(&trial) {
                // Passing over many trials must not keep the others from running.
                tokio::task::consume_budget().await;
                continue;
            }
            let place = tokio::select! {
                biased;
                () = driver.lane.paced.closed(&driver.means.stop) => break,
                place = Arc::clone(&open).acquire_owned() => place.expect("the semaphore is never closed"),
            };
            if driver.is_decided(&trial) {
                tokio::task::consume_budget().await;
                continue;
            }
            let driver = Arc::clone(&driver);
            // The runtime moves a task about ten times: its twenty kilobytes are put where they can stay.
            trials.spawn(Box::pin(async move {
                driver.carry_out(&trial).await;
                drop(place);
            }));
            while let Some(ended) = trials.try_join_next() {
                unwound(ended);
            }
        }
        while let Some(ended) = trials.join_next().await {
            unwound(ended);
        }
        outcome
    }

    fn run_out(&self, trial: &Trial) {
        self.means.stop.note(Stopped::Budget);
        self.suites_run_out().insert(trial.at.suite);
    }

    fn has_run_out(&self, trial: &Trial) -> bool {
        self.suites_run_out().contains(&trial.at.suite)
    }

    /// Returns whether nothing more need be known of the trial's model.
    fn is_decided(&self, trial: &Trial) -> bool {
        let entry = (trial.at.suite, trial.at.model);
        let decided = self.decided.lock().expect("no holder of this lock panics");
        let is_decided = decided.contains(&entry);
        if is_decided {
            self.means.stop.note(Stopped::Early);
        }
        is_decided
    }

    fn suites_run_out(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.run_out.lock().expect("no holder of this lock panics")
    }

    async fn carry_out(&self, trial: &Trial) {
        let entry =
            &self.means.header.suites[trial.at.suite as usize].models[trial.at.model as usize];
        let price = entry.price.as_ref();
        let asking = Asking {
            price,
            payer: self.means.budget.as_deref().map(|budget| Payer {
                budget,
                suite: trial.at.suite as usize,
                price,
            }),
            stream: self.stream,
            recall: self.recall.as_deref(),
        };
        let world = self.means.world(trial);
        let notify = |model: &str, notice: Notice<'_>| {
            match notice {
                Notice::Over(_, reason) => self.means.stop.note(reason),
                Notice::NoMoney => self.run_out(trial),
                Notice::Again(..) | Notice::Slow(_) | Notice::Made(_) => {}
            }
            if let Some(event) = self.means.event(trial, model, &notice) {
                // A watcher that has gone away misses nothing it needs.
                let _ = self.watcher.send(event);
            }
        };
        let outcome = carry_out(trial, &self.lane.paced, asking, &world, notify).await;
        if let Some(mut outcome) = outcome {
            mask::cover(&mut outcome.record, &trial.suite.env);
            // The writer goes away only after an error, which ends the run by itself.
            let _ = self.records.send(outcome).await;
        }
    }
}

/// Writes records, then announces them, and stops the run where a record says so.
struct Scribe {
    journal: JournalWriter,
    header: Arc<Header>,
    stop: Stop,
    watcher: Sender<Event>,
    max_failures: Option<u64>,
    failures: u64,
    decide: Option<Decide>,
    decided: Decided,
    watch: Watch,
}

impl Scribe {
    /// Writes what comes until nobody can send more. What cannot be written stops the run.
    ///
    /// A record is handed to the system in place, which takes microseconds and leaves none waiting for a kill to lose;
    /// only the disk is waited for elsewhere.
    async fn write_all(
        mut self,
        mut records: mpsc::Receiver<Outcome>,
    ) -> Result<JournalWriter, WriteError> {
        let written = self.write_each(&mut records).await;
        if written.is_err() {
            self.stop.stop(Stopped::Failures);
        }
        written.map(|()| self.journal)
    }

    async fn write_each(
        &mut self,
        records: &mut mpsc::Receiver<Outcome>,
    ) -> Result<(), WriteError> {
        let mut syncing = JoinSet::new();
        let mut outcomes = Vec::with_capacity(TOGETHER);
        while records.recv_many(&mut outcomes, TOGETHER).await > 0 {
            self.write(outcomes.drain(..))?;
            if let Some(due) = self.journal.due() {
                synced(&mut syncing).await?;
                syncing.spawn_blocking(|| due.sync());
            }
        }
        synced(&mut syncing).await
    }

    /// Writes what has finished, announces it, and then gives the slots back.
    fn write(&mut self, outcomes: impl Iterator<Item = Outcome>) -> Result<(), WriteError> {
        let (mut records, mut slots, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_denied = false;
        for Outcome { record, slot } in outcomes {
            events.push(self.event(&record));
            let error = record.error.as_ref().map(|error| error.kind);
            is_denied |= error == Some(ErrorKind::Credentials);
            if matches!(record.status, TrialStatus::Failed | TrialStatus::Error) {
                self.failures += 1;
            }
            if let Some(decide) = &mut self.decide {
                let fresh = decide(&record);
                let mut decided = self.decided.lock().expect("no holder of this lock panics");
                decided.extend(fresh);
            }
            records.push(record);
            slots.push(slot);
        }
        self.journal.append_all(records)?;
        for event in events {
            // A watcher that has gone away misses nothing it needs.
            let _ = self.watcher.send(event);
        }
        if is_denied {
            self.stop.stop(Stopped::Denied);
        }
        if self.max_failures.is_some_and(|most| self.failures >= most) {
            self.stop.stop(Stopped::Failures);
        }
        Ok(())
    }

    /// Returns what those who watch are told of a record.
    fn event(&self, record: &Record) -> Event {
        let suite = &self.header.suites[record.at.suite as usize];
        let entry = &suite.models[record.at.model as usize];
        let judges = record.judge_paid(&suite.judges);
        Event::Finished {
            label: entry.label.clone(),
            model: entry.model.clone(),
            latency: record
                .latency_ms
                .filter(|_| !record.is_recorded())
                .and_then(|latency| Duration::try_from_secs_f64(latency / 1e3).ok()),
            status: record.status,
            paid: record
                .paid(entry.price.as_ref())
                .zip(judges)
                .map(|(answer, judges)| answer + judges),
            error: record.error.as_ref().map(|error| error.kind),
            more: (self.watch != Watch::Outcomes).then(|| Box::new(Ended::of(record, suite))),
        }
    }
}

/// Waits for the disk.
async fn synced(syncing: &mut JoinSet<Result<(), WriteError>>) -> Result<(), WriteError> {
    while let Some(ended) = syncing.join_next().await {
        unwound(ended)?;
    }
    Ok(())
}
