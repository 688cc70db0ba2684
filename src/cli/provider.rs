//! Whom `query` and `embed` ask: flags over the environment over files over what AWS tools look up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::args::{AwsArgs, RecordingArgs};
use super::connect::{Connected, connect_with, region_of};
use super::error::CliError;
use super::exit::Exit;
use super::header::catalog;
use super::ui::{Ui, count_problems};
use crate::bedrock::{Credentials, Settings, profile_of};
use crate::catalog::{Catalog, PriceRow};
use crate::config::{self, Config, Environment, Origin, Places, Provider};
use crate::journal::RunOptions;
use crate::model::{ModelClient, ModelId, Scope, ServerSpec};
use crate::run::{Lane, LaneSettings, RetryPolicy};
use crate::suite::{Severity, listed};

/// The provider that there is without any file.
const BUILT_IN: [&str; 2] = ["bedrock", "aws-bedrock"];
/// The longest wait between two calls, where a person waits.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Whom to ask.
#[derive(Debug, Clone, Args)]
pub(super) struct ProviderArgs {
    /// The provider, by the name its file gives it
    #[arg(short, long, value_name = "NAME", env = "MCP_CLI_PROVIDER")]
    pub provider: Option<String>,
    /// The model: an alias, an id, an inference profile or an ARN
    #[arg(short, long, value_name = "ID", env = "MCP_CLI_MODEL")]
    pub model: Option<String>,
    /// The configuration, in place of the one that is found
    #[arg(long, value_name = "FILE", env = "MCP_CLI_CONFIG")]
    pub config: Option<PathBuf>,
    /// The longest a request may take: `3000` is milliseconds, `30s` and `2m` say their unit
    #[arg(long, value_name = "DURATION", value_parser = super::args::duration)]
    pub timeout: Option<Duration>,
    /// How often a failed request is repeated at most
    #[arg(long, value_name = "N")]
    pub max_retries: Option<u32>,
    #[command(flatten)]
    pub recordings: RecordingArgs,
    #[command(flatten)]
    pub aws: AwsArgs,
}

/// What a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Answers.
    Chat,
    /// Answers with tools.
    Tools,
    /// Vectors.
    Vectors,
}

/// A provider that was chosen, and everything it takes to ask it.
pub(super) struct Chosen {
    /// What its files say, with the flags over it.
    pub provider: Provider,
    /// What is known of models, with the provider's own prices.
    pub catalog: Catalog,
    /// The region whose prices and profiles apply, as far as it is known before asking.
    pub region: Option<String>,
    /// Servers of tools that are configured.
    pub servers: Vec<ServerSpec>,
    /// Variables, those of `.env` files included.
    pub environment: Environment,
    /// Whether questions are logged.
    pub logs: bool,
    options: RunOptions,
    settings: Settings,
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

impl ProviderArgs {
    /// Returns flags that say a region and nothing else.
    pub(super) fn for_region(region: &str) -> Self {
        Self {
            provider: None,
            model: None,
            config: None,
            timeout: None,
            max_retries: None,
            recordings: RecordingArgs {
                record: None,
                replay: None,
                cache: None,
            },
            aws: AwsArgs {
                endpoint_url: None,
                region: Some(region.to_owned()),
                profile: None,
                pricing: None,
            },
        }
    }
}

impl Chosen {
    /// Chooses by the flags and what is configured.
    ///
    /// # Errors
    ///
    /// A broken configuration, a provider that nobody has configured, or a price file that cannot be read.
    pub(super) fn by(args: &ProviderArgs, task: Task, ui: &Ui) -> Result<Self, CliError> {
        let (config, environment) = configured(args.config.clone(), task == Task::Tools, ui)?;
        Self::of(args, task, &config, &environment)
    }

    /// Chooses by the flags alone.
    ///
    /// # Errors
    ///
    /// As for [`by`](Self::by).
    pub(super) fn without_files(args: &ProviderArgs) -> Result<Self, CliError> {
        let environment = environment(&config::Found::default())?;
        Self::of(args, Task::Chat, &Config::default(), &environment)
    }

    fn of(
        args: &ProviderArgs,
        task: Task,
        config: &Config,
        environment: &Environment,
    ) -> Result<Self, CliError> {
        let provider = named(args.provider.as_deref(), task, config)?;
        let mut settings = settings(&provider, environment, &args.aws);
        settings.timeout = args
            .timeout
            .or(provider.timeout)
            .unwrap_or(settings.timeout);
        let options = RunOptions {
            max_retries: args.max_retries.or(provider.max_retries),
            pricing: provider.prices.clone(),
            ..args.recordings.options()
        };
        let options = args.aws.over(options);
        let catalog = catalog(options.pricing.as_deref())?;
        let options = RunOptions {
            region: settings.region.clone(),
            endpoint_url: settings.endpoint_url.clone(),
            ..options
        };
        Ok(Self {
            region: region_of(&options),
            servers: config.servers.clone(),
            environment: environment.clone(),
            logs: config.log.unwrap_or(true),
            provider,
            catalog,
            options,
            settings,
        })
    }

