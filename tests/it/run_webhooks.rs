//! Services that judge: what they are sent, and what becomes of what they answer.

use mcp_cli::check::{CheckResult, Status};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::run::{LITE, Run};
use crate::scripted::{Scripted, answer};

async fn judged(checks: &[String]) -> Vec<CheckResult> {
    let checks: Vec<String> = checks
        .iter()
        .map(|check| format!("      - {check}\n"))
        .collect();
    let run = Run::of(&format!(
        "prompts: ['say {{{{ word }}}}']\nmodels: ['{LITE}']\ntests:\n  - vars: {{ word: hello }}\n    assert:\n{}",
        checks.concat()
    ));
    run.sit(Scripted::new(answer("hello")).shared())
        .await
        .result
        .unwrap();
    run.records().remove(0).checks
}

async fn serve(server: &MockServer, at: &str, answer: ResponseTemplate) {
    let sent =
        json!({"output": "hello", "context": {"prompt": "say hello", "vars": {"word": "hello"}}});
    Mock::given(method("POST"))
        .and(path(at))
        .and(body_json(sent))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn says(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn services_judge_what_they_are_sent() {
    use Status::{Failed, Passed, Undecided};
    let server = MockServer::start().await;
    for (at, answer) in [
        (
            "/good",
            says(&json!({"pass": true, "score": 0.75, "reason": "well said"})),
        ),
        ("/bad", says(&json!({"pass": false}))),
        ("/odd", says(&json!({"pass": "yes"}))),
        ("/text", ResponseTemplate::new(200).set_body_string("fine")),
        ("/broken", ResponseTemplate::new(500)),
    ] {
        serve(&server, at, answer).await;
    }
    let url = server.uri();
    let check = |name: &str, at: &str| format!("{{ type: {name}, value: '{url}/{at}' }}");
    let found = judged(&[
        check("webhook", "good"),
        check("not-webhook", "good"),
        check("webhook", "bad"),
        check("webhook", "odd"),
        check("webhook", "text"),
        check("webhook", "broken"),
        "{ type: webhook, value: 'http://127.0.0.1:1/' }".to_owned(),
    ])
    .await;
    for (result, (status, score, reason)) in found.iter().zip([
        (Passed, Some(0.75), "well said"),
        (Failed, Some(0.25), "well said"),
        (Failed, Some(0.0), "the service says false"),
        (Undecided, None, "neither true nor false"),
        (Undecided, None, "no JSON"),
        (Undecided, None, "HTTP status 500"),
        (Undecided, None, "asked in vain"),
    ]) {
        assert_eq!((result.status, result.score), (status, score), "{result:?}");
        assert!(
            result.reason.contains(reason),
            "`{reason}` is not in {result:?}"
        );
    }
}
