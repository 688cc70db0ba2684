//! `config`: what is configured, where it is from, and whether it is sound.

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::configured::{environment, places};
use super::error::CliError;
use super::exit::Exit;
use super::provider::{Chosen, ProviderArgs, Task};
use super::ui::{Ui, count_problems};
use super::validate::as_json;
use crate::catalog::Catalog;
use crate::config::{self, Config, Provider};
use crate::model::{ModelId, Reach};
use crate::suite::{Severity, read_file};

/// What is configured, and whether it is sound
#[derive(Debug, Clone, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// Whom `query` and `embed` would ask, and from which files that is; secrets are masked
    Show {
        #[command(flatten)]
        whom: Box<ProviderArgs>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check every file, without a network
    Validate {
        /// The configuration, in place of the one that is found
        #[arg(long, value_name = "FILE", env = "MCP_CLI_CONFIG")]
        config: Option<std::path::PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub(super) fn run(args: &ConfigArgs, ui: &Ui) -> Result<Exit, CliError> {
    match &args.action {
        Action::Show { whom, json } => show(whom, *json, ui),
        Action::Validate { config, json } => validate(config.clone(), *json, ui),
    }
}

fn show(whom: &ProviderArgs, as_json: bool, ui: &Ui) -> Result<Exit, CliError> {
    let found = config::find(&places(whom.config.clone()));
    let (config, _) = config::read(&found, &environment(&found)?, true);
    let chat = Chosen::by(whom, Task::Chat, ui)?;
    let vectors = Chosen::by(whom, Task::Vectors, ui)?;
    let model = whom
        .model
        .clone()
        .or_else(|| chat.provider.default_model.clone());
    let model = chat.model_id(model.as_deref().unwrap_or(super::query::DEFAULT_MODEL));
    let vector_model = vectors.provider.default_model.clone();
    let vector_model = vectors.model_id(
        vector_model
            .as_deref()
            .unwrap_or(super::embed::DEFAULT_MODEL),
    );
    let shown = json!({
        "files": config.files,
        "env_files": found.env,
        "provider": provider(&chat.provider),
        "region": chat.region,
        "endpoint_url": chat.endpoint_url(),
        "credentials": chat.credentials_shown(),
        "model": model,
        "embedding_model": vector_model,
    });
    if as_json {
        ui.print(&format!("{shown:#}\n"))?;
        return Ok(Exit::Done);
    }
    let list = |value: &Value| {
        let texts = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let texts = texts.collect::<Vec<_>>().join(", ");
        if texts.is_empty() {
            "none".to_owned()
        } else {
            texts
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or("as AWS tools find it").to_owned();
    let lines = [
        ("files", list(&shown["files"])),
        ("env files", list(&shown["env_files"])),
        ("provider", text(&shown["provider"]["name"])),
        ("region", text(&shown["region"])),
        (
            "endpoint",
            shown["endpoint_url"]
                .as_str()
                .unwrap_or("the region's own")
                .to_owned(),
        ),
        ("credentials", text(&shown["credentials"])),
        ("model", text(&shown["model"])),
        ("vectors by", text(&shown["embedding_model"])),
    ];
    for (name, value) in lines {
        ui.print(&format!("{name:<12} {value}\n"))?;
    }
    Ok(Exit::Done)
}

fn provider(provider: &Provider) -> Value {
    json!({
        "name": provider.name,
        "default_model": provider.default_model,
        "timeout_seconds": provider.timeout.map(|time| time.as_secs()),
        "max_retries": provider.max_retries,
    })
}

fn validate(named: Option<std::path::PathBuf>, json: bool, ui: &Ui) -> Result<Exit, CliError> {
    let found = config::find(&places(named));
    let (config, problems) = config::read(&found, &environment(&found)?, true);
    let warnings = warnings(&config);
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let exit = if errors.count() > 0 {
        Exit::Usage
    } else {
        Exit::Done
    };
    if json {
        let problems: Vec<Value> = problems.iter().map(as_json).collect();
        let shown = json!({"files": config.files, "problems": problems, "warnings": warnings});
        ui.print(&format!("{shown:#}\n"))?;
        return Ok(exit);
    }
    ui.problems(&problems);
    for warning in &warnings {
        ui.note(&format!("warning: {warning}"));
    }
    let files = super::ui::plural(config.files.len() as u64, "file");
    if exit == Exit::Done {
        ui.print(&format!("valid: {files}; {} warnings\n", warnings.len()))?;
    } else {
        ui.note(&format!("{files}: {}", count_problems(&problems)));
    }
    Ok(exit)
}

/// Returns what is no mistake and should be known all the same: secrets in files, and models that are gone.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    for path in &config.files {
        // As it is written, before variables: a secret belongs into the environment.
        let Ok(file) = read_file(path) else { continue };
        for (line, number) in file.text.lines().zip(1..) {
            if holds_secret(line) {
                let shown = path.display();
                warnings.push(format!("{shown}:{number} holds a secret: put it into `.env`, and write `${{NAME}}` here"));
            }
        }
    }
    let today = jiff::Zoned::now().date();
    let catalog = Catalog::builtin();
    for provider in config.providers.iter().chain(&config.embeddings) {
        if let Some(model) = &provider.default_model {
            warnings.extend(catalog.warnings(&ModelId::parse(model), today));
        }
    }
    for server in &config.servers {
        if let Reach::Program { command, cwd, .. } = &server.reach
            && !is_there(command, cwd.as_deref())
        {
            let name = &server.name;
            warnings.push(format!(
                "the server `{name}` starts `{command}`, which is not there"
            ));
        }
    }
    warnings.dedup();
    warnings
}

/// Returns whether a program is where it is named, or on the `PATH`.
fn is_there(command: &str, cwd: Option<&Path>) -> bool {
    let named = Path::new(command);
    if named.components().count() > 1 {
        return cwd.unwrap_or(Path::new(".")).join(named).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| {
        let ends = ["", ".exe", ".cmd", ".bat"];
        ends.iter()
            .any(|end| folder.join(format!("{command}{end}")).is_file())
    })
}

/// Returns whether a line sets a secret to something that names no variable.
fn holds_secret(line: &str) -> bool {
    let Some((key, value)) = line.split_once(':') else {
        return false;
    };
    let secret = [
        "aws_secret_access_key",
        "aws_session_token",
        "aws_access_key_id",
    ];
    let value = value.trim().trim_matches(['"', '\'']);
    secret.contains(&key.trim()) && !value.is_empty() && !value.contains('$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_files_are_seen() {
        for (line, expected) in [
            ("  aws_secret_access_key: wJalrXUtnFEMI", true),
            ("  aws_secret_access_key: \"wJalrXUtnFEMI\"", true),
            ("  aws_secret_access_key: ${AWS_SECRET_ACCESS_KEY}", false),
            ("  # aws_session_token: abc", false),
            ("  aws_region: us-east-1", false),
        ] {
            assert_eq!(holds_secret(line), expected, "{line}");
        }
    }
}
