//! Where to ask and as whom: plain settings, decided by the caller.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How to reach Bedrock. What is `None` is looked up as every AWS tool does: environment, profile, instance.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The region of requests that name none.
    pub region: Option<String>,
    /// The profile of the AWS config files.
    pub profile: Option<String>,
    /// An endpoint in place of the region's own, `http://` or `https://`.
    pub endpoint_url: Option<String>,
    /// Keys to sign with. They win over everything that the environment holds, a bearer token included.
    pub credentials: Option<Credentials>,
    /// A Bedrock API key, in place of access keys.
    pub api_key: Option<ApiKey>,
    /// A role to take on, as whoever the other settings name.
    pub role_arn: Option<String>,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest a request may take; a streamed one until its end.
    pub timeout: Duration,
    /// The longest silence within a stream.
    pub stream_idle_timeout: Duration,
    /// PEM certificates to trust beside the system's own; `AWS_CA_BUNDLE` otherwise.
    pub ca_bundle: Option<PathBuf>,
}

impl Default for Settings {
    /// Everything looked up; 5 seconds to connect, 5 minutes to answer, 1 minute of silence within a stream.
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            endpoint_url: None,
            credentials: None,
            api_key: None,
            role_arn: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_mins(5),
            stream_idle_timeout: Duration::from_mins(1),
            ca_bundle: None,
        }
    }
}

/// A Bedrock API key, which is a bearer token.
#[derive(Clone)]
pub struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    /// Shows nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

/// Access keys given by the caller instead of looked up.
#[derive(Clone)]
pub struct Credentials {
    /// The id of the key; not a secret.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session's token, with temporary keys.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    /// Shows the key's id and no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_print_no_secret() {
        let settings = Settings {
            credentials: Some(Credentials {
                access_key_id: "AKIDEXAMPLE".into(),
                secret_access_key: "wJalrXUtnFEMI".into(),
                session_token: Some("FwoGZXIvYXdz".into()),
            }),
            api_key: Some(ApiKey("ABSKQmVkcm9ja0FQSUtleS0x".into())),
            ..Settings::default()
        };
        let printed = format!("{settings:?}");
        assert!(printed.contains("AKIDEXAMPLE"), "{printed}");
        assert!(!printed.contains("wJalrXUtnFEMI"), "{printed}");
        assert!(!printed.contains("FwoGZXIvYXdz"), "{printed}");
        assert!(!printed.contains("ABSK"), "{printed}");
    }
}
