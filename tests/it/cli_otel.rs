//! Telemetry through the binary: what a collector is sent of a run, and that a run does not need it.

use std::collections::BTreeMap;
use std::net::TcpListener;

use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::otlp::{Collector, Span};
use crate::program::{Outcome, Program};

const LITE: &str = "us.amazon.nova-lite-v1:0";
const JUDGE: &str = "us.amazon.nova-pro-v1:0";

/// Two cases: one is answered and judged, the other refused by the service.
fn suite() -> String {
    format!(
        "prompts: [\"say {{{{ word }}}}\"]\nmodels: [{{id: {LITE}, label: lite, params: {{max_tokens: 99, temperature: 0.5}}}}]\n\
         judge: {JUDGE}\ntests:\n  \
         - {{description: greets, vars: {{word: hello}}, assert: [{{type: llm-rubric, value: is kind}}]}}\n  \
         - {{description: breaks, vars: {{word: trouble}}, assert: [{{type: contains, value: x}}]}}\n"
    )
}

/// A service in which a judge is content, trouble is refused, and others say hello.
async fn bedrock() -> MockServer {
    let answer = |content: Value| {
        let body = json!({
            "output": {"message": {"role": "assistant", "content": [content]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 35, "cacheReadInputTokens": 20},
            "metrics": {"latencyMs": 1},
        });
        let response = ResponseTemplate::new(200).set_body_json(body);
        response.insert_header("x-amzn-requestid", "request-1")
    };
    let verdict = json!({"reason": "fine", "pass": true, "score": 0.75});
    let call = json!({"toolUse": {"toolUseId": "t1", "name": "give_verdict", "input": verdict}});
    let refusal = ResponseTemplate::new(400)
        .insert_header("x-amzn-ErrorType", "ValidationException")
        .insert_header("x-amzn-requestid", "request-2")
        .set_body_json(json!({"message": "no such thing"}));
    let server = MockServer::start().await;
    for (part, response) in [
        ("give_verdict", answer(call)),
        ("trouble", refusal),
        ("say", answer(json!({"text": "hello from the model"}))),
    ] {
        Mock::given(method("POST"))
            .and(body_string_contains(part))
            .respond_with(response)
            .mount(&server)
            .await;
    }
    server
}

/// Runs the suite; the variables come on top.
fn eval(bedrock: &str, variables: &[(&str, &str)], more: &[&str]) -> Outcome {
    let program = Program::new();
    program.write("suite.yaml", &suite());
    let variables: Vec<(&str, String)> = variables
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    let args = [
        "eval",
        "suite.yaml",
        "--endpoint-url",
        bedrock,
        "--region",
        "eu-west-1",
    ];
    program.run_with(&variables, &[&args, more].concat())
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// Asserts that attributes hold these.
fn holds(attributes: &BTreeMap<String, Value>, expected: &Value) {
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(attributes.get(key), Some(value), "{key}: {attributes:#?}");
    }
}

#[tokio::test]
async fn a_run_is_a_tree_of_spans() {
    let (bedrock, collector) = (bedrock().await, Collector::answering(200).await);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let variables = [
        ("TRACEPARENT", &*parent),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=support"),
    ];
    let outcome = eval(&bedrock.uri(), &variables, &["--otel", &collector.url()]).exits(3);
    assert!(!outcome.stderr.contains("telemetry"), "{}", outcome.stderr);
    let spans = collector.spans().await;

    let [run] = named(&spans, "mcp-cli eval")[..] else {
        panic!("one run: {spans:#?}");
    };
    assert_eq!((&*run.trace, &*run.parent), (trace, "00f067aa0ba902b7"));
    holds(
        &run.attributes,
        &json!({"mcp_cli.trials.passed": 1, "mcp_cli.trials.error": 1}),
    );
    holds(
        &run.resource,
        &json!({"service.name": "mcp-cli", "team": "support"}),
    );

    let trials = named(&spans, "trial lite");
    assert_eq!(trials.len(), 2);
    let of_case = |name: &str| {
        *trials
            .iter()
            .find(|span| span.attributes["mcp_cli.case"] == name)
            .unwrap()
    };
    let (greets, breaks) = (of_case("greets"), of_case("breaks"));
    for trial in &trials {
        assert_eq!(
            (&trial.trace, &trial.parent, trial.kind),
            (&run.trace, &run.id, 1)
        );
    }
    assert_eq!((greets.status, breaks.status), (0, 2));
    let (event, verdict) = &greets.events[0];
    assert_eq!(event, "gen_ai.evaluation.result");
    let expected =
        json!({"gen_ai.evaluation.score.label": "passed", "gen_ai.evaluation.score.value": 0.75});
    holds(verdict, &expected);

    let calls = named(&spans, &format!("chat {LITE}"));
    assert_eq!(calls.len(), 2);
    let below = |trial: &Span| *calls.iter().find(|call| call.parent == trial.id).unwrap();
    let (answered, refused) = (below(greets), below(breaks));
    assert_eq!((answered.kind, answered.status, refused.status), (3, 0, 2));
    assert!(
        greets.start <= answered.start
            && answered.start <= answered.end
            && answered.end <= greets.end
    );
    holds(
        &answered.attributes,
        &json!({
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "aws.bedrock", "gen_ai.request.model": LITE,
            "gen_ai.request.max_tokens": 99, "gen_ai.request.temperature": 0.5,
            "gen_ai.usage.input_tokens": 30, "gen_ai.usage.cache_read.input_tokens": 20, "gen_ai.usage.output_tokens": 5,
            "gen_ai.response.finish_reasons": ["end_turn"], "aws.request_id": "request-1",
            "server.address": "127.0.0.1", "server.port": bedrock.address().port(), "mcp_cli.attempt": 1,
        }),
    );
    holds(
        &refused.attributes,
        &json!({
            "error.type": "ValidationException", "mcp_cli.error.kind": "invalid", "aws.request_id": "request-2",
            "http.response.status_code": 400,
        }),
    );
    let [judged] = named(&spans, &format!("chat {JUDGE}"))[..] else {
        panic!("one judgement: {spans:#?}");
    };
    assert_eq!(judged.parent, greets.id);
    assert!(
        judged.attributes.contains_key("mcp_cli.judge")
            && !answered.attributes.contains_key("mcp_cli.judge")
    );
    assert_eq!(spans.len(), 6);
}

#[tokio::test]
async fn tokens_and_durations_are_histograms_with_the_bounds_of_the_conventions() {
    let (bedrock, collector) = (bedrock().await, Collector::answering(200).await);
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url())];
    eval(&bedrock.uri(), &variables, &[]).exits(3);
    let histograms = collector.histograms().await;

    let (unit, tokens) = &histograms["gen_ai.client.token.usage"];
    assert_eq!(unit, "{token}");
    let of = |model: &str, kind: &str| {
        let mut points = tokens.iter();
        let found = points.find(|point| {
            point.attributes["gen_ai.request.model"] == model
                && point.attributes["gen_ai.token.type"] == kind
        });
        found.map(|point| (point.count, point.sum)).unwrap()
    };
    assert_eq!(
        [of(LITE, "input"), of(LITE, "output")],
        [(1, 30.0), (1, 5.0)]
    );
    assert_eq!(
        [of(JUDGE, "input"), of(JUDGE, "output")],
        [(1, 30.0), (1, 5.0)]
    );
    let powers: Vec<f64> = (0..14).map(|power| 4_f64.powi(power)).collect();
    assert_eq!(tokens[0].bounds, powers);

    let (unit, durations) = &histograms["gen_ai.client.operation.duration"];
    assert_eq!((&**unit, durations.len()), ("s", 3));
    let doubled: Vec<f64> = (0..14).map(|power| 0.01 * 2_f64.powi(power)).collect();
    for point in durations {
        assert_eq!((point.count, &point.bounds), (1, &doubled));
        holds(
            &point.attributes,
            &json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "aws.bedrock"}),
        );
    }
    let failed: Vec<_> = durations
        .iter()
        .filter_map(|point| point.attributes.get("error.type"))
        .collect();
    assert_eq!(failed, [&json!("ValidationException")]);
    assert!(!histograms.contains_key("gen_ai.client.operation.time_to_first_chunk"));
}

