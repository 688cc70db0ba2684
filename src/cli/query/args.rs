//! The flags of `query`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::catalog::Usd;
use crate::cli::provider::ProviderArgs;

/// Ask a model, and see its answer as it comes
///
/// What is piped in is read to its end: it is the prompt, or comes after it.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli query \"What is the capital of France?\"\n  git diff | mcp-cli query \"Review this change\" -m sonnet\n  mcp-cli query \"Explain REST APIs\" --models nova-lite,haiku"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct QueryArgs {
    /// What to ask; several words need no quotes
    #[arg(value_name = "PROMPT")]
    pub prompt: Vec<String>,
    #[command(flatten)]
    pub whom: ProviderArgs,
    /// Ask several models the same, side by side
    #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with_all = ["model", "jsonl"])]
    pub models: Vec<String>,

    /// Ask what a case of this suite asks, in place of a prompt; `--model` is a label of the suite, or `LABEL@PROMPT`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prompt", "models", "system", "context", "attach", "attach_type", "input_data", "go_on", "conversation", "fallback", "guardrail", "service_tier", "options", "option_json", "thinking", "cache_prompt"], help_heading = "What is said")]
    pub suite: Option<PathBuf>,
    /// Let the suite start the programs that it describes as servers of tools
    #[arg(long, requires = "suite", help_heading = "What is said")]
    pub allow_exec: bool,
    /// The case, by its name; without it, the first
    #[arg(
        long,
        value_name = "NAME",
        requires = "suite",
        help_heading = "What is said"
    )]
    pub case: Option<String>,
    /// Go on with the last conversation
    #[arg(short = 'C', long = "continue", conflicts_with_all = ["conversation", "models"], help_heading = "What is said")]
    pub go_on: bool,
    /// Go on with this conversation; `mcp-cli logs` lists them
    #[arg(
        long,
        value_name = "ID",
        conflicts_with = "models",
        help_heading = "What is said"
    )]
    pub conversation: Option<i64>,
    /// The system prompt, or `@FILE`
    #[arg(
        short = 'S',
        long,
        visible_alias = "system-prompt",
        value_name = "TEXT",
        help_heading = "What is said"
    )]
    pub system: Option<String>,
    /// Text to answer from: files, patterns, folders, or `-`
    #[arg(
        short,
        long,
        short_alias = 'f',
        visible_alias = "file",
        value_name = "FILE",
        help_heading = "What is said"
    )]
    pub context: Vec<String>,
    /// Images, documents and videos: files, `https://…`, `s3://…`, or `-`
    #[arg(short, long, value_name = "FILE", help_heading = "What is said")]
    pub attach: Vec<PathBuf>,
    /// A file and its media type, where its content does not tell
    #[arg(long, value_names = ["FILE", "MIME"], num_args = 2, help_heading = "What is said")]
    pub attach_type: Vec<String>,
    /// Text in place of what is piped in; `-` is what is piped in
    #[arg(long, value_name = "TEXT", help_heading = "What is said")]
    pub input_data: Option<String>,

    /// The most tokens of an answer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "How")]
    pub max_tokens: Option<u32>,
    /// The temperature, 0 to 1
    #[arg(long, value_name = "T", value_parser = share, help_heading = "How")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1
    #[arg(long, value_name = "P", value_parser = share, help_heading = "How")]
    pub top_p: Option<f64>,
    /// A text that ends the answer
    #[arg(long, value_name = "TEXT", help_heading = "How")]
    pub stop: Vec<String>,
    /// How much to reason: low, medium, high, xhigh or max
    #[arg(long, value_name = "LEVEL", value_parser = ["low", "medium", "high", "xhigh", "max"], help_heading = "How")]
    pub effort: Option<String>,
    /// A field that goes to the model as it is; values are JSON, or text
    #[arg(
        short = 'O',
        long = "option",
        value_name = "KEY=VALUE",
        help_heading = "How"
    )]
    pub options: Vec<String>,
    /// Such fields as one JSON object
    #[arg(long, value_name = "JSON", help_heading = "How")]
    pub option_json: Option<String>,
    /// Let Bedrock keep what comes before the prompt: system prompt, context, attachments
    #[arg(long, value_name = "HOW_LONG", num_args = 0..=1, default_missing_value = "5m", require_equals = true, value_parser = ["5m", "1h", "no"], help_heading = "How")]
    pub cache_prompt: Option<String>,
    /// Tokens that a model of Anthropic may think with before it answers; others take --effort
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..), help_heading = "How")]
    pub thinking: Option<u32>,
    /// A guardrail, with its version
    #[arg(long, value_name = "ID:VERSION", help_heading = "How")]
    pub guardrail: Option<String>,
    /// default, flex, priority or reserved
    #[arg(long, value_name = "TIER", value_parser = ["default", "flex", "priority", "reserved"], help_heading = "How")]
    pub service_tier: Option<String>,
    /// Hold the answer to a JSON Schema: a file, JSON, or a list such as `name, age int`
    #[arg(long, value_name = "SCHEMA", help_heading = "How")]
    pub schema: Option<String>,
    /// The same for a list of such answers, as `{"items": […]}`
    #[arg(
        long,
        value_name = "SCHEMA",
        conflicts_with = "schema",
        help_heading = "How"
    )]
    pub schema_multi: Option<String>,
    /// Models to ask one after the other, where the one before cannot be asked
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        conflicts_with = "models",
        help_heading = "How"
    )]
    pub fallback: Vec<String>,
    /// How often an answer that does not conform is asked for again
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "How")]
    pub schema_retries: u32,

    /// Servers whose tools may be used, by name; without it, all that are configured
    #[arg(
        short,
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Tools"
    )]
    pub server: Vec<String>,
    /// A file of `mcpServers`, in place of the servers that are configured
    #[arg(long, value_name = "FILE", help_heading = "Tools")]
    pub mcp_config: Option<PathBuf>,
    /// No tools
    #[arg(long, conflicts_with = "server", help_heading = "Tools")]
    pub no_tools: bool,
    /// Tools that may be used: names, or patterns with `*`
    #[arg(long, value_name = "PATTERN", help_heading = "Tools")]
    pub tool: Vec<String>,
    /// Tools that may not
    #[arg(long, value_name = "PATTERN", help_heading = "Tools")]
    pub deny_tool: Vec<String>,
    /// How often the model may call tools and be told their results
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Tools")]
    pub max_tool_rounds: u32,
    /// Whether a tool runs: after a question, always, or never; without it, those that may destroy something after a question
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Tools")]
    pub approve: Option<Approve>,
    /// How long a server may take to start, and each tool
    #[arg(long, value_name = "DURATION", value_parser = crate::cli::args::duration, help_heading = "Tools")]
    pub tool_timeout: Option<Duration>,
    /// Dollars after which no further round of tools is asked for
    #[arg(long, value_name = "USD", help_heading = "Tools")]
    pub max_cost: Option<Usd>,
    /// Print what the tools gave, as a JSON list, in place of the answer
    #[arg(long, conflicts_with_all = ["json", "jsonl", "extract", "schema", "models"], help_heading = "Tools")]
    pub raw_data: bool,
    /// Tell every call and its result on stderr
    #[arg(long, help_heading = "Tools")]
    pub tools_trace: bool,
    /// The same as --tools-trace
    #[arg(short, long, help_heading = "Tools")]
    pub noisy: bool,

    /// Wait for the whole answer
    #[arg(long, help_heading = "What is shown")]
    pub no_stream: bool,
    /// One JSON object: the answer and everything about it
    #[arg(short, long, conflicts_with = "jsonl", help_heading = "What is shown")]
    pub json: bool,
    /// A JSON object for each event, as it happens
    #[arg(long, help_heading = "What is shown")]
    pub jsonl: bool,
    /// Write the answer to a file
    #[arg(short, long, value_name = "FILE", help_heading = "What is shown")]
    pub output: Option<PathBuf>,
    /// Show it too
    #[arg(long, requires = "output", help_heading = "What is shown")]
    pub tee: bool,
    /// Only what stands in the first fenced block of the answer
    #[arg(short = 'x', long, help_heading = "What is shown")]
    pub extract: bool,
    /// Show what the model thinks before it answers, on stderr
    #[arg(long, help_heading = "What is shown")]
    pub show_reasoning: bool,
    /// Tell tokens, cost and time on stderr
    #[arg(short, long, help_heading = "What is shown")]
    pub usage: bool,
    /// Tell whom is asked and why on stderr
    #[arg(short, long, conflicts_with = "quiet", help_heading = "What is shown")]
    pub verbose: bool,
    /// No warnings
    #[arg(short, long, help_heading = "What is shown")]
    pub quiet: bool,
    /// Show Markdown as it was written, on a terminal too
    #[arg(long, help_heading = "What is shown")]
    pub plain: bool,
    /// Nothing but the exit code, where it fails
    #[arg(long, help_heading = "What is shown")]
    pub error_code_only: bool,
    /// Keep nothing in the log
    #[arg(long, help_heading = "What is shown")]
    pub no_log: bool,
    /// Show the request, its tokens and its cost; send nothing
    #[arg(long, help_heading = "What is shown")]
    pub dry_run: bool,
}

impl QueryArgs {
    /// Returns whether the answer is shown as it comes.
    pub(super) fn follows(&self) -> bool {
        let shaped = self.schema.is_some() || self.schema_multi.is_some();
        let whole = self.json || self.extract || self.raw_data || shaped || !self.models.is_empty();
        let elsewhere = self.output.is_some() && !self.tee;
        self.jsonl || !(whole || elsewhere)
    }
}

/// Whether a tool runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Approve {
    /// After a question
    Ask,
    /// Always
    Auto,
    /// Never
    Never,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}
