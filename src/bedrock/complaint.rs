//! The service's known complaints, as a table.
//!
//! Rows are matched on lower-cased parts of the message, never across an apostrophe: the service writes it in more
//! than one way. The first row that fits wins, so precise rows stand above general ones.

use super::class::Class;
use super::hint::NO_CREDENTIALS;
use crate::model::{ErrorKind, Remedy};

/// One known complaint.
pub(super) struct Complaint {
    /// The class it comes in; `None` where its text says enough.
    class: Option<Class>,
    /// Parts of the message, in lower case; all must be there.
    texts: &'static [&'static str],
    /// What it means; `None`: what its class means.
    pub(super) meaning: Option<(ErrorKind, Remedy)>,
    /// What to do, with places to fill: `hint` knows which.
    pub(super) hint: &'static str,
}

/// Returns the first row that fits `message` of `class`.
pub(super) fn find(class: Class, message: &str) -> Option<&'static Complaint> {
    let lower = message.to_lowercase();
    TABLE.iter().find(|row| {
        row.class.is_none_or(|expected| expected == class)
            && row.texts.iter().all(|text| lower.contains(text))
    })
}

const LATER: (ErrorKind, Remedy) = (ErrorKind::Throttled, Remedy::Tomorrow);
const DENIED: (ErrorKind, Remedy) = (ErrorKind::Denied, Remedy::OtherModel);
const GONE: (ErrorKind, Remedy) = (ErrorKind::NotFound, Remedy::OtherModel);
const UNSUITED: (ErrorKind, Remedy) = (ErrorKind::Invalid, Remedy::OtherModel);
const TOO_FAST: (ErrorKind, Remedy) = (ErrorKind::Throttled, Remedy::FewerTokens);
const REFUSED: (ErrorKind, Remedy) = (ErrorKind::Invalid, Remedy::None);
const TOO_LONG: (ErrorKind, Remedy) = (ErrorKind::ContextLength, Remedy::None);
const NO_ENTRY: (ErrorKind, Remedy) = (ErrorKind::Credentials, Remedy::None);

/// Returns a row that is known by its text.
const fn said(
    texts: &'static [&'static str],
    meaning: (ErrorKind, Remedy),
    hint: &'static str,
) -> Complaint {
    Complaint {
        class: None,
        texts,
        meaning: Some(meaning),
        hint,
    }
}

/// Returns a row that is known by its text, within one class alone.
const fn within(
    class: Class,
    texts: &'static [&'static str],
    meaning: (ErrorKind, Remedy),
    hint: &'static str,
) -> Complaint {
    Complaint {
        class: Some(class),
        texts,
        meaning: Some(meaning),
        hint,
    }
}

/// Returns a row that is known by its class, and by `texts` within it.
const fn sort(class: Class, texts: &'static [&'static str], hint: &'static str) -> Complaint {
    Complaint {
        class: Some(class),
        texts,
        meaning: None,
        hint,
    }
}

