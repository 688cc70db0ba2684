//! Streams: good ones, and every way in which they break.

use std::time::Duration;

use mcp_cli::bedrock::{Bedrock, Settings};
use mcp_cli::model::{
    Completion, ErrorKind, ModelClient, ModelError, Reasoning, Remedy, Request, Usage,
};
use serde_json::json;

use crate::bedrock::{request, settings};
use crate::double::{Ending, event, exception, frame, serve};

/// The request's text is 30 bytes: 8 tokens by the estimate.
const ASKED: u64 = 8;

async fn ask(frames: Vec<Vec<u8>>, ending: Ending) -> Result<Completion, ModelError> {
    let url = serve(frames, ending).await;
    let settings = Settings {
        stream_idle_timeout: Duration::from_millis(100),
        ..settings(&url)
    };
    let bedrock = Bedrock::connect(settings).await.unwrap();
    let request = Request {
        stream: true,
        ..request()
    };
    bedrock.converse(&request).await
}

fn start() -> Vec<u8> {
    event("messageStart", &json!({"role": "assistant", "p": "abcdef"}))
}

fn text(text: &str) -> Vec<u8> {
    let delta = json!({"contentBlockIndex": 0, "delta": {"text": text}, "p": "abc"});
    event("contentBlockDelta", &delta)
}

fn end() -> [Vec<u8>; 2] {
    [
        event("messageStop", &json!({"stopReason": "end_turn"})),
        event(
            "metadata",
            &json!({
                "usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11},
                "metrics": {"latencyMs": 321},
                "serviceTier": {"type": "flex"},
            }),
        ),
    ]
}

#[tokio::test]
async fn a_stream_folds_into_one_answer() {
    let [stop, metadata] = end();
    let frames = vec![
        start(),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "hm"}}}),
        ),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "!"}}}),
        ),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
        ),
        event("contentBlockStop", &json!({"contentBlockIndex": 0})),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 1, "delta": {"text": "Pa"}}),
        ),
        event("somethingNew", &json!({"x": 1})),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 1, "delta": {"text": "ris"}}),
        ),
        event("contentBlockStop", &json!({"contentBlockIndex": 1})),
        event(
            "contentBlockStart",
            &json!({"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t1", "name": "look_up"}}}),
        ),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{\"city\": \"Pa"}}}),
        ),
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 2, "delta": {"toolUse": {"input": "ris\"}"}}}),
        ),
        event("contentBlockStop", &json!({"contentBlockIndex": 2})),
        stop,
        metadata,
    ];
    let completion = ask(frames, Ending::Clean).await.unwrap();
    assert_eq!(completion.text, "Paris");
    let thought = Reasoning::Text {
        text: "hm!".to_owned(),
        signature: Some("s".to_owned()),
    };
    assert_eq!(completion.reasoning, [thought]);
    assert_eq!(completion.tool_calls[0].name, "look_up");
    assert_eq!(completion.tool_calls[0].input, json!({"city": "Paris"}));
    assert_eq!(completion.stop_reason.0, "end_turn");
    assert_eq!(completion.usage, Usage::new(9, 2));
    assert_eq!(completion.service_latency_ms, Some(321));
    assert_eq!(completion.service_tier.as_deref(), Some("flex"));
    assert_eq!(completion.request_id.as_deref(), Some("stream-1"));
    let first = completion.time_to_first_token.unwrap();
    assert!(first > Duration::ZERO && first <= completion.latency);
}

#[tokio::test]
async fn a_whole_answer_survives_what_comes_after_it() {
    for ending in [Ending::Cut, Ending::Silence] {
        let frames = [vec![start(), text("Paris")], end().to_vec()].concat();
        let completion = ask(frames, ending).await.unwrap();
        assert_eq!(completion.text, "Paris", "{ending:?}");
        assert!(completion.latency < Duration::from_millis(200));
    }
}

#[tokio::test]
async fn exceptions_within_a_stream_are_classified() {
    use ErrorKind::{Invalid, Stream, Throttled, Unavailable};
    for (kind, message, expected, remedy) in [
        (
            "throttlingException",
            "Too many tokens, please wait",
            Throttled,
            Remedy::FewerTokens,
        ),
        (
            "throttlingException",
            "Too many tokens per day, please",
            Throttled,
            Remedy::Tomorrow,
        ),
        (
            "serviceUnavailableException",
            "Busy",
            Unavailable,
            Remedy::Repeat,
        ),
        (
            "internalServerException",
            "Oops",
            Unavailable,
            Remedy::Repeat,
        ),
        (
            "modelStreamErrorException",
            "Model failed",
            Unavailable,
            Remedy::RepeatOnce,
        ),
        ("validationException", "Nope", Invalid, Remedy::None),
        ("brandNewException", "New", Stream, Remedy::Repeat),
    ] {
        let breaking = exception(kind, &json!({"message": message}));
        let frames = vec![start(), text("The capital"), breaking.clone()];
        let error = ask(frames, Ending::Clean).await.unwrap_err();
        assert_eq!((error.kind, error.remedy), (expected, remedy), "{kind}");
        assert_eq!(error.message, message);
        assert_eq!(error.request_id.as_deref(), Some("stream-1"));
        assert_eq!(
            error.billed,
            Some(Usage::new(ASKED, 3)),
            "11 bytes of output"
        );
        let code = error.code.unwrap();
        assert!(code.eq_ignore_ascii_case(kind), "{code}");

        let error = ask(vec![breaking], Ending::Clean).await.unwrap_err();
        assert_eq!(error.kind, expected, "{kind} at once");
        assert_eq!(error.billed, None, "no output, nothing billed");
    }
}

