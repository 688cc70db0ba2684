//! What Converse is sent, what is read from its answers, and how its failures are told apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mcp_cli::bedrock::{Bedrock, Credentials, Settings};
use mcp_cli::model::{
    AnswerSchema, CacheTtl, Completion, Embedding, ErrorKind, Guardrail, Media, Message,
    ModelClient, ModelError, Params, Part, Reasoning, Remedy, Request, Role, TokenCounter, Tool,
    ToolCall, ToolChoice, ToolResult, Usage,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Returns settings that reach `url` and nothing else, without patience.
pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url.into()),
        credentials: Some(Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "do-not-print-me".into(),
            session_token: Some("nor-me-FwoGZXIvYXdzEBYaDH".into()),
        }),
        timeout: Duration::from_secs(20),
        stream_idle_timeout: Duration::from_secs(10),
        ..Settings::default()
    }
}

/// Returns the plainest request.
pub(crate) fn request() -> Request {
    Request {
        model: "amazon.nova-lite-v1:0".into(),
        region: None,
        system: Vec::new(),
        messages: vec![Message {
            role: Role::User,
            parts: vec![Part::Text("What is the capital of France?".into())],
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

async fn ask(server: &MockServer, request: &Request) -> Result<Completion, ModelError> {
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    bedrock.converse(request).await
}

/// Asks a server that answers everything with `response`.
async fn answered(response: ResponseTemplate) -> Result<Completion, ModelError> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(response)
        .mount(&server)
        .await;
    let result = ask(&server, &request()).await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "one call is one attempt");
    result
}

fn answer() -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": [{"text": "Paris"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 9, "outputTokens": 1, "totalTokens": 10},
        "metrics": {"latencyMs": 321},
    })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("x-amzn-requestid", "req-1")
        .set_body_json(body)
}

fn failure(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let kind = format!("{code}:http://internal.amazon.com/coral/com.amazon.bedrock/");
    ResponseTemplate::new(status)
        .insert_header("x-amzn-errortype", kind.as_str())
        .insert_header("x-amzn-requestid", "req-1")
        .set_body_json(json!({"message": message}))
}

#[tokio::test]
async fn sends_all_that_a_request_says_and_nothing_else() {
    let server = MockServer::start().await;
    Mock::given(path("/model/amazon.nova-lite-v1%3A0/converse"))
        .respond_with(ok(&answer()))
        .mount(&server)
        .await;
    let full = Request {
        system: vec![
            Part::Text("Be brief.".into()),
            Part::CachePoint(CacheTtl::OneHour),
        ],
        messages: vec![
            Message {
                role: Role::User,
                parts: vec![
                    Part::Text("Hi".into()),
                    Part::CachePoint(CacheTtl::FiveMinutes),
                ],
            },
            Message {
                role: Role::Assistant,
                parts: vec![Part::Text("Hello".into())],
            },
        ],
        params: Params {
            max_tokens: 64,
            temperature: Some(0.5),
            top_p: Some(0.25),
            stop: vec!["END".into()],
            effort: Some("high".into()),
        },
        additional_fields: json!({"top_k": 5, "seed": 9_007_199_254_740_993_u64})
            .as_object()
            .cloned(),
        service_tier: Some("flex".into()),
        performance: Some("optimized".into()),
        guardrail: Some(Guardrail {
            id: "gr1".into(),
            version: "DRAFT".into(),
        }),
        ..request()
    };
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    bedrock.converse(&full).await.unwrap();
    bedrock.converse(&request()).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests
        .iter()
        .map(|sent| sent.body_json().unwrap())
        .collect();
    assert_eq!(
        bodies[0],
        json!({
            "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
            "messages": [
                {"role": "user", "content": [{"text": "Hi"}, {"cachePoint": {"type": "default"}}]},
                {"role": "assistant", "content": [{"text": "Hello"}]},
            ],
            "inferenceConfig": {"maxTokens": 64, "temperature": 0.5, "topP": 0.25, "stopSequences": ["END"]},
            "outputConfig": {"effort": "high"},
            "additionalModelRequestFields": {"top_k": 5, "seed": 9_007_199_254_740_993_u64},
            "serviceTier": {"type": "flex"},
            "performanceConfig": {"latency": "optimized"},
            "guardrailConfig": {"guardrailIdentifier": "gr1", "guardrailVersion": "DRAFT", "trace": "disabled"},
        })
    );
    assert_eq!(
        bodies[1],
        json!({
            "messages": [{"role": "user", "content": [{"text": "What is the capital of France?"}]}],
            "inferenceConfig": {"maxTokens": 64},
        })
    );
    let agent = requests[0].headers["user-agent"].to_str().unwrap();
    assert!(agent.contains("app/mcp-cli"), "{agent}");
}

