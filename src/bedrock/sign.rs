//! Who asks: the signature or the token that a message bears.

use std::time::SystemTime;

use aws_sdk_bedrockruntime::config::{Credentials, Token};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningParams, SigningSettings, sign as signature_of,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// The name by which signatures know the service.
const SERVICE: &str = "bedrock";

/// Signs a message whose URI and headers are complete, in the name of `identity`: AWS Signature Version 4 for access keys, a bearer
/// token for a Bedrock API key.
///
/// # Errors
///
/// If the identity is neither, or holds what no header can.
pub(super) fn sign(
    request: &mut HttpRequest,
    identity: &Identity,
    region: &str,
    time: SystemTime,
) -> Result<(), BoxError> {
    if let Some(token) = identity.data::<Token>() {
        let bearer = format!("Bearer {}", token.token());
        request.headers_mut().try_insert("authorization", bearer)?;
        return Ok(());
    }
    if identity.data::<Credentials>().is_none() {
        return Err("the identity holds neither keys nor a token".into());
    }
    // How Bedrock wants to be signed for is how most services do: the path encoded twice, no header for the body's hash.
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()?;
    let body = request.body().bytes().map(SignableBody::Bytes);
    let signable = SignableRequest::new(
        request.method(),
        request.uri(),
        request.headers().iter(),
        body.unwrap_or(SignableBody::UnsignedPayload),
    )?;
    let (instructions, _) = signature_of(signable, &SigningParams::V4(params))?.into_parts();
    let (headers, _) = instructions.into_parts();
    for header in headers {
        let value = header.value().to_owned();
        request.headers_mut().try_insert(header.name(), value)?;
    }
    Ok(())
}
