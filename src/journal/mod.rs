//! The durable middle: everything before it exists to produce records, everything after is computed from them.
//!
//! A journal is `journal.jsonl`: a [`Header`] on the first line, then a [`Record`] per trial in the order of
//! finishing. Lines are appended whole and never changed. Dollars are not stored: the header keeps the price rows, each
//! attempt its tokens.

mod header;
mod judge;
mod line;
mod reader;
mod record;
mod writer;

pub use header::{
    BatchOptions, Header, ModelRecord, RunOptions, RunRecord, SCHEMA, Stopped, SuiteRecord,
};
pub use judge::{JudgeCall, JudgeRecord};
pub use reader::{JournalError, JournalReader, Planned};
pub use record::{Attempt, ErrorRecord, Record, TrialStatus, TurnRecord};
pub use writer::{DueSync, JournalWriter, WriteError};

#[cfg(test)]
mod tests;
