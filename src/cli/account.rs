//! What Service Quotas says an account may do in a region, kept for a day so that runs need not ask for it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::CliError;
use crate::bedrock::Settings;
use crate::files::{read_whole_text, write_whole};
use crate::model::hex;

/// How long a list stands.
const LASTS: Duration = Duration::from_hours(24);

/// Quotas by their names, and when they were read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct QuotaList {
    pub(super) read_at: Timestamp,
    pub(super) quotas: BTreeMap<String, f64>,
}

impl QuotaList {
    /// Returns the quotas of an account in a region: those that were read within a day, else asked for.
    ///
    /// # Errors
    ///
    /// As for [`ask`](Self::ask).
    pub(super) async fn kept(settings: &Settings, region: &str) -> Result<Self, CliError> {
        let kept = place(settings, region).and_then(|place| read_whole_text(&place).ok());
        let kept = kept.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        let now = Timestamp::now();
        let stands = |list: &Self| {
            let age = Duration::try_from(now.duration_since(list.read_at));
            age.is_ok_and(|age| age < LASTS)
        };
        match kept.filter(stands) {
            Some(list) => Ok(list),
            None => Self::ask(settings, region).await,
        }
    }

    /// Asks for the quotas of an account in a region, and keeps them where they can be kept.
    ///
    /// # Errors
    ///
    /// No credentials or permission, Service Quotas cannot be reached, or a build that cannot ask it.
    pub(super) async fn ask(settings: &Settings, region: &str) -> Result<Self, CliError> {
        let list = Self {
            read_at: Timestamp::now(),
            quotas: asked(settings, region).await?,
        };
        if let Some(place) = place(settings, region) {
            // What cannot be kept is asked for again.
            let _ = write_whole(&place, |out| {
                serde_json::to_writer(out, &list).map_err(io::Error::from)
            });
        }
        Ok(list)
    }

    /// Returns the quotas with their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        let quotas = self.quotas.iter();
        quotas.map(|(name, value)| (name.as_str(), *value))
    }
}

#[cfg(feature = "cloud")]
async fn asked(settings: &Settings, region: &str) -> Result<BTreeMap<String, f64>, CliError> {
    Ok(crate::bedrock::named_quotas(settings, region).await?)
}

#[cfg(not(feature = "cloud"))]
#[expect(clippy::unused_async, reason = "what stands in its place waits")]
async fn asked(_: &Settings, _: &str) -> Result<BTreeMap<String, f64>, CliError> {
    let error = CliError::usage("this build of mcp-cli cannot ask for the account's quotas");
    Err(error.hint("build one that can: cargo install --path . --features cloud"))
}

/// Returns the file of one account's quotas in a region, as far as accounts can be told apart before anything is asked; `None`
/// where there is no place for it.
fn place(settings: &Settings, region: &str) -> Option<PathBuf> {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let home = || variable("HOME").or_else(|| variable("USERPROFILE"));
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(home()?).join(".cache")))?;
    let profile = settings.profile.clone();
    let key = settings.credentials.as_ref();
    let key = key.map(|keys| keys.access_key_id.clone());
    let whom = [
        Some(region.to_owned()),
        profile.or_else(|| variable("AWS_PROFILE")),
        key.or_else(|| variable("AWS_ACCESS_KEY_ID")),
        settings.role_arn.clone(),
        variable("AWS_ENDPOINT_URL_SERVICE_QUOTAS"),
    ];
    let whom = whom.map(Option::unwrap_or_default).join("\0");
    let name = format!("{}.json", hex(&Sha256::digest(whom)[..8]));
    Some(cache.join("mcp-cli").join("quotas").join(name))
}
