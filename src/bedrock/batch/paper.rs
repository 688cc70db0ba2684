//! Converse on paper: what the SDK would send is taken from it, and what a file holds is given to it as an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{Config, Credentials, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bedrock::converse::{self, Body};
use crate::bedrock::error::{self, Call};
use crate::model::{Completion, ErrorKind, ModelError, Part, Remedy, Request, Usage};

tokio::task_local! {
    /// What the call that this task makes finds in place of a network.
    static SHEET: Arc<Sheet>;
}

/// What is written to a sheet by a request, or read from it as an answer.
#[derive(Debug, Default)]
struct Sheet {
    sent: OnceLock<Vec<u8>>,
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    /// The service's word for a failure.
    code: Option<String>,
    body: String,
}

/// The connector of a client that has no network.
#[derive(Debug)]
struct Desk;

impl HttpConnector for Desk {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let played = SHEET.try_with(|sheet| sheet.play(&request));
        let unsent = || ConnectorError::other("nothing is sent from here".into(), None);
        HttpConnectorFuture::ready(played.ok().flatten().ok_or_else(unsent))
    }
}

impl Sheet {
    fn play(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let Some(answer) = &self.answer else {
            let body = request.body().bytes().unwrap_or_default();
            self.sent.get_or_init(|| body.to_vec());
            return None;
        };
        let status = StatusCode::try_from(answer.status).ok()?;
        let mut response = HttpResponse::new(status, SdkBody::from(answer.body.as_str()));
        let headers = response.headers_mut();
        headers.insert("content-type", "application/json");
        if let Some(code) = &answer.code {
            let _ = headers.try_insert("x-amzn-errortype", code.clone());
        }
        Some(response)
    }
}

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

/// A client of the SDK that writes and reads records.
#[derive(Debug)]
pub(super) struct Paper {
    client: Client,
}

impl Paper {
    pub(super) fn new() -> Self {
        let http: SharedHttpClient = http_client_fn(|_, _| SharedHttpConnector::new(Desk));
        // Nobody sees the signature.
        let nobody = Credentials::new("nobody", "nobody", None, None, "paper");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(nobody)
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(http);
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// Returns a request as a record, a line without its end.
    pub(super) async fn record(&self, id: &str, request: &Request) -> Result<String, ModelError> {
        let sheet = Arc::new(Sheet::default());
        let request = &without_cache_points(request);
        let sending = Box::pin(Body::of(request).converse().send_with(&self.client));
        let sent = SHEET.scope(Arc::clone(&sheet), sending).await;
        let body = sheet.sent.get().and_then(|body| str::from_utf8(body).ok());
        let model_input = body.and_then(|body| serde_json::from_str::<&RawValue>(body).ok());
        let Some(model_input) = model_input else {
            let why = sent
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            let message = format!("the request cannot be written as a record: {why}");
            return Err(ModelError::new(ErrorKind::Invalid, Remedy::None, message));
        };
        let record = Input {
            record_id: id,
            model_input,
        };
        Ok(serde_json::to_string(&record).expect("a record is plain data"))
    }

    /// Reads the answer of a record.
    pub(super) async fn read(
        &self,
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
        let answer = match (output.model_output, output.error) {
            (_, Some(failure)) => failure.answer(),
            (Some(body), None) => Answer {
                status: 200,
                code: None,
                body: body.get().to_owned(),
            },
            (None, None) => return Err(unreadable("it holds neither an answer nor an error")),
        };
        let sheet = Arc::new(Sheet {
            sent: OnceLock::new(),
            answer: Some(answer),
        });
        let asking = Box::pin(self.client.converse().model_id(call.model).send());
        let answered = SHEET.scope(sheet, asking).await;
        let answered = answered.map_err(|error| error::of_send(&error, call))?;
        let completion = converse::completion(&answered)?;
        let completion = Completion {
            batched: true,
            ..completion
        };
        Ok(told(completion, prompt_bytes))
    }
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
    fn answer(self) -> Answer {
        let number = |code: &Value| {
            let text = code.as_str().and_then(|text| text.parse().ok());
            code.as_u64()
                .or(text)
                .and_then(|code| u16::try_from(code).ok())
        };
        let status = number(&self.error_code).filter(|status| (400..600).contains(status));
        let name = self.error_code.as_str().filter(|_| status.is_none());
        let message = self.error_message.unwrap_or_default();
        Answer {
            status: status.unwrap_or(400),
            code: name.map(str::to_owned),
            body: serde_json::json!({ "message": message }).to_string(),
        }
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

    #[tokio::test]
    async fn a_record_is_what_a_call_would_send() {
        let record = Paper::new().record("r-1", &request()).await.unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        let expected = json!({"recordId": "r-1", "modelInput": {
            "messages": [{"role": "user", "content": [{"text": "Where is 🦀?"}]}],
            "system": [{"text": "Be brief."}],
            "inferenceConfig": {"maxTokens": 64},
        }});
        assert_eq!(record, expected);
    }

    #[tokio::test]
    async fn answers_are_read_as_those_of_calls() {
        let paper = Paper::new();
        let line = json!({"recordId": "r-1", "modelInput": {}, "modelOutput": {
            "output": {"message": {"role": "assistant", "content": [{"text": "Here."}]}},
            "stopReason": "end_turn", "usage": {"inputTokens": 7, "outputTokens": 2},
        }});
        let answer = paper
            .read(line.to_string().as_bytes(), 40, &CALL)
            .await
            .unwrap();
        assert_eq!(answer.text, "Here.");
        assert_eq!(answer.usage, Usage::new(7, 2));
        assert!(answer.batched && !answer.estimated);
        let untold = json!({"modelOutput": {
            "output": {"message": {"role": "assistant", "content": [{"text": "12345678"}]}},
            "stopReason": "end_turn",
        }});
        let answer = paper
            .read(untold.to_string().as_bytes(), 40, &CALL)
            .await
            .unwrap();
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

    #[tokio::test]
    async fn failures_are_classified_as_those_of_calls() {
        let paper = Paper::new();
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
            let error = paper
                .read(line.to_string().as_bytes(), 40, &CALL)
                .await
                .unwrap_err();
            assert_eq!((error.kind, error.remedy), (kind, remedy), "{code}");
            assert!(error.message.contains("it broke"), "{code}: {error}");
        }
        for line in ["{", "{}", "{\"modelOutput\": 7}"] {
            let error = paper.read(line.as_bytes(), 40, &CALL).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Malformed, "{line}: {error}");
        }
    }
}