#[tokio::test]
async fn what_was_said_is_told_only_where_the_standard_variable_says_so() {
    let bedrock = bedrock().await;
    let said = |bodies: Vec<Vec<u8>>| {
        let text: String = bodies
            .iter()
            .map(|body| String::from_utf8_lossy(body))
            .collect();
        [
            text.contains("say hello"),
            text.contains("hello from the model"),
            text.contains("gen_ai.input.messages"),
        ]
    };
    let collector = Collector::answering(200).await;
    eval(&bedrock.uri(), &[], &["--otel", &collector.url()]).exits(3);
    assert_eq!(said(collector.bodies("/v1/traces").await), [false; 3]);

    let collector = Collector::answering(200).await;
    let variables = [(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "SPAN_ONLY",
    )];
    eval(&bedrock.uri(), &variables, &["--otel", &collector.url()]).exits(3);
    let spans = collector.spans().await;
    let calls = named(&spans, &format!("chat {LITE}"));
    let answered = calls.iter().find(|span| span.status == 0).unwrap();
    let part = |text: &str| json!([{"type": "text", "content": text}]);
    for (key, expected) in [
        (
            "gen_ai.input.messages",
            json!([{"role": "user", "parts": part("say hello")}]),
        ),
        (
            "gen_ai.output.messages",
            json!([{"role": "assistant", "parts": part("hello from the model"), "finish_reason": "end_turn"}]),
        ),
    ] {
        let text = answered.attributes[key].as_str().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(text).unwrap(),
            expected,
            "{key}"
        );
    }
}

