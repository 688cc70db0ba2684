//! Writing what is to be asked: a file of records for each model, and a new one where it is full.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};

use sha2::{Digest, Sha256};

use super::answers::{Answers, RecordId};
use super::ledger::INPUT;
use super::{Batch, BatchError, MOST_BYTES, MOST_RECORDS, Ordering};
use crate::catalog::Usd;
use crate::journal::Stopped;
use crate::model::{Request, hex};
use crate::plan::{Trial, TrialKey};
use crate::run::budget::{Budget, Payer};
use crate::run::trial::prepare;

/// A model and its region.
type Lane = (String, Option<String>);

/// A file of records that is whole.
pub(super) struct Whole {
    /// The file's name in the run's folder of batches.
    pub(super) name: String,
    pub(super) model: String,
    pub(super) region: Option<String>,
    pub(super) records: u64,
    /// A few hex digits of its content.
    pub(super) mark: String,
    /// What it asks.
    pub(super) trials: Vec<Ordered>,
}

/// A trial that is ordered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ordered {
    pub(super) id: RecordId,
    pub(super) trial: TrialKey,
    pub(super) suite: u32,
    /// The most that its answer can cost.
    pub(super) worst: Usd,
}

/// What was made of what is left of a plan.
pub(super) struct Spooled {
    /// Files that are large enough for a job.
    pub(super) whole: Vec<Whole>,
    /// Trials that do not fit into a budget.
    pub(super) unaffordable: Vec<TrialKey>,
    /// What is to be said of everything that is not ordered.
    pub(super) told: Vec<String>,
}

/// Files that are being written, one for each model.
pub(super) struct Spools<'a> {
    batch: &'a Batch,
    ordering: &'a Ordering<'a>,
    answers: &'a Answers,
    open: BTreeMap<Lane, Spool>,
    whole: Vec<Whole>,
    /// Records of all files: none is written twice.
    written: HashSet<RecordId>,
    /// Trials that go on demand, by why.
    on_demand: BTreeMap<&'static str, u64>,
    /// Trials that do not fit into a budget.
    unaffordable: Vec<TrialKey>,
}

/// A file that is being written.
struct Spool {
    name: String,
    out: BufWriter<File>,
    bytes: u64,
    digest: Sha256,
    trials: Vec<Ordered>,
}

impl<'a> Spools<'a> {
    pub(super) fn new(batch: &'a Batch, ordering: &'a Ordering<'a>, answers: &'a Answers) -> Self {
        Self {
            batch,
            ordering,
            answers,
            open: BTreeMap::new(),
            whole: Vec::new(),
            written: HashSet::new(),
            on_demand: BTreeMap::new(),
            unaffordable: Vec::new(),
        }
    }

    /// Adds a trial, if it can be asked ahead and is not answered yet.
    pub(super) fn add(&mut self, trial: &Trial) -> Result<(), BatchError> {
        if self.ordering.done.contains(&trial.key()) || trial.case.output.is_some() {
            return Ok(());
        }
        if let Some(why) = only_on_demand(trial) {
            *self.on_demand.entry(why).or_default() += 1;
            return Ok(());
        }
        // What cannot be rendered is no question, and the executor says so.
        let Ok(request) = prepare(trial, &trial.context(), false) else {
            return Ok(());
        };
        let id = RecordId::of(&request);
        let payer = self.payer(trial);
        let worst = payer.map_or(Usd::ZERO, |payer| payer.worst_of_batch(&request));
        if !self.written.insert(id) {
            *self
                .on_demand
                .entry("ask what another one asks")
                .or_default() += 1;
            return Ok(());
        }
        if self.answers.has(id) {
            if let Some(payer) = payer {
                payer.ordered(worst);
            }
            return Ok(());
        }
        if payer.is_some_and(|payer| !payer.order(worst)) {
            self.unaffordable.push(trial.key());
            return Ok(());
        }
        self.write(trial, id, &request, worst)
    }

