//! `eval` through the binary: exit codes, what goes where, what a run leaves behind.

use std::time::Duration;

use serde_json::Value;

use crate::program::{Program, comparable, repository};
use crate::service::Service;

/// A suite whose answers are canned, so that nothing is asked.
fn canned(output: &str, assert: &str) -> String {
    format!(
        "prompts: [\"{{{{ q }}}}\"]\nmodels: [us.amazon.nova-lite-v1:0]\ntests:\n  \
         - {{vars: {{q: x}}, output: \"{output}\", assert: [{assert}]}}\n"
    )
}

fn asking() -> &'static str {
    "prompts: [\"say {{ word }}\"]\nmodels: [{id: us.amazon.nova-lite-v1:0, label: lite}]\n\
     tests:\n  - {vars: {word: one}, assert: [{type: contains, value: one}]}\n  \
     - {vars: {word: two}, assert: [{type: contains, value: two}]}\n"
}

#[test]
fn exit_codes_say_how_it_ended() {
    let replay = ["--replay", "."];
    for (name, suite, code) in [
        ("all pass", canned("yes", "{type: equals, value: yes}"), 0),
        ("one fails", canned("no", "{type: equals, value: yes}"), 1),
        (
            "a mistake in the suite",
            canned("no", "{type: equalz, value: yes}"),
            2,
        ),
        (
            "a check that cannot be decided",
            canned("no", "{type: ttft, threshold: 5}"),
            3,
        ),
        (
            "a question that no recording answers",
            asking().to_owned(),
            3,
        ),
    ] {
        let program = Program::new();
        program.write("suites/a.yaml", &suite);
        let outcome = program.run(&[&["eval"][..], &replay].concat());
        assert_eq!(
            outcome.code,
            Some(code),
            "{name}\n{}\n{}",
            outcome.stdout,
            outcome.stderr
        );
    }
}

#[test]
fn choosing_nothing_is_a_mistake() {
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    for choice in [
        ["--filter", "nowhere"],
        ["--tag", "none"],
        ["--model", "lit"],
    ] {
        let outcome = program
            .run(&["eval", "--replay", ".", choice[0], choice[1]])
            .exits(2);
        assert!(outcome.stderr.contains("hint:"), "{}", outcome.stderr);
    }
    assert!(
        !program.path("reports").exists(),
        "a run that never began leaves nothing behind"
    );
}

#[tokio::test]
async fn a_whole_run_leaves_a_journal_a_report_and_results() {
    let service = Service::echo(Duration::ZERO).await;
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    let outcome = program
        .run(&[
            "eval",
            "--endpoint-url",
            &service.url(),
            "--region",
            "us-east-1",
        ])
        .exits(0);
    assert!(outcome.stdout.contains("lite"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("run "), "{}", outcome.stderr);

    let report = program.report();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["run"]["complete"], true);
    assert_eq!(report["models"][0]["passed"], 2);
    // Two calls of 10 and 5 tokens at 0.06 and 0.24 dollars per million.
    assert_eq!(report["models"][0]["cost_usd"], "0.0000036");
    assert_eq!(report["cost"]["total_usd"], "0.0000036");
    let results = program.results();
    let cases: Vec<&str> = results
        .iter()
        .map(|line| line["case"].as_str().unwrap())
        .collect();
    assert_eq!(cases, ["#1", "#2"]);
    assert_eq!(results[0]["output"], "say one");
    assert!(program.latest().join("journal.jsonl").is_file());
    assert!(program.latest().join("summary.md").is_file());
}

#[tokio::test]
async fn what_was_recorded_replays_without_a_network() {
    let service = Service::echo(Duration::ZERO).await;
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    program
        .run(&[
            "eval",
            "--record",
            "tapes",
            "--endpoint-url",
            &service.url(),
            "--region",
            "us-east-1",
        ])
        .exits(0);
    let asked = service.asked();
    let recorded = comparable(&program.report());
    program
        .run_without_credentials(&["eval", "--replay", "tapes"])
        .exits(0);
    assert_eq!(service.asked(), asked);
    let mut replayed = comparable(&program.report());
    // Only what was paid differs: nothing, the second time.
    assert_eq!(replayed["models"][0]["paid_usd"], "0");
    for pointer in [
        "/models/0/paid_usd",
        "/models/0/prompts/0/paid_usd",
        "/cost/total_usd",
        "/cost/answers_usd",
    ] {
        if let Some(value) = replayed.pointer_mut(pointer) {
            *value = recorded.pointer(pointer).unwrap().clone();
        }
    }
    assert_eq!(replayed, recorded);
    assert!(
        program
            .results()
            .iter()
            .all(|line| line["recorded"] == true)
    );
}

#[test]
fn the_demo_tells_the_same_twice() {
    let program = Program::new();
    let (suites, demo) = (repository("suites"), repository("fixtures/demo"));
    let args = ["eval", &suites, "--replay", &demo, "--progress", "none"];
    let first = program.run_without_credentials(&args).exits(1);
    let (report, results) = (comparable(&program.report()), program.results());
    let second = program.run_without_credentials(&args).exits(1);
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(report, comparable(&program.report()));
    let strip = |results: &[Value]| results.iter().map(comparable).collect::<Vec<_>>();
    assert_eq!(strip(&results), strip(&program.results()));
    assert_eq!(report["exit_code"], 1);
    assert!(
        results.iter().all(|line| line["status"] != "error"),
        "every answer of the demo is recorded"
    );
}