#[tokio::test]
async fn errors_that_nobody_modelled_keep_their_code_and_their_words() {
    let headers = [
        (":message-type", "error"),
        (":error-code", "InternalFailure"),
        (":error-message", "An internal error occurred."),
    ];
    let frames = vec![start(), text("The"), frame(&headers, "")];
    let error = ask(frames, Ending::Clean).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.code.as_deref(), Some("InternalFailure"));
    assert_eq!(error.message, "An internal error occurred.");
}

#[tokio::test]
async fn streams_that_break_are_told_and_their_cost_estimated() {
    let [stop, metadata] = end();
    let mut bad_crc = text("never counted");
    *bad_crc.last_mut().unwrap() ^= 0xff;
    let half = text("half a frame")[..30].to_vec();
    for (name, tail, ending) in [
        ("ended early", vec![], Ending::Clean),
        ("cut off", vec![], Ending::Cut),
        ("no usage", vec![stop.clone()], Ending::Clean),
        ("no stop reason", vec![metadata.clone()], Ending::Clean),
        (
            "wrong checksum",
            vec![bad_crc, stop, metadata],
            Ending::Clean,
        ),
        ("half a frame", vec![half], Ending::Clean),
    ] {
        let frames = [vec![start(), text("The capital")], tail].concat();
        let error = ask(frames, ending).await.unwrap_err();
        assert_eq!(
            (error.kind, error.remedy),
            (ErrorKind::Stream, Remedy::Repeat),
            "{name}: {error}"
        );
        assert_eq!(error.billed, Some(Usage::new(ASKED, 3)), "{name}");
        assert_eq!(error.request_id.as_deref(), Some("stream-1"), "{name}");
    }
}

#[tokio::test]
async fn streams_that_break_before_any_output_cost_nothing() {
    for (name, frames, ending) in [
        ("no frames", vec![], Ending::Clean),
        ("no frames, cut", vec![], Ending::Cut),
        ("only a start", vec![start()], Ending::Clean),
    ] {
        let error = ask(frames, ending).await.unwrap_err();
        assert_eq!(error.remedy, Remedy::Repeat, "{name}: {error}");
        assert!(
            matches!(error.kind, ErrorKind::Stream | ErrorKind::Connection),
            "{name}: {error}"
        );
        assert_eq!(error.billed, None, "{name}");
    }
}

#[tokio::test]
async fn silence_within_a_stream_is_a_timeout() {
    let frames = vec![start(), text("The capital")];
    let error = ask(frames, Ending::Silence).await.unwrap_err();
    assert_eq!(
        (error.kind, error.remedy),
        (ErrorKind::Timeout, Remedy::Repeat)
    );
    assert!(error.message.contains("silent for 100ms"), "{error}");
    assert_eq!(error.billed, Some(Usage::new(ASKED, 3)));
}

#[tokio::test]
async fn a_stream_must_end_before_the_timeout() {
    let url = serve(vec![start(), text("The capital")], Ending::Silence).await;
    let settings = Settings {
        timeout: Duration::from_millis(100),
        ..settings(&url)
    };
    let bedrock = Bedrock::connect(settings).await.unwrap();
    let request = Request {
        stream: true,
        ..request()
    };
    let error = bedrock.converse(&request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("within 100ms"), "{error}");
    assert_eq!(error.billed, Some(Usage::new(ASKED, 3)));
}

#[tokio::test]
async fn events_that_cannot_be_read_are_malformed() {
    let headers = [
        (":message-type", "event"),
        (":event-type", "contentBlockDelta"),
    ];
    let frames = vec![start(), text("The"), frame(&headers, "{\"contentBlock")];
    let error = ask(frames, Ending::Clean).await.unwrap_err();
    assert_eq!(
        (error.kind, error.remedy),
        (ErrorKind::Malformed, Remedy::RepeatOnce)
    );
    assert_eq!(error.billed, Some(Usage::new(ASKED, 1)));
}