    fn write(
        &mut self,
        trial: &Trial,
        id: RecordId,
        request: &Request,
        worst: Usd,
    ) -> Result<(), BatchError> {
        let mut line = self.batch.client.encode(&id.text(), request)?;
        line.push('\n');
        let of: Lane = (request.model.clone(), request.region.clone());
        let size = line.len() as u64;
        let is_full = |spool: &Spool| {
            spool.trials.len() as u64 >= MOST_RECORDS || spool.bytes + size > MOST_BYTES
        };
        if self.open.get(&of).is_some_and(is_full) {
            let full = self.open.remove(&of);
            let full = full.map(|spool| spool.close(&of, &self.batch.folder));
            self.whole.extend(full.transpose()?);
        }
        let spool = match self.open.entry(of) {
            std::collections::btree_map::Entry::Occupied(spool) => spool.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(Spool::open(&self.batch.folder)?)
            }
        };
        let path = self.batch.folder.join(&spool.name);
        spool
            .out
            .write_all(line.as_bytes())
            .map_err(BatchError::disk(path))?;
        spool.bytes += size;
        spool.digest.update(line.as_bytes());
        spool.trials.push(Ordered {
            id,
            trial: trial.key(),
            suite: trial.at.suite,
            worst,
        });
        Ok(())
    }

    fn payer(&self, trial: &Trial) -> Option<Payer<'a>> {
        let suites = &self.ordering.header.suites;
        let entry = &suites[trial.at.suite as usize].models[trial.at.model as usize];
        self.ordering.budget.map(|budget| Payer {
            budget,
            suite: trial.at.suite as usize,
            price: entry.price.as_ref(),
        })
    }

    /// Closes the files.
    pub(super) fn finish(mut self) -> Result<Spooled, BatchError> {
        let mut told = Vec::new();
        for (lane, spool) in std::mem::take(&mut self.open) {
            let records = spool.trials.len() as u64;
            if records >= self.batch.fewest {
                self.whole.push(spool.close(&lane, &self.batch.folder)?);
                continue;
            }
            for ordered in &spool.trials {
                ordered.cancel(self.ordering.budget);
            }
            let path = self.batch.folder.join(&spool.name);
            drop(spool);
            std::fs::remove_file(&path).map_err(BatchError::disk(path))?;
            told.push(format!(
                "{records} questions to `{}` are asked on demand: a batch job has at least {}",
                lane.0, self.batch.fewest
            ));
        }
        for (why, trials) in &self.on_demand {
            told.push(format!("{trials} trials are asked on demand: they {why}"));
        }
        if !self.unaffordable.is_empty() {
            self.ordering.stop.note(Stopped::Budget);
            told.push(format!(
                "{} questions are not ordered: at their worst they do not fit into the budget beside the others; \
                 --resume orders them with what is left",
                self.unaffordable.len()
            ));
        }
        Ok(Spooled {
            whole: self.whole,
            unaffordable: self.unaffordable,
            told,
        })
    }
}

impl Ordered {
    /// Gives back what was counted for an answer that does not come.
    pub(super) fn cancel(&self, budget: Option<&Budget>) {
        if let Some(budget) = budget {
            budget.cancel(self.suite as usize, self.worst);
        }
    }
}

/// Returns why a trial cannot be asked ahead, as what follows "they"; `None` if it can.
fn only_on_demand(trial: &Trial) -> Option<&'static str> {
    let is_unusual = |way: &Option<String>, usual| way.as_deref().is_some_and(|way| way != usual);
    let entry = &trial.entry;
    if !trial.case.turns.is_empty() {
        Some("have several turns")
    } else if !trial.case.servers.is_empty() {
        Some("use the tools of servers")
    } else if is_unusual(&entry.service_tier, "default")
        || is_unusual(&entry.performance, "standard")
    {
        Some("ask for another service tier or latency")
    } else {
        None
    }
}

impl Spool {
    fn open(folder: &std::path::Path) -> Result<Self, BatchError> {
        std::fs::create_dir_all(folder).map_err(BatchError::disk(folder))?;
        let named = tempfile::Builder::new()
            .prefix(INPUT.0)
            .suffix(INPUT.1)
            .tempfile_in(folder)
            .map_err(BatchError::disk(folder))?;
        let (file, path) = named
            .keep()
            .map_err(|error| BatchError::disk(folder)(error.error))?;
        let name = path.file_name().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            out: BufWriter::new(file),
            bytes: 0,
            digest: Sha256::new(),
            trials: Vec::new(),
        })
    }

    fn close(self, lane: &Lane, folder: &std::path::Path) -> Result<Whole, BatchError> {
        let path = folder.join(&self.name);
        let file = self
            .out
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all())
            .map_err(BatchError::disk(path))?;
        Ok(Whole {
            name: self.name,
            model: lane.0.clone(),
            region: lane.1.clone(),
            records: self.trials.len() as u64,
            mark: hex(&self.digest.finalize()[..4]),
            trials: self.trials,
        })
    }
}