#[tokio::test]
async fn tools_and_schemas_are_sent_as_converse_wants_them() {
    let server = MockServer::start().await;
    Mock::given(path("/model/amazon.nova-lite-v1%3A0/converse"))
        .respond_with(ok(&answer()))
        .mount(&server)
        .await;
    let call = ToolCall {
        id: "t1".into(),
        name: "weather".into(),
        input: json!({"city": "Paris"}),
    };
    let result = |content: Value, is_error| {
        Part::ToolResult(ToolResult {
            id: "t1".into(),
            content,
            images: Vec::new(),
            is_error,
        })
    };
    let schema = json!({"type": "object"});
    let mut full = Request {
        tools: vec![Tool {
            name: "weather".into(),
            description: Some("Tells the weather.".into()),
            input_schema: schema.clone(),
        }],
        tool_choice: Some(ToolChoice::Tool("weather".into())),
        answer_schema: Some(AnswerSchema {
            name: "verdict".into(),
            schema: schema.clone(),
        }),
        ..request()
    };
    full.messages.extend([
        Message {
            role: Role::Assistant,
            parts: vec![
                Part::Reasoning(Reasoning::Text {
                    text: "hm".to_owned(),
                    signature: Some("s".to_owned()),
                }),
                Part::Reasoning(Reasoning::Redacted("AAE=".to_owned())),
                Part::ToolUse(call),
            ],
        },
        Message {
            role: Role::User,
            parts: vec![
                result(json!({"c": 21}), false),
                result(json!([21]), true),
                result(json!("warm"), false),
            ],
        },
    ]);
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    bedrock.converse(&full).await.unwrap();
    let sent = &server.received_requests().await.unwrap()[0];
    let body: Value = sent.body_json().unwrap();
    assert_eq!(
        body["toolConfig"],
        json!({
            "tools": [{"toolSpec": {
                "name": "weather", "description": "Tells the weather.", "inputSchema": {"json": {"type": "object"}},
            }}],
            "toolChoice": {"tool": {"name": "weather"}},
        })
    );
    assert_eq!(
        body["outputConfig"],
        json!({"textFormat": {
            "type": "json_schema",
            "structure": {"jsonSchema": {"name": "verdict", "schema": "{\"type\":\"object\"}"}},
        }})
    );
    let content = |index: usize| &body["messages"][index]["content"];
    assert_eq!(
        content(1),
        &json!([
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"reasoningContent": {"redactedContent": "AAE="}},
            {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Paris"}}},
        ])
    );
    assert_eq!(
        content(2),
        &json!([
            {"toolResult": {"toolUseId": "t1", "content": [{"json": {"c": 21}}]}},
            {"toolResult": {"toolUseId": "t1", "content": [{"text": "[21]"}], "status": "error"}},
            {"toolResult": {"toolUseId": "t1", "content": [{"text": "warm"}]}},
        ])
    );
}

