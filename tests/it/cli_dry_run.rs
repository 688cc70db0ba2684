//! `eval --dry-run`: what a plan will take, told before anything is sent.

use std::time::Duration;

use mcp_cli::catalog::Usd;
use serde_json::Value;

use crate::program::{Outcome, Program};
use crate::service::Service;

/// Two models, three calls each; a fourth answer is canned.
const SUITE: &str = "prompts: [\"Say {{ word }} in a sentence that anybody would understand.\"]\n\
    models:\n  - {id: us.amazon.nova-lite-v1:0, label: lite, params: {max_tokens: 100}}\n  \
    - {id: acme.nobody-v1:0, label: nobody, params: {max_tokens: 100}}\n\
    tests:\n  - vars: {word: one}\n    repeat: 2\n    assert: [{type: contains, value: one}]\n  \
    - {vars: {word: two}, assert: [{type: contains, value: two}]}\n  \
    - {vars: {word: three}, output: three, assert: [{type: contains, value: three}]}\n";

fn suite() -> Program {
    let program = Program::new();
    program.write("suites/words.yaml", SUITE);
    program
}

fn forecast(program: &Program, more: &[&str]) -> Value {
    let args = [&["eval", "--dry-run", "--json"], more].concat();
    let Outcome { stdout, .. } = program.run_without_credentials(&args).exits(0);
    serde_json::from_str(&stdout).unwrap()
}

