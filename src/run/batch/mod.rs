//! Batch inference: what can be asked ahead is ordered in jobs, waited for, and then answered from their output.
//!
//! The executor asks as ever. Between it and Bedrock stand [`Answers`]: what a job has answered is at hand, and everything
//! else (judges, later turns, what a job refused and may be repeated) goes on demand. So a batch is judged, recorded and
//! reported by the very code that asks one question at a time.
//!
//! Jobs outlive the program. What was ordered is written down before it is ordered, under a name that orders once however
//! often it is given; so a run that was killed goes on with the jobs that it has, on this machine or, by their ARNs, on another.

mod answers;
mod ledger;
mod spool;
mod wait;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::answers::Answers;
use self::ledger::{Job, Ledger};
use self::spool::{Spooled, Spools};
use super::budget::Budget;
use super::stop::Stop;
use crate::journal::Header;
use crate::model::{BatchClient, ModelClient, ModelError};
use crate::plan::{Plan, TrialKey};
use crate::suite::DatasetError;

/// The most records of a job. Source: Bedrock's default quota, per model.
const MOST_RECORDS: u64 = 50_000;
/// The most bytes of its file: a gigabyte. Source: the same.
const MOST_BYTES: u64 = 1_000_000_000;
/// The fewest records of a job, unless told otherwise. Source: the same.
pub const FEWEST_RECORDS: u64 = 100;

/// Batch inference for a run.
pub struct Batch {
    /// Whoever begins jobs.
    pub client: Arc<dyn BatchClient>,
    /// Where the run keeps what it has ordered, and its output.
    pub folder: PathBuf,
    /// What names of jobs begin with: letters, digits and hyphens.
    pub name: String,
    /// Jobs that were begun elsewhere, by ARN.
    pub adopted: Vec<String>,
    /// The fewest records of a job; what is fewer is asked on demand.
    pub fewest: u64,
}

/// What came of a batch.
pub struct Ordered {
    /// The answers, with whoever answers everything else.
    pub answers: Arc<Answers>,
    /// Trials that were ordered and have no answer, or could not be paid for.
    pub unanswered: HashSet<TrialKey>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// No job could be begun, or one cannot be looked at.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A dataset can no longer be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A file of the run cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl BatchError {
    fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Disk { path, source }
    }
}

/// What is asked, and what bounds it.
pub struct Ordering<'a> {
    /// The plan.
    pub plan: &'a Arc<Plan>,
    /// Trials that an earlier sitting finished.
    pub done: &'a HashSet<TrialKey>,
    /// The journal's header: prices come from there.
    pub header: &'a Header,
    /// What may be spent; `None` where nothing is capped.
    pub budget: Option<&'a Budget>,
    /// Whoever answers what is not ordered.
    pub live: Arc<dyn ModelClient>,
    /// Ends the waiting.
    pub stop: &'a Stop,
}

impl Batch {
    /// Orders what is left of a plan and waits for its answers; `tell` hears how it goes.
    ///
    /// Jobs that are known already are waited for first, and what they do not answer is ordered anew. If `stop` says so, the
    /// waiting ends; the jobs go on.
    ///
    /// # Errors
    ///
    /// No job can be begun, a job cannot be looked at, or a file cannot be read or written. What was begun stays noted.
    pub async fn order(
        &self,
        ordering: Ordering<'_>,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<Ordered, BatchError> {
        let mut ledger = Ledger::open(&self.folder)?;
        ledger.sweep();
        ledger.adopt(&self.adopted);
        let answers = Answers::new(Arc::clone(&self.client), Arc::clone(&ordering.live));
        let mut ordered = Ordered {
            answers: Arc::new(answers),
            unanswered: HashSet::new(),
        };
        if !ledger.jobs.is_empty() {
            self.settle(&mut ledger, ordering.stop, tell).await?;
            ordered.read(&ledger)?;
        }
        if ordering.stop.is_stopped() {
            return Ok(ordered);
        }
        let Spooled {
            whole,
            unaffordable,
            told,
        } = self.spool(&ordering, &ordered.answers)?;
        for told in told {
            tell(&told);
        }
        ordered.unanswered.extend(unaffordable);
        let trials: Vec<_> = whole.iter().flat_map(|file| file.trials.clone()).collect();
        let first = ledger.jobs.len();
        for file in whole {
            let name = format!("{}-{}-{}", self.name, ledger.jobs.len() + 1, file.mark);
            ledger.jobs.push(Job::new(name, &file));
        }
        ledger.save()?;
        if ledger.jobs.len() > first {
            self.settle(&mut ledger, ordering.stop, tell).await?;
            ordered.read(&ledger)?;
        }
        for one in trials.iter().filter(|one| !ordered.answers.has(one.id)) {
            one.cancel(ordering.budget);
            ordered.unanswered.insert(one.trial);
        }
        Ok(ordered)
    }

    /// Writes what is left of the plan to files, one or more for each model.
    fn spool(&self, ordering: &Ordering<'_>, answers: &Answers) -> Result<Spooled, BatchError> {
        let mut spools = Spools::new(self, ordering, answers);
        for trial in ordering.plan.trials(|_| true) {
            spools.add(&trial?)?;
        }
        spools.finish()
    }

    /// Removes the output of jobs, which the journal holds by now.
    pub fn clear(&self) {
        let Ok(mut ledger) = Ledger::open(&self.folder) else {
            return;
        };
        let outputs: Vec<PathBuf> = ledger.outputs().collect();
        for job in &mut ledger.jobs {
            job.outputs.clear();
        }
        // Whoever comes back must not look for what is gone.
        if ledger.save().is_ok() {
            for output in outputs {
                // What is left behind takes room and does no harm.
                let _ = std::fs::remove_file(output);
            }
        }
    }
}

impl Ordered {
    fn read(&self, ledger: &Ledger) -> Result<(), BatchError> {
        for file in ledger.outputs() {
            self.answers.read(&file)?;
        }
        Ok(())
    }
}
