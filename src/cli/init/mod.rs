//! `init`: the files of a configuration, and a first suite. What is there is never lost.

mod files;
mod import;

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use self::files::{Choices, env, files, gitignore};
use super::connect::{region_of, runtime};
use super::error::CliError;
use super::exit::Exit;
use super::provider::{Chosen, ProviderArgs, Task};
use super::run_folder::cannot_write;
use super::trial_call::{Call, trial_call};
use super::ui::Ui;
use crate::files::write_whole;
use crate::journal::RunOptions;

/// The region where nothing names one.
const REGION: &str = "us-east-1";

/// Write a configuration and a first suite
///
/// On a terminal it asks; elsewhere, and with --yes, it takes what it finds. It never asks for a secret.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct InitArgs {
    /// The provider's name
    #[arg(
        long,
        visible_alias = "default-provider",
        value_name = "NAME",
        default_value = "bedrock"
    )]
    pub provider: String,
    /// The AWS region
    #[arg(long)]
    pub region: Option<String>,
    /// The model that answers where none is named
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// The model that makes vectors where none is named
    #[arg(long, value_name = "ID")]
    pub embedding_model: Option<String>,
    /// Where to write
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Ask nothing
    #[arg(short, long, visible_alias = "quick")]
    pub yes: bool,
    /// Ask everything, on a terminal; that is how it is without it too
    #[arg(long, conflicts_with = "yes")]
    pub full: bool,
    /// Replace files that say something else; they are kept beside, with the time in their name
    #[arg(long)]
    pub force: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Add the servers of a file of `mcpServers` to `.mcp.json`
    #[arg(long, value_name = "FILE")]
    pub import_mcp: Option<PathBuf>,
    /// Try the model with one small call when all is written
    #[arg(long, overrides_with = "no_test")]
    pub test: bool,
    /// Make no such call, and do not offer it
    #[arg(long, overrides_with = "test")]
    pub no_test: bool,
    /// No `.env`
    #[arg(long)]
    pub no_env: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    New,
    Same,
    Kept,
    Replaced,
    Added,
}

impl Fate {
    fn as_str(self) -> &'static str {
        match self {
            Self::New => "written",
            Self::Same => "unchanged",
            Self::Kept => "kept as it is",
            Self::Replaced => "replaced",
            Self::Added => "added to",
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &InitArgs, ui: &Ui) -> Result<Exit, CliError> {
    let may_ask =
        !args.yes && !args.json && io::stdin().is_terminal() && io::stderr().is_terminal();
    let imported = imported(args, ui)?;
    let choices = choices(args, may_ask, ui)?;
    let mut fates = Vec::new();
    for (name, text) in files(&choices) {
        fates.push((name, write_own(args, name, &text)?));
    }
    if !args.no_env {
        fates.push((
            ".env",
            write_shared(args, ".env", |before| env(before, &choices.region))?,
        ));
    }
    fates.push((".gitignore", write_shared(args, ".gitignore", gitignore)?));
    if let Some(after) = imported {
        let fate = write_shared(args, import::FILE, |_| after.clone())?;
        if fate == Fate::New && !args.dry_run {
            // Descriptions of servers often hold tokens.
            private(&args.dir.join(import::FILE))?;
        }
        fates.push((import::FILE, fate));
    }
    let exit = tell(args, &choices, &fates, ui)?;
    let wants = || {
        let told = ask("Try it with one small call? y/n", "n", ui)?;
        Ok::<_, CliError>(told.to_lowercase().starts_with('y'))
    };
    if args.dry_run || args.no_test || !(args.test || (may_ask && wants()?)) {
        return Ok(exit);
    }
    try_model(&choices, ui)
}

/// Returns what becomes of the servers of another program's file, if one is named.
fn imported(args: &InitArgs, ui: &Ui) -> Result<Option<String>, CliError> {
    let Some(path) = &args.import_mcp else {
        return Ok(None);
    };
    let found = import::read(path, ui)?;
    if import::holds_values(&found) {
        ui.note(&format!(
            "warning: servers of `{}` hold values under `env` or `headers`: write `${{NAME}}` for those that are secret, \
             and put them into `.env`",
            path.display()
        ));
    }
    let before = std::fs::read_to_string(args.dir.join(import::FILE)).unwrap_or_default();
    import::merged(&before, &found).map(Some)
}

/// Settles what is written: flags, what the environment says, and on a terminal the user.
fn choices(args: &InitArgs, may_ask: bool, ui: &Ui) -> Result<Choices, CliError> {
    if may_ask {
        ask("Provider: 1) AWS Bedrock", "1", ui)?;
    }
    let found = region_of(&RunOptions {
        region: args.region.clone(),
        ..RunOptions::default()
    });
    let usual = found.unwrap_or_else(|| REGION.to_owned());
    let region = match (&args.region, may_ask) {
        (None, true) => ask("AWS region", &usual, ui)?,
        _ => usual,
    };
    let whom = ProviderArgs::for_region(&region);
    let chosen = Chosen::without_files(&whom)?;
    let model = |named: &Option<String>, usual: &str, what: &str| {
        let usual = chosen.model_id(named.as_deref().unwrap_or(usual));
        match (named, may_ask) {
            (None, true) => ask(what, &usual, ui).map(|told| chosen.model_id(&told)),
            _ => Ok(usual),
        }
    };
    Ok(Choices {
        provider: args.provider.clone(),
        model: model(&args.model, super::query::DEFAULT_MODEL, "Model")?,
        embedding_model: model(
            &args.embedding_model,
            super::embed::DEFAULT_MODEL,
            "Model for vectors",
        )?,
        region,
    })
}

/// Asks on the terminal; what is only confirmed is the usual.
fn ask(what: &str, usual: &str, ui: &Ui) -> Result<String, CliError> {
    ui.prompt(&format!("{what} [{usual}]: "));
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| CliError::usage(format!("cannot read the answer: {error}")))?;
    let told = line.trim();
    Ok(if told.is_empty() { usual } else { told }.to_owned())
}