#[test]
fn a_plan_is_shown_without_credentials_and_leaves_nothing_behind() {
    let program = suite();
    let outcome = program
        .run_without_credentials(&["eval", "--dry-run"])
        .exits(0);
    insta::assert_snapshot!(outcome.stdout, @r"
    words: what it will take
    model   calls  tokens in  tokens out   at least  expected   at most
    ───────────────────────────────────────────────────────────────────
    lite        3         54          75  <$0.00001  $0.00002  $0.00010
    nobody      3         39          75   unpriced  unpriced  unpriced

    In all 6 calls: $0.00002 expected, <$0.00001 at least, $0.00010 at most. Retries come on top.
    It will take about 2 s, if the quotas are those that are known.
    Without the cost of `acme.nobody-v1:0`: no price is known.
    Expected without an earlier run: an answer of a quarter of max_tokens, at most 250 tokens.
    Nothing was sent.
    ");
    assert!(!program.path("reports").exists());
}

#[test]
fn numbers_are_in_order_and_unknown_prices_stay_unknown() {
    let forecast = forecast(&suite(), &[]);
    assert_eq!(
        (&forecast["planned"], &forecast["calls"]),
        (&8.into(), &6.into())
    );
    let [lite, nobody] = forecast["models"].as_array().unwrap().as_slice() else {
        panic!("{forecast:#}");
    };
    for span in ["input_tokens", "output_tokens"] {
        let of = |end: &str| lite[span][end].as_u64().unwrap();
        assert!(0 < of("low") && of("low") < of("expected") && of("expected") < of("high"));
    }
    assert_eq!(lite["output_tokens"]["high"], 300);
    assert_eq!(lite["cost_usd"], forecast["cost_usd"]);
    assert_eq!(nobody["cost_usd"], Value::Null);
    assert_eq!(
        forecast["unpriced_models"],
        serde_json::json!(["acme.nobody-v1:0"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_run_tells_what_to_expect_and_the_bounds_hold() {
    let service = Service::echo(Duration::ZERO).await;
    let (program, url) = (suite(), service.url());
    let only = ["--model", "lite"];
    let before = forecast(&program, &only);
    assert_eq!(before["models"][0]["learned_from"], Value::Null);

    let args = [
        &["eval", "--region", "us-east-1", "--endpoint-url", &url],
        &only[..],
    ]
    .concat();
    program.run(&args).exits(0);
    let asked = service.asked();
    let after = forecast(&program, &only);
    let (report, row) = (program.report(), &after["models"][0]);
    assert_eq!(service.asked(), asked, "nothing is sent");
    assert_eq!(row["learned_from"], report["run"]["id"]);
    let usage = &report["models"][0]["usage"];
    assert_eq!(row["output_tokens"]["expected"], usage["output_tokens"]);

    let usd = |value: &Value| value.as_str().unwrap().parse::<Usd>().unwrap();
    let (cost, paid) = (&before["cost_usd"], usd(&report["cost"]["total_usd"]));
    assert!(
        usd(&cost["low"]) <= paid && paid <= usd(&cost["high"]),
        "{cost}: {paid}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn judges_are_told_apart_and_expected_as_an_earlier_run_took_them() {
    let program = Program::new();
    let suite = "prompts: ['{{ word }}']\nmodels: [us.amazon.nova-lite-v1:0]\n\
        judge: us.anthropic.claude-sonnet-4-6\ntests:\n  \
        - { vars: { word: one }, assert: [{ type: llm-rubric, value: is kind }] }\n  \
        - { vars: { word: two }, assert: [{ type: llm-rubric, value: is kind }] }\n";
    program.write("suites/words.yaml", suite);
    let before = forecast(&program, &[]);
    assert_eq!(before["judges"][0], "us.anthropic.claude-sonnet-4-6");
    assert_eq!(before["judge_cost_usd"], Value::Null);
    let told = program.run_without_credentials(&["eval", "--dry-run"]);
    let told = told.exits(0).stdout;
    assert!(
        told.contains("Judges come on top (us.anthropic.claude-sonnet-4-6)"),
        "{told}"
    );

    let verdict = serde_json::json!({"reason": "r", "pass": true, "score": 1});
    let service = Service::judging(&verdict).await;
    let args = ["eval", "--region", "us-east-1", "--endpoint-url"];
    program
        .run(&[&args[..], &[&service.url()]].concat())
        .exits(0);
    let after = forecast(&program, &["--repeat", "3"]);
    let usd = |value: &Value| value.as_str().unwrap().parse::<Usd>().unwrap();
    let took = usd(&program.report()["cost"]["judges_usd"]);
    assert!(took > Usd::ZERO);
    assert_eq!(usd(&after["judge_cost_usd"]), took.times(3));
    assert_eq!(
        after["models"][0]["judge_cost_usd"],
        after["judge_cost_usd"]
    );
}

#[test]
fn conversations_are_said_to_take_more_calls() {
    let program = Program::new();
    let turns = |turns: &str| {
        let suite = format!(
            "prompts: ['{{{{ turn }}}}']\nmodels: [us.amazon.nova-lite-v1:0]\ntests: [{{ turns: {turns} }}]\n"
        );
        program.write("suites/turns.yaml", &suite);
        forecast(&program, &[])["longer"].clone()
    };
    assert_eq!(turns("[one]"), 0);
    assert_eq!(turns("[one, two]"), 1);
    let told = program.run_without_credentials(&["eval", "--dry-run"]);
    let told = told.exits(0).stdout;
    assert!(
        told.contains("1 trial may take more than the one call"),
        "{told}"
    );
}

#[test]
fn what_is_recorded_is_said_to_be_free() {
    let program = suite();
    let args = ["eval", "--dry-run", "--replay", "."];
    let outcome = program.run_without_credentials(&args).exits(0);
    assert!(
        outcome.stderr.contains("nothing would be charged"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_a_dry_run_cannot_do_is_a_mistake() {
    let program = suite();
    for flags in [
        &["--format", "csv"][..],
        &["-o", "report.json"],
        &["--resume", "latest"],
        &["--max-cost", "1"],
    ] {
        let args = [&["eval", "--dry-run"], flags].concat();
        let outcome = program.run_without_credentials(&args).exits(2);
        assert!(outcome.stderr.contains("error:"), "{}", outcome.stderr);
    }
}

/// A suite of one prompt, as many cases as asked for, and one model.
fn cases(program: &Program, name: &str, prompt: &str, count: usize) {
    let words = (0..count).map(|n| format!("  - vars: {{ word: '{}' }}\n", "w ".repeat(n + 1)));
    let suite = format!(
        "prompts: [{{id: p, user: '{prompt} {{{{ word }}}}'}}]\nmodels: [us.anthropic.claude-sonnet-4-6]\ntests:\n{}",
        words.collect::<String>()
    );
    program.write(&format!("suites/{name}.yaml"), &suite);
}

fn learned(row: &Value) -> [u64; 5] {
    ["question", "prompt", "edited", "suite", "model"]
        .map(|basis| row["learned"][basis].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_carries_over_to_other_cases_edited_prompts_and_other_suites() {
    // Three tokens for ten bytes and 20 for every prompt; an answer has 40.
    let service = Service::measuring(|bytes| (20 + bytes * 3 / 10, 40)).await;
    let (program, url) = (Program::new(), service.url());
    cases(&program, "words", "Say it in a sentence:", 40);
    let ask = [
        "eval",
        "suites/words.yaml",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let asked = program.run(&[&ask[..], &["--sample", "10"]].concat());
    assert_ne!(asked.code, Some(2), "{}", asked.stderr);

    let all = forecast(&program, &["suites/words.yaml", "--repeat", "2"]);
    let row = &all["models"][0];
    assert_eq!(learned(row), [20, 60, 0, 0, 0]);
    assert_eq!(row["output_tokens"]["expected"], 80 * 40);
    program.run(&[&ask[..], &["--repeat", "2"]].concat());
    assert_near(&all["total_usd"], &program.report()["cost"]["total_usd"]);

    let long = format!("{} Say it in a sentence:", "Be careful.".repeat(100));
    cases(&program, "words", &long, 40);
    cases(&program, "others", "What comes to mind here:", 20);
    let edited = forecast(&program, &[]);
    let [others, words] = [&edited["models"][0], &edited["models"][1]];
    assert_eq!(
        (learned(words), learned(others)),
        ([0, 0, 40, 0, 0], [0, 0, 0, 0, 20])
    );
    program.run(&["eval", "--region", "us-east-1", "--endpoint-url", &url]);
    assert_near(&edited["total_usd"], &program.report()["cost"]["total_usd"]);
}

/// Checks that an estimate is within a tenth of what a run took.
fn assert_near(estimate: &Value, took: &Value) {
    let [estimate, took] =
        [estimate, took].map(|usd| usd.as_str().unwrap().parse::<Usd>().unwrap().to_f64());
    assert!(
        (estimate / took - 1.0).abs() < 0.1,
        "{estimate}, not {took}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bedrock_counts_what_it_can_and_the_rest_is_estimated() {
    let service = Service::measuring(|bytes| (bytes, 40)).await;
    let (program, url) = (Program::new(), service.url());
    cases(&program, "words", "Say it in a sentence:", 30);
    let args = [
        "eval",
        "--dry-run",
        "--json",
        "--count-tokens=5",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let counted = program
        .run(
            &[
                &args[..],
                &[
                    "--model",
                    "us.anthropic.claude-sonnet-4-6",
                    "--model",
                    "us.amazon.nova-lite-v1:0",
                ],
            ]
            .concat(),
        )
        .exits(0);
    assert!(
        counted
            .stderr
            .contains("`us.amazon.nova-lite-v1:0` is not known to have CountTokens"),
        "{}",
        counted.stderr
    );
    let told: Value = serde_json::from_str(&counted.stdout).unwrap();
    assert_eq!(
        (&told["models"][0]["counted"], &told["models"][1]["counted"]),
        (&5.into(), &0.into())
    );
    // A token for each byte, of prompts of 22 bytes and twice the number of the case.
    let bytes: usize = (1..=30).map(|n| 22 + 2 * n).sum();
    assert_eq!(told["models"][0]["input_tokens"]["expected"], bytes);
    let asked = service.requests().await;
    assert_eq!(asked.len(), 5);
    assert!(
        asked
            .iter()
            .all(|(path, _)| path.ends_with("/model/anthropic.claude-sonnet-4-6/count-tokens"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_without_permission_is_said_and_has_its_exit_code() {
    let service = Service::failing(
        403,
        "AccessDeniedException",
        "not authorized to perform: bedrock:CountTokens",
    )
    .await;
    let (program, url) = (Program::new(), service.url());
    cases(&program, "words", "Say it:", 3);
    let args = [
        "eval",
        "--dry-run",
        "--count-tokens",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let outcome = program.run(&args).exits(4);
    assert!(
        outcome.stderr.contains("allow `bedrock:CountTokens`"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stdout.contains("Nothing was sent."),
        "{}",
        outcome.stdout
    );
}

#[test]
fn how_long_it_will_take_follows_from_the_quota() {
    let program = Program::new();
    cases(&program, "words", "Say it in a sentence:", 40);
    let seconds = |more: &[&str]| forecast(&program, more)["expected_seconds"].as_f64();
    // Nine at once, then one a second, and the last answer takes a while.
    let told = seconds(&["--rpm", "60"]).unwrap();
    assert!((31.0..36.0).contains(&told), "{told}");
    let more = seconds(&["--rpm", "60", "--repeat", "2"]).unwrap();
    assert!((more - told - 40.0).abs() < 0.2, "{more}, {told}");
    assert_eq!(seconds(&["--replay", "."]), None);
}
