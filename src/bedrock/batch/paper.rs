//! Converse on paper: a question is written to a file as it would be sent, and an answer is read from one as if it had come.

use std::collections::BTreeMap;

use aws_sdk_bedrockruntime::operation::converse::Converse;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bedrock::converse::{self, Body};
use crate::bedrock::error::{self, Call};
use crate::bedrock::{operation, words};
use crate::model::{Completion, ErrorKind, ModelError, Part, Remedy, Request, Usage};

/// A record of a job's input.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
    record_id: &'a str,
    model_input: &'a RawValue,
}

/// A record of a job's output.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    #[serde(borrow)]
    model_output: Option<&'a RawValue>,
    error: Option<Failure>,
}

/// Why a record has no answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    /// An HTTP status, or the name of an exception.
    #[serde(default)]
    error_code: Value,
    error_message: Option<String>,
}

/// Returns a record of a job's output without its question, which may hold what is secret; `None` for what is no record.
pub(super) fn without_question(line: &[u8]) -> Option<Vec<u8>> {
    let mut record: BTreeMap<&str, &RawValue> = serde_json::from_slice(line).ok()?;
    record.remove("modelInput");
    let mut text = serde_json::to_vec(&record).ok()?;
    text.push(b'\n');
    Some(text)
}

/// Returns a request as a record, a line without its end.
pub(super) fn record(id: &str, request: &Request) -> Result<String, ModelError> {
    let unwritten = |why: &str| {
        let message = format!("the request cannot be written as a record: {why}");
        ModelError::new(ErrorKind::Invalid, Remedy::None, message)
    };
    let question = Body::of(&without_cache_points(request)).converse();
    let sent = operation::write::<Converse>(question);
    let sent = sent.map_err(|error| unwritten(&words::chain(&error)))?;
    let body = sent.body().bytes().unwrap_or_default();
    let model_input: &RawValue =
        serde_json::from_slice(body).map_err(|error| unwritten(&error.to_string()))?;
    let record = Input {
        record_id: id,
        model_input,
    };
    Ok(serde_json::to_string(&record).expect("a record is plain data"))
}

/// Reads the answer of a record.
pub(super) fn read(
    line: &[u8],
    prompt_bytes: usize,
    call: &Call<'_>,
) -> Result<Completion, ModelError> {
    let unreadable = |why: &str| {
        let message = format!("the record of the batch cannot be read: {why}");
        ModelError::new(ErrorKind::Malformed, Remedy::RepeatOnce, message)
    };
    let output: Output<'_> =
        serde_json::from_slice(line).map_err(|error| unreadable(&error.to_string()))?;
    let response = match (output.model_output, output.error) {
        (_, Some(failure)) => failure.response(),
        (Some(body), None) => HttpResponse::new(status(200), SdkBody::from(body.get())),
        (None, None) => return Err(unreadable("it holds neither an answer nor an error")),
    };
    let answered = operation::read::<Converse>(response);
    let answered = answered.map_err(|error| error::of_send(&error, call))?;
    let completion = Completion {
        batched: true,
        ..converse::completion(&answered)?
    };
    Ok(told(completion, prompt_bytes))
}

fn status(number: u16) -> StatusCode {
    StatusCode::try_from(number).expect("from 100 to 599")
}

/// Returns a request without its cache points: batches have no prompt cache.
fn without_cache_points(request: &Request) -> Request {
    let mut request = request.clone();
    let is_told = |part: &Part| !matches!(part, Part::CachePoint(_));
    request.system.retain(is_told);
    for message in &mut request.messages {
        message.parts.retain(is_told);
    }
    request
}

/// Returns an answer with its tokens: where a record tells none they are estimated, at four bytes each.
fn told(completion: Completion, prompt_bytes: usize) -> Completion {
    if completion.usage != Usage::default() || completion.text.is_empty() {
        return completion;
    }
    let tokens = |bytes: usize| (bytes as u64).div_ceil(4);
    Completion {
        usage: Usage::new(tokens(prompt_bytes), tokens(completion.text.len())),
        estimated: true,
        ..completion
    }
}

