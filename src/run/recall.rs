//! Answers that an earlier run got, for checks that have changed since.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::journal::{Attempt, Header, JournalError, JournalReader, Planned, Record};
use crate::plan::{Position, Trial};

/// What makes a trial the same question as one of another run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    suite: String,
    case: String,
    prompt: String,
    model: String,
    repeat: u32,
}

/// A journal with an index of its records by what was asked.
#[derive(Debug)]
pub struct Recall {
    reader: Mutex<JournalReader>,
    /// By question: where its records begin, in the order of the plan, since cases may share a name.
    places: HashMap<Question, Vec<u64>>,
}

/// Why answers cannot be had from a journal.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// It cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It does not say what was asked.
    #[error("the run was recorded by a version that did not note what it asked")]
    TooOld,
}

impl Recall {
    /// Reads the journal once, and keeps a few names per record.
    ///
    /// # Errors
    ///
    /// It is damaged, or of an early version.
    pub fn open(mut reader: JournalReader) -> Result<Self, RecallError> {
        let header = reader.header().clone();
        let mut found: BTreeMap<Position, (u64, Question)> = BTreeMap::new();
        while let Some((offset, Planned { at, case })) = reader.next_planned()? {
            let question = Question::of(&header, at, case).ok_or(RecallError::TooOld)?;
            // Of two records with one place in the plan the later counts.
            found.insert(at, (offset, question));
        }
        let mut places: HashMap<Question, Vec<u64>> = HashMap::new();
        for (offset, question) in found.into_values() {
            places.entry(question).or_default().push(offset);
        }
        Ok(Self {
            reader: Mutex::new(reader),
            places,
        })
    }

    /// Returns the record of the same question: suite, case, prompt, model and parameters, repeat, and the variables that
    /// the prompt uses. `None` if there is none.
    ///
    /// # Errors
    ///
    /// The journal changed since it was opened.
    pub(super) fn find(&self, trial: &Trial) -> Result<Option<Record>, JournalError> {
        let question = Question {
            suite: trial.suite.name.clone(),
            case: trial.case.name.clone(),
            prompt: trial.prompt_digest.to_string(),
            model: trial.entry_digest.to_string(),
            repeat: trial.at.repeat,
        };
        let places = self.places.get(&question);
        let offset = places.and_then(|places| places.get(trial.twin as usize));
        let Some(offset) = offset else {
            return Ok(None);
        };
        let record = {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.record_at(*offset)?
        };
        let vars = record.vars.value();
        let same = |name: &String| vars.get(name) == trial.case.vars.get(name);
        let same = trial.prompt().variables().iter().all(same);
        Ok(same.then_some(record))
    }
}

impl Question {
    /// Returns what the record at a place of the plan was asked, if the header says it.
    fn of(header: &Header, at: Position, case: String) -> Option<Self> {
        let suite = header.suites.get(at.suite as usize)?;
        let model = suite.models.get(at.model as usize)?;
        let prompt = suite.prompt_digests.get(at.prompt as usize)?;
        Some(Self {
            suite: suite.name.clone(),
            case,
            prompt: prompt.clone(),
            model: model.digest.clone().filter(|digest| !digest.is_empty())?,
            repeat: at.repeat,
        })
    }
}

/// Moves what was asked and answered from an earlier record; nothing of it is paid again.
pub(super) fn take_over(record: &mut Record, earlier: Record) {
    let recorded = |attempt: Attempt| Attempt {
        recorded: true,
        ..attempt
    };
    record.attempts = earlier.attempts.into_iter().map(recorded).collect();
    record.prompt_bytes = earlier.prompt_bytes;
    record.output = earlier.output;
    record.tool_calls = earlier.tool_calls;
    record.turns = earlier.turns;
    record.stop_reason = earlier.stop_reason;
    record.latency_ms = earlier.latency_ms;
    record.ttft_ms = earlier.ttft_ms;
    record.service_latency_ms = earlier.service_latency_ms;
    record.wait_ms = earlier.wait_ms;
    record.request_id = earlier.request_id;
    record.error = earlier.error;
}
