//! The asking: trials in, records out. The one stage besides the clients that waits.
//!
//! Every model has a lane of its own, with its slots, its limits and its retries, so that a slow or failing model never
//! delays another. What was decided is decided by pure functions (the limiter, [`RetryPolicy`]) that are told the time;
//! the executor only waits. A record is on disk before anybody hears of its trial.

mod ahead;
mod asks;
mod batch;
mod breaker;
mod budget;
mod call;
mod dialogue;
mod event;
mod executor;
mod fetch;
mod gauge;
mod groups;
mod lane;
mod limiter;
mod makespan;
mod mask;
mod paced;
mod recall;
mod remaining;
mod retry;
mod rounds;
mod single;
mod stop;
mod trial;
mod warm;
mod webhook;
mod worker;

pub use ahead::Lengths;
pub use batch::{Answers, Batch, BatchError, FEWEST_RECORDS, Ordered, Ordering};
pub use budget::Budget;
pub use call::{Answered as CallAnswered, Call, Content, Ended, TrialName, Watch};
pub use event::Event;
pub use executor::{Decide, EarlyStop, Execution, RunError, execute};
pub use fetch::fetch;
pub use lane::{Lane, LaneSettings};
pub use makespan::{Load, makespan};
pub use paced::Share;
pub use recall::{Recall, RecallError};
pub use remaining::remaining;
pub use retry::RetryPolicy;
pub use rounds::{Conversed, Tools, converse};
pub use single::{Aloud, Answered, ask};
pub use stop::Stop;
pub use worker::Workers;
