//! Programs of suites, kept running: started once, asked many times.
//!
//! Every program has a few processes, each with a queue of its own. A process that dies or takes too long fails the one
//! question that it was at; the others are put to a new one.

mod process;
mod protocol;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::check::{Code, Program, Ran};
use process::Job;

/// Processes for the Python of all suites, and for each command.
const PROCESSES: usize = 2;
/// Questions that may wait for a process.
const QUEUED: usize = 64;

/// The processes of a run. They end with it.
#[derive(Debug, Default)]
pub struct Workers {
    /// By what is started.
    pools: Mutex<HashMap<String, Arc<Pool>>>,
}

/// The processes of one program.
#[derive(Debug)]
struct Pool {
    queues: Vec<mpsc::Sender<Job>>,
    next: AtomicUsize,
}

impl Workers {
    /// Puts a question to a program.
    ///
    /// # Errors
    ///
    /// It cannot be started, ended without an answer, took too long, or failed; in a sentence.
    pub async fn ask(&self, program: &Arc<Program>, input: &Value) -> Result<Ran, String> {
        let pool = self.pool(program);
        let (answer, answered) = oneshot::channel();
        let job = Job {
            program: Arc::clone(program),
            input: input.clone(),
            answer,
        };
        let gone = || "the program's process is gone".to_owned();
        pool.queue().send(job).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    fn pool(&self, program: &Program) -> Arc<Pool> {
        // One interpreter does for all Python in a folder.
        let key = match &program.code {
            Code::Python { .. } => format!("python {}", program.folder.display()),
            Code::Command(_) => program.digest().to_string(),
        };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(key).or_insert_with(|| Arc::new(Pool::new()));
        Arc::clone(pool)
    }
}

impl Pool {
    fn new() -> Self {
        let queues = (0..PROCESSES).map(|_| {
            let (queue, jobs) = mpsc::channel(QUEUED);
            tokio::spawn(process::serve(jobs));
            queue
        });
        Self {
            queues: queues.collect(),
            next: AtomicUsize::new(0),
        }
    }

    fn queue(&self) -> &mpsc::Sender<Job> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        &self.queues[next % self.queues.len()]
    }
}
