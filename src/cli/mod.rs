//! The command line: the only place where the stages meet, and the only one that prints.
//!
//! One file for each command, with its arguments and its run function. Results go to stdout, everything else to stderr.

mod account;
mod args;
mod baseline;
mod baseline_file;
mod clock;
mod compare;
mod config;
mod configured;
mod connect;
mod data_file;
mod doctor;
mod embed;
mod error;
mod eval;
mod exit;
mod git;
mod github;
mod grade;
mod header;
mod init;
#[cfg(feature = "cloud")]
mod live;
#[cfg(not(feature = "cloud"))]
#[path = "no_live.rs"]
mod live;
mod log;
mod logs;
mod merge;
mod models;
mod named_files;
mod otel;
mod outputs;
mod pricing;
mod progress;
mod provider;
mod query;
mod quotas;
mod report;
mod run_folder;
mod runs;
mod schema;
mod signals;
mod told;
mod trial_call;
mod trouble;
mod ui;
mod validate;
mod verdict;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use error::CliError;
use exit::Exit;
use log::LogFormat;
use ui::Ui;

/// Evaluate models on AWS Bedrock: which is good enough, what it costs, and how sure we are
///
/// Suites are YAML files with prompts, models and expected properties.
#[derive(Debug, Parser)]
#[command(
    name = "mcp-cli",
    version,
    verbatim_doc_comment,
    max_term_width = 100,
    after_help = "Try the samples offline:\n  mcp-cli eval suites/ --replay fixtures/demo"
)]
struct Cli {
    /// What is told on stderr: text for people, or a JSON object a line
    #[arg(
        long,
        value_enum,
        global = true,
        default_value = "text",
        value_name = "FORMAT",
        env = LogFormat::VARIABLE
    )]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(Box<init::InitArgs>),
    Query(Box<query::QueryArgs>),
    #[command(visible_alias = "embeddings")]
    Embed(Box<embed::EmbedArgs>),
    Similar(Box<embed::SimilarArgs>),
    Logs(logs::LogsArgs),
    Eval(Box<eval::EvalArgs>),
    Grade(Box<grade::GradeArgs>),
    Compare(compare::CompareArgs),
    Report(report::ReportArgs),
    Baseline(baseline::BaselineArgs),
    Merge(merge::MergeArgs),
    Runs(runs::RunsArgs),
    Validate(validate::ValidateArgs),
    Models(Box<models::ModelsArgs>),
    Pricing(pricing::PricingArgs),
    Config(config::ConfigArgs),
    Doctor(Box<doctor::DoctorArgs>),
    Schema(schema::SchemaArgs),
    /// Print the manual page of a command, or of all
    #[command(hide = true)]
    Man {
        /// The command
        command: Option<String>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the program with these arguments, its own name first, and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return Ui::new(sought(&args)).clap_error(&error).into(),
    };
    let ui = Ui::new(cli.log_format);
    match dispatch(cli.command, &ui) {
        Ok(exit) => exit.into(),
        Err(error) => ui.error(&error).into(),
    }
}

/// Returns how somebody is told of arguments that cannot be read.
fn sought(args: &[OsString]) -> LogFormat {
    let args: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    LogFormat::sought(&args, std::env::var(LogFormat::VARIABLE).ok().as_deref())
}

fn dispatch(command: Command, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        Command::Init(args) => init::run(&args, ui),
        Command::Models(args) => models::run(&args, ui),
        Command::Pricing(args) => pricing::run(&args, ui),
        Command::Config(args) => config::run(&args, ui),
        Command::Doctor(args) => doctor::run(&args, ui),
        Command::Query(args) => query::run(&args, ui),
        Command::Embed(args) => embed::run(&args, ui),
        Command::Similar(args) => embed::run_similar(&args, ui),
        Command::Logs(args) => logs::run(&args, ui),
        Command::Eval(args) => eval::run(&args, ui),
        Command::Grade(args) => grade::run(&args, ui),
        Command::Compare(args) => compare::run(&args, ui),
        Command::Report(args) => report::run(&args, ui),
        Command::Baseline(args) => baseline::run(&args, ui),
        Command::Merge(args) => merge::run(&args, ui),
        Command::Runs(args) => runs::run(&args, ui),
        Command::Validate(args) => validate::run(&args, ui),
        Command::Schema(args) => schema::run(&args, ui),
        Command::Man { command } => man(command.as_deref(), ui),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "mcp-cli", &mut script);
            ui.print_bytes(&script)?;
            Ok(Exit::Done)
        }
    }
}

/// Prints a manual page in roff.
fn man(name: Option<&str>, ui: &Ui) -> Result<Exit, CliError> {
    let mut all = Cli::command();
    all.build();
    let command = match name {
        None => all.clone(),
        Some(name) => {
            let found = all.find_subcommand(name).cloned();
            found.ok_or_else(|| CliError::usage(format!("there is no command `{name}`")))?
        }
    };
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|error| CliError::usage(format!("the manual cannot be written: {error}")))?;
    ui.print_bytes(&page)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