/// Sources: "Troubleshooting Amazon Bedrock API error codes", Amazon Bedrock User Guide; messages in public issues.
static TABLE: &[Complaint] = &[
    // May we?
    said(
        &["callwithbearertoken"],
        DENIED,
        "allow `bedrock:CallWithBearerToken` to whoever the API key in `AWS_BEARER_TOKEN_BEDROCK` belongs to",
    ),
    said(
        &["aws-marketplace"],
        DENIED,
        "the first use subscribes to the model: have an administrator ask it once, or allow \
         `aws-marketplace:Subscribe` and `aws-marketplace:ViewSubscriptions`; then wait up to 15 minutes",
    ),
    said(
        &["is not authorized to perform", "explicit deny"],
        DENIED,
        "a service control policy or a permission boundary denies `{action}` on `{resource}`: only who administers \
         the organization can lift that",
    ),
    said(
        &["is not authorized to perform"],
        DENIED,
        "add to the policy: {\"Effect\": \"Allow\", \"Action\": [\"bedrock:InvokeModel\", \
         \"bedrock:InvokeModelWithResponseStream\"], \"Resource\": \"{resource}\"} (this call needs `{action}`); an \
         inference profile needs it on the profile and on the model in every region it leads to",
    ),
    said(
        &["have access to the model with the specified model id"],
        DENIED,
        "the account may not use `{model}` in `{region}`: try another region or profile, such as `{profile}`",
    ),
    said(
        &["invalid_payment_instrument"],
        DENIED,
        "add a valid means of payment to the AWS account",
    ),
    said(
        &["is not available for this account"],
        DENIED,
        "ask AWS Support for access to `{model}`, or choose another model",
    ),
    said(
        &["use case details have not been submitted"],
        DENIED,
        "submit the use case form once: in the Bedrock console under Model catalog, at any Claude model; then wait \
         up to 15 minutes",
    ),
    within(
        Class::AccessDenied,
        &["api key"],
        NO_ENTRY,
        "check the API key, and that it is not expired",
    ),
    // Is there such a model?
    said(
        &["marked by provider as legacy"],
        GONE,
        "`{model}` is being retired: choose its successor",
    ),
    said(
        &["reached the end of its life"],
        GONE,
        "`{model}` is retired: choose its successor",
    ),
    said(
        &["model identifier is invalid"],
        GONE,
        "there is no `{model}` in `{region}`: check the spelling; profiles for this region begin with `{prefix}` or \
         `global.`",
    ),
    said(
        &["with on-demand throughput isn"],
        UNSUITED,
        "use the inference profile `{profile}` or `global.{bare}`",
    ),
    said(
        &["support on-demand throughput"],
        UNSUITED,
        "use `{bare}` or the inference profile `{profile}`: the suffix is for provisioned throughput",
    ),
    // Can the model do that?
    said(
        &["try again with a supported text or chat model"],
        UNSUITED,
        "`{model}` is not for chat: choose a model that answers with text",
    ),
    said(
        &["did not allow prompt caching"],
        REFUSED,
        "leave the cache points out: `{model}` knows no prompt cache",
    ),
    said(
        &["cachepoint field"],
        REFUSED,
        "leave the cache points out: `{model}` knows no prompt cache",
    ),
    said(
        &["tool use in streaming mode"],
        REFUSED,
        "ask `{model}` without streaming, or without tools",
    ),
    said(
        &["support tool use"],
        REFUSED,
        "ask `{model}` without tools",
    ),
    said(
        &["unsupported for streaming"],
        REFUSED,
        "ask `{model}` without streaming",
    ),
    said(
        &["support system messages"],
        REFUSED,
        "put the system prompt at the head of the first user message",
    ),
    said(
        &["cannot both be specified"],
        REFUSED,
        "set only one of `temperature` and `top_p`",
    ),
    said(
        &["is deprecated for this model"],
        REFUSED,
        "leave that parameter out for `{model}`",
    ),
    within(
        Class::Validation,
        &["counting tokens"],
        UNSUITED,
        "leave `--count-tokens` out for `{model}`: nobody counts its tokens beforehand",
    ),
    said(
        &["assistant message prefill"],
        REFUSED,
        "let the conversation end with a user message",
    ),
    // Is it too long?
    said(
        &["exceeds the model limit"],
        REFUSED,
        "set `max_tokens` to {limit} or less",
    ),
    within(Class::Validation, &["input is too long"], TOO_LONG, SHORTEN),
    within(
        Class::Validation,
        &["prompt is too long"],
        TOO_LONG,
        SHORTEN,
    ),
    within(Class::Validation, &["context window"], TOO_LONG, SHORTEN),
    within(Class::Validation, &["context length"], TOO_LONG, SHORTEN),
    within(
        Class::Validation,
        &["too many input tokens"],
        TOO_LONG,
        SHORTEN,
    ),
    said(
        &["malformed input request"],
        REFUSED,
        "the message names the field of the body that is wrong",
    ),
    // Slower, or later.
    within(
        Class::Throttling,
        &["per day"],
        LATER,
        "the quota of the day is used up, or a new account's is near zero: go on tomorrow, or open a support \
               case with the request id",
    ),
    within(
        Class::Throttling,
        &["too many tokens"],
        TOO_FAST,
        "tokens per minute are used up: set `max_tokens`, which counts in full when a request starts, or ask for \
         a higher quota",
    ),
    sort(
        Class::Throttling,
        &[],
        "requests per minute are used up: ask with less concurrency, or for a higher quota",
    ),
    sort(
        Class::ServiceQuota,
        &[],
        "a limit of the account is reached: ask for a higher one in Service Quotas",
    ),
    sort(
        Class::NotReady,
        &[],
        "`{model}` is being loaded, which can take minutes",
    ),
    sort(
        Class::Unavailable,
        &[],
        "capacity is short, your quota is not: try `global.{bare}` or another region",
    ),
    sort(
        Class::ModelTimeout,
        &[],
        "stream the answer, or lower `max_tokens`",
    ),
    // Who are we?
    sort(
        Class::Signature,
        &["signature expired"],
        "set the clock of this machine",
    ),
    sort(
        Class::Signature,
        &["signature not yet current"],
        "set the clock of this machine",
    ),
    sort(
        Class::Signature,
        &[],
        "check `AWS_SECRET_ACCESS_KEY`, the clock, and that no proxy rewrites paths",
    ),
    sort(
        Class::Expired,
        &[],
        "sign in again (`aws sso login`), or renew `AWS_SESSION_TOKEN`",
    ),
    sort(
        Class::BadKey,
        &[],
        "check `AWS_ACCESS_KEY_ID`; temporary keys need their `AWS_SESSION_TOKEN`",
    ),
    sort(Class::NoAuth, &[], NO_CREDENTIALS),
    sort(
        Class::AccessDenied,
        &[],
        "allow `{action}` on `{model}` to whoever asks",
    ),
    sort(
        Class::NotFound,
        &[],
        "check the id and the region `{region}`; `mcp-cli models` tells which ids are known",
    ),
    sort(
        Class::Proxy,
        &[],
        "put the proxy's user and password into `HTTPS_PROXY`",
    ),
];

const SHORTEN: &str = "shorten the conversation, or choose a model with a larger context";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_to_be_found() {
        for text in TABLE.iter().flat_map(|row| row.texts) {
            assert_eq!(*text, text.to_lowercase());
            assert!(!text.contains(['\'', '\u{2019}']), "{text}");
        }
    }

    #[test]
    fn no_row_hides_behind_another() {
        for (index, row) in TABLE.iter().enumerate() {
            let message = row.texts.join(" ");
            let class = row.class.unwrap_or(Class::Validation);
            let found = find(class, &message).unwrap();
            assert!(std::ptr::eq(found, row), "row {index}: {message}");
        }
    }
}