#[tokio::test]
async fn images_and_documents_are_sent_whole() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ok(&answer()))
        .mount(&server)
        .await;
    let mut shown = request();
    let document = Media::new("pdf", Some("Terms".into()), *b"%PDF-1");
    let parts = &mut shown.messages[0].parts;
    parts.push(Part::Image(Media::new("png", None, *b"\x89PNG")));
    parts.push(Part::Document(document));
    ask(&server, &shown).await.unwrap();
    let sent = &server.received_requests().await.unwrap()[0];
    let body: Value = sent.body_json().unwrap();
    assert_eq!(
        body["messages"][0]["content"],
        json!([
            {"text": "What is the capital of France?"},
            {"image": {"format": "png", "source": {"bytes": "iVBORw=="}}},
            {"document": {"format": "pdf", "name": "Terms", "source": {"bytes": "JVBERi0x"}}},
        ])
    );
    let written = serde_json::to_value(&shown).unwrap();
    let image = &written["messages"][0]["parts"][1]["image"];
    assert_eq!(image["sha256"].as_str().map(str::len), Some(64), "{image}");
    assert_eq!(serde_json::from_value::<Request>(written).unwrap(), shown);
}

#[tokio::test]
async fn vectors_are_asked_for_and_their_tokens_found() {
    let vectors = |request: &mut Request| request.embedding = Some(Embedding::default());
    for (model, body, header, tokens, estimated) in [
        (
            "amazon.titan-embed-text-v2:0",
            json!({"embedding": [0.5, -1], "inputTextTokenCount": 9}),
            "7",
            9,
            false,
        ),
        (
            "cohere.embed-v4:0",
            json!({"embeddings": {"float": [[0.5, -1]]}}),
            "7",
            7,
            false,
        ),
        (
            "cohere.embed-v4:0",
            json!({"embeddings": {"float": [[0.5, -1]]}}),
            "",
            8,
            true,
        ),
    ] {
        let server = MockServer::start().await;
        let answer = ok(&body).insert_header("x-amzn-bedrock-input-token-count", header);
        Mock::given(method("POST"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let mut request = Request {
            model: model.into(),
            ..request()
        };
        vectors(&mut request);
        let completion = ask(&server, &request).await.unwrap();
        assert_eq!(completion.vectors, [[0.5, -1.0]]);
        assert_eq!(
            (completion.usage, completion.estimated),
            (Usage::new(tokens, 0), estimated)
        );
        let sent = &server.received_requests().await.unwrap()[0];
        assert!(sent.url.path().ends_with("/invoke"), "{}", sent.url);
        let body: Value = sent.body_json().unwrap();
        let text = body.get("inputText").or(body.pointer("/texts/0"));
        assert_eq!(text, Some(&json!("What is the capital of France?")));
    }
}

#[tokio::test]
async fn an_arn_is_one_part_of_the_path() {
    let server = MockServer::start().await;
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcd1234efgh";
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    Mock::given(path(format!("/model/{encoded}/converse")))
        .respond_with(ok(&answer()))
        .mount(&server)
        .await;
    let request = Request {
        model: arn.into(),
        ..request()
    };
    assert_eq!(ask(&server, &request).await.unwrap().text, "Paris");
}

#[tokio::test]
async fn another_region_is_signed_for_and_its_client_kept() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ok(&answer()))
        .mount(&server)
        .await;
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    assert_eq!(bedrock.region(), "us-east-1");
    for region in [None, Some("eu-central-1"), Some("eu-central-1")] {
        let request = Request {
            region: region.map(str::to_owned),
            ..request()
        };
        bedrock.converse(&request).await.unwrap();
    }
    let requests = server.received_requests().await.unwrap();
    let scopes: Vec<bool> = requests
        .iter()
        .map(|sent| sent.headers["authorization"].to_str().unwrap())
        .map(|header| header.contains("/eu-central-1/bedrock/aws4_request"))
        .collect();
    assert_eq!(scopes, [false, true, true]);
}

