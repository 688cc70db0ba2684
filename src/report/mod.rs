//! Numbers become text.
//!
//! [`Report`] is the published document; every format is written from it and, where it shows single trials, from the
//! journal's records, one at a time. Nothing here asks a model, and nothing counts: the same journal gives the same
//! bytes. Text from models and suites never acts in an output: see `safe`.

mod again;
mod build;
mod comparisons;
mod csv;
mod document;
mod draw;
mod errors;
mod findings;
mod forecast;
mod format;
mod front;
mod gates;
mod github;
mod grid;
mod html;
mod human;
mod json;
mod judges;
mod junit;
mod markdown;
mod month;
mod noise;
mod parts;
mod results;
mod safe;
mod schema;
mod spool;
mod table;
mod terminal;
mod trouble;
mod verdicts;
mod whose;
mod words;

pub use comparisons::{
    CascadeRow, CasesNeeded, ComparisonRow, FlipRow, PValue, RatioRow, WatchedRow, WorstCaseRow,
};
pub use document::{
    CostPerPass, CostSummary, Counts, LatencyQuantile, LatencySummary, ModelRow, PromptRow, Rate,
    Report, RunSummary, SuiteSummary, Tokens,
};
pub use findings::{Comparing, Findings};
pub use format::{Format, Options, RenderError, UnknownFormat, render};
pub use front::FrontRow;
pub use gates::GateRow;
pub use github::annotations;
pub use html::Page;
pub use human::span_of_time;
pub use json::result;
pub use judges::{CorrectedRow, HumanRow, JudgeNoiseRow, JudgeRow, PairsRow, WithEnds};
pub use junit::Junit;
pub use noise::{NoiseRow, SpreadRow};
pub use results::{ResultCheck, ResultError, ResultLine, ResultToolCall};
pub use safe::{one_line, safe_json, safe_text};
pub use schema::{schema_report, schema_results};
pub use terminal::Colour;

#[cfg(test)]
mod tests;