    /// Returns the id that a name means here: an alias is looked up, and asked through the region's profile where there is
    /// one: newer models are refused by their own ids.
    pub(super) fn model_id(&self, written: &str) -> String {
        let written = match written.split_once(':') {
            Some((provider, model)) if provider == self.provider.name => model,
            _ => written,
        };
        let Some(facts) = self.catalog.expand(written) else {
            return written.to_owned();
        };
        let region = self.region.as_deref().unwrap_or("us-east-1");
        let profile = profile_of(region, &facts.id);
        let knows = |scope: &str| facts.profiles.iter().any(|known| known == scope);
        let (scope, _) = profile.split_once('.').unwrap_or_default();
        if knows(scope) {
            profile
        } else if knows("global") {
            format!("global.{}", facts.id)
        } else {
            facts.id.clone()
        }
    }

    /// Returns where it asks, in place of the region's own endpoint.
    pub(super) fn endpoint_url(&self) -> Option<&str> {
        self.settings.endpoint_url.as_deref()
    }

    /// Returns as whom it asks, without a secret; `None` where AWS's own chain decides.
    pub(super) fn credentials_shown(&self) -> Option<String> {
        if let Some(profile) = &self.settings.profile {
            return Some(format!("profile {profile}"));
        }
        let named = self.settings.credentials.as_ref();
        let named = named.map(|keys| keys.access_key_id.clone());
        let id = named.or_else(|| std::env::var("AWS_ACCESS_KEY_ID").ok())?;
        let shown: String = id.chars().take(4).collect();
        Some(format!("access key {shown}…"))
    }

    /// Connects; replaying needs no network and no credentials.
    ///
    /// # Errors
    ///
    /// No region, no credentials, or a recording's folder that cannot be used.
    pub(super) async fn connect(&self) -> Result<Connected, CliError> {
        connect_with(&self.options, self.settings.clone(), false).await
    }

    /// Returns the lane of a model, with so many calls in flight, and with what a flag says of its quota a minute.
    pub(super) fn lane(
        &self,
        model: &str,
        client: Arc<dyn ModelClient>,
        slots: usize,
        (requests, tokens): (Option<u64>, Option<u64>),
    ) -> Lane {
        let defaults = RetryPolicy::default();
        let max_retries = self.options.max_retries.unwrap_or(3);
        let settings = match self.options.replay {
            Some(_) => LaneSettings::without_waiting(slots, max_retries),
            None => LaneSettings {
                slots,
                policy: RetryPolicy {
                    max_retries,
                    cap: LONGEST_WAIT,
                    ..defaults
                },
                limited: true,
                approach: false,
            },
        };
        let mut quota = self.catalog.quota(&ModelId::parse(model));
        quota.requests_per_minute = requests.or(quota.requests_per_minute);
        quota.tokens_per_minute = tokens.or(quota.tokens_per_minute);
        Lane::new(model, None, client, &quota, &settings)
    }

    /// Returns the price of a model where it is asked.
    pub(super) fn price(&self, model: &str, tier: Option<&str>) -> Option<&PriceRow> {
        let region = self.region.as_deref();
        self.catalog.price(&ModelId::parse(model), region, tier)
    }

    /// Returns what speaks against asking this model, today.
    pub(super) fn warnings(&self, model: &str) -> Vec<String> {
        let id = ModelId::parse(model);
        let today = jiff::Zoned::now().date();
        let mut warnings = self.catalog.warnings(&id, today);
        // A profile that was chosen on purpose needs no list of profiles.
        if id.scope() != &Scope::InRegion {
            warnings.retain(|warning| !warning.contains("bare id"));
        }
        warnings
    }
}

/// Fills in what the flags of a run leave open, as the default provider's files say it; returns the keys that they hold too.
///
/// # Errors
///
/// A broken configuration. Where answers are replayed nobody is asked, and no file is read.
pub(super) fn for_run(
    options: RunOptions,
    ui: &Ui,
) -> Result<(RunOptions, Option<Credentials>), CliError> {
    if options.replay.is_some() {
        return Ok((options, None));
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
    Ok((options, settings.credentials))
}

/// Returns the provider that is named, or the one that needs no name.
fn named(name: Option<&str>, task: Task, config: &Config) -> Result<Provider, CliError> {
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

fn settings(provider: &Provider, environment: &Environment, flags: &AwsArgs) -> Settings {
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
        profile: profile
            .or_else(|| provider.profile.clone())
            .or_else(|| in_file("AWS_PROFILE")),
        endpoint_url: endpoint.or_else(|| in_file("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")),
        ..Settings::default()
    }
}