#[tokio::test]
async fn reads_all_that_an_answer_says() {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"reasoningContent": {"redactedContent": "AAE="}},
            {"text": "It is "},
            {"citationsContent": {"content": [{"text": "Paris"}], "citations": []}},
            {"hologram": {"depth": 3}},
            {"toolUse": {"toolUseId": "t1", "name": "look_up", "input": {"z": 1, "a": [1.5, null]}}},
        ]}},
        "stopReason": "something_new",
        "usage": {
            "inputTokens": 9, "outputTokens": 1, "totalTokens": 117, "cacheReadInputTokens": 7,
            "cacheWriteInputTokens": 100,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 40}, {"ttl": "5m", "inputTokens": 60}],
        },
        "metrics": {"latencyMs": 321},
        "serviceTier": {"type": "flex"},
        "somethingNew": true,
    });
    let completion = answered(ok(&body)).await.unwrap();
    assert_eq!(completion.text, "It is Paris");
    assert_eq!(completion.stop_reason.0, "something_new");
    assert_eq!(completion.tool_calls[0].id, "t1");
    let thought = Reasoning::Text {
        text: "hm".to_owned(),
        signature: Some("s".to_owned()),
    };
    let encrypted = Reasoning::Redacted("AAE=".to_owned());
    assert_eq!(completion.reasoning, [thought, encrypted]);
    assert_eq!(
        completion.tool_calls[0].input.to_string(),
        r#"{"a":[1.5,null],"z":1}"#
    );
    assert_eq!(
        completion.usage,
        Usage {
            input_tokens: 9,
            output_tokens: 1,
            cache_read_tokens: 7,
            cache_write_tokens: 100,
            cache_write_1h_tokens: 40,
        }
    );
    assert_eq!(completion.service_latency_ms, Some(321));
    assert_eq!(completion.service_tier.as_deref(), Some("flex"));
    assert_eq!(completion.request_id.as_deref(), Some("req-1"));
    assert_eq!(completion.time_to_first_token, None);
    assert!(!completion.recorded);
}

#[tokio::test]
async fn what_is_left_out_of_an_answer_is_nothing() {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": []}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 9},
    });
    let completion = answered(ok(&body)).await.unwrap();
    assert_eq!(completion.text, "");
    assert_eq!(completion.usage, Usage::new(9, 0));
    assert_eq!(completion.service_tier, None);
}

#[tokio::test]
async fn latency_is_the_clients_own() {
    let delay = Duration::from_millis(80);
    let completion = answered(ok(&answer()).set_delay(delay)).await.unwrap();
    assert!(completion.latency >= delay, "{:?}", completion.latency);
}

#[tokio::test]
async fn failures_have_a_kind_a_remedy_and_the_services_words() {
    use ErrorKind::{Credentials, Denied, Invalid, NotFound, Throttled, Timeout, Unavailable};
    for (status, code, message, kind, remedy) in [
        (400, "ValidationException", "Nope.", Invalid, Remedy::None),
        (
            400,
            "ServiceQuotaExceededException",
            "Full.",
            Throttled,
            Remedy::None,
        ),
        (
            403,
            "AccessDeniedException",
            "No.",
            Denied,
            Remedy::OtherModel,
        ),
        (
            403,
            "ExpiredTokenException",
            "The security token is expired",
            Credentials,
            Remedy::None,
        ),
        (
            404,
            "ResourceNotFoundException",
            "Model not found.",
            NotFound,
            Remedy::OtherModel,
        ),
        (
            408,
            "ModelTimeoutException",
            "Model has timed out",
            Timeout,
            Remedy::RepeatOnce,
        ),
        (
            424,
            "ModelErrorException",
            "Model failed",
            Unavailable,
            Remedy::RepeatOnce,
        ),
        (
            429,
            "ThrottlingException",
            "Too many requests",
            Throttled,
            Remedy::SlowDown,
        ),
        (
            429,
            "ThrottlingException",
            "Too many tokens per day",
            Throttled,
            Remedy::Tomorrow,
        ),
        (
            429,
            "ModelNotReadyException",
            "Not ready",
            Unavailable,
            Remedy::WarmUp,
        ),
        (
            500,
            "InternalServerException",
            "Oops",
            Unavailable,
            Remedy::Repeat,
        ),
        (
            503,
            "ServiceUnavailableException",
            "Busy",
            Unavailable,
            Remedy::Repeat,
        ),
        (499, "BrandNewException", "New.", Invalid, Remedy::None),
    ] {
        let error = answered(failure(status, code, message)).await.unwrap_err();
        assert_eq!((error.kind, error.remedy), (kind, remedy), "{code}");
        assert_eq!(error.code.as_deref(), Some(code));
        assert_eq!(error.http_status, Some(status));
        assert_eq!(error.message, message);
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert_eq!(error.billed, None);
    }
}

