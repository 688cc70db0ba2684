//! What sort of failure a service's code or status stands for, and what that means to us.

use crate::model::{ErrorKind, Remedy};

/// A sort of failure, as the service tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Throttling,
    NotReady,
    Unavailable,
    Internal,
    ModelTimeout,
    ModelError,
    Validation,
    AccessDenied,
    NotFound,
    ServiceQuota,
    Expired,
    BadKey,
    Signature,
    NoAuth,
    Proxy,
    Unreadable,
}

/// The service's codes. Those of the front end (keys, signatures) are not modelled by the SDK.
///
/// Source: the Bedrock runtime's service model; "Common Errors", AWS API reference.
const CODES: [(&str, Class); 34] = [
    ("ThrottlingException", Class::Throttling),
    ("Throttling", Class::Throttling),
    ("ThrottledException", Class::Throttling),
    ("TooManyRequestsException", Class::Throttling),
    ("RequestLimitExceeded", Class::Throttling),
    ("ModelNotReadyException", Class::NotReady),
    ("ServiceUnavailableException", Class::Unavailable),
    ("ServiceUnavailable", Class::Unavailable),
    ("InternalServerException", Class::Internal),
    ("InternalServerError", Class::Internal),
    ("InternalFailure", Class::Internal),
    ("ModelTimeoutException", Class::ModelTimeout),
    ("ModelErrorException", Class::ModelError),
    ("ModelStreamErrorException", Class::ModelError),
    ("ValidationException", Class::Validation),
    ("ValidationError", Class::Validation),
    ("ConflictException", Class::Validation),
    ("AccessDeniedException", Class::AccessDenied),
    ("AccessDenied", Class::AccessDenied),
    ("OptInRequired", Class::AccessDenied),
    ("ResourceNotFoundException", Class::NotFound),
    ("ServiceQuotaExceededException", Class::ServiceQuota),
    ("ExpiredTokenException", Class::Expired),
    ("ExpiredToken", Class::Expired),
    ("RequestExpired", Class::Signature),
    ("RequestTimeTooSkewed", Class::Signature),
    ("UnrecognizedClientException", Class::BadKey),
    ("InvalidClientTokenId", Class::BadKey),
    ("InvalidSignatureException", Class::Signature),
    ("SignatureDoesNotMatch", Class::Signature),
    ("IncompleteSignature", Class::NoAuth),
    ("IncompleteSignatureException", Class::NoAuth),
    ("MissingAuthenticationToken", Class::NoAuth),
    ("MissingAuthenticationTokenException", Class::NoAuth),
];

impl Class {
    /// Returns the class of an answer, by its code and, where that is absent or unknown, by its HTTP status.
    pub(super) fn of(code: Option<&str>, status: Option<u16>) -> Self {
        let by_code = CODES
            .iter()
            .find(|(known, _)| code.is_some_and(|code| code.eq_ignore_ascii_case(known)));
        if let Some((_, class)) = by_code {
            return *class;
        }
        match status {
            Some(401) => Self::NoAuth,
            Some(403) => Self::AccessDenied,
            Some(404) => Self::NotFound,
            Some(407) => Self::Proxy,
            Some(408) => Self::ModelTimeout,
            Some(424) => Self::ModelError,
            Some(429) => Self::Throttling,
            Some(400..=499) => Self::Validation,
            Some(502..=504) => Self::Unavailable,
            Some(500..=599) => Self::Internal,
            _ => Self::Unreadable,
        }
    }

    /// Returns what the class means where the message says nothing more precise.
    pub(super) fn meaning(self) -> (ErrorKind, Remedy) {
        match self {
            Self::Throttling => (ErrorKind::Throttled, Remedy::SlowDown),
            Self::NotReady => (ErrorKind::Unavailable, Remedy::WarmUp),
            Self::Unavailable | Self::Internal => (ErrorKind::Unavailable, Remedy::Repeat),
            Self::ModelTimeout => (ErrorKind::Timeout, Remedy::RepeatOnce),
            Self::ModelError => (ErrorKind::Unavailable, Remedy::RepeatOnce),
            Self::Validation => (ErrorKind::Invalid, Remedy::None),
            Self::AccessDenied => (ErrorKind::Denied, Remedy::OtherModel),
            Self::NotFound => (ErrorKind::NotFound, Remedy::OtherModel),
            Self::ServiceQuota => (ErrorKind::Throttled, Remedy::None),
            Self::Expired | Self::BadKey | Self::Signature | Self::NoAuth => {
                (ErrorKind::Credentials, Remedy::None)
            }
            Self::Proxy => (ErrorKind::Connection, Remedy::None),
            Self::Unreadable => (ErrorKind::Malformed, Remedy::RepeatOnce),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_wins_over_the_status() {
        for (code, status, expected) in [
            (Some("ModelNotReadyException"), Some(429), Class::NotReady),
            (Some("ExpiredTokenException"), Some(403), Class::Expired),
            (Some("InternalFailure"), None, Class::Internal),
            (Some("SomethingNewException"), Some(429), Class::Throttling),
            (Some("SomethingNewException"), Some(418), Class::Validation),
            (None, Some(429), Class::Throttling),
            (None, Some(403), Class::AccessDenied),
            (None, Some(502), Class::Unavailable),
            (None, Some(500), Class::Internal),
            (None, Some(200), Class::Unreadable),
            (None, None, Class::Unreadable),
        ] {
            assert_eq!(Class::of(code, status), expected, "{code:?} {status:?}");
        }
    }
}
