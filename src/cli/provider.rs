//! Whom `query` and `embed` ask: flags over the environment over files over what AWS tools look up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::args::{AwsArgs, RecordingArgs};
use super::configured::{configured, environment, named, settings};
use super::connect::{Connected, connect_with, region_of};
use super::error::CliError;
use super::header::catalog;
use super::ui::Ui;
use crate::bedrock::{Settings, profile_of};
use crate::catalog::{Catalog, PriceRow};
use crate::config::{self, Config, Environment, Provider};
use crate::journal::RunOptions;
use crate::model::{ModelClient, ModelId, Scope, ServerSpec};
use crate::run::{Lane, LaneSettings, RetryPolicy};

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
    #[cfg_attr(
        not(feature = "mcp"),
        expect(dead_code, reason = "for servers of tools")
    )]
    pub environment: Environment,
    /// Whether questions are logged.
    pub logs: bool,
    /// What a run would be told.
    pub options: RunOptions,
    settings: Settings,
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
    /// one, since newer models are refused by their own ids. A provider's `inference_profile` says otherwise, for ids too.
    pub(super) fn model_id(&self, written: &str) -> String {
        let written = match written.split_once(':') {
            Some((provider, model)) if provider == self.provider.name => model,
            _ => written,
        };
        let wanted = self.provider.inference_profile.as_deref();
        let id = ModelId::parse(written);
        let is_bare = id.scope() == &Scope::InRegion && id.base() == Some(written);
        let by_id = || {
            let facts = self.catalog.look_up(&id);
            facts.filter(|_| is_bare && wanted.is_some())
        };
        let Some(facts) = self.catalog.expand(written).or_else(by_id) else {
            return written.to_owned();
        };
        let region = self.region.as_deref().unwrap_or("us-east-1");
        let profile = profile_of(region, &facts.id);
        let (usual, _) = profile.split_once('.').unwrap_or_default();
        let scopes = match wanted {
            None | Some("auto") => vec![usual, "global"],
            Some("none") => Vec::new(),
            Some(scope) => vec![scope],
        };
        let knows = |scope: &&str| facts.profiles.iter().any(|known| known == scope);
        match scopes.into_iter().find(knows) {
            Some(scope) => format!("{scope}.{}", facts.id),
            None => facts.id.clone(),
        }
    }

    /// Returns how it is reached.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns where it asks, in place of the region's own endpoint.
    pub(super) fn endpoint_url(&self) -> Option<&str> {
        self.settings.endpoint_url.as_deref()
    }

    /// Returns as whom it asks, without a secret; `None` where AWS's own chain decides.
    pub(super) fn credentials_shown(&self) -> Option<String> {
        if self.settings.api_key.is_some() {
            return Some("an API key".to_owned());
        }
        let by_keys = || {
            let named = self.settings.credentials.as_ref();
            let named = named.map(|keys| keys.access_key_id.clone());
            let id = named.or_else(|| set("AWS_ACCESS_KEY_ID"))?;
            let shown: String = id.chars().take(4).collect();
            Some(format!("access key {shown}…"))
        };
        let has_keys = self.settings.credentials.is_some();
        let bearer = set("AWS_BEARER_TOKEN_BEDROCK");
        let whoever = match &self.settings.profile {
            Some(profile) => Some(format!("profile {profile}")),
            None if bearer.is_some() && !has_keys && self.settings.role_arn.is_none() => {
                Some("an API key".to_owned())
            }
            None => by_keys(),
        };
        match &self.settings.role_arn {
            None => whoever,
            Some(role) => {
                let whoever = whoever.map_or(String::new(), |whoever| format!(", by {whoever}"));
                Some(format!("role {role}{whoever}"))
            }
        }
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
        let mut quota = self.catalog.quota(&ModelId::parse(model), None);
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

/// Returns a variable of the environment that is set and not empty.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
