//! What can go wrong with a call, classified once where it enters.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::usage::Usage;

/// The kind of a failure, as reports spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Too many requests or tokens for the quota.
    Throttled,
    /// No answer in time, or the model says that it took too long.
    Timeout,
    /// The service has no capacity, is not ready, or failed inside.
    Unavailable,
    /// The caller may not use this model.
    Denied,
    /// There are no credentials, or they are expired or wrong.
    Credentials,
    /// No such model, or one that no longer lives.
    NotFound,
    /// The request itself is refused.
    Invalid,
    /// The conversation is too long for the model.
    ContextLength,
    /// An answer that cannot be read, or that the model made a mess of.
    Malformed,
    /// The network failed.
    Connection,
    /// A stream broke after it had begun.
    Stream,
    /// The run was stopped first.
    Cancelled,
    /// The budget would have been exceeded.
    Budget,
    /// A tool server failed.
    Tool,
    /// The recording does not hold this request.
    ReplayMiss,
}

impl ErrorKind {
    /// Returns the kind as reports spell it, such as `context_length`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Credentials => "credentials",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::ContextLength => "context_length",
            Self::Malformed => "malformed",
            Self::Connection => "connection",
            Self::Stream => "stream",
            Self::Cancelled => "cancelled",
            Self::Budget => "budget",
            Self::Tool => "tool",
            Self::ReplayMiss => "replay_miss",
        }
    }
}

/// What would mend a failure, decided where it is classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Asking again changes nothing.
    None,
    /// Asking again soon may succeed.
    Repeat,
    /// Asking again once or twice may succeed; more is waste.
    RepeatOnce,
    /// Asking this model is of no use, whatever the question: it may not be asked, or is not there.
    OtherModel,
    /// Asking more slowly will succeed: requests per minute, or a rate that is not named, were exceeded.
    SlowDown,
    /// Asking for less, or more slowly, will succeed: tokens per minute were exceeded.
    FewerTokens,
    /// The model is being loaded; it takes tens of seconds.
    WarmUp,
    /// The day's quota is used up; nothing helps before tomorrow.
    Tomorrow,
}

/// A call that gave no completion.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ModelError {
    /// What went wrong, as reports spell it.
    pub kind: ErrorKind,
    /// What would mend it.
    pub remedy: Remedy,
    /// The service's own code, such as `ThrottlingException`.
    pub code: Option<String>,
    /// The HTTP status, where there was an answer.
    pub http_status: Option<u16>,
    /// The service's own words, or ours.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Bedrock's id of the call, for support.
    pub request_id: Option<String>,
    /// How long the service asks us to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// What was billed all the same: the estimated tokens of a stream that broke. `None`: nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<Usage>,
    /// Whether this came from a recording and not from a call just now.
    #[serde(skip)]
    pub recorded: bool,
}

impl ModelError {
    /// Returns an error of `kind` that says `message` and nothing else.
    pub fn new(kind: ErrorKind, remedy: Remedy, message: impl Into<String>) -> Self {
        Self {
            kind,
            remedy,
            code: None,
            http_status: None,
            message: message.into(),
            hint: None,
            request_id: None,
            retry_after: None,
            billed: None,
            recorded: false,
        }
    }

    /// Returns the same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
