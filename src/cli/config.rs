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
        /// Say of each value where it is from
        #[arg(long)]
        resolved: bool,
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
        Action::Show {
            whom,
            resolved,
            json,
        } => show(whom, *resolved, *json, ui),
        Action::Validate { config, json } => validate(config.clone(), *json, ui),
    }
}

/// A value that is settled, with where it is from.
struct Settled {
    key: &'static str,
    value: Value,
    from: String,
    /// What is said where there is none.
    none: &'static str,
}

fn show(whom: &ProviderArgs, resolved: bool, as_json: bool, ui: &Ui) -> Result<Exit, CliError> {
    let found = config::find(&places(whom.config.clone()));
    let (config, _) = config::read(&found, &environment(&found)?, true);
    let settled = settled(whom, &config, ui)?;
    if as_json {
        let mut shown = json!({"files": config.files, "env_files": found.env});
        for one in &settled {
            shown[one.key] = one.value.clone();
        }
        if resolved {
            let origins = settled
                .iter()
                .map(|one| (one.key.to_owned(), json!(one.from)));
            shown["origins"] = origins.collect();
        }
        ui.print(&format!("{shown:#}\n"))?;
        return Ok(Exit::Done);
    }
    let list = |paths: &[std::path::PathBuf]| match paths {
        [] => "none".to_owned(),
        paths => {
            let shown = paths.iter().map(|path| path.display().to_string());
            shown.collect::<Vec<_>>().join(", ")
        }
    };
    ui.print(&format!("{:<16} {}\n", "files", list(&config.files)))?;
    ui.print(&format!("{:<16} {}\n", "env_files", list(&found.env)))?;
    for one in settled {
        let name = one.value["name"].as_str();
        let value = name.or_else(|| one.value.as_str()).unwrap_or(one.none);
        let from = if resolved {
            format!("  ({})", one.from)
        } else {
            String::new()
        };
        ui.print(&format!("{:<16} {value}{from}\n", one.key))?;
    }
    Ok(Exit::Done)
}

/// Settles whom `query` and `embed` would ask.
fn settled(whom: &ProviderArgs, config: &Config, ui: &Ui) -> Result<Vec<Settled>, CliError> {
    const CHAIN: &str = "as AWS tools find it";
    const BUILT_IN: &str = "built in";
    let chat = Chosen::by(whom, Task::Chat, ui)?;
    let vectors = Chosen::by(whom, Task::Vectors, ui)?;
    let own = &chat.provider;
    let model = whom.model.as_deref().or(own.default_model.as_deref());
    let model = chat.model_id(model.unwrap_or(super::query::DEFAULT_MODEL));
    let vector_model = vectors.provider.default_model.as_deref();
    let vector_model = vectors.model_id(vector_model.unwrap_or(super::embed::DEFAULT_MODEL));
    let has_keys = own.access_key_id.is_some() || own.api_key.is_some() || own.profile.is_some();
    let one = |key, value: Value, from, none| Settled {
        key,
        value,
        from,
        none,
    };
    let aws = &whom.aws;
    Ok(vec![
        one(
            "provider",
            provider(own),
            origin(
                whom.provider.is_some(),
                "MCP_CLI_PROVIDER",
                config.default_provider.is_some(),
                BUILT_IN,
            ),
            BUILT_IN,
        ),
        one(
            "region",
            json!(chat.region),
            origin(
                aws.region.is_some(),
                "AWS_REGION",
                own.region.is_some(),
                CHAIN,
            ),
            CHAIN,
        ),
        one(
            "endpoint_url",
            json!(chat.endpoint_url()),
            origin(
                aws.endpoint_url.is_some(),
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
                own.endpoint_url.is_some(),
                BUILT_IN,
            ),
            "the region's own",
        ),
        one(
            "credentials",
            json!(chat.credentials_shown()),
            origin(aws.profile.is_some(), "AWS_ACCESS_KEY_ID", has_keys, CHAIN),
            CHAIN,
        ),
        one(
            "model",
            json!(model),
            origin(
                whom.model.is_some(),
                "MCP_CLI_MODEL",
                own.default_model.is_some(),
                BUILT_IN,
            ),
            BUILT_IN,
        ),
        one(
            "embedding_model",
            json!(vector_model),
            origin(
                false,
                "",
                vectors.provider.default_model.is_some(),
                BUILT_IN,
            ),
            BUILT_IN,
        ),
    ])
}

/// Returns where a value is from: flags win over files, and those over the environment.
fn origin(by_flag: bool, variable: &str, in_file: bool, otherwise: &str) -> String {
    let is_set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    // What a flag may be set by too, the parser cannot tell apart.
    let flag_or_variable = is_set && variable.starts_with("MCP_CLI_");
    if by_flag && !flag_or_variable {
        "a flag".to_owned()
    } else if by_flag {
        variable.to_owned()
    } else if in_file {
        "a file".to_owned()
    } else if is_set {
        variable.to_owned()
    } else {
        otherwise.to_owned()
    }
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
        "api_key",
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
