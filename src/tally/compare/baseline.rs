//! An earlier run, reduced to what a comparison needs of it: a few lines that can be committed and reviewed.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::outcome::Outcome;
use crate::files::text_rows;
use crate::journal::{Header, Record};
use crate::model::hex;

/// The version of the file.
const SCHEMA: u32 = 1;

/// What models did with the questions of an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Where it comes from.
    pub head: BaselineHead,
    /// A row for each case and prompt, in the order of that run's plan.
    pub rows: Vec<BaselineRow>,
    /// Rows by suite, case and prompt.
    index: HashMap<(String, String, String), usize>,
}

/// Where a baseline comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineHead {
    /// The version of the file.
    pub baseline: u32,
    /// The run that it was made of.
    pub run: String,
    /// The commit that was checked out then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// SHA-256 of all lines after this one, in hexadecimal: the same results have the same.
    #[serde(default)]
    pub digest: String,
}

/// What models did with one case and prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineRow {
    /// The suite.
    pub suite: String,
    /// The case's name.
    pub case: String,
    /// Hash of suite and case names.
    pub case_id: String,
    /// Hash of prompts, variables and checks.
    pub case_hash: String,
    /// The prompt's name.
    pub prompt: String,
    /// What each model did, by label.
    pub models: BTreeMap<String, Outcome>,
}

/// Why a baseline file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A later version of the program wrote it.
    #[error("it has version {0}, which this program does not know")]
    Newer(u32),
    /// Its lines are not those that were written.
    #[error("its lines do not fit the digest on the first one: it was changed by hand")]
    Changed,
}

impl Baseline {
    /// Begins an empty one, of this run.
    pub fn of(header: &Header) -> Self {
        Self {
            head: BaselineHead {
                baseline: SCHEMA,
                run: header.run.id.clone(),
                git_commit: header.run.git_commit.clone(),
                digest: String::new(),
            },
            rows: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// Takes in a trial; they must come in the order of the plan.
    pub fn add(&mut self, header: &Header, record: &Record) {
        let at = record.at;
        let Some(suite) = header.suites.get(at.suite as usize) else {
            return;
        };
        let Some(model) = suite.models.get(at.model as usize) else {
            return;
        };
        let prompt = suite.prompt_name(at.prompt);
        let is_same = |row: &BaselineRow| {
            row.case_id == record.case_id && row.prompt == prompt && row.suite == suite.name
        };
        if !self.rows.last().is_some_and(is_same) {
            let key = (suite.name.clone(), record.case_id.clone(), prompt.clone());
            self.index.insert(key, self.rows.len());
            self.rows.push(BaselineRow {
                suite: suite.name.clone(),
                case: record.case.clone(),
                case_id: record.case_id.clone(),
                case_hash: record.case_hash.clone(),
                prompt,
                models: BTreeMap::new(),
            });
        }
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        let outcome = row.models.entry(model.label.clone()).or_default();
        outcome.add(record, model.price.as_ref());
    }

    /// Returns the row of a question. Where both runs have but one prompt for the suite, its name does not matter.
    pub(super) fn row(
        &self,
        suite: &str,
        case_id: &str,
        prompt: &str,
        one_prompt: bool,
    ) -> Option<&BaselineRow> {
        let key = (suite.to_owned(), case_id.to_owned(), prompt.to_owned());
        if let Some(at) = self.index.get(&key) {
            return self.rows.get(*at);
        }
        let mut prompts = self.prompts(suite).into_iter();
        let only = prompts.next().filter(|_| one_prompt)?;
        if prompts.next().is_some() {
            return None;
        }
        let at = self.index.get(&(key.0, key.1, only.to_owned()))?;
        self.rows.get(*at)
    }

    /// Returns the labels that answered in a suite, in alphabetical order.
    pub fn labels(&self, suite: &str) -> Vec<&str> {
        let rows = self.rows.iter().filter(|row| row.suite == suite);
        let labels = rows.flat_map(|row| row.models.keys().map(String::as_str));
        sorted(labels)
    }

    /// Returns the number of questions of a suite.
    pub(super) fn questions(&self, suite: &str) -> u64 {
        let rows = self.rows.iter().filter(|row| row.suite == suite);
        rows.count() as u64
    }

    fn prompts(&self, suite: &str) -> Vec<&str> {
        let rows = self.rows.iter().filter(|row| row.suite == suite);
        sorted(rows.map(|row| row.prompt.as_str()))
    }

    /// Returns SHA-256 of its lines.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for row in &self.rows {
            hash.update(line(row));
            hash.update(b"\n");
        }
        hex(&hash.finalize())
    }

    /// Writes it: where it comes from, then a line for each case and prompt.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = BaselineHead {
            digest: self.digest(),
            ..self.head.clone()
        };
        writeln!(out, "{}", line(&head))?;
        for row in &self.rows {
            writeln!(out, "{}", line(row))?;
        }
        Ok(())
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    ///
    /// It cannot be read, is none, is of a later version, or was changed by hand.
    pub fn read(from: impl BufRead) -> Result<Self, BaselineError> {
        let mut lines = (1..).zip(text_rows(from));
        let first = lines.next().map(|(_, first)| first).transpose()?;
        let head: BaselineHead = parsed(1, first.as_deref().unwrap_or_default())?;
        if head.baseline > SCHEMA {
            return Err(BaselineError::Newer(head.baseline));
        }
        let mut baseline = Self {
            head,
            rows: Vec::new(),
            index: HashMap::new(),
        };
        let mut hash = Sha256::new();
        for (number, text) in lines {
            let text = text?;
            hash.update(&text);
            hash.update(b"\n");
            let row: BaselineRow = parsed(number, &text)?;
            let key = (row.suite.clone(), row.case_id.clone(), row.prompt.clone());
            baseline.index.insert(key, baseline.rows.len());
            baseline.rows.push(row);
        }
        if hex(&hash.finalize()) != baseline.head.digest {
            return Err(BaselineError::Changed);
        }
        Ok(baseline)
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn line(of: &impl Serialize) -> String {
    serde_json::to_string(of).expect("plain data")
}

fn parsed<T: for<'de> Deserialize<'de>>(line: usize, text: &str) -> Result<T, BaselineError> {
    serde_json::from_str(text).map_err(|error| BaselineError::Line {
        line,
        reason: error.to_string(),
    })
}
