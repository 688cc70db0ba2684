//! Files of promptfoo in `fixtures/promptfoo`: they load, and a test comes out as its description says.
//!
//! Who answers is a service that says what it is told, calls the tool that it is given, and judges by whether it is shown the
//! word `bad`.

use serde_json::{Value, json};
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::program::{Program, repository};

const FILES: usize = 10;

fn answer(request: &Request) -> ResponseTemplate {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let blocks = body["messages"][0]["content"].as_array().unwrap();
    let texts = blocks.iter().filter_map(|block| block["text"].as_str());
    let text: String = texts.collect();
    let judged = json!({
        "reason": "read", "pass": !text.contains("bad"), "score": 0.75, "category": "superset",
    });
    let tool = body["toolConfig"]["tools"][0]["toolSpec"]["name"].as_str();
    let is_judge = body["system"].to_string().contains("JSON Schema");
    let content = match tool {
        Some("give_verdict") => call("give_verdict", &judged),
        Some(name) => call(name, &json!({"city": "Paris"})),
        None if is_judge => json!({"text": judged.to_string()}),
        None => json!({"text": text}),
    };
    ResponseTemplate::new(200).set_body_json(json!({
        "output": {"message": {"role": "assistant", "content": [content]}},
        "stopReason": if tool.is_some() { "tool_use" } else { "end_turn" },
        "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
        "metrics": {"latencyMs": 1},
    }))
}

fn call(name: &str, input: &Value) -> Value {
    json!({"toolUse": {"toolUseId": "t1", "name": name, "input": input}})
}

#[tokio::test]
async fn files_load_and_their_verdicts_are_right() {
    let server = MockServer::start().await;
    let vector = json!({"embedding": [0.5, 0.5], "inputTextTokenCount": 3});
    Mock::given(path_regex("/invoke$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(vector))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let folder = repository("fixtures/promptfoo");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    files.sort();
    assert_eq!(files.len(), FILES);
    for file in files {
        let program = Program::new();
        let path = file.to_str().unwrap();
        let outcome = program.run(&[
            "eval",
            path,
            "--endpoint-url",
            &server.uri(),
            "--region",
            "us-east-1",
            "--progress",
            "none",
        ]);
        assert_eq!(
            outcome.code,
            Some(1),
            "{path}: {}\n{}",
            outcome.stderr,
            outcome.stdout
        );
        let results = program.results();
        for line in &results {
            let case = line["case"].as_str().unwrap();
            let expected = if case.starts_with("passes") {
                "passed"
            } else {
                "failed"
            };
            assert_eq!(line["status"], expected, "{path}: `{case}`: {line:#}");
        }
        let failed = results.iter().filter(|line| line["status"] == "failed");
        assert!(failed.count() < results.len(), "{path}: nothing passes");
    }
}
