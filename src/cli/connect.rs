//! Who answers a run: Bedrock, a recording, or both.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::configured::Identity;
use super::error::CliError;
use crate::bedrock::{Bedrock, Settings};
use crate::cassette::{Cassette, CassetteError, Mode};
use crate::journal::RunOptions;
use crate::model::{Asking, ErrorKind, ModelClient, ModelError, Remedy, Request, TokenCounter};

/// The stack of each thread, in bytes, as large as that of the first one: parsers of SQL, YAML and JSON go as deep into an
/// answer as their limits let them. What is not used of it takes no memory.
const STACK: usize = 8 << 20;

/// A client, and the region that it asks.
pub(super) struct Connected {
    /// Whoever answers.
    pub client: Arc<dyn ModelClient>,
    /// The region whose prices apply; unknown where nobody is asked and no region is named.
    pub region: Option<String>,
    /// The recording that is written, if one is.
    pub cassette: Option<Arc<Cassette>>,
}

/// Starts what carries out everything that waits.
///
/// # Errors
///
/// The system gives no threads.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    let runtime = Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build();
    runtime.map_err(|error| CliError::usage(format!("cannot start: {error}")))
}

/// Makes the client that a run's options ask for; `identity` wins over what AWS tools look up. Replaying makes no connection and needs no credentials; neither does
/// a plan that asks `nobody`, because all its answers are canned.
///
/// # Errors
///
/// No region, no credentials, or a recording's folder that cannot be used.
pub(super) async fn connect(
    options: &RunOptions,
    identity: Identity,
    nobody: bool,
) -> Result<Connected, CliError> {
    connect_with(options, settings(options, identity), nobody).await
}

/// Does the same as whoever has settled where and as whom to ask.
///
/// # Errors
///
/// As for [`connect`].
pub(super) async fn connect_with(
    options: &RunOptions,
    settings: Settings,
    nobody: bool,
) -> Result<Connected, CliError> {
    refuse_secrets(options)?;
    if options.replay.is_some() || nobody {
        let region = region_of(options);
        let client: Arc<dyn ModelClient> = match &options.replay {
            Some(folder) => Arc::new(Cassette::open(Path::new(folder), Mode::Replay)?),
            None => Arc::new(Nobody),
        };
        return Ok(Connected {
            client,
            region,
            cassette: None,
        });
    }
    let bedrock = Bedrock::connect(settings).await?;
    let region = Some(bedrock.region().to_owned());
    let bedrock: Arc<dyn ModelClient> = Arc::new(bedrock);
    let (folder, mode) = match (&options.record, &options.cache) {
        (Some(folder), _) => (folder, Mode::Record(bedrock)),
        (None, Some(folder)) => (folder, Mode::Cache(bedrock)),
        (None, None) => {
            return Ok(Connected {
                client: bedrock,
                region,
                cassette: None,
            });
        }
    };
    let cassette = Arc::new(Cassette::open(Path::new(folder), mode)?);
    let client = Arc::clone(&cassette) as Arc<dyn ModelClient>;
    Ok(Connected {
        client,
        region,
        cassette: Some(cassette),
    })
}

/// Makes the client that counts tokens, where and as whom a run would ask.
///
/// # Errors
///
/// No region, or no credentials.
pub(super) async fn counter(
    options: &RunOptions,
    identity: Identity,
) -> Result<Arc<dyn TokenCounter>, CliError> {
    refuse_secrets(options)?;
    let bedrock = Bedrock::connect(settings(options, identity)).await?;
    Ok(Arc::new(bedrock))
}

/// Stands where nobody is asked: every answer is canned.
struct Nobody;

impl ModelClient for Nobody {
    fn converse<'a>(&'a self, _: &'a Request) -> Asking<'a> {
        let message = "the plan was to ask nobody";
        Box::pin(async move { Err(ModelError::new(ErrorKind::Invalid, Remedy::None, message)) })
    }
}

/// Refuses an endpoint with a password: the journal keeps the flags of a run.
fn refuse_secrets(options: &RunOptions) -> Result<(), CliError> {
    let Some(url) = &options.endpoint_url else {
        return Ok(());
    };
    let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    if host
        .split('/')
        .next()
        .is_some_and(|host| host.contains('@'))
    {
        return Err(
            CliError::usage("the endpoint names a user or a password").hint(
                "leave them out: flags are kept in the journal; put a proxy's into HTTPS_PROXY",
            ),
        );
    }
    Ok(())
}

/// Returns the region that the flags or the environment name.
pub(super) fn region_of(options: &RunOptions) -> Option<String> {
    let in_environment = || {
        ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
            .filter(|region| !region.is_empty())
    };
    options.region.clone().or_else(in_environment)
}

/// Returns where and as whom a run asks.
pub(super) fn settings(options: &RunOptions, identity: Identity) -> Settings {
    let defaults = Settings::default();
    Settings {
        region: options.region.clone(),
        profile: options.profile.clone(),
        credentials: identity.credentials,
        api_key: identity.api_key,
        role_arn: identity.role_arn,
        endpoint_url: options.endpoint_url.clone(),
        timeout: options
            .timeout_ms
            .map_or(defaults.timeout, Duration::from_millis),
        ..defaults
    }
}

impl From<CassetteError> for CliError {
    fn from(error: CassetteError) -> Self {
        let hint = match error {
            CassetteError::NoFolder(_) => {
                "record one with --record, or replay the demo: --replay fixtures/demo"
            }
            CassetteError::Create { .. } => "choose a folder that can be written",
        };
        Self::usage(error.to_string()).hint(hint)
    }
}
