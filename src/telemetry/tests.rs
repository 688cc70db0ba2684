//! What is told of events, without a collector: spans as they end.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::Context;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use serde_json::{Value, json};

use super::attributes::of_both;
use super::spans::Spans;
use super::{SCOPE, Server, Settings, content};
use crate::catalog::Usd;
use crate::journal::{Attempt, TrialStatus};
use crate::model::{Params, Usage};
use crate::run::{Call, CallAnswered, Ended, Event, TrialName};

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Kept {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn settings() -> Settings {
    Settings {
        endpoint: None,
        traces: true,
        metrics: false,
        timeout: Duration::from_secs(1),
        parent: None,
        server: Server::default(),
        run: "run".to_owned(),
    }
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn trial() -> TrialName {
    TrialName {
        id: "t".to_owned(),
        suite: "s".to_owned(),
        case: "c".to_owned(),
        prompt: "p".to_owned(),
        label: "l".to_owned(),
        repeat: 0,
    }
}

/// A call that was sent at a second, after one of waiting, and took two.
fn call(second: u64) -> Call {
    Call {
        trial: trial(),
        judge: None,
        model: "m".to_owned(),
        region: None,
        attempt: 1,
        sent: at(second),
        took: Duration::from_secs(2),
        waited: Duration::from_secs(1),
        billed: Attempt {
            usage: Some(Usage::new(3, 4)),
            ..serde_json::from_value(json!({"usage": null})).unwrap()
        },
        cost: Some(Usd::ZERO),
        outcome: Ok(CallAnswered {
            stop_reason: "end_turn".to_owned(),
            latency: Duration::from_secs(2),
            time_to_first_token: None,
            request_id: None,
        }),
        params: Params::default(),
        stream: false,
        guardrail: None,
        embeds: false,
        content: None,
    }
}

fn finished(second: u64) -> Event {
    Event::Finished {
        label: "l".to_owned(),
        model: "m".to_owned(),
        latency: None,
        status: TrialStatus::Passed,
        paid: None,
        error: None,
        more: Some(Box::new(Ended {
            trial: trial(),
            at: at(second),
            score: None,
            cost: None,
            error: None,
        })),
    }
}

/// Returns the spans of events, by the order in which they ended.
fn spans_of(events: &[Event]) -> Vec<SpanData> {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(kept.clone())
        .build();
    let mut spans = Spans::begin(provider.tracer(SCOPE), &settings());
    for event in events {
        spans.hear(event);
    }
    spans.end();
    let ended = kept.0.lock().unwrap();
    ended.clone()
}

#[test]
fn a_trial_begins_where_its_waiting_does_and_takes_late_judgements_too() {
    let events = [
        Event::Called(Box::new(call(10))),
        Event::Called(Box::new(call(14))),
        finished(17),
        Event::Called(Box::new(call(20))),
    ];
    let ended = spans_of(&events);
    let [first, second, trial, late, run] = ended.as_slice() else {
        panic!("five spans: {ended:?}");
    };
    assert_eq!((trial.start_time, trial.end_time), (at(9), at(17)));
    assert_eq!((first.start_time, first.end_time), (at(10), at(12)));
    for call in [first, second, late] {
        assert_eq!(call.parent_span_id, trial.span_context.span_id());
    }
    assert_eq!(trial.parent_span_id, run.span_context.span_id());
}

#[test]
fn what_is_abandoned_ends_with_its_last_call() {
    let ended = spans_of(&[Event::Called(Box::new(call(10)))]);
    let names: Vec<&str> = ended.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["chat m", "trial l", "mcp-cli eval"]);
    assert_eq!(ended[1].end_time, at(12));
    let without_calls = spans_of(&[finished(5)]);
    let trial = &without_calls[0];
    assert_eq!((trial.start_time, trial.end_time), (at(5), at(5)));
}

#[test]
fn a_place_is_the_endpoint_or_that_of_the_region_and_none_for_recordings() {
    let server = |endpoint: Option<&str>, region: Option<&str>| Server {
        endpoint: endpoint.map(str::to_owned),
        region: region.map(str::to_owned),
    };
    let usual = server(None, Some("eu-west-1"));
    let elsewhere = Call {
        region: Some("us-west-2".to_owned()),
        ..call(1)
    };
    let mut recorded = call(1);
    recorded.billed.recorded = true;
    for (call, server, expected) in [
        (
            &call(1),
            &usual,
            "bedrock-runtime.eu-west-1.amazonaws.com 443",
        ),
        (
            &elsewhere,
            &usual,
            "bedrock-runtime.us-west-2.amazonaws.com 443",
        ),
        (&call(1), &server(Some("http://proxy"), None), "proxy 80"),
        (
            &call(1),
            &server(Some("https://proxy:8443/x"), None),
            "proxy 8443",
        ),
        (&call(1), &server(None, None), ""),
        (&recorded, &usual, ""),
    ] {
        let attributes = of_both(call, server);
        let place = attributes
            .iter()
            .filter(|one| one.key.as_str().starts_with("server."));
        let place: Vec<String> = place.map(|one| one.value.to_string()).collect();
        assert_eq!(place.join(" "), expected);
    }
}

#[test]
fn what_is_said_has_the_form_of_the_conventions_and_no_bytes() {
    let message: crate::model::Message =
        serde_json::from_value(json!({"role": "assistant", "parts": [
            {"text": "hi"},
            {"reasoning": {"text": {"text": "hm"}}},
            {"reasoning": {"redacted": "c2VjcmV0"}},
            {"cache_point": "5m"},
            {"tool_use": {"id": "1", "name": "look", "input": {"at": "it"}}},
            {"tool_result": {"id": "1", "content": "seen"}},
            {"image": {"format": "png", "sha256": "00"}},
        ]}))
        .unwrap();
    let expected: Value = json!({"role": "assistant", "parts": [
        {"type": "text", "content": "hi"},
        {"type": "reasoning", "content": "hm"},
        {"type": "tool_call", "id": "1", "name": "look", "arguments": {"at": "it"}},
        {"type": "tool_call_response", "id": "1", "response": "seen"},
        {"type": "media", "modality": "image", "format": "png"},
    ]});
    assert_eq!(content::message(&message), expected);
}
