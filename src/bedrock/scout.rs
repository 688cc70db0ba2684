//! What the SDK settles for a call before it sends it, taken from a call that is got ready and never sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::endpoint::Endpoint;
use aws_sdk_bedrockruntime::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{ConfigBag, HttpClient, Intercept, RuntimeComponents};
use aws_sdk_bedrockruntime::operation::converse::Converse;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::http::HTTP_BEARER_AUTH_SCHEME_ID;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeId};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;

use super::operation::Failed;

/// The headers that are the same for every call of a client, or, for the trace that the environment names, are taken to be.
const LASTING: [&str; 3] = ["user-agent", "x-amz-user-agent", "x-amzn-trace-id"];

/// What every call of a client has in common.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The beginning of every URI.
    pub(super) endpoint: String,
    /// The headers that are always the same.
    pub(super) headers: Vec<(&'static str, String)>,
    /// What sends messages.
    pub(super) connector: SharedHttpConnector,
    /// What looks up whom the calls are from.
    pub(super) identities: SharedIdentityResolver,
    /// What keeps identities until they expire.
    pub(super) components: RuntimeComponents,
}

/// Ends a call when it is ready, and keeps what it was made of until that is fetched: the components hold the scout in turn.
#[derive(Debug, Clone, Default)]
struct Scout(Arc<Mutex<Option<Found>>>);

impl Scout {
    fn found(&self) -> MutexGuard<'_, Option<Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what every call of `client` has in common.
///
/// # Errors
///
/// Whatever keeps the SDK from getting a call ready: no credentials, an endpoint that is none.
pub(super) async fn scout(client: &Client) -> Result<Found, Failed<Converse>> {
    let scout = Scout::default();
    // Any model will do: no one is asked.
    let call = client.converse().model_id("any").customize();
    let ended = Box::pin(call.interceptor(scout.clone()).send()).await;
    let found = scout.found().take();
    found.ok_or_else(|| ended.expect_err("the scout lets no call pass"))
}

impl Intercept for Scout {
    fn name(&self) -> &'static str {
        "Scout"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request().headers();
        let scheme = match headers.get("authorization") {
            Some(value) if value.starts_with("Bearer ") => HTTP_BEARER_AUTH_SCHEME_ID,
            _ => AuthSchemeId::new("sigv4"),
        };
        let scheme = components.auth_scheme(scheme).ok_or("nothing signs")?;
        let identities = scheme.identity_resolver(components);
        let endpoint = settings.load::<Endpoint>().ok_or("no endpoint is known")?;
        let client = components.http_client().ok_or("nothing sends")?;
        let mut sending = HttpConnectorSettings::builder();
        if let Some(timeouts) = settings.load::<TimeoutConfig>() {
            sending.set_connect_timeout(timeouts.connect_timeout());
            sending.set_read_timeout(timeouts.read_timeout());
        }
        let lasting = LASTING.into_iter();
        let lasting = lasting.filter_map(|name| Some((name, headers.get(name)?.to_owned())));
        let found = Found {
            endpoint: endpoint.url().to_owned(),
            headers: lasting.collect(),
            connector: client.http_connector(&sending.build(), components),
            identities: identities.ok_or("nobody is known")?,
            components: components.clone(),
        };
        *self.found() = Some(found);
        Err("all that was wanted is known".into())
    }
}
