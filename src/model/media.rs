//! Images, documents and videos in a message.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::request::hex;

/// An image, a document or a video.
///
/// Written down it is its digest and not its bytes: what was asked can be told apart, and a recording stays small.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Media {
    /// Its format in Converse's words, such as `png` or `pdf`.
    pub format: String,
    /// A document's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it lies, for one that is not sent: `s3://bucket/key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The SHA-256 of its bytes, in hex digits; of its location, where that is sent in their place.
    sha256: String,
    /// Its bytes; none in what was read back.
    #[serde(skip)]
    bytes: Arc<[u8]>,
}

impl Media {
    /// Returns an image, a document or a video of these bytes.
    pub fn new(
        format: impl Into<String>,
        name: Option<String>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Self {
        let bytes = bytes.into();
        Self {
            format: format.into(),
            name,
            location: None,
            sha256: hex(&Sha256::digest(&bytes)),
            bytes,
        }
    }

    /// Returns an image, a document or a video that Bedrock is to read from S3 itself.
    pub fn in_s3(
        format: impl Into<String>,
        name: Option<String>,
        location: impl Into<String>,
    ) -> Self {
        let location = location.into();
        Self {
            sha256: hex(&Sha256::digest(location.as_bytes())),
            format: format.into(),
            name,
            location: Some(location),
            bytes: Arc::default(),
        }
    }

    /// Returns the SHA-256 of its bytes, in hex digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Gives it back its bytes, after it was read from where only its digest is kept.
    pub fn restore(&mut self, bytes: impl Into<Arc<[u8]>>) {
        self.bytes = bytes.into();
    }

    /// Returns its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl PartialEq for Media {
    fn eq(&self, other: &Self) -> bool {
        (&self.format, &self.name, &self.sha256) == (&other.format, &other.name, &other.sha256)
    }
}

impl Eq for Media {}
