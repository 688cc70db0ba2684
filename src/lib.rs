//! `mcp-cli` evaluates models on AWS Bedrock: which is good enough, what it costs, and how sure we are.
//!
//! Data travels one way, and each module is a stage of it:
//!
//! ```text
//! suite ─► plan ─► run (asks through model::ModelClient) ─► journal ─► tally ─► report
//! ```
//!
//! | module | makes |
//! | --- | --- |
//! | [`suite`] | suites and cases that cannot be wrong, from YAML |
//! | [`plan`] | which questions, to whom, how often |
//! | [`run`] | the asking: slots, quotas, retries; records |
//! | [`check`] | judgements of one answer |
//! | [`journal`] | the durable middle: everything after it is computed from it |
//! | [`tally`], [`stats`] | counts, and what they mean |
//! | [`report`] | text: terminal, JSON, CSV, Markdown |
//! | [`model`] | requests, completions, and the port to the network |
//! | [`bedrock`], [`cassette`] | who answers: AWS, or a recording of it |
//! | [`catalog`] | prices, abilities, quotas |
//! | [`text`], [`template`] | reading text, and filling it in |
//! | [`store`] | what is kept between commands |
//! | [`script`] | JavaScript in a box |
//! | [`cli`] | the commands, where the stages meet |
//!
//! `ARCHITECTURE.md` says who may know whom.

pub mod bedrock;
pub mod cassette;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod config;
mod files;
pub mod gate;
pub mod journal;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod model;
pub mod plan;
pub mod report;
pub mod run;
pub mod script;
pub mod stats;
pub mod store;
pub mod suite;
pub mod tally;
#[cfg(feature = "otel")]
pub mod telemetry;
pub mod template;
pub mod text;
pub mod vectors;
