//! The way to a region's service: where it is, over which connections, as whom. The SDK finds it once; every call goes it.
//!
//! The SDK would find it anew for each call, past some twenty interceptors, which takes longer than all else that a call does.

use std::time::Instant;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{ConfigBag, ResolveCachedIdentity};
use aws_sdk_bedrockruntime::error::SdkError;
use aws_sdk_bedrockruntime::operation::converse::Converse;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

use super::body::{LARGEST, limited};
use super::class::Class;
use super::clock::Clock;
use super::operation::{self, Failed, Operation};
use super::scout::{Found, scout};
use super::sign::sign;

/// The header in which Bedrock tells the tokens of a prompt.
const INPUT_TOKENS: &str = "x-amzn-bedrock-input-token-count";

/// The statuses of a host that fails, as the SDK has them for transient errors.
const AILING: [u16; 4] = [500, 502, 503, 504];

/// How calls reach the service of one region.
#[derive(Debug)]
pub(super) struct Route {
    region: String,
    found: Found,
    clock: Clock,
}

/// An answer, and what only the wire knows of it.
#[derive(Debug)]
pub(super) struct Answer<T> {
    /// What the service said.
    pub(super) output: T,
    /// When the signed request was handed to the network: looking up credentials is nobody's latency.
    pub(super) sent: Instant,
    /// The tokens of the prompt, where the headers tell them.
    pub(super) input_tokens: Option<u64>,
}

/// Marks the refusal of a signature that bore a time too far from the service's. The next will bear the service's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockCorrected;

impl Route {
    /// Finds the way that `client` would go.
    ///
    /// # Errors
    ///
    /// Whatever keeps the SDK from getting a call ready: no credentials, an endpoint that is none.
    pub(super) async fn find(client: &Client, region: &str) -> Result<Self, Failed<Converse>> {
        Ok(Self {
            region: region.to_owned(),
            found: scout(client).await?,
            clock: Clock::default(),
        })
    }

    /// Asks once.
    ///
    /// # Errors
    ///
    /// As the SDK has them for the operation.
    pub(super) async fn ask<O: Operation>(
        &self,
        input: O::Input,
    ) -> Result<Answer<O::Output>, Failed<O>> {
        let mut request = operation::write::<O>(input)?;
        let identity = self.identity().await.map_err(undispatched)?;
        request
            .uri_mut()
            .set_endpoint(&self.found.endpoint)
            .map_err(|error| undispatched(error.into()))?;
        for (name, value) in &self.found.headers {
            request.headers_mut().insert(*name, value.clone());
        }
        let signed = self.clock.now();
        sign(&mut request, &identity, &self.region, signed).map_err(undispatched)?;
        request
            .headers_mut()
            .insert("amz-sdk-request", "attempt=1; max=1");
        let connection = CaptureSmithyConnection::new();
        request.add_extension(connection.clone());

        let sent = Instant::now();
        let response = self.found.connector.call(request).await;
        let mut response = response.map_err(SdkError::dispatch_failure)?;
        let input_tokens = response.headers().get(INPUT_TOKENS);
        let input_tokens = input_tokens.and_then(|tokens| tokens.parse().ok());
        if let Some(date) = date_of_refusal(&response)
            && self.clock.correct(date, signed)
        {
            response.add_extension(ClockCorrected);
        }
        let body = limited(response.take_body(), LARGEST);
        *response.body_mut() = body;
        let is_ailing = AILING.contains(&response.status().as_u16());
        let output = match operation::read_opening::<O>(response) {
            Ok(opening) => opening?,
            Err(response) => {
                let whole = loaded(response).await;
                if is_ailing || whole.is_err() {
                    give_up(&connection);
                }
                operation::read::<O>(whole?)?
            }
        };
        Ok(Answer {
            output,
            sent,
            input_tokens,
        })
    }

    /// Returns whom the calls are from, looked up anew before it expires.
    async fn identity(&self) -> Result<Identity, BoxError> {
        let (components, settings) = (&self.found.components, ConfigBag::base());
        let identities = self.found.identities.clone();
        components
            .identity_cache()
            .resolve_cached_identity(identities, components, &settings)
            .await
    }
}

/// Returns the `Date` of an answer that refuses a signature; of other refusals it may be that of a proxy on the way.
fn date_of_refusal(response: &HttpResponse) -> Option<&str> {
    let headers = response.headers();
    let code = headers.get("x-amzn-errortype")?.split(':').next()?;
    let is_refused = Class::of(Some(code), None) == Class::Signature;
    let is_fresh = !headers.contains_key("age");
    headers.get("date").filter(|_| is_refused && is_fresh)
}

/// Has the next call go over another connection: behind this one is a host that fails.
fn give_up(connection: &CaptureSmithyConnection) {
    if let Some(connection) = connection.get() {
        connection.poison();
    }
}

/// Returns a message with its body in memory.
async fn loaded<E>(mut response: HttpResponse) -> Result<HttpResponse, SdkError<E, HttpResponse>> {
    match response.take_body().collect().await {
        Ok(body) => {
            *response.body_mut() = SdkBody::from(body.to_bytes());
            Ok(response)
        }
        Err(error) => Err(SdkError::response_error(error, response)),
    }
}

fn undispatched<E>(error: BoxError) -> SdkError<E, HttpResponse> {
    SdkError::dispatch_failure(ConnectorError::other(error, None))
}
