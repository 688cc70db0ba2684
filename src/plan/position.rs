//! Where a trial stands in its plan.

use serde::{Deserialize, Serialize};

/// A trial's place in the plan. Sorting by it gives the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Index of the suite.
    pub suite: u32,
    /// Index of the case in its suite.
    pub case: u64,
    /// Index of the prompt.
    pub prompt: u32,
    /// Index of the model entry.
    pub model: u32,
    /// Which repeat, from 0.
    pub repeat: u32,
}