#[tokio::test]
async fn replies_without_a_type_are_told_by_their_status() {
    use ErrorKind::{Denied, Throttled, Unavailable};
    let html = "<html><head></head><body><h1>502 Bad Gateway</h1>\n</body></html>";
    for (status, body, kind, message) in [
        (429, r#"{"message": "slow down"}"#, Throttled, "slow down"),
        (
            429,
            "",
            Throttled,
            "the service answered with status 429 and said nothing",
        ),
        (502, html, Unavailable, "502 Bad Gateway"),
        (403, r#"{"Message": "not you"}"#, Denied, "not you"),
        (
            500,
            r#"{"detail": "who knows"}"#,
            Unavailable,
            r#"{"detail": "who knows"}"#,
        ),
    ] {
        let response = ResponseTemplate::new(status).set_body_string(body);
        let error = answered(response).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {body}");
        assert_eq!(error.message, message);
        assert_eq!(error.code, None);
    }
}

#[tokio::test]
async fn the_service_may_say_how_long_to_wait() {
    for (header, value, expected) in [
        (
            "x-amz-retry-after",
            "1500",
            Some(Duration::from_millis(1500)),
        ),
        ("retry-after", "7", Some(Duration::from_secs(7))),
        ("retry-after", "soon", None),
    ] {
        let response = failure(429, "ThrottlingException", "no").insert_header(header, value);
        let error = answered(response).await.unwrap_err();
        assert_eq!(error.retry_after, expected, "{header}: {value}");
    }
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_malformed() {
    for body in ["", "{}", "{\"output\": {\"mess", "[]", "<html>hello</html>"] {
        let response = ResponseTemplate::new(200)
            .insert_header("x-amzn-requestid", "req-1")
            .set_body_string(body);
        let error = answered(response).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Malformed, "{body}: {error}");
        assert_eq!(error.remedy, Remedy::RepeatOnce);
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_timeout() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ok(&answer()).set_delay(Duration::from_secs(30)))
        .mount(&server)
        .await;
    for stream in [false, true] {
        let impatient = Settings {
            timeout: Duration::from_millis(50),
            ..settings(&server.uri())
        };
        let bedrock = Bedrock::connect(impatient).await.unwrap();
        let request = Request {
            stream,
            ..request()
        };
        let error = bedrock.converse(&request).await.unwrap_err();
        assert_eq!(
            (error.kind, error.remedy),
            (ErrorKind::Timeout, Remedy::Repeat)
        );
        assert!(error.message.contains("50ms"), "{error}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_failed_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let bedrock = Bedrock::connect(settings(&url)).await.unwrap();
    let error = bedrock.converse(&request()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.remedy),
        (ErrorKind::Connection, Remedy::Repeat)
    );
    assert!(error.message.contains("refused"), "{error}");
    assert!(error.hint.is_some());
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_put_right_by_the_services() {
    let server = MockServer::start().await;
    let expired = failure(403, "InvalidSignatureException", "Signature expired.");
    Mock::given(method("POST"))
        .respond_with(expired.insert_header("date", "Fri, 25 Sep 2020 16:00:00 GMT"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ok(&answer()))
        .mount(&server)
        .await;
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    let error = bedrock.converse(&request()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.remedy),
        (ErrorKind::Unavailable, Remedy::Repeat)
    );
    assert!(error.hint.unwrap().contains("clock"));
    bedrock.converse(&request()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let signed = requests[1].headers["x-amz-date"].to_str().unwrap();
    assert!(signed.starts_with("20200925T16"), "{signed}");
}

#[tokio::test]
async fn a_proxys_date_corrects_nothing() {
    let server = MockServer::start().await;
    let throttled = failure(429, "ThrottlingException", "Too many requests.");
    Mock::given(method("POST"))
        .respond_with(throttled.insert_header("date", "Fri, 25 Sep 2020 16:00:00 GMT"))
        .mount(&server)
        .await;
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    for _ in 0..2 {
        let error = bedrock.converse(&request()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Throttled);
    }
    for request in server.received_requests().await.unwrap() {
        let signed = request.headers["x-amz-date"].to_str().unwrap();
        assert!(!signed.starts_with("2020"), "{signed}");
    }
}

#[tokio::test]
async fn a_host_that_fails_is_not_asked_again_over_the_same_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let accepted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let status = [503, 429, 200][accepted.fetch_add(1, Ordering::Relaxed).min(2)];
            tokio::spawn(async move {
                let mut buffer = vec![0; 16 * 1024];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    // Nothing but the body ends like this.
                    if !buffer[..read].ends_with(b"}") {
                        continue;
                    }
                    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\n{{}}");
                    stream.write_all(head.as_bytes()).await.unwrap();
                }
            });
        }
    });
    let bedrock = Bedrock::connect(settings(&url)).await.unwrap();
    for (expected, connected) in [
        (ErrorKind::Unavailable, 1),
        (ErrorKind::Throttled, 2),
        (ErrorKind::Throttled, 2),
    ] {
        let error = bedrock.converse(&request()).await.unwrap_err();
        assert_eq!(error.kind, expected, "{error}");
        assert_eq!(connections.load(Ordering::Relaxed), connected);
    }
    assert!(format!("{bedrock:?}").contains("Route"));
}

