//! A file from the web.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use tokio::time::timeout;

use super::webhook::{chain, client};

/// The longest that a file may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// The largest file, in bytes: more than Bedrock takes of anything.
const LARGEST: usize = 32 << 20;

/// Returns what lies at an address.
///
/// # Errors
///
/// Why it cannot be had, in a sentence.
pub async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let got = timeout(PATIENCE, get(url)).await;
    let got = got.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")));
    got.map_err(|why| format!("`{url}` cannot be had: {why}"))
}

async fn get(url: &str) -> Result<Vec<u8>, String> {
    let request = Request::get(url).body(Full::<Bytes>::default());
    let request = request.map_err(|error| error.to_string())?;
    let answer = client()?.request(request).await;
    let answer = answer.map_err(|error| chain(&error))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("HTTP status {status}"));
    }
    let body = Limited::new(answer.into_body(), LARGEST).collect().await;
    Ok(body.map_err(|error| error.to_string())?.to_bytes().to_vec())
}
