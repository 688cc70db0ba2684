//! `mcp-cli` evaluates models on AWS Bedrock: which is good enough, what it costs, and how sure we are.

pub mod bedrock;
pub mod cassette;
pub mod catalog;
pub mod check;
mod files;
pub mod journal;
pub mod model;
pub mod plan;
pub mod report;
pub mod run;
pub mod stats;
pub mod suite;
pub mod tally;
pub mod template;
pub mod text;
