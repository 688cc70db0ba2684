//! How telemetry leaves: hyper with ring's TLS, as webhooks do, so that no second stack of either is built.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::{StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::health::Health;

/// The largest answer of a collector, in bytes.
const LARGEST: usize = 1 << 20;

/// Sends what the SDK has written, on a runtime, for threads that have none.
#[derive(Debug)]
pub(super) struct Post {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    patience: Duration,
    health: Arc<Health>,
    /// Whether the last answer was a refusal, which sending the same again does not mend.
    refused: Arc<AtomicBool>,
}

/// An answer of a collector on its way.
type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl Post {
    pub(super) fn new(
        runtime: &Handle,
        patience: Duration,
        health: &Arc<Health>,
    ) -> Result<Self, String> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| format!("no certificates: {error}"))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            runtime: runtime.clone(),
            patience,
            health: Arc::clone(health),
            refused: Arc::default(),
        })
    }

    /// Returns what says whether the last answer was a refusal.
    pub(super) fn refused(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.refused)
    }
}

/// Returns whether an answer says that the same must not be sent again.
///
/// Source: OTLP 1.x, "Failures" of OTLP/HTTP, which lists what may be repeated.
fn is_refusal(status: StatusCode) -> bool {
    !status.is_success() && ![429, 502, 503, 504].contains(&status.as_u16())
}

/// Returns a place without what may be secret in it: who asks, and with which parameters.
fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default();
    let port = uri
        .port_u16()
        .map_or(String::new(), |port| format!(":{port}"));
    format!("{scheme}://{host}{port}{}", uri.path())
}

/// Returns what an error says, and what its causes say.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    said
}

impl HttpClient for Post {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Sending<'b>
    where
        'a: 'b,
    {
        Box::pin(async move {
            let place = shown(request.uri());
            let client = self.client.clone();
            let patience = self.patience;
            let sending = async move {
                let answer = client.request(request.map(Full::new)).await?;
                let (head, body) = answer.into_parts();
                let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
                Ok::<_, HttpError>(Response::from_parts(head, body))
            };
            // A timer is made on the runtime: the thread that asks has none.
            let sending = async move { timeout(patience, sending).await };
            let sent = self.runtime.spawn(sending).await;
            let sent = sent.map_err(|_| "the run is over".to_owned());
            let sent =
                sent.and_then(|sent| sent.map_err(|_| format!("no answer within {patience:?}")));
            let sent = sent.and_then(|sent| sent.map_err(|error| chain(&*error)));
            let status = sent.as_ref().ok().map(Response::status);
            self.refused
                .store(status.is_some_and(is_refusal), Ordering::Relaxed);
            match &sent {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => {
                    let why = format!("it answers HTTP status {}", answer.status());
                    self.health.note(Some(&place), &why);
                }
                Err(why) => self.health.note(Some(&place), why),
            }
            sent.map_err(Into::into)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_without_its_secrets() {
        let uri = "https://name:secret@otel.example:4318/v1/traces?key=secret".parse();
        assert_eq!(shown(&uri.unwrap()), "https://otel.example:4318/v1/traces");
    }

    #[test]
    fn what_may_be_sent_again_is_no_refusal() {
        for (status, expected) in [
            (200, false),
            (400, true),
            (401, true),
            (429, false),
            (500, true),
            (503, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(is_refusal(status), expected, "{status}");
        }
    }
}
