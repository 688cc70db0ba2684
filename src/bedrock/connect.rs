//! Getting ready: region, credentials and the rest of what every AWS tool looks up, with an answer for each lack.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_bedrockruntime::config::{
    Credentials as Keys, ProvideCredentials, SharedCredentialsProvider, Token,
};
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use tokio::time::timeout;

use super::settings::{ApiKey, Settings};
use super::{error, hint, http, words};
use crate::model::{ErrorKind, ModelError, Remedy};

/// The longest look-up of config files and, where they name no region, of the machine's own.
const CONFIG_WAIT: Duration = Duration::from_secs(5);

/// The longest look-up of credentials. Instance metadata gives up sooner by itself; what takes long is a
/// `credential_process` that asks its user.
const CREDENTIALS_WAIT: Duration = Duration::from_secs(30);

/// What every client is made from, once it is sure to have a region and credentials.
#[derive(Debug)]
pub(super) struct Connection {
    /// The SDK's settings.
    pub(super) sdk: SdkConfig,
    /// The region of requests that name none.
    pub(super) region: String,
    /// Whether a bearer token is used in place of access keys.
    pub(super) bearer: bool,
}

impl Connection {
    /// Looks up what `settings` leave open.
    pub(super) async fn open(settings: &Settings) -> Result<Self, ModelError> {
        check_endpoint(settings)?;
        let loader = loader(settings)?;
        let Ok(sdk) = timeout(CONFIG_WAIT, loader.load()).await else {
            return Err(no_region());
        };
        let Some(region) = sdk.region().map(ToString::to_string) else {
            return Err(no_region());
        };
        if !is_region(&region) {
            return Err(error::no_such_region(&region));
        }
        let named = settings.credentials.is_some() || settings.profile.is_some();
        let named = named || settings.role_arn.is_some();
        let bearer = settings.api_key.is_some() || (!named && has_bearer_token());
        let sdk = match &settings.role_arn {
            Some(role) if !bearer => as_role(sdk, role, settings).await?,
            _ => sdk,
        };
        let are_given = settings.credentials.is_some() && settings.role_arn.is_none();
        if !are_given && !bearer {
            check_credentials(&sdk, settings).await?;
        }
        Ok(Self {
            sdk,
            region,
            bearer,
        })
    }
}

/// Returns what looks up everything that the settings leave open.
fn loader(settings: &Settings) -> Result<ConfigLoader, ModelError> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(settings.connect_timeout)
        .build();
    let identities = IdentityCache::lazy().load_timeout(CREDENTIALS_WAIT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http::client(settings)?)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        // Every call and every wait for a stream's next event has a limit of our own.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .identity_cache(identities)
        .app_name(AppName::new("mcp-cli").expect("the name is made of allowed letters"));
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        // Who names a profile means it: keys in the environment would win over it in the SDK's own chain.
        loader = loader
            .profile_name(profile)
            .credentials_provider(profile_credentials(profile, settings)?)
            .auth_scheme_preference([AuthSchemeId::new("sigv4")]);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(keys) = &settings.credentials {
        let (id, secret) = (&keys.access_key_id, &keys.secret_access_key);
        let keys = Keys::new(id, secret, keys.session_token.clone(), None, "settings");
        loader = loader
            .credentials_provider(keys)
            .auth_scheme_preference([AuthSchemeId::new("sigv4")]);
    }
    if settings.role_arn.is_some() {
        loader = loader.auth_scheme_preference([AuthSchemeId::new("sigv4")]);
    }
    if let Some(ApiKey(key)) = &settings.api_key {
        loader = loader
            .token_provider(Token::new(key, None))
            .auth_scheme_preference([AuthSchemeId::new("httpBearerAuth")]);
    }
    Ok(loader)
}

/// Takes on a role, as whoever the settings name.
async fn as_role(sdk: SdkConfig, role: &str, settings: &Settings) -> Result<SdkConfig, ModelError> {
    // The endpoint is Bedrock's: roles are given elsewhere.
    let elsewhere = Settings {
        endpoint_url: None,
        ..settings.clone()
    };
    let elsewhere = loader(&elsewhere)?.load().await;
    let Some(whoever) = elsewhere.credentials_provider() else {
        return Ok(sdk);
    };
    let provider = AssumeRoleProvider::builder(role)
        .session_name("mcp-cli")
        .configure(&elsewhere)
        .build_from_provider(whoever)
        .await;
    Ok(sdk
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build())
}

/// Returns the credentials of one profile: keys, a role, single sign-on or a process.
fn profile_credentials(
    profile: &str,
    settings: &Settings,
) -> Result<ProfileFileCredentialsProvider, ModelError> {
    let around = ProviderConfig::default()
        .with_http_client(http::client(settings)?)
        .with_region(settings.region.clone().map(Region::new));
    Ok(ProfileFileCredentialsProvider::builder()
        .configure(&around)
        .profile_name(profile)
        .build())
}

/// Refuses an endpoint that is no URL; the SDK would do so at the first call.
fn check_endpoint(settings: &Settings) -> Result<(), ModelError> {
    let Some(url) = &settings.endpoint_url else {
        return Ok(());
    };
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':'])) {
        return Ok(());
    }
    let message = format!("the endpoint `{url}` is not a URL");
    let error = ModelError::new(ErrorKind::Invalid, Remedy::None, message);
    Err(error.with_hint("begin it with `https://` or `http://`"))
}

/// Looks credentials up once, so that their lack is found before anything is asked.
async fn check_credentials(sdk: &SdkConfig, settings: &Settings) -> Result<(), ModelError> {
    let Some(provider) = sdk.credentials_provider() else {
        return Err(error::no_credentials("none are configured"));
    };
    let message = match timeout(CREDENTIALS_WAIT, provider.provide_credentials()).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(failure)) => words::chain(&failure),
        Err(_) => format!("looking them up took more than {CREDENTIALS_WAIT:?}"),
    };
    // Where a profile gives none, the SDK goes on looking and blames whatever it looked at last.
    let profile = settings
        .profile
        .clone()
        .or_else(|| std::env::var("AWS_PROFILE").ok());
    Err(match profile {
        Some(profile) => error::no_credentials(&format!("profile `{profile}`: {message}")),
        None => error::no_credentials(&message),
    })
}

/// Returns whether `region` can be one: the SDK would say so at the first call, in its own terms.
pub(super) fn is_region(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !region.is_empty() && region.bytes().all(allowed)
}

fn has_bearer_token() -> bool {
    std::env::var_os("AWS_BEARER_TOKEN_BEDROCK").is_some_and(|token| !token.is_empty())
}

fn no_region() -> ModelError {
    let message = "no AWS region is set";
    ModelError::new(ErrorKind::Invalid, Remedy::None, message).with_hint(hint::NO_REGION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_look_like_regions() {
        for (region, fine) in [
            ("us-east-1", true),
            ("us-gov-west-1", true),
            ("", false),
            ("us east", false),
            ("US-EAST-1", false),
        ] {
            assert_eq!(is_region(region), fine, "{region}");
        }
    }

    #[test]
    fn endpoints_are_urls() {
        for (url, fine) in [
            ("http://127.0.0.1:8080", true),
            (
                "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com",
                true,
            ),
            ("localhost:8080", false),
            ("http://", false),
            ("http:///path", false),
            ("ftp://host", false),
        ] {
            let settings = Settings {
                endpoint_url: Some(url.into()),
                ..Settings::default()
            };
            assert_eq!(check_endpoint(&settings).is_ok(), fine, "{url}");
        }
    }
}
