//! The committed sample report is what the demo really gives.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{Program, repository};

#[test]
fn the_sample_is_the_demo() {
    let program = Program::new();
    // Paths as a reader of the sample would write them.
    copy(&repository("suites"), &program.path("suites"));
    copy(&repository("fixtures/demo"), &program.path("fixtures/demo"));
    let outcome = program
        .run(&["eval", "suites/triage.yaml", "--replay", "fixtures/demo"])
        .exits(1);
    hold("report.txt", &outcome.stdout);
    hold(
        "summary.md",
        &fs::read_to_string(program.latest().join("summary.md")).unwrap(),
    );
    let mut report = program.report();
    for (field, value) in [
        ("id", "20261122-120000"),
        ("started_at", "2026-11-22T12:00:00Z"),
        ("finished_at", "2026-11-22T12:00:01Z"),
    ] {
        report["run"][field] = Value::from(value);
    }
    hold(
        "report.json",
        &(serde_json::to_string_pretty(&report).unwrap() + "\n"),
    );
}

/// Holds a text to the committed one, or writes it where `MCP_CLI_UPDATE` is set.
fn hold(name: &str, text: &str) {
    let path = repository(&format!("reports/sample/{name}"));
    if std::env::var_os("MCP_CLI_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "`{path}` is out of date: MCP_CLI_UPDATE=1 cargo test sample\n{text}"
    );
}

fn copy(from: &str, to: &Path) {
    for entry in walk(Path::new(from)) {
        let target = to.join(entry.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&entry, target).unwrap();
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
