//! How much of an answer's body is taken in.

use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// The most bytes of a body: some hundred times the longest answer, as each of a stream's tokens comes in a frame of its own.
pub(super) const LARGEST: usize = 256 << 20;

/// Returns a body that fails beyond `most` bytes.
pub(super) fn limited(body: SdkBody, most: usize) -> SdkBody {
    SdkBody::from_body_1_x(Limited::new(body, most))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_beyond_the_limit_fails() {
        let read = async |most| limited(SdkBody::from("12345"), most).collect().await;
        assert_eq!(read(5).await.unwrap().to_bytes(), "12345");
        let error = read(4).await.unwrap_err();
        assert_eq!(error.to_string(), "length limit exceeded");
    }
}