impl Failure {
    /// Returns what a call that failed alike would have been answered.
    fn response(self) -> HttpResponse {
        let number = |code: &Value| {
            let text = code.as_str().and_then(|text| text.parse().ok());
            code.as_u64()
                .or(text)
                .and_then(|code| u16::try_from(code).ok())
        };
        let number = number(&self.error_code).filter(|number| (400..600).contains(number));
        let name = self.error_code.as_str().filter(|_| number.is_none());
        let message = self.error_message.unwrap_or_default();
        let body = serde_json::json!({ "message": message }).to_string();
        let mut response = HttpResponse::new(status(number.unwrap_or(400)), SdkBody::from(body));
        if let Some(name) = name {
            // A name that no header can hold is none of the service's.
            let _ = response
                .headers_mut()
                .try_insert("x-amzn-errortype", name.to_owned());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{CacheTtl, Message, Params, Role};

    const CALL: Call<'static> = Call {
        model: "amazon.nova-lite-v1:0",
        region: "us-east-1",
        action: "bedrock:InvokeModel",
        bearer: false,
    };

    fn request() -> Request {
        Request {
            model: CALL.model.to_owned(),
            region: None,
            system: vec![
                Part::Text("Be brief.".to_owned()),
                Part::CachePoint(CacheTtl::FiveMinutes),
            ],
            messages: vec![Message {
                role: Role::User,
                parts: vec![Part::Text("Where is 🦀?".to_owned())],
            }],
            params: Params {
                max_tokens: 64,
                ..Params::default()
            },
            tools: Vec::new(),
            tool_choice: None,
            answer_schema: None,
            embedding: None,
            additional_fields: None,
            service_tier: None,
            performance: None,
            guardrail: None,
            stream: false,
            sample: 0,
            asker: String::new(),
        }
    }

    #[test]
    fn a_record_is_what_a_call_would_send() {
        let record = record("r-1", &request()).unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        let expected = json!({"recordId": "r-1", "modelInput": {
            "messages": [{"role": "user", "content": [{"text": "Where is 🦀?"}]}],
            "system": [{"text": "Be brief."}],
            "inferenceConfig": {"maxTokens": 64},
        }});
        assert_eq!(record, expected);
    }

    #[test]
    fn answers_are_read_as_those_of_calls() {
        let line = json!({"recordId": "r-1", "modelInput": {}, "modelOutput": {
            "output": {"message": {"role": "assistant", "content": [{"text": "Here."}]}},
            "stopReason": "end_turn", "usage": {"inputTokens": 7, "outputTokens": 2},
        }});
        let answer = read(line.to_string().as_bytes(), 40, &CALL).unwrap();
        assert_eq!(answer.text, "Here.");
        assert_eq!(answer.usage, Usage::new(7, 2));
        assert!(answer.batched && !answer.estimated);
        let untold = json!({"modelOutput": {
            "output": {"message": {"role": "assistant", "content": [{"text": "12345678"}]}},
            "stopReason": "end_turn",
        }});
        let answer = read(untold.to_string().as_bytes(), 40, &CALL).unwrap();
        assert_eq!((answer.usage, answer.estimated), (Usage::new(10, 2), true));
    }

    #[test]
    fn questions_are_not_kept_with_answers() {
        let line = br#"{"recordId": "r-1", "modelInput": {"messages": ["hunter2"]}, "modelOutput": {"a": 1}}"#;
        let kept = without_question(line).unwrap();
        assert_eq!(
            String::from_utf8(kept).unwrap(),
            "{\"modelOutput\":{\"a\": 1},\"recordId\":\"r-1\"}\n"
        );
        assert_eq!(without_question(b"{"), None);
    }

    #[test]
    fn failures_are_classified_as_those_of_calls() {
        for (code, kind, remedy) in [
            (json!(429), ErrorKind::Throttled, Remedy::SlowDown),
            (json!("503"), ErrorKind::Unavailable, Remedy::Repeat),
            (
                json!("InternalServerException"),
                ErrorKind::Unavailable,
                Remedy::Repeat,
            ),
            (json!(400), ErrorKind::Invalid, Remedy::None),
            (json!(null), ErrorKind::Invalid, Remedy::None),
        ] {
            let line = json!({"error": {"errorCode": code, "errorMessage": "it broke"}});
            let error = read(line.to_string().as_bytes(), 40, &CALL).unwrap_err();
            assert_eq!((error.kind, error.remedy), (kind, remedy), "{code}");
            assert!(error.message.contains("it broke"), "{code}: {error}");
        }
        for line in ["{", "{}", "{\"modelOutput\": 7}"] {
            let error = read(line.as_bytes(), 40, &CALL).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Malformed, "{line}: {error}");
        }
    }
}
