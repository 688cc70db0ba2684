//! What a watcher of a run may see.

use std::time::Duration;

use super::call::{Call, Ended};
use super::paced::Notice;
use crate::catalog::Usd;
use crate::journal::TrialStatus;
use crate::model::ErrorKind;

/// Something that happened, told after it is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A trial's record is on disk.
    Finished {
        /// The model's label.
        label: String,
        /// The model's id.
        model: String,
        /// How long the model took for it; `None` where it was not asked.
        latency: Option<Duration>,
        /// How it ended.
        status: TrialStatus,
        /// What it was charged in this run; `None` where the model is unpriced.
        paid: Option<Usd>,
        /// Why there was no completion.
        error: Option<ErrorKind>,
        /// More of it, where calls are watched.
        more: Option<Box<Ended>>,
    },
    /// A call has ended; told where calls are watched.
    Called(Box<Call>),
    /// A call failed and will be repeated.
    Retrying {
        /// The model's id.
        model: String,
        /// What went wrong.
        kind: ErrorKind,
        /// How long until it is asked again.
        wait: Duration,
    },
    /// A model has answered nothing so far.
    Slow {
        /// The model's id.
        model: String,
        /// What it said instead.
        message: String,
    },
    /// A model is given up: nobody asks it any more, the others go on.
    GivenUp {
        /// The model's id.
        model: String,
        /// What it said last.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl Event {
    /// Returns what a watcher hears of a notice, if anything.
    pub(super) fn of(model: &str, notice: &Notice<'_>) -> Option<Self> {
        let model = model.to_owned();
        Some(match notice {
            // Whoever knows the trial tells of calls.
            Notice::NoMoney | Notice::Made(_) => return None,
            Notice::Again(error, wait) => Self::Retrying {
                model,
                kind: error.kind,
                wait: *wait,
            },
            Notice::Slow(error) => Self::Slow {
                model,
                message: error.message.clone(),
            },
            Notice::Over(error, _) => Self::GivenUp {
                model,
                message: error.message.clone(),
                hint: error.hint.clone(),
            },
        })
    }
}
