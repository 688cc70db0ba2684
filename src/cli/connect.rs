//! Who answers a run: Bedrock, a recording, or both.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::error::CliError;
use crate::bedrock::{Bedrock, Settings};
use crate::cassette::{Cassette, CassetteError, Mode};
use crate::journal::RunOptions;
use crate::model::ModelClient;

/// Makes the client that a run's options ask for. Replaying makes no connection and needs no credentials.
///
/// # Errors
///
/// No region, no credentials, or a recording's folder that cannot be used.
pub(super) async fn connect(options: &RunOptions) -> Result<Connected, CliError> {
    if let Some(folder) = &options.replay {
        let client = Arc::new(Cassette::open(Path::new(folder), Mode::Replay)?);
        return Ok(Connected {
            client,
            region: options.region.clone(),
        });
    }
    let bedrock = Bedrock::connect(settings(options)).await?;
    let region = Some(bedrock.region().to_owned());
    let bedrock: Arc<dyn ModelClient> = Arc::new(bedrock);
    let client: Arc<dyn ModelClient> = match (&options.record, &options.cache) {
        (Some(folder), _) => Arc::new(Cassette::open(Path::new(folder), Mode::Record(bedrock))?),
        (None, Some(folder)) => Arc::new(Cassette::open(Path::new(folder), Mode::Cache(bedrock))?),
        (None, None) => bedrock,
    };
    Ok(Connected { client, region })
}

/// A client, and the region that it asks.
pub(super) struct Connected {
    /// Whoever answers.
    pub client: Arc<dyn ModelClient>,
    /// The region whose prices apply; unknown where a recording answers and no region is named.
    pub region: Option<String>,
}

fn settings(options: &RunOptions) -> Settings {
    let defaults = Settings::default();
    Settings {
        region: options.region.clone(),
        profile: options.profile.clone(),
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
