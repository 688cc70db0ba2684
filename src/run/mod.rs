//! The asking: trials in, records out. The one stage besides the clients that waits.
//!
//! Every model has a lane of its own, with its slots, its limits and its retries, so that a slow or failing model never
//! delays another. What was decided is decided by pure functions (the limiter, [`RetryPolicy`]) that are told the time;
//! the executor only waits. A record is on disk before anybody hears of its trial.

mod asks;
mod breaker;
mod budget;
mod dialogue;
mod event;
mod executor;
mod fetch;
mod gauge;
mod groups;
mod lane;
mod limiter;
mod mask;
mod paced;
mod recall;
mod retry;
mod rounds;
mod single;
mod stop;
mod trial;
mod webhook;
mod worker;

pub use budget::Budget;
pub use event::Event;
pub use executor::{Decide, EarlyStop, Execution, RunError, execute};
pub use fetch::fetch;
pub use lane::{Lane, LaneSettings};
pub use recall::{Recall, RecallError};
pub use retry::RetryPolicy;
pub use rounds::{Conversed, Tools, converse};
pub use single::{Aloud, Answered, ask};
pub use stop::Stop;
pub use worker::Workers;
