//! A place in S3: files go there and come from there.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};

use super::paper::without_question;
use crate::bedrock::connect::Connection;
use crate::bedrock::words::chain;
use crate::model::{ErrorKind, ModelError, Remedy};

/// How the names of a job's answers end.
const OUTPUT: &str = ".jsonl.out";

/// A bucket, and what the keys in it begin with: `s3://bucket/some/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Prefix {
    bucket: String,
    /// Empty, or ends with `/`.
    prefix: String,
}

/// What is no place in S3.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a place in S3, such as s3://bucket/prefix")]
pub struct S3PrefixError(String);

impl FromStr for S3Prefix {
    type Err = S3PrefixError;

    fn from_str(text: &str) -> Result<Self, S3PrefixError> {
        let wrong = || S3PrefixError(text.to_owned());
        let rest = text.strip_prefix("s3://").ok_or_else(wrong)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if bucket.len() < 3
            || !bucket.chars().all(is_letter)
            || prefix.chars().any(char::is_control)
        {
            return Err(wrong());
        }
        let prefix = prefix.trim_matches('/');
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("{prefix}/")
            },
        })
    }
}

/// A place in S3, and how to reach it.
#[derive(Debug)]
pub(super) struct Bucket {
    connection: Connection,
    place: S3Prefix,
}

impl Bucket {
    pub(super) fn new(connection: Connection, place: S3Prefix) -> Self {
        Self { connection, place }
    }

    /// Returns the whole name of a file.
    pub(super) fn uri(&self, name: &str) -> String {
        format!("s3://{}/{}{name}", self.place.bucket, self.place.prefix)
    }

    fn client(&self, region: &str) -> Client {
        let config = Builder::from(&self.connection.sdk)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard())
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
            // Servers that only speak like S3 know no trailing checksums.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        Client::from_conf(config.build())
    }

    /// Writes a file.
    pub(super) async fn put(
        &self,
        region: &str,
        name: &str,
        file: &Path,
    ) -> Result<(), ModelError> {
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|error| on_disk(file, &error))?;
        let key = format!("{}{name}", self.place.prefix);
        let put = self.client(region).put_object();
        let put = put.bucket(&self.place.bucket).key(key).body(body);
        let put = put.send().await;
        put.map(|_| ())
            .map_err(|error| refused("write", &self.uri(name), "s3:PutObject", &error))
    }

    /// Writes the output of the job `id`, which lies below `place`, to a folder.
    pub(super) async fn fetch(
        &self,
        region: &str,
        place: &S3Prefix,
        id: &str,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, ModelError> {
        let client = self.client(region);
        let prefix = format!("{}{id}/", place.prefix);
        let uri = |key: &str| format!("s3://{}/{key}", place.bucket);
        let list = client
            .list_objects_v2()
            .bucket(&place.bucket)
            .prefix(&prefix);
        let mut pages = list.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| refused("list", &uri(&prefix), "s3:ListBucket", &error))?;
            let found = page.contents().iter().filter_map(|object| object.key());
            keys.extend(found.filter(|key| key.ends_with(OUTPUT)).map(str::to_owned));
        }
        let mut files = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let file = folder.join(format!("{id}-{index}{OUTPUT}"));
            let got = client.get_object().bucket(&place.bucket).key(key).send();
            let got = got.await;
            let got = got.map_err(|error| refused("read", &uri(key), "s3:GetObject", &error))?;
            save(got.body, &file, &uri(key)).await?;
            files.push(file);
        }
        Ok(files)
    }
}

/// Writes the records that come to a file, without their questions; it is there once it is whole.
async fn save(body: ByteStream, file: &Path, uri: &str) -> Result<(), ModelError> {
    let partial = file.with_extension("partial");
    let out = File::create(&partial).await;
    let mut out = BufWriter::new(out.map_err(|error| on_disk(&partial, &error))?);
    let mut lines = BufReader::new(body.into_async_read());
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line).await;
        let length = read.map_err(|error| {
            let message = format!("`{uri}` cannot be read to its end: {error}");
            ModelError::new(ErrorKind::Connection, Remedy::Repeat, message)
        })?;
        if length == 0 {
            break;
        }
        if let Some(record) = without_question(&line) {
            let written = out.write_all(&record).await;
            written.map_err(|error| on_disk(&partial, &error))?;
        }
    }
    let written = out.flush().await;
    written.map_err(|error| on_disk(&partial, &error))?;
    let synced = out.get_ref().sync_all().await;
    synced.map_err(|error| on_disk(&partial, &error))?;
    let renamed = tokio::fs::rename(&partial, file).await;
    renamed.map_err(|error| on_disk(file, &error))
}

fn on_disk(path: &Path, error: &dyn std::error::Error) -> ModelError {
    let message = format!("`{}`: {error}", path.display());
    ModelError::new(ErrorKind::Invalid, Remedy::None, message)
}

/// Returns why S3 did not do what it was asked for.
fn refused<E, R>(what: &str, uri: &str, action: &str, error: &SdkError<E, R>) -> ModelError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.code();
    let (kind, hint) = match code {
        Some("AccessDenied") => (ErrorKind::Denied, format!("allow `{action}` on the bucket")),
        Some("NoSuchBucket" | "PermanentRedirect" | "AuthorizationHeaderMalformed") => (
            ErrorKind::NotFound,
            "the bucket has to be there, in the region of the models".to_owned(),
        ),
        Some("ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch") => (
            ErrorKind::Credentials,
            "renew the credentials; S3 takes no Bedrock API key".to_owned(),
        ),
        _ => (
            ErrorKind::Connection,
            "look at the network; `AWS_ENDPOINT_URL_S3` names another place to ask".to_owned(),
        ),
    };
    let why = match (code, error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => chain(error),
    };
    let mut error = ModelError::new(kind, Remedy::None, format!("cannot {what} `{uri}`: {why}"));
    error.code = code.map(str::to_owned);
    error.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_s3_are_read_whole() {
        let place = |text: &str| text.parse::<S3Prefix>();
        let of = |bucket: &str, prefix: &str| S3Prefix {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        };
        assert_eq!(place("s3://my-bucket").unwrap(), of("my-bucket", ""));
        assert_eq!(place("s3://my-bucket/").unwrap(), of("my-bucket", ""));
        assert_eq!(
            place("s3://my-bucket/a/b").unwrap(),
            of("my-bucket", "a/b/")
        );
        assert_eq!(
            place("s3://my-bucket/a/b/").unwrap(),
            of("my-bucket", "a/b/")
        );
        for wrong in [
            "my-bucket/a",
            "s3://",
            "s3:///a",
            "s3://my bucket/a",
            "https://b.s3/x",
        ] {
            let error = place(wrong).unwrap_err().to_string();
            assert!(error.contains("is not a place in S3"), "{wrong}: {error}");
        }
    }
}