#[tokio::test]
async fn secrets_stay_out_of_messages() {
    let message = "The request signature we calculated does not match the signature you provided. The Canonical \
                   String for this request should have been 'POST\n/model/m/converse\n\nhost:h\n\
                   x-amz-security-token:nor-me-FwoGZXIvYXdzEBYaDH\n\nhost;x-amz-security-token'";
    let response = failure(403, "InvalidSignatureException", message);
    let error = answered(response).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Credentials);
    let everything = format!("{error:?}");
    assert!(everything.contains("does not match"), "{everything}");
    assert!(!everything.contains("nor-me"), "{everything}");
}

#[tokio::test]
async fn denials_name_the_action_that_is_missing() {
    for (stream, action) in [
        (false, "bedrock:InvokeModel`"),
        (true, "bedrock:InvokeModelWithResponseStream`"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(failure(403, "AccessDeniedException", "No."))
            .mount(&server)
            .await;
        let request = Request {
            stream,
            ..request()
        };
        let error = ask(&server, &request).await.unwrap_err();
        let hint = error.hint.unwrap();
        assert!(hint.contains(action), "{hint}");
    }
}

#[tokio::test]
async fn tokens_are_counted_for_the_foundation_model_whatever_profile_is_asked() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/model/anthropic.claude-sonnet-4-6/count-tokens"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"inputTokens": 42})))
        .mount(&server)
        .await;
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    let profile = "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6";
    for model in ["us.anthropic.claude-sonnet-4-6", profile] {
        let request = Request {
            model: model.into(),
            ..request()
        };
        assert_eq!(bedrock.count(&request).await.unwrap(), 42, "{model}");
    }
    let sent: Value = server.received_requests().await.unwrap()[0]
        .body_json()
        .unwrap();
    let messages =
        json!([{"role": "user", "content": [{"text": "What is the capital of France?"}]}]);
    assert_eq!(sent, json!({"input": {"converse": {"messages": messages}}}));
}

#[tokio::test]
async fn a_model_without_counts_is_told_as_every_failure_is() {
    let server = MockServer::start().await;
    let refused = ResponseTemplate::new(400)
        .insert_header("x-amzn-ErrorType", "ValidationException")
        .set_body_json(json!({"message": "The provided model doesn't support counting tokens."}));
    Mock::given(method("POST"))
        .respond_with(refused)
        .mount(&server)
        .await;
    let bedrock = Bedrock::connect(settings(&server.uri())).await.unwrap();
    let error = bedrock.count(&request()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(error.remedy, Remedy::OtherModel);
}
