//! Failures of the SDK, classified once: nobody above reads a code or a message of AWS.

use std::error::Error;
use std::time::Duration;

use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::event_stream::RawMessage;

use super::class::Class;
use super::hint;
use super::route::ClockCorrected;
use super::words::{MESSAGE_CHARS, SHORT_CHARS, chain, one_line, text_of};
use crate::model::{ErrorKind, ModelError, Remedy};

/// A call, as hints speak of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// The model as it was asked for.
    pub(super) model: &'a str,
    /// The region asked.
    pub(super) region: &'a str,
    /// The IAM action that the call needs.
    pub(super) action: &'static str,
    /// Whether a bearer token is used in place of access keys.
    pub(super) bearer: bool,
}

/// What the service said about its failure.
#[derive(Debug, Default)]
struct Reply {
    code: Option<String>,
    status: Option<u16>,
    message: String,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

/// Returns what went wrong when a request was sent, up to its whole answer or the opening of its stream.
pub(super) fn of_send<E>(error: &SdkError<E, HttpResponse>, call: &Call<'_>) -> ModelError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let (failure, response) = (context.err(), context.raw());
            if response.status().is_success() {
                let message = format!("the answer cannot be read: {}", chain(failure));
                return of_response(ErrorKind::Malformed, Remedy::RepeatOnce, message, response);
            }
            let message = match failure.message().filter(|text| !text.trim().is_empty()) {
                Some(message) => one_line(message, MESSAGE_CHARS),
                None => body_message(response),
            };
            let reply = Reply {
                code: failure.code().map(|code| one_line(code, SHORT_CHARS)),
                status: Some(response.status().as_u16()),
                message,
                request_id: request_id(response),
                retry_after: retry_after(response),
            };
            let refused = of_reply(reply, call);
            match response.extension::<ClockCorrected>() {
                Some(_) => of_clock(refused),
                None => refused,
            }
        }
        SdkError::ResponseError(context) => of_broken_answer(&source_chain(error), context.raw()),
        SdkError::TimeoutError(_) => ModelError::new(
            ErrorKind::Timeout,
            Remedy::Repeat,
            format!("no answer in time: {}", source_chain(error)),
        ),
        SdkError::DispatchFailure(context) => {
            of_dispatch(context.is_timeout(), &source_chain(error), call)
        }
        _ => {
            let text = source_chain(error);
            if is_about_credentials(&text) {
                return no_credentials(&text);
            }
            let message = format!("the request cannot be made: {text}");
            ModelError::new(ErrorKind::Invalid, Remedy::None, message)
        }
    }
}

/// Returns what went wrong within a stream, after it had been opened.
pub(super) fn of_stream(
    error: &SdkError<ConverseStreamOutputError, RawMessage>,
    call: &Call<'_>,
) -> ModelError {
    match error {
        SdkError::ServiceError(context) => {
            let failure = context.err();
            let code = exception_code(failure)
                .map(str::to_owned)
                .or_else(|| header(context.raw(), ":exception-type"))
                .or_else(|| failure.code().map(str::to_owned));
            let message = exception_message(failure)
                .or_else(|| payload_text(context.raw()))
                .unwrap_or_else(|| "the stream ended with an exception that says nothing".into());
            of_exception(code, message, call)
        }
        SdkError::ResponseError(context) => {
            let raw = context.raw();
            if let Some(code) = header(raw, ":error-code") {
                let message = header(raw, ":error-message").unwrap_or_else(|| code.clone());
                return of_exception(Some(code), one_line(&message, MESSAGE_CHARS), call);
            }
            let text = source_chain(error);
            if matches!(raw, RawMessage::Decoded(_)) {
                let message = format!("an event of the stream cannot be read: {text}");
                return ModelError::new(ErrorKind::Malformed, Remedy::RepeatOnce, message);
            }
            let message = format!("the stream is damaged: {text}");
            ModelError::new(ErrorKind::Stream, Remedy::Repeat, message)
        }
        _ => {
            let message = format!("the stream broke: {}", source_chain(error));
            ModelError::new(ErrorKind::Stream, Remedy::Repeat, message)
        }
    }
}

/// Returns the error of a region that is none.
pub(super) fn no_such_region(region: &str) -> ModelError {
    let message = format!("`{region}` is not an AWS region");
    ModelError::new(ErrorKind::Invalid, Remedy::None, message).with_hint(hint::NO_REGION)
}

/// Returns the error of a request that took longer than it may.
pub(super) fn overdue(timeout: Duration) -> ModelError {
    let message = format!("no whole answer within {timeout:?}");
    ModelError::new(ErrorKind::Timeout, Remedy::Repeat, message)
}

/// Returns the error of a signature whose time was not the service's. The next will bear that.
fn of_clock(refused: ModelError) -> ModelError {
    ModelError {
        kind: ErrorKind::Unavailable,
        remedy: Remedy::Repeat,
        hint: Some("this machine's clock is wrong: what is asked from now on is signed with the service's time".into()),
        ..refused
    }
}