#[tokio::test]
async fn nothing_is_sent_unless_it_is_asked_for() {
    let (bedrock, collector) = (bedrock().await, Collector::answering(200).await);
    eval(&bedrock.uri(), &[], &[]).exits(3);
    let url = collector.url();
    let disabled = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("OTEL_SDK_DISABLED", "true"),
    ];
    eval(&bedrock.uri(), &disabled, &[]).exits(3);
    let no_traces = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    assert_eq!(collector.asked().await, 0);
    eval(&bedrock.uri(), &no_traces, &[]).exits(3);
    assert_eq!(collector.bodies("/v1/traces").await.len(), 0);
    assert_eq!(collector.bodies("/v1/metrics").await.len(), 1);
}

#[tokio::test]
async fn a_run_does_not_need_its_collector_and_warns_once() {
    let bedrock = bedrock().await;
    let refusing = Collector::answering(401).await;
    // Takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (silence, nobody) = (at(&silent), at(&gone));
    drop(gone);
    let patience = [("OTEL_EXPORTER_OTLP_TIMEOUT", "50")];
    for (url, why) in [
        (refusing.url(), "401"),
        (silence, "no answer within 50ms"),
        (nobody, "refused"),
    ] {
        let outcome = eval(&bedrock.uri(), &patience, &["--otel", &url]).exits(3);
        let lines = outcome.stderr.lines();
        let warnings: Vec<&str> = lines.filter(|line| line.contains("telemetry")).collect();
        let [warning] = warnings[..] else {
            panic!("one warning:\n{}", outcome.stderr);
        };
        for part in ["warning: ", &url, why] {
            assert!(warning.contains(part), "{part}: {warning}");
        }
        assert!(outcome.stdout.contains("lite"), "{}", outcome.stdout);
    }
}

#[test]
fn what_is_no_collector_is_a_mistake() {
    let outcome = eval("http://127.0.0.1:9", &[], &["--otel", "localhost:4318"]).exits(2);
    assert!(
        outcome.stderr.contains("--otel http://localhost:4318"),
        "{}",
        outcome.stderr
    );
}
