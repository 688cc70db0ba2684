//! Services that judge: a POST of JSON, answered by JSON within seconds.

use std::sync::OnceLock;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

/// The longest that an answer may take, as in promptfoo.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const LARGEST: usize = 1 << 20;

/// A client that sends and takes bytes.
pub(super) type Poster = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client for all services of a run, made at its first use.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    client: OnceLock<Result<Poster, String>>,
}

impl Webhooks {
    /// Sends `body` and returns the answer.
    ///
    /// # Errors
    ///
    /// Why there is none, in a sentence.
    pub(super) async fn post(&self, url: &str, body: &Value) -> Result<Value, String> {
        let failed = |why: String| format!("`{url}` was asked in vain: {why}");
        let asked = timeout(PATIENCE, self.ask(url, body)).await;
        asked
            .unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")))
            .map_err(failed)
    }

    async fn ask(&self, url: &str, body: &Value) -> Result<Value, String> {
        let client = self
            .client
            .get_or_init(client)
            .as_ref()
            .map_err(Clone::clone)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()))
            .map_err(|error| error.to_string())?;
        let answer = client
            .request(request)
            .await
            .map_err(|error| chain(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("HTTP status {status}"));
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        serde_json::from_slice(&body).map_err(|error| format!("the answer is no JSON: {error}"))
    }
}

/// Returns a client for services of any kind.
pub(super) fn client() -> Result<Poster, String> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| format!("no certificates: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// Returns what an error says, and what its causes say.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    said
}
