//! Tests through the public door: one binary, a module for each part.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bedrock;
mod bedrock_alone;
mod bedrock_stream;
mod cassette;
#[cfg(feature = "cloud")]
mod cli_batch;
mod cli_compare;
mod cli_doctor;
mod cli_dry_run;
mod cli_early;
mod cli_embed;
mod cli_eval;
mod cli_grade;
mod cli_inert;
mod cli_init;
#[cfg(feature = "cloud")]
mod cli_live;
mod cli_logs;
mod cli_merge;
#[cfg(feature = "otel")]
mod cli_otel;
mod cli_pricing;
mod cli_query;
#[cfg(feature = "cloud")]
mod cli_quotas;
mod cli_resume;
mod cli_runs;
mod cli_secrets;
#[cfg(feature = "mcp")]
mod cli_servers;
mod cli_similar;
mod cli_told;
mod cli_tools;
mod cli_watch;
mod docs;
mod double;
mod first_page;
mod hostile;
#[cfg(feature = "otel")]
mod otlp;
mod page;
mod pipeline;
mod plan;
mod program;
mod promptfoo;
mod run;
mod run_batch;
mod run_breaker;
mod run_calls;
mod run_groups;
mod run_judges;
mod run_pace;
mod run_programs;
mod run_retries;
mod run_stops;
mod run_tools;
mod run_trials;
mod run_turns;
mod run_webhooks;
mod sample;
mod scripted;
mod service;
mod statistics;
mod suites;
