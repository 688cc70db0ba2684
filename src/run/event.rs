//! What a watcher of a run may see.

use std::time::Duration;

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
        /// How it ended.
        status: TrialStatus,
        /// What it was charged in this run; `None` where the model is unpriced.
        paid: Option<Usd>,
        /// Why there was no completion.
        error: Option<ErrorKind>,
    },
    /// A call failed and will be repeated.
    Retrying {
        /// The model's id.
        model: String,
        /// What went wrong.
        kind: ErrorKind,
        /// How long until it is asked again.
        wait: Duration,
    },
}
