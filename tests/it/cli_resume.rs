//! Runs that end early, through the binary: killed, interrupted, stopped; and what `--resume` makes of them.

use std::process::Command;
use std::time::Duration;

use crate::program::{Outcome, Program, comparable};
use crate::service::Service;

/// Cases of the suite below.
const CASES: usize = 60;
/// Calls in flight.
const SLOTS: usize = 2;

fn program() -> Program {
    let program = Program::new();
    let rows: String = (0..CASES)
        .map(|n| format!("{{\"word\": \"w{n}\"}}\n"))
        .collect::<Vec<_>>()
        .concat();
    program.write("suites/words.jsonl", &rows).write(
        "suites/a.yaml",
        "prompts: [\"say {{ word }}\"]\nmodels: [us.amazon.nova-lite-v1:0]\n\
         tests: [{dataset: words.jsonl, assert: [{type: contains, value: \"{{ word }}\"}]}]\n",
    );
    program
}

#[tokio::test]
async fn a_killed_run_is_finished_and_nothing_known_is_asked_again() {
    let service = Service::echo(Duration::from_millis(5)).await;
    let program = program();
    let url = service.url();
    let args = [
        "eval",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        "--concurrency",
        "2",
        "--progress",
        "none",
    ];
    program.run(&args).exits(0);
    let undisturbed = comparable(&program.report());
    let before = service.asked();

    let mut child = program.start(&args);
    service.wait_for(before + CASES / 2);
    child.kill().unwrap();
    child.wait().unwrap();
    program.run(&["eval", "--resume", "latest"]).exits(0);

    assert_eq!(comparable(&program.report()), undisturbed);
    assert_eq!(program.results().len(), CASES);
    let asked = service.asked() - before;
    assert!(
        (CASES..=CASES + SLOTS).contains(&asked),
        "{asked} calls for {CASES} cases"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_keeps_what_was_asked_and_says_how_to_go_on() {
    let service = Service::echo(Duration::from_millis(5)).await;
    let program = program();
    let url = service.url();
    let child = program.start(&[
        "eval",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        "--concurrency",
        "2",
    ]);
    service.wait_for(CASES / 3);
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let outcome = Outcome::of(child.wait_with_output().unwrap()).exits(130);
    assert!(
        outcome.stderr.contains("mcp-cli eval --resume"),
        "{}",
        outcome.stderr
    );
    let report = program.report();
    assert_eq!(report["run"]["stopped_by"], "interrupted");
    assert_eq!(report["run"]["complete"], false);
    let asked = service.asked();
    assert!(asked < CASES, "it was stopped before the end");
    assert_eq!(
        program.results().len(),
        asked,
        "calls in flight were let finish"
    );

    program.run(&["eval", "--resume", "latest"]).exits(0);
    assert_eq!(service.asked(), CASES);
    assert_eq!(program.report()["run"]["complete"], true);
}

#[tokio::test]
async fn a_suite_that_changed_is_not_resumed() {
    let service = Service::echo(Duration::ZERO).await;
    let program = program();
    program
        .run(&[
            "eval",
            "--endpoint-url",
            &service.url(),
            "--region",
            "us-east-1",
        ])
        .exits(0);
    let suite = std::fs::read_to_string(program.path("suites/a.yaml")).unwrap();
    program.write("suites/a.yaml", &suite.replace("say", "please say"));
    let outcome = program.run(&["eval", "--resume", "latest"]).exits(2);
    assert!(
        outcome.stderr.contains("have changed"),
        "{}",
        outcome.stderr
    );
}

#[tokio::test]
async fn failures_stop_a_run_that_was_told_so() {
    let service = Service::failing(400, "ValidationException", "no").await;
    let program = program();
    let url = service.url();
    let args = [
        "eval",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        "--concurrency",
        "1",
        "--max-failures",
        "3",
    ];
    program.run(&args).exits(3);
    let report = program.report();
    assert_eq!(report["run"]["stopped_by"], "failures");
    let errors = report["models"][0]["errors"].as_u64().unwrap();
    assert!((3..10).contains(&errors), "{errors}");
}

#[tokio::test]
async fn a_budget_is_never_exceeded_and_nearly_used_up() {
    let service = Service::echo(Duration::from_millis(2)).await;
    let program = program();
    let suite = std::fs::read_to_string(program.path("suites/a.yaml")).unwrap();
    let model = "models: [us.amazon.nova-lite-v1:0]";
    let short = "models: [{id: us.amazon.nova-lite-v1:0, params: {max_tokens: 5}}]";
    program.write("suites/a.yaml", &suite.replace(model, short));
    let url = service.url();
    let args = [
        "eval",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        "--max-cost",
        "0.00005",
    ];
    let outcome = program.run(&args).exits(5);
    assert!(outcome.stderr.contains("--resume"), "{}", outcome.stderr);

    let report = program.report();
    assert_eq!(report["run"]["stopped_by"], "budget");
    // At 0.06 and 0.24 dollars per million: 10 and 5 tokens cost 1.8 micro-dollars, at most 106 and 5 cost 7.6.
    let paid: f64 = report["cost"]["total_usd"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((0.000_042..=0.000_05).contains(&paid), "{paid}");
    assert_eq!(report["models"][0]["errors"], 0);
    let asked = service.asked();
    assert_eq!(program.results().len(), asked);

    // What an earlier sitting has paid counts.
    program.run(&["eval", "--resume", "latest"]).exits(5);
    assert!(
        service.asked() <= asked + 1,
        "{} after {asked}",
        service.asked()
    );
}

#[test]
fn a_budget_needs_a_price() {
    let program = program();
    let args = [
        "eval",
        "--cache",
        "tapes",
        "--region",
        "us-east-1",
        "--model",
        "acme.new-v1:0",
        "--max-cost",
        "1",
    ];
    let outcome = program.run(&args).exits(2);
    assert!(
        outcome.stderr.contains("`acme.new-v1:0` has no price"),
        "{}",
        outcome.stderr
    );
}