#[test]
fn reports_go_where_they_are_asked_for() {
    let program = Program::new();
    program.write(
        "suites/a.yaml",
        &canned("yes", "{type: equals, value: yes}"),
    );
    let outcome = program.run(&[
        "eval",
        "--replay",
        ".",
        "--json",
        "-o",
        "out/r.json",
        "-o",
        "out/r.csv",
        "-o",
        "out/r.md",
        "-o",
        "out/r.txt",
        "--run-dir",
        "elsewhere",
    ]);
    let outcome = outcome.exits(0);
    let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let written: Value =
        serde_json::from_str(&std::fs::read_to_string(program.path("out/r.json")).unwrap())
            .unwrap();
    assert_eq!(printed, written);
    for file in ["out/r.csv", "out/r.md", "out/r.txt", "elsewhere/latest"] {
        assert!(program.path(file).is_file(), "{file}");
    }
    let outcome = program
        .run(&["eval", "--replay", ".", "-o", "out/r.doc"])
        .exits(2);
    assert!(outcome.stderr.contains("r.doc"), "{}", outcome.stderr);
}

#[tokio::test]
async fn a_denied_model_is_told_with_what_to_do() {
    let message = "You don't have access to the model with the specified model ID.";
    let service = Service::failing(403, "AccessDeniedException", message).await;
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    let args = [
        "eval",
        "--endpoint-url",
        &service.url(),
        "--region",
        "us-east-1",
    ];
    let outcome = program.run(&args).exits(4);
    assert!(outcome.stdout.contains("denied"), "{}", outcome.stdout);
    assert!(
        outcome.stderr.contains("is not asked any more"),
        "{}",
        outcome.stderr
    );
    let report = program.report();
    let count = |field: &str| report["models"][0][field].as_u64().unwrap();
    // The second question may have been on its way when the first was answered.
    assert!(count("errors") >= 1);
    assert_eq!(count("errors") + count("not_asked"), 2);
    assert_eq!(report["run"]["stopped_by"], "denied");
}

#[test]
fn without_credentials_nothing_is_begun() {
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    let outcome = program
        .run_without_credentials(&["eval", "--region", "us-east-1"])
        .exits(4);
    assert!(outcome.stderr.contains("credentials"), "{}", outcome.stderr);
    assert!(!program.path("reports").exists());
}

#[test]
fn the_environment_reaches_templates_only_where_a_suite_allows_it() {
    let program = Program::new();
    let suite = "prompts: [\"{{ env.HOME }}\"]\nmodels: [amazon.nova-lite-v1:0]\ntests: [{assert: [{type: contains, value: x}]}]\n";
    program.write("suites/a.yaml", suite);
    let outcome = program.run(&["validate"]).exits(2);
    assert!(outcome.stderr.contains("env"), "{}", outcome.stderr);
    program.write("suites/a.yaml", &format!("env: [HOME]\n{suite}"));
    program.run(&["validate"]).exits(0);
}

#[tokio::test]
async fn equal_questions_are_replayed_each_as_it_was_answered() {
    let service = Service::counting().await;
    let program = Program::new();
    program.write(
        "suites/a.yaml",
        "prompts: [\"say it\", \"say it\"]\n\
         models: [{id: us.amazon.nova-lite-v1:0, label: a}, {id: us.amazon.nova-lite-v1:0, label: b}]\n\
         tests:\n  - {description: one, assert: [{type: contains, value: answer}]}\n  \
         - {description: two, assert: [{type: contains, value: answer}]}\n",
    );
    let outputs = |program: &Program| -> Vec<String> {
        let results = program.results();
        results
            .iter()
            .map(|line| line["output"].as_str().unwrap().to_owned())
            .collect()
    };
    let url = service.url();
    let args = [
        "eval",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
        "--repeat",
        "2",
    ];
    for keep in ["--record", "--cache"] {
        let folder = format!("tapes{keep}");
        program
            .run(&[&args[..], &[keep, &folder]].concat())
            .exits(0);
        let said = outputs(&program);
        let asked = service.asked();
        program
            .run(&["eval", "--repeat", "2", "--replay", &folder])
            .exits(0);
        assert_eq!(outputs(&program), said, "{keep}");
        assert_eq!(service.asked(), asked);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_is_an_answer_all_the_same() {
    let service = Service::echo(Duration::ZERO).await;
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    // A file stands where the model's folder would be made.
    program.write("tapes/us.amazon.nova-lite-v1_0", "");
    let url = service.url();
    let args = [
        "eval",
        "--record",
        "tapes",
        "--endpoint-url",
        &url,
        "--region",
        "us-east-1",
    ];
    let outcome = program.run(&args).exits(0);
    assert!(
        outcome.stderr.contains("warning: not recorded"),
        "{}",
        outcome.stderr
    );
    assert_eq!(program.report()["models"][0]["passed"], 2);
}

#[test]
fn canned_answers_need_neither_region_nor_credentials() {
    let program = Program::new();
    program.write(
        "suites/a.yaml",
        &canned("yes", "{type: equals, value: yes}"),
    );
    program.run_without_credentials(&["eval"]).exits(0);
    assert_eq!(program.report()["models"][0]["cost_usd"], "0");
}

#[test]
fn mistakes_of_the_command_line_are_told_before_anything_is_asked() {
    let program = Program::new();
    program.write("suites/a.yaml", asking());
    program.write("file", "");
    for (args, said) in [
        (&["-o", "file/report.json"][..], "cannot write"),
        (
            &["--endpoint-url", "http://me:secret@127.0.0.1:1"],
            "password",
        ),
        (&["--timeout", "0"], "above zero"),
        (
            &["--model", "amazon.titan-embed-text-v2:0"],
            "no model has the label or id",
        ),
    ] {
        let base = ["eval", "--region", "us-east-1"];
        let outcome = program.run(&[&base[..], args].concat()).exits(2);
        assert!(
            outcome.stderr.contains(said),
            "{args:?}: {}",
            outcome.stderr
        );
        assert!(!program.path("reports").exists(), "{args:?}");
    }
}
