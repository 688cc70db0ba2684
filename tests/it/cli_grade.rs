//! `grade` through the binary: changed checks over the answers of an earlier run.

use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Program;
use crate::service::Service;

fn suite(prompt: &str, assert: &str) -> String {
    format!(
        "prompts: ['{prompt}']\nmodels: [{{ id: us.amazon.nova-lite-v1:0, label: lite }}]\ntests:\n  \
         - {{ description: one, vars: {{ word: one }}, assert: [{assert}] }}\n  \
         - {{ description: two, vars: {{ word: two }}, assert: [{assert}] }}\n"
    )
}

const CONTAINS: &str = "{ type: contains, value: one }";

/// Runs the suite once against a service that echoes, and returns where it stands.
async fn answered() -> Program {
    let service = Service::echo(Duration::ZERO).await;
    let program = Program::new();
    program.write("suites/a.yaml", &suite("say {{ word }}", CONTAINS));
    let url = service.url();
    let args = ["eval", "--endpoint-url", &url, "--region", "us-east-1"];
    program.run(&args).exits(1);
    assert_eq!(service.asked(), 2);
    program
}

fn statuses(program: &Program) -> Vec<Value> {
    program
        .results()
        .iter()
        .map(|line| line["status"].clone())
        .collect()
}

#[tokio::test]
async fn changed_checks_judge_the_recorded_answers_and_nobody_is_asked() {
    let program = answered().await;
    let before = program.results();
    let stricter = "{ type: equals, value: say two }, { type: tokens, total: { at_most: 15 } }, \
                    { type: latency, threshold: 60s }";
    program.write("suites/a.yaml", &suite("say {{ word }}", stricter));
    // The service is gone: whoever asked would find nobody.
    let outcome = program
        .run(&["grade", "latest", "--progress", "none"])
        .exits(1);
    assert_eq!(statuses(&program), ["failed", "passed"]);
    let after = program.results();
    for (before, after) in before.iter().zip(&after) {
        for field in ["output", "usage", "latency_ms", "cost_usd", "attempts"] {
            assert_eq!(before[field], after[field], "{field}");
        }
        assert_eq!(
            (&after["paid_usd"], &after["recorded"]),
            (&json!("0"), &json!(true))
        );
    }
    assert!(!outcome.stderr.contains("--resume"), "{}", outcome.stderr);
    let run = program.latest();
    let run = run.file_name().unwrap().to_str().unwrap();
    let outcome = program.run(&["eval", "--resume", run]).exits(2);
    assert!(
        outcome.stderr.contains("mcp-cli grade"),
        "{}",
        outcome.stderr
    );
}

#[tokio::test]
async fn an_answer_belongs_to_its_question() {
    let program = answered().await;
    // Another file with the suite's name, a case less and one that asks something else.
    let changed = suite("say {{ word }}", CONTAINS).replace("word: two", "word: three");
    program.write("other/a.yaml", &changed);
    let outcome = program
        .run(&["grade", "latest", "--suite", "other/a.yaml"])
        .exits(3);
    assert_eq!(statuses(&program), ["passed"]);
    assert_eq!(
        program.report()["run"]["not_asked"],
        1,
        "{}",
        outcome.stdout
    );
    program.write("other/a.yaml", &suite("tell {{ word }}", CONTAINS));
    let first = program.report()["run"]["id"].clone();
    program
        .run(&["grade", first.as_str().unwrap(), "--suite", "other/a.yaml"])
        .exits(3);
    assert_eq!(program.results().len(), 0);
}

#[tokio::test]
async fn judges_are_asked_and_paid_within_the_budget() {
    let program = answered().await;
    let judged = "{ type: llm-rubric, value: is kind, judge: us.anthropic.claude-sonnet-4-6 }";
    program.write("suites/a.yaml", &suite("say {{ word }}", judged));
    let judge = Service::judging(&json!({"reason": "r", "pass": true, "score": 1})).await;
    let url = judge.url();
    let args = [
        "grade",
        "latest",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
    ];
    program.run(&args).exits(0);
    let cost = &program.report()["cost"];
    assert_eq!(
        (&cost["answers_usd"], &cost["total_usd"]),
        (&json!("0"), &cost["judges_usd"])
    );
    assert_ne!(cost["judges_usd"], "0");
    let first = "--max-cost=0.0001";
    let args = [
        "grade",
        "latest",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        first,
    ];
    program.run(&args).exits(5);
    assert_eq!(statuses(&program), ["undecided", "undecided"]);
}
