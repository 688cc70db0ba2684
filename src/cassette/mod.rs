//! One recording, three uses: write exchanges, answer only from them, or answer from them and record what is missing.
//!
//! A [`Cassette`] stands before another client, or in its place, and is one itself; nobody above can tell. A recording
//! is a folder of small files, one for each request and sample, fit for review: what was asked, what came back, tokens
//! and times, every failed attempt. No header and no credential is ever written.

mod client;
mod exchange;
mod nearest;
mod tools;

pub use client::{Cassette, CassetteError, Mode};
pub use exchange::{Answer, Exchange, Reply};
pub use tools::ToolTape;
