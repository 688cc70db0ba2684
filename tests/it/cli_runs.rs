//! Recorded runs through the binary: `report`, `runs`, `validate`, `schema`, and a reader that goes away.

use std::io::Read;

use serde_json::Value;

use crate::program::{Program, repository};

/// A program with one finished run of the demo.
fn with_demo() -> Program {
    let program = Program::new();
    program
        .run(&[
            "eval",
            &repository("suites"),
            "--replay",
            &repository("fixtures/demo"),
        ])
        .exits(1);
    program
}

#[test]
fn a_run_is_shown_again_in_every_format() {
    let program = with_demo();
    let id = program
        .latest()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    for format in ["terminal", "json", "jsonl", "csv", "markdown", "html"] {
        let by_name = program
            .run(&["report", "latest", "--format", format])
            .exits(0);
        assert!(by_name.stdout.contains("sonnet"), "{format}");
        let by_beginning = program
            .run(&["report", &id[..10], "--format", format])
            .exits(0);
        assert_eq!(by_name.stdout, by_beginning.stdout);
    }
    let lines = program
        .run(&["report", "--format", "jsonl"])
        .exits(0)
        .stdout;
    assert_eq!(lines.lines().count(), program.results().len());
    program.run(&["report", "nothing"]).exits(2);
}

#[test]
fn runs_are_listed() {
    let program = with_demo();
    let outcome = program.run(&["runs"]).exits(0);
    assert!(outcome.stdout.contains("complete"), "{}", outcome.stdout);
    let list: Value =
        serde_json::from_str(&program.run(&["runs", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(list[0]["complete"], true);
    assert_eq!(list[0]["exit_code"], 1);
    Program::new().run(&["runs"]).exits(0);
}

#[test]
fn a_later_schema_is_refused_with_what_to_do() {
    let program = with_demo();
    let journal = program.latest().join("journal.jsonl");
    let header = r#"{"header":{"schema":99}"#;
    // The checksum of exactly this line.
    let sum = "bd5aa5b2";
    std::fs::write(&journal, format!("{header},\"sum\":\"{sum}\"}}\n")).unwrap();
    let outcome = program.run(&["report"]).exits(2);
    assert!(
        outcome.stderr.contains("later version"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = with_demo();
    let mut child = program.start(&["report", "--format", "jsonl"]);
    let mut first = [0; 16];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let outcome = child.wait_with_output().unwrap();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(
        outcome.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
}

#[test]
fn validate_counts_what_it_found() {
    let program = Program::new();
    let outcome = program.run(&["validate", &repository("suites")]).exits(0);
    assert!(
        outcome
            .stdout
            .contains("65 cases, 4 models, 276 trials; 0 errors, 0 warnings"),
        "{}",
        outcome.stdout
    );
    program.write(
        "suites/bad.yaml",
        "prompts: [x]\nmodels: [amazon.nova-lite-v1:0]\ntests: [{asert: []}]\n",
    );
    let outcome = program.run(&["validate", "--json"]).exits(2);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(document["valid"], false);
    assert_eq!(document["problems"][0]["line"], 3);
}

#[test]
fn schemas_are_json_schemas() {
    let program = Program::new();
    for what in ["suite", "report", "results"] {
        let schema: Value =
            serde_json::from_str(&program.run(&["schema", what]).exits(0).stdout).unwrap();
        assert!(schema["properties"].is_object(), "{what}");
    }
}

#[test]
fn completions_and_help_name_the_commands() {
    let program = Program::new();
    for args in [&["completions", "bash"][..], &["--help"]] {
        let outcome = program.run(args).exits(0);
        assert!(outcome.stdout.contains("validate"), "{}", outcome.stdout);
    }
    program.run(&["eval", "--no-such-flag"]).exits(2);
}