/// Returns the error of having no credentials, with the words of whoever looked for them.
pub(super) fn no_credentials(text: &str) -> ModelError {
    // From here on the SDK tells of each place where it looked, at length.
    const NOWHERE: &str = "the credential provider was not enabled: no credentials found";
    let message = match text.find(NOWHERE) {
        Some(at) => format!(
            "no usable credentials: {}none in the environment, the profile, a container or an instance",
            &text[..at]
        ),
        None => format!("no usable credentials: {text}"),
    };
    ModelError::new(ErrorKind::Credentials, Remedy::None, message).with_hint(hint::NO_CREDENTIALS)
}

fn source_chain<E, R>(error: &SdkError<E, R>) -> String
where
    E: Error + 'static,
    R: std::fmt::Debug,
{
    error.source().map_or_else(|| error.to_string(), chain)
}

fn of_reply(reply: Reply, call: &Call<'_>) -> ModelError {
    let class = Class::of(reply.code.as_deref(), reply.status);
    let advice = hint::advise(class, &reply.message, call);
    ModelError {
        code: reply.code,
        http_status: reply.status,
        hint: advice.hint,
        request_id: reply.request_id,
        retry_after: reply.retry_after,
        ..ModelError::new(advice.kind, advice.remedy, reply.message)
    }
}

fn of_exception(code: Option<String>, message: String, call: &Call<'_>) -> ModelError {
    if Class::of(code.as_deref(), None) == Class::Unreadable {
        return ModelError {
            code,
            ..ModelError::new(ErrorKind::Stream, Remedy::Repeat, message)
        };
    }
    let reply = Reply {
        code,
        message,
        ..Reply::default()
    };
    of_reply(reply, call)
}

/// Returns the error of an answer whose status arrived and whose body did not.
fn of_broken_answer(text: &str, response: &HttpResponse) -> ModelError {
    let (kind, remedy) = if text.contains("throughput") {
        // What the SDK says of a body that stands still.
        (ErrorKind::Timeout, Remedy::Repeat)
    } else if text.contains("CRC") || text.contains("checksum") || text.contains("end of stream") {
        (ErrorKind::Stream, Remedy::Repeat)
    } else {
        (ErrorKind::Connection, Remedy::Repeat)
    };
    of_response(
        kind,
        remedy,
        format!("the answer broke off: {text}"),
        response,
    )
}

fn of_dispatch(timed_out: bool, text: &str, call: &Call<'_>) -> ModelError {
    if is_about_credentials(text) {
        return no_credentials(text);
    }
    let kind = if timed_out {
        ErrorKind::Timeout
    } else {
        ErrorKind::Connection
    };
    ModelError::new(
        kind,
        Remedy::Repeat,
        format!("the connection failed: {text}"),
    )
    .with_hint(hint::connection(text, call))
}

fn of_response(
    kind: ErrorKind,
    remedy: Remedy,
    message: String,
    response: &HttpResponse,
) -> ModelError {
    ModelError {
        http_status: Some(response.status().as_u16()),
        request_id: request_id(response),
        ..ModelError::new(kind, remedy, message)
    }
}

fn is_about_credentials(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("credential") || lower.contains("identity") || lower.contains("sso")
}

/// Returns the code of a modelled exception. Within a stream the SDK tells it by the variant alone.
fn exception_code(error: &ConverseStreamOutputError) -> Option<&'static str> {
    match error {
        ConverseStreamOutputError::ThrottlingException(_) => Some("ThrottlingException"),
        ConverseStreamOutputError::ServiceUnavailableException(_) => {
            Some("ServiceUnavailableException")
        }
        ConverseStreamOutputError::InternalServerException(_) => Some("InternalServerException"),
        ConverseStreamOutputError::ModelStreamErrorException(_) => {
            Some("ModelStreamErrorException")
        }
        ConverseStreamOutputError::ValidationException(_) => Some("ValidationException"),
        _ => None,
    }
}

fn exception_message(error: &ConverseStreamOutputError) -> Option<String> {
    let original = match error {
        ConverseStreamOutputError::ModelStreamErrorException(error) => error.original_message(),
        _ => None,
    };
    // The two may be the same words.
    let parts = [
        error.message(),
        original.filter(|text| error.message() != Some(*text)),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
    (!text.trim().is_empty()).then(|| one_line(&text, MESSAGE_CHARS))
}

fn header(raw: &RawMessage, name: &str) -> Option<String> {
    let RawMessage::Decoded(message) = raw else {
        return None;
    };
    let header = message
        .headers()
        .iter()
        .find(|header| header.name().as_str() == name)?;
    let value = header.value().as_string().ok()?;
    Some(value.as_str().to_owned())
}

fn payload_text(raw: &RawMessage) -> Option<String> {
    let RawMessage::Decoded(message) = raw else {
        return None;
    };
    text_of(message.payload())
}

fn body_message(response: &HttpResponse) -> String {
    response
        .body()
        .bytes()
        .and_then(text_of)
        .unwrap_or_else(|| {
            let status = response.status().as_u16();
            format!("the service answered with status {status} and said nothing")
        })
}

fn request_id(response: &HttpResponse) -> Option<String> {
    let headers = response.headers();
    ["x-amzn-requestid", "x-amz-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .map(|id| one_line(id, SHORT_CHARS))
}

/// Returns the wait that the service asks for: `x-amz-retry-after` in milliseconds, or `Retry-After` in seconds.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| response.headers().get(name)?.trim().parse::<u64>().ok();
    number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}
