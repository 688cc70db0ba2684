//! One sitting of a run: a new run, or what is left of an interrupted one.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::declared::Declared;
use crate::catalog::{Catalog, Usd};
use crate::cli::baseline_file::keep;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::git;
use crate::cli::header::header;
use crate::cli::outputs::journal_error;
use crate::cli::run_folder::RunFolder;
use crate::journal::{Header, JournalReader, JournalWriter, RunOptions, RunRecord};
use crate::plan::{Plan, TrialKey, key_of};

/// A run that was interrupted.
pub(in crate::cli) struct Resumed {
    folder: RunFolder,
    pub(super) header: Header,
    done: HashSet<TrialKey>,
    paid: Vec<Usd>,
    journal: JournalWriter,
}

impl Resumed {
    /// Finds a run and takes its journal, so that nobody writes it between reading and going on.
    pub(super) fn find(runs: &Path, name: &str) -> Result<Self, CliError> {
        let folder = RunFolder::find(runs, name)?;
        let mut reader =
            JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
        let journal = JournalWriter::resume(&folder.journal());
        let journal = journal.map_err(|error| CliError::caused(Exit::Usage, &error))?;
        let header = reader.header().clone();
        if let Some(graded) = &header.run.graded {
            let message = format!(
                "run `{}` asks nobody: it judges the answers of `{graded}`",
                folder.id
            );
            let hint = format!("judge them once more: mcp-cli grade {graded}");
            return Err(CliError::usage(message).hint(hint));
        }
        // A record that was written anew, with the verdict of a check of several answers, is paid for once.
        let mut costs: HashMap<TrialKey, Usd> = HashMap::new();
        let mut paid = vec![Usd::ZERO; header.suites.len()];
        while let Some(record) = reader
            .next_record()
            .map_err(|error| journal_error(&error))?
        {
            let suite = record.at.suite as usize;
            let (Some(sum), Some(suite)) = (paid.get_mut(suite), header.suites.get(suite)) else {
                continue;
            };
            let entry = suite.models.get(record.at.model as usize);
            let price = entry.and_then(|entry| entry.price.as_ref());
            let answer = record.paid(price).unwrap_or_default();
            let cost = answer + record.judge_paid(&suite.judges).unwrap_or_default();
            *sum += cost;
            if let Some(before) = costs.insert(key_of(&record.id), cost) {
                *sum = *sum - before;
            }
        }
        Ok(Self {
            folder,
            header,
            done: costs.into_keys().collect(),
            paid,
            journal,
        })
    }

    /// Goes on with the run, if the plan is still the one that its journal holds.
    pub(super) fn go_on(self, plan: &Plan) -> Result<Sitting, CliError> {
        if plan.digest() != self.header.plan_digest {
            return Err(CliError::usage(format!(
                "the suites of run `{}` have changed since it began",
                self.folder.id
            ))
            .hint("begin a new run; with --cache only what changed is paid for"));
        }
        Ok(Sitting {
            folder: self.folder,
            header: Arc::new(self.header),
            done: self.done,
            paid: self.paid,
            journal: self.journal,
        })
    }
}

/// One sitting of a run: a new run, or what is left of an interrupted one.
pub(super) struct Sitting {
    pub(super) folder: RunFolder,
    pub(super) header: Arc<Header>,
    pub(super) done: HashSet<TrialKey>,
    /// What earlier sittings have paid, by suite.
    pub(super) paid: Vec<Usd>,
    pub(super) journal: JournalWriter,
}

impl Sitting {
    #[expect(
        clippy::too_many_arguments,
        reason = "each comes from another step of the pipeline, and nothing else wants them together"
    )]
    pub(super) fn begin(
        runs: &Path,
        options: RunOptions,
        seed: u64,
        plan: &Plan,
        catalog: &Catalog,
        region: Option<&str>,
        graded: Option<String>,
        declared: &Declared,
    ) -> Result<Self, CliError> {
        // What the environment said when the run began holds when it goes on.
        let options = RunOptions {
            region: options.region.or_else(|| region.map(str::to_owned)),
            ..options
        };
        let now = Timestamp::now();
        let folder = RunFolder::create(runs, now)?;
        let run = RunRecord {
            id: folder.id.clone(),
            started_at: now,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed,
            git_commit: git::commit(Path::new(".")),
            graded,
        };
        let mut header = header(run, options, plan, catalog, region);
        declared.apply(&mut header);
        if let Some(earlier) = &declared.earlier {
            keep(earlier, &folder)?;
        }
        let journal = JournalWriter::create(&folder.journal(), &header);
        let journal = journal.map_err(|error| CliError::caused(Exit::Usage, &error))?;
        folder.note_latest()?;
        Ok(Self {
            folder,
            header: Arc::new(header),
            done: HashSet::new(),
            paid: Vec::new(),
            journal,
        })
    }
}