/// Writes a file that is ours alone; one that says something else is kept, or kept beside.
fn write_own(args: &InitArgs, name: &str, text: &str) -> Result<Fate, CliError> {
    let path = args.dir.join(name);
    let fate = match std::fs::read_to_string(&path) {
        Ok(before) if before == text => return Ok(Fate::Same),
        Ok(_) if !args.force => return Ok(Fate::Kept),
        Ok(_) => Fate::Replaced,
        Err(_) if path.exists() => return Ok(Fate::Kept),
        Err(_) => Fate::New,
    };
    if args.dry_run {
        return Ok(fate);
    }
    if fate == Fate::Replaced {
        let time = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        let beside = path.with_extension(format!("{time}.bak"));
        let copied = std::fs::copy(&path, &beside);
        copied.map_err(|error| cannot_write(&beside, &error))?;
    }
    write(&path, text)?;
    Ok(fate)
}

/// Adds to a file that others write too.
fn write_shared(
    args: &InitArgs,
    name: &str,
    added: impl Fn(&str) -> String,
) -> Result<Fate, CliError> {
    let path = args.dir.join(name);
    let before = std::fs::read_to_string(&path).ok();
    if before.is_none() && path.exists() {
        return Ok(Fate::Kept);
    }
    let after = added(before.as_deref().unwrap_or_default());
    let fate = match &before {
        Some(before) if *before == after => return Ok(Fate::Same),
        Some(_) => Fate::Added,
        None => Fate::New,
    };
    if !args.dry_run {
        write(&path, &after)?;
        if name == ".env" && fate == Fate::New {
            private(&path)?;
        }
    }
    Ok(fate)
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let written = write_whole(path, |out| out.write_all(text.as_bytes()));
    written.map_err(|error| cannot_write(path, &error))
}

/// Lets nobody but its owner read a file.
fn private(path: &Path) -> Result<(), CliError> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, mode).map_err(|error| cannot_write(path, &error))?;
    }
    let _ = path;
    Ok(())
}

/// Makes one small call.
fn try_model(choices: &Choices, ui: &Ui) -> Result<Exit, CliError> {
    let whom = ProviderArgs::for_region(&choices.region);
    let chosen = Chosen::by(&whom, Task::Chat, ui)?;
    let runtime = runtime()?;
    let called = runtime.block_on(trial_call(&chosen, &choices.model, Call::Chat));
    runtime.shutdown_background();
    match called? {
        Ok(took) => {
            ui.note(&format!(
                "{} answers in {} ms",
                choices.model,
                took.as_millis()
            ));
            Ok(Exit::Done)
        }
        Err(trouble) => {
            trouble.tell(ui);
            Ok(trouble.exit())
        }
    }
}

fn tell(
    args: &InitArgs,
    choices: &Choices,
    fates: &[(&str, Fate)],
    ui: &Ui,
) -> Result<Exit, CliError> {
    let credentials = Chosen::by(&ProviderArgs::for_region(&choices.region), Task::Chat, ui);
    let credentials = credentials
        .ok()
        .and_then(|chosen| chosen.credentials_shown());
    let next = "mcp-cli query \"Hello from Bedrock!\"";
    if args.json {
        let files: Vec<Value> = fates
            .iter()
            .map(|(name, fate)| json!({"file": name, "fate": fate.as_str()}))
            .collect();
        let shown = json!({
            "files": files, "region": choices.region, "model": choices.model,
            "embedding_model": choices.embedding_model, "credentials": credentials, "next": next,
        });
        ui.print(&format!("{shown:#}\n"))?;
        return Ok(Exit::Done);
    }
    for (name, fate) in fates {
        let would = if args.dry_run { "would be " } else { "" };
        ui.print(&format!("{would}{:<14} {name}\n", fate.as_str()))?;
    }
    if fates.iter().any(|(_, fate)| *fate == Fate::Kept) {
        ui.note(
            "what was there and says something else is kept: --force replaces it, and keeps a copy",
        );
    }
    let found = match credentials {
        Some(shown) => format!("credentials: {shown}"),
        None => {
            "credentials: as AWS tools find them; `aws configure` or `aws sso login` sets them up"
                .to_owned()
        }
    };
    ui.note(&found);
    ui.note(&format!("next: {next}"));
    Ok(Exit::Done)
}
