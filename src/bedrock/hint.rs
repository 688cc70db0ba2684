//! What to do about a failure: hints, with the names of this call filled in.

use super::class::Class;
use super::error::Call;
use super::{complaint, geo};
use crate::model::{ErrorKind, ModelError, Remedy};

/// What a complaint means and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Advice {
    /// The kind of the failure.
    pub(super) kind: ErrorKind,
    /// What would mend it.
    pub(super) remedy: Remedy,
    /// What to do, where there is something to be said.
    pub(super) hint: Option<String>,
}

/// Returns what `message` of `class` means for `call`.
pub(super) fn advise(class: Class, message: &str, call: &Call<'_>) -> Advice {
    let row = complaint::find(class, message);
    let (kind, remedy) = row
        .and_then(|row| row.meaning)
        .unwrap_or_else(|| class.meaning());
    let hint = row.map(|row| fill(row.hint, message, call));
    let hint = match kind {
        ErrorKind::Credentials if call.bearer => Some(BEARER.to_owned()),
        _ => hint,
    };
    Advice { kind, remedy, hint }
}

/// What to do where the connection failed, by the words of whatever failed.
pub(super) fn connection(message: &str, call: &Call<'_>) -> String {
    let lower = message.to_lowercase();
    let hint = if lower.contains("dns error") || lower.contains("lookup address") {
        "no such host: check that Bedrock is offered in `{region}` (as in us-east-1, us-west-2, eu-central-1 or \
         ap-northeast-1), the endpoint URL, and the network"
    } else if lower.contains("certificate") || lower.contains("tls") {
        "name the certificates of a proxy that opens connections in `AWS_CA_BUNDLE`"
    } else {
        "check the network, the endpoint URL, and `HTTPS_PROXY` and `NO_PROXY`"
    };
    fill(hint, message, call)
}

/// Gives a failure that nothing better is known of the hint of its kind.
pub(super) fn complete(error: ModelError) -> ModelError {
    let hint = match error.kind {
        _ if error.hint.is_some() => return error,
        ErrorKind::Unavailable => {
            "the failure is Bedrock's: run again later, with `--cache` to pay for nothing twice"
        }
        ErrorKind::Timeout => "allow more time with `--timeout`, or lower `max_tokens`",
        ErrorKind::Connection | ErrorKind::Stream => {
            "if it goes on, look for a proxy or a firewall that cuts long connections"
        }
        ErrorKind::Malformed => {
            "if it goes on, look at what stands between here and Bedrock: a proxy, or `--endpoint-url`"
        }
        _ => return error,
    };
    error.with_hint(hint)
}

/// What to do where there are no credentials.
pub(super) const NO_CREDENTIALS: &str = "set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or \
     `AWS_BEARER_TOKEN_BEDROCK`; with single sign-on run `aws sso login`";

/// What to do where there is no region.
pub(super) const NO_REGION: &str =
    "name one with `--region`, `AWS_REGION`, or `region` in the profile, such as us-east-1";

const BEARER: &str =
    "`AWS_BEARER_TOKEN_BEDROCK` is set and wins over access keys: renew it, or unset it";

/// Returns `hint` with its places filled.
///
/// | place | is |
/// | --- | --- |
/// | `{model}`, `{region}` | as asked |
/// | `{action}` | the IAM action that the call needs |
/// | `{bare}` | the model's own id, without geography and throughput |
/// | `{prefix}`, `{profile}` | the region's geography; the model's inference profile there |
/// | `{resource}` | the ARN that the message names, else that of the model |
/// | `{limit}` | the limit that the message names |
fn fill(hint: &str, message: &str, call: &Call<'_>) -> String {
    let id = call.model.rsplit('/').next().unwrap_or(call.model);
    let bare = geo::without_throughput(geo::without_prefix(id));
    let prefix = geo::prefix(call.region, bare);
    let resource = after(message, "on resource: ")
        .map(|rest| rest.split_whitespace().next().unwrap_or_default())
        .filter(|arn| arn.starts_with("arn:"))
        .map_or_else(
            || format!("arn:aws:bedrock:*::foundation-model/{bare}"),
            |arn| arn.trim_end_matches(['.', ',']).to_owned(),
        );
    let limit = after(message, "limit of ")
        .map(|rest| rest.split(|c: char| !c.is_ascii_digit() && c != ','))
        .and_then(|mut numbers| numbers.next())
        .map(|number| number.trim_end_matches(','))
        .filter(|number| !number.is_empty())
        .unwrap_or("the model's limit");
    hint.replace("{model}", call.model)
        .replace("{region}", call.region)
        .replace("{action}", call.action)
        .replace("{profile}", &format!("{prefix}{bare}"))
        .replace("{prefix}", prefix)
        .replace("{bare}", bare)
        .replace("{resource}", &resource)
        .replace("{limit}", limit)
}

