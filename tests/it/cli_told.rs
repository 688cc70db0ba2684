//! What stderr tells of a run: for people, and for programs.

use serde_json::{Value, json};

use crate::program::{Outcome, Program};
use crate::service::Service;

const SUITE: &str = "prompts: [\"say {{ word }}\"]\nmodels: [{id: us.amazon.nova-lite-v1:0, label: lite}]\n\
     tests:\n  - {description: greets, vars: {word: hello}, assert: [{type: contains, value: hello}]}\n";

/// Returns the lines of stderr, each of which must be an object that says when, how grave, what and in words.
fn lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stderr.lines().map(|line| {
        assert!(!line.contains(char::is_control), "{line:?}");
        let value: Value = serde_json::from_str(line).expect(line);
        for key in ["ts", "level", "event", "message"] {
            assert!(value[key].is_string(), "{key}: {line}");
        }
        let ts = value["ts"].as_str().unwrap();
        assert!(
            ts.ends_with('Z') && ts.parse::<jiff::Timestamp>().is_ok(),
            "{ts}"
        );
        value
    });
    lines.collect()
}

fn of<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

fn ask(program: &Program, url: &str, more: &[&str]) -> Outcome {
    let args = [
        "eval",
        "suite.yaml",
        "--endpoint-url",
        url,
        "--region",
        "us-east-1",
    ];
    program.run(&[&args, more].concat())
}

#[tokio::test]
async fn programs_read_an_object_a_line() {
    let service = Service::echo(std::time::Duration::ZERO).await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let outcome = ask(&program, &service.url(), &["--log-format", "json", "-v"]).exits(0);
    let lines = lines(&outcome);
    let [call] = of(&lines, "call")[..] else {
        panic!("one call:\n{}", outcome.stderr);
    };
    let expected = json!({
        "level": "debug", "suite": "suite", "case": "greets", "prompt": "prompt-1", "label": "lite", "repeat": 0,
        "model": "us.amazon.nova-lite-v1:0", "attempt": 1, "input_tokens": 10, "output_tokens": 5,
        "stop_reason": "end_turn", "recorded": false,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&call[key], value, "{key}");
    }
    for key in ["latency_ms", "wait_ms", "cost_usd"] {
        assert!(call[key].is_f64(), "{key}: {call}");
    }
    let progress = of(&lines, "progress");
    let last = progress.last().unwrap();
    let counts = ["finished", "planned", "passed", "failed", "retries"].map(|key| &last[key]);
    assert_eq!(counts, [1, 1, 1, 0, 0]);
    assert_eq!(last["cost_usd"], call["cost_usd"]);
    let [end] = of(&lines, "run_finished")[..] else {
        panic!("one end:\n{}", outcome.stderr);
    };
    assert_eq!(end["exit_code"], 0);
    assert_eq!(program.report()["run"]["id"], end["run"]);
}

#[tokio::test]
async fn a_call_that_fails_says_why() {
    let service = Service::failing(429, "ThrottlingException", "Too many\u{202e} requests").await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let once = ["--max-retries", "0", "-v"];
    let outcome = ask(
        &program,
        &service.url(),
        &[&once[..], &["--log-format=json"]].concat(),
    )
    .exits(3);
    let lines = lines(&outcome);
    let call = of(&lines, "call")[0];
    let told = ["kind", "code", "http_status", "error"].map(|key| &call[key]);
    let expected = [
        json!("throttled"),
        json!("ThrottlingException"),
        json!(429),
        json!("Too many requests"),
    ];
    assert_eq!(told, expected.each_ref());
    assert!(call.get("output_tokens").is_none(), "{call}");

    let outcome = ask(&program, &service.url(), &once).exits(3);
    let line = outcome
        .stderr
        .lines()
        .find(|line| line.contains("attempt 1"))
        .unwrap();
    let (begin, end) = line.split_once("attempt 1, ").unwrap();
    assert_eq!(begin, "us.amazon.nova-lite-v1:0 for suite/greets: ");
    assert!(
        end.contains(" ms, throttled (ThrottlingException)"),
        "{line}"
    );
    let outcome = ask(&program, &service.url(), &once[..2]).exits(3);
    assert!(!outcome.stderr.contains("attempt 1"), "{}", outcome.stderr);
}

#[test]
fn mistakes_are_told_in_the_form_that_is_asked_for() {
    let program = Program::new();
    program.write("suite.yaml", &SUITE.replace("contains", "contians"));
    let variable = [("MCP_CLI_LOG_FORMAT", "json".to_owned())];

    let outcome = program
        .run_with(&variable, &["eval", "suite.yaml"])
        .exits(2);
    let problems = lines(&outcome);
    let [problem, error] = problems.as_slice() else {
        panic!("{}", outcome.stderr);
    };
    let place = ["event", "level", "path", "line"].map(|key| &problem[key]);
    assert_eq!(
        place,
        [
            &json!("problem"),
            &json!("error"),
            &json!("suite.yaml"),
            &json!(4)
        ]
    );
    assert_eq!(
        (&error["event"], &error["exit_code"]),
        (&json!("error"), &json!(2))
    );

    let outcome = program
        .run_with(&variable, &["eval", "--no-such-flag"])
        .exits(2);
    let told = lines(&outcome);
    assert_eq!((told.len(), &told[0]["exit_code"]), (1, &json!(2)));
    assert!(
        told[0]["message"]
            .as_str()
            .unwrap()
            .contains("--no-such-flag")
    );

    let plain = ["eval", "suite.yaml", "--log-format", "text"];
    let outcome = program.run_with(&variable, &plain).exits(2);
    assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
}

#[tokio::test]
async fn a_question_by_hand_is_told_in_the_same_form() {
    let service = Service::failing(403, "AccessDeniedException", "You are not welcome").await;
    let program = Program::new();
    let outcome = program
        .run(&[
            "query",
            "hello",
            "--endpoint-url",
            &service.url(),
            "--region",
            "us-east-1",
            "--log-format",
            "json",
        ])
        .exits(4);
    let told = lines(&outcome);
    let error = of(&told, "error")[0];
    let facts = ["kind", "code", "exit_code"].map(|key| &error[key]);
    assert_eq!(
        facts,
        [&json!("denied"), &json!("AccessDeniedException"), &json!(4)]
    );
    assert_eq!(outcome.stdout, "");
}

#[cfg(not(feature = "otel"))]
#[tokio::test]
async fn a_build_without_telemetry_says_so_where_it_is_asked_for() {
    let service = Service::echo(std::time::Duration::ZERO).await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let outcome = ask(&program, &service.url(), &["--otel", "http://127.0.0.1:9"]).exits(2);
    assert!(
        outcome.stderr.contains("--features otel"),
        "{}",
        outcome.stderr
    );
    assert_eq!(service.asked(), 0);
    let variable = [(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:9".to_owned(),
    )];
    let url = service.url();
    let args = [
        "eval",
        "suite.yaml",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
    ];
    let outcome = program.run_with(&variable, &args).exits(0);
    assert!(
        outcome
            .stderr
            .contains("warning: this build of mcp-cli cannot send"),
        "{}",
        outcome.stderr
    );
    assert!(
        !ask(&program, &url, &[])
            .exits(0)
            .stderr
            .contains("cannot send")
    );
}
