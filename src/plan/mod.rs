//! Which questions, to whom, how often.
//!
//! A [`Plan`] knows how many trials there are and makes each when it is asked for, always in the same order: suites,
//! cases, prompts, models, repeats.

mod beginning;
mod build;
mod digest;
mod order;
mod planned;
mod position;
mod prefix;
mod select;
mod shard;
mod trial;
mod turns;

pub use beginning::Beginning;
pub use build::{Plan, PlanError, build};
pub(crate) use digest::key_of;
pub use order::Turn;
pub use planned::PlannedSuite;
pub use position::Position;
pub use select::{Pattern, PatternError, Selection};
pub use shard::Shard;
pub use trial::{Trial, TrialKey};