/// Returns what follows `mark` in `text`.
fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call<'static> = Call {
        model: "anthropic.claude-3-haiku-20240307-v1:0",
        region: "eu-central-1",
        action: "bedrock:InvokeModel",
        bearer: false,
    };

    #[test]
    fn what_nothing_better_is_known_of_has_the_hint_of_its_kind() {
        let error = |kind| ModelError::new(kind, Remedy::Repeat, "it broke");
        for (kind, part) in [
            (ErrorKind::Unavailable, "--cache"),
            (ErrorKind::Timeout, "--timeout"),
            (ErrorKind::Connection, "proxy"),
            (ErrorKind::Stream, "firewall"),
            (ErrorKind::Malformed, "--endpoint-url"),
        ] {
            let hint = complete(error(kind)).hint.unwrap_or_default();
            assert!(hint.contains(part), "{kind:?}: {hint}");
        }
        let known = complete(error(ErrorKind::Timeout).with_hint("stream it"));
        assert_eq!(known.hint.as_deref(), Some("stream it"));
        assert_eq!(complete(error(ErrorKind::Invalid)).hint, None);
    }

    /// Code, message, kind and remedy, and a part of the hint; `~` stands for either apostrophe.
    const COMPLAINTS: &str = "
AccessDeniedException | User: u is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:eu-west-3::foundation-model/m because no identity-based policy allows it | denied OtherModel | \"bedrock:InvokeModelWithResponseStream\"], \"Resource\": \"arn:aws:bedrock:eu-west-3::foundation-model/m\"}
AccessDeniedException | User: u is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:x with an explicit deny in a service control policy | denied OtherModel | a service control policy
AccessDeniedException | You don~t have access to the model with the specified model ID. | denied OtherModel | `eu.anthropic.claude-3-haiku
AccessDeniedException | Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. | denied OtherModel | 15 minutes
AccessDeniedException | Model access is denied due to INVALID_PAYMENT_INSTRUMENT: add one | denied OtherModel | means of payment
AccessDeniedException | m is not available for this account. | denied OtherModel | AWS Support
AccessDeniedException | You invoked an unsupported model or your request did not allow prompt caching. | invalid None | cache points
AccessDeniedException | no | denied OtherModel | allow `bedrock:InvokeModel`
AccessDeniedException | Authentication failed: Please make sure your API Key is valid. | credentials None | API key
ResourceNotFoundException | Model use case details have not been submitted for this account. Fill out the form | denied OtherModel | use case form
ResourceNotFoundException | Access denied. This Model is marked by provider as Legacy and you have not been actively using it | not_found OtherModel | successor
ResourceNotFoundException | This model version has reached the end of its life | not_found OtherModel | successor
ResourceNotFoundException | Model not found. | not_found OtherModel | `eu-central-1`
ValidationException | Invocation of model ID m with on-demand throughput isn~t supported. Retry your request | invalid OtherModel | `eu.anthropic.claude-3-haiku-20240307-v1:0` or `global.anthropic
ValidationException | The provided model doesn~t support on-demand throughput. | invalid OtherModel | the suffix
ValidationException | The provided model identifier is invalid. | not_found OtherModel | `eu.`
ValidationException | This action doesn~t support the model that you provided. Try again with a supported text or chat model. | invalid OtherModel | answers with text
ValidationException | This model doesn~t support tool use. | invalid None | without tools
ValidationException | This model doesn~t support tool use in streaming mode. | invalid None | without streaming
ValidationException | The model is unsupported for streaming. | invalid None | without streaming
ValidationException | This model doesn~t support system messages | invalid None | first user message
ValidationException | `temperature` is deprecated for this model | invalid None | leave that parameter out
ValidationException | `temperature` and `top_p` cannot both be specified for this model | invalid None | only one
ValidationException | This model does not support assistant message prefill. | invalid None | user message
ValidationException | This model doesn~t support the cachePoint field | invalid None | cache points
ValidationException | Input is too long for requested model. | context_length None | shorten
ValidationException | prompt is too long: 9 tokens > 8 maximum | context_length None | shorten
ValidationException | The maximum tokens you requested exceeds the model limit of 4096. Try again | invalid None | to 4096 or less
ValidationException | Malformed input request: #: required key [x] not found | invalid None | the field
ValidationException | something else | invalid None |
ThrottlingException | Too many requests, please wait before trying again. | throttled SlowDown | concurrency
ThrottlingException | Too many tokens, please wait before trying again. | throttled FewerTokens | max_tokens
ThrottlingException | Too many tokens per day, please wait before trying again. | throttled Tomorrow | tomorrow
ServiceUnavailableException | Bedrock is unable to process your request. | unavailable Repeat | `global.anthropic
InternalServerException | oops | unavailable Repeat |
ModelNotReadyException | Model is not ready for inference. Wait and try your request again. | unavailable WarmUp | being loaded
ModelTimeoutException | Model has timed out in processing the request. Try your request again. | timeout RepeatOnce | stream
ModelErrorException | The system encountered an unexpected error during processing. | unavailable RepeatOnce |
ServiceQuotaExceededException | no | throttled None | Service Quotas
ExpiredTokenException | The security token included in the request is expired | credentials None | aws sso login
UnrecognizedClientException | The security token included in the request is invalid. | credentials None | AWS_ACCESS_KEY_ID
InvalidSignatureException | The request signature we calculated does not match the signature you provided. | credentials None | AWS_SECRET_ACCESS_KEY
InvalidSignatureException | Signature expired: 20261122T101010Z is now earlier | credentials None | clock
InvalidSignatureException | Signature not yet current: 20261122T101010Z | credentials None | clock
IncompleteSignature | no | credentials None | AWS_PROFILE
MissingAuthenticationTokenException | Missing Authentication Token | credentials None | AWS_PROFILE
";

    #[test]
    fn each_complaint_has_its_meaning_and_its_hint() {
        for line in COMPLAINTS.lines().filter(|line| !line.is_empty()) {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let [code, message, meaning, part] = columns[..] else {
                panic!("{line}");
            };
            for apostrophe in ["'", "\u{2019}"] {
                let message = message.replace('~', apostrophe);
                let advice = advise(Class::of(Some(code), None), &message, &CALL);
                let found = format!("{} {:?}", advice.kind.as_str(), advice.remedy);
                assert_eq!(found, meaning, "{line}");
                let hint = advice.hint.unwrap_or_default();
                assert_eq!(hint.is_empty(), part.is_empty(), "{line}: {hint}");
                assert!(hint.contains(part), "{line}: {hint}");
                assert!(!hint.replace("{\"Effect", "").contains('{'), "{hint}");
            }
        }
    }

    #[test]
    fn a_bearer_token_is_blamed_where_there_is_one() {
        let call = Call {
            bearer: true,
            ..CALL
        };
        let advice = advise(Class::Expired, "expired", &call);
        assert!(advice.hint.unwrap().contains("AWS_BEARER_TOKEN_BEDROCK"));
    }

    #[test]
    fn hints_speak_of_the_bare_model() {
        for model in [
            "amazon.nova-lite-v1:0:300k",
            "us.amazon.nova-lite-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        ] {
            let call = Call { model, ..CALL };
            assert_eq!(
                fill("{profile} {bare}", "", &call),
                "eu.amazon.nova-lite-v1:0 amazon.nova-lite-v1:0"
            );
        }
    }

    #[test]
    fn a_failed_connection_leads_to_its_cause() {
        for (message, part) in [
            (
                "dns error: failed to lookup address information",
                "`eu-central-1`",
            ),
            ("invalid peer certificate: UnknownIssuer", "AWS_CA_BUNDLE"),
            ("Connection refused (os error 111)", "HTTPS_PROXY"),
        ] {
            let hint = connection(message, &CALL);
            assert!(hint.contains(part), "{message}: {hint}");
        }
    }
}
