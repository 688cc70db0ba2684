//! What is configured: files and variables, whom they name, and how whoever asks is to be reached.

use std::path::PathBuf;

use super::args::AwsArgs;
use super::error::CliError;
use super::exit::Exit;
use super::provider::Task;
use super::ui::{Ui, count_problems};
use crate::bedrock::{ApiKey, Credentials, Settings};
use crate::config::{self, Config, Environment, Origin, Places, Provider};
use crate::journal::RunOptions;
use crate::suite::{Severity, listed};

/// The provider that there is without any file.
const BUILT_IN: [&str; 2] = ["bedrock", "aws-bedrock"];

/// As whom to ask, where files say it. What is `None` is looked up as AWS tools do.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    /// Access keys.
    pub(super) credentials: Option<Credentials>,
    /// A Bedrock API key.
    pub(super) api_key: Option<ApiKey>,
    /// A role to take on.
    pub(super) role_arn: Option<String>,
}

/// Returns the environment of this process with the `.env` files of a place.
pub(super) fn environment(found: &config::Found) -> Result<Environment, CliError> {
    let variables = std::env::vars_os();
    let mut environment =
        Environment::new(variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
    for path in &found.env {
        environment.add_file(path).map_err(CliError::usage)?;
    }
    Ok(environment)
}

/// Returns where a configuration is looked for.
pub(super) fn places(named: Option<PathBuf>) -> Places {
    let user = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    let user = user.or_else(|| Some(PathBuf::from(home?).join(".config")));
    let program = std::env::current_exe().ok();
    Places {
        named,
        here: std::env::current_dir().unwrap_or_default(),
        user: user.map(|folder| folder.join("mcp-cli")),
        program: program.and_then(|path| Some(path.parent()?.to_owned())),
    }
}

/// Reads the configuration; an error in it ends the command.
pub(super) fn configured(
    named: Option<PathBuf>,
    with_servers: bool,
    ui: &Ui,
) -> Result<(Config, Environment), CliError> {
    let found = config::find(&places(named));
    let environment = environment(&found)?;
    let (config, problems) = config::read(&found, &environment, with_servers);
    ui.problems(&problems);
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        let message = format!(
            "the configuration has {}; nothing was sent",
            count_problems(&problems)
        );
        return Err(CliError::usage(message));
    }
    Ok((config, environment))
}

/// Fills in what the flags of a run leave open, as the default provider's files say it; returns as whom to ask too.
///
/// # Errors
///
/// A broken configuration. Where answers are replayed nobody is asked, and no file is read.
pub(super) fn for_run(options: RunOptions, ui: &Ui) -> Result<(RunOptions, Identity), CliError> {
    if options.replay.is_some() {
        return Ok((options, Identity::default()));
    }
    let (config, environment) = configured(None, false, ui)?;
    let provider = named(None, Task::Chat, &config)?;
    let flags = AwsArgs {
        endpoint_url: options.endpoint_url.clone(),
        region: options.region.clone(),
        profile: options.profile.clone(),
        pricing: None,
    };
    let settings = settings(&provider, &environment, &flags);
    let options = RunOptions {
        endpoint_url: settings.endpoint_url,
        region: settings.region,
        profile: settings.profile,
        pricing: options.pricing.or(provider.prices),
        ..options
    };
    let identity = Identity {
        credentials: settings.credentials,
        api_key: settings.api_key,
        role_arn: settings.role_arn,
    };
    Ok((options, identity))
}

/// Returns the provider that is named, or the one that needs no name.
pub(super) fn named(name: Option<&str>, task: Task, config: &Config) -> Result<Provider, CliError> {
    let name = name.or(config.default_provider.as_deref());
    let list = match task {
        Task::Chat | Task::Tools => &config.providers,
        Task::Vectors => &config.embeddings,
    };
    let find = |list: &[Provider], name: &str| list.iter().find(|one| one.name == name).cloned();
    let Some(name) = name else {
        let built_in = || Provider {
            name: BUILT_IN[0].to_owned(),
            ..Provider::default()
        };
        return Ok(list.first().cloned().unwrap_or_else(built_in));
    };
    let own = find(list, name);
    // What makes vectors may leave out what the provider of the same name says.
    let shared = (task == Task::Vectors)
        .then(|| find(&config.providers, name))
        .flatten();
    match (own, shared) {
        (Some(own), Some(shared)) => Ok(own.or(shared)),
        (Some(own), None) => Ok(own),
        (None, Some(shared)) => Ok(Provider {
            default_model: None,
            ..shared
        }),
        (None, None) if BUILT_IN.contains(&name) => Ok(Provider {
            name: name.to_owned(),
            ..Provider::default()
        }),
        (None, None) => {
            let mut names: Vec<&str> = config.providers.iter().map(|one| &*one.name).collect();
            names.push(BUILT_IN[0]);
            names.dedup();
            let message = format!("there is no provider `{name}`");
            Err(CliError::new(Exit::Usage, message).hint(format!("there is {}", listed(&names))))
        }
    }
}

/// Returns how to reach Bedrock: flags over files over what AWS tools look up.
pub(super) fn settings(
    provider: &Provider,
    environment: &Environment,
    flags: &AwsArgs,
) -> Settings {
    // The SDK reads the environment itself; what stands in `.env` files it cannot know.
    let in_file = |name: &str| {
        let is_in_file = matches!(environment.origin(name), Some(Origin::File(_)));
        let value = environment.get(name).filter(|_| is_in_file);
        value.map(str::to_owned)
    };
    let (id, secret) = (&provider.access_key_id, &provider.secret_access_key);
    let id = id.clone().or_else(|| in_file("AWS_ACCESS_KEY_ID"));
    let secret = secret.clone().or_else(|| in_file("AWS_SECRET_ACCESS_KEY"));
    let keys = id.zip(secret).map(|(access_key_id, secret_access_key)| {
        // The token of temporary keys is told once, where the keys are from.
        let is_from_environment = environment.get("AWS_ACCESS_KEY_ID") == Some(&access_key_id);
        let token = environment
            .get("AWS_SESSION_TOKEN")
            .filter(|_| is_from_environment);
        Credentials {
            session_token: provider.session_token.clone().or(token.map(str::to_owned)),
            access_key_id,
            secret_access_key,
        }
    });
    let profile = flags.profile.clone();
    let region = flags.region.clone().or_else(|| provider.region.clone());
    let region = region.or_else(|| in_file("AWS_REGION").or_else(|| in_file("AWS_DEFAULT_REGION")));
    let endpoint = flags
        .endpoint_url
        .clone()
        .or_else(|| provider.endpoint_url.clone());
    Settings {
        region,
        credentials: keys.filter(|_| profile.is_none()),
        api_key: provider
            .api_key
            .clone()
            .filter(|_| profile.is_none())
            .map(ApiKey),
        role_arn: provider.role_arn.clone(),
        profile: profile
            .or_else(|| provider.profile.clone())
            .or_else(|| in_file("AWS_PROFILE")),
        endpoint_url: endpoint.or_else(|| in_file("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")),
        ..Settings::default()
    }
}
