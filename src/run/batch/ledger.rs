//! What a run has ordered: a small file beside its journal.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::BatchError;
use super::spool::Whole;
use crate::files::write_whole;

/// The file's name.
const NAME: &str = "jobs.json";

/// How names of files of records begin and end.
pub(super) const INPUT: (&str, &str) = ("input-", ".jsonl");

/// The jobs of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ledger {
    #[serde(skip)]
    folder: PathBuf,
    /// In the order in which they were ordered.
    pub(super) jobs: Vec<Job>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    /// Its name; empty for one that was begun elsewhere.
    pub(super) name: String,
    /// The model that it asks; empty for one that was begun elsewhere.
    pub(super) model: String,
    /// Its region, where that is not the run's.
    pub(super) region: Option<String>,
    /// The records ordered; 0 where that is not known.
    pub(super) records: u64,
    /// The file of its records, until it is begun.
    pub(super) input: Option<String>,
    /// Its ARN, once it is begun.
    pub(super) arn: Option<String>,
    /// What was said of it last.
    pub(super) state: String,
    /// Whether there is nothing more to wait for: its output is here, or it has none.
    pub(super) is_over: bool,
    /// The files of its output.
    pub(super) outputs: Vec<String>,
}

impl Job {
    /// Returns a job that is still to be begun.
    pub(super) fn new(name: String, file: &Whole) -> Self {
        Self {
            name,
            model: file.model.clone(),
            region: file.region.clone(),
            records: file.records,
            input: Some(file.name.clone()),
            arn: None,
            state: "new".to_owned(),
            is_over: false,
            outputs: Vec::new(),
        }
    }

    /// Returns what it is called in messages.
    pub(super) fn shown(&self) -> &str {
        match &self.arn {
            Some(arn) => arn,
            None => &self.name,
        }
    }
}

impl Ledger {
    /// Reads the file in `folder`; empty if there is none.
    pub(super) fn open(folder: &Path) -> Result<Self, BatchError> {
        let path = folder.join(NAME);
        let mut ledger = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| BatchError::disk(path)(std::io::Error::other(error)))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(BatchError::disk(path)(error)),
        };
        folder.clone_into(&mut ledger.folder);
        Ok(ledger)
    }

    /// Writes the file.
    pub(super) fn save(&self) -> Result<(), BatchError> {
        let path = self.folder.join(NAME);
        let text = serde_json::to_string_pretty(self).expect("a ledger is plain data");
        write_whole(&path, |out| writeln!(out, "{text}")).map_err(BatchError::disk(path))
    }

    /// Adds jobs that were begun elsewhere, each once.
    pub(super) fn adopt(&mut self, arns: &[String]) {
        for arn in arns {
            let known = |job: &Job| job.arn.as_ref() == Some(arn);
            if !self.jobs.iter().any(known) {
                self.jobs.push(Job {
                    name: String::new(),
                    model: String::new(),
                    region: None,
                    records: 0,
                    input: None,
                    arn: Some(arn.clone()),
                    state: "adopted".to_owned(),
                    is_over: false,
                    outputs: Vec::new(),
                });
            }
        }
    }

    /// Removes what was being written when the program was killed.
    pub(super) fn sweep(&self) {
        for entry in std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_input = name.starts_with(INPUT.0) && name.ends_with(INPUT.1);
            let is_known = self
                .jobs
                .iter()
                .any(|job| job.input.as_ref() == Some(&name));
            if is_input && !is_known {
                // What is left behind takes room and does no harm.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Returns the folder of the file.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the files of all output.
    pub(super) fn outputs(&self) -> impl Iterator<Item = PathBuf> {
        let names = self.jobs.iter().flat_map(|job| &job.outputs);
        names.map(|name| self.folder.join(name))
    }
}
