//! The documentation, tried: what the pages show is loaded, evaluated and run, so that they cannot grow old.
//!
//! | block | is tried as |
//! | --- | --- |
//! | `yaml` | a suite, or a part of one, which is completed by [`complete`]: it must load without a warning |
//! | `yaml refused` | the same, but it must be refused |
//! | `yaml judged` | a suite, judged as a list of tests is |
//! | `yaml`, a list of tests | judged: a description that begins with `passes`, `fails` or `undecided` must come true |
//! | `yaml workflow` | read as YAML; lines of ours in it are run |
//! | `json recording` | a recording, which the tests of its page are answered from |
//! | `json verdict` | what judges answer in the tests that follow it |
//! | `json`, `jsonl` | parsed |
//! | `sh` | run line by line, by `shell`; `# exit 3` at the end of a line says how it ends |
//! | `csv`, `text` | nothing, unless it is a file |
//! | `console`, `python` | nothing |
//!
//! A line such as "`tickets.csv`:" before a block makes it a file beside the page's suites and commands.

mod command;
mod page;
mod shell;

use std::collections::BTreeSet;
use std::process::Command;

use mcp_cli::cassette::Exchange;
use serde_json::Value;

use crate::program::{Program, repository};
use crate::service::Service;
use page::{Block, Page};

const PAGES: [&str; 18] = [
    "README.md",
    "docs/README.md",
    "docs/suites.md",
    "docs/checks.md",
    "docs/judges.md",
    "docs/tools.md",
    "docs/promptfoo.md",
    "docs/running.md",
    "docs/observability.md",
    "docs/security.md",
    "docs/batch.md",
    "docs/comparing.md",
    "docs/reports.md",
    "docs/ci.md",
    "docs/aws.md",
    "docs/configuration.md",
    "docs/query.md",
    "docs/embed.md",
];

/// Returns a program in a folder with the files that a page shows, and its recordings in `recorded/`.
fn beside(page: &Page) -> Program {
    let program = Program::new();
    std::fs::create_dir(program.path("recorded")).unwrap();
    for block in page.blocks() {
        if let Some(file) = &block.file {
            program.write(file, &block.body);
        }
        if block.mark == "recording" {
            let place = format!("{}:{}", page.name, block.line);
            let exchange: Exchange = serde_json::from_str(&block.body).expect(&place);
            let path = Exchange::path(&program.path("recorded"), &exchange.request);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &block.body).unwrap();
        }
    }
    program
}

/// Completes a part of a suite: what it leaves out asks about a `ticket`.
fn complete(part: &str) -> String {
    let mut suite = part.to_owned();
    for (key, value) in [
        ("prompts", "[\"Route: {{ ticket }}\"]"),
        ("models", "[us.amazon.nova-lite-v1:0]"),
        (
            "tests",
            "[{vars: {ticket: Hi}, assert: [{type: contains, value: a}]}]",
        ),
    ] {
        let others: &[&str] = match key {
            "models" => &["providers"],
            "tests" => &["scenarios"],
            _ => &[],
        };
        let names = std::iter::once(&key).chain(others);
        let is_there = |name: &&str| {
            part.lines()
                .any(|line| line.starts_with(&format!("{name}:")))
        };
        if !names.into_iter().any(is_there) {
            suite.extend([key, ": ", value, "\n"]);
        }
    }
    suite
}

/// Makes a suite of tests that are answered by their `output`, or by a recording of this question.
fn judged(tests: &str) -> String {
    let indented = tests.trim_end().replace('\n', "\n  ");
    format!(
        "prompts: [Where is my parcel?]\nmodels: [us.amazon.nova-lite-v1:0]\n\
         judge: us.anthropic.claude-sonnet-4-6\ntests:\n  {indented}\n"
    )
}

/// Tries a block of YAML; says what is wrong.
fn try_yaml(program: &Program, block: &Block, judge: Option<&Service>) -> Result<(), String> {
    let is_list = block.body.starts_with("- ");
    if block.mark == "workflow" {
        let parsed = mcp_cli::text::lenient_yaml(&block.body);
        return parsed.map(|_| ()).map_err(|error| error.to_string());
    }
    if is_list && block.file.is_some() {
        return Ok(());
    }
    if is_list {
        return try_tests(program, &judged(&block.body), judge);
    }
    if block.mark == "judged" {
        return try_tests(program, &block.body, judge);
    }
    program.write("tried.yaml", &complete(&block.body));
    let outcome = program.run(&["validate", "tried.yaml"]);
    match (block.mark.as_str(), outcome.code) {
        ("refused", Some(2)) => Ok(()),
        ("", Some(0)) if outcome.stderr.is_empty() => Ok(()),
        (mark, code) => Err(format!("`{mark}` gave {code:?}\n{}", outcome.stderr)),
    }
}

fn try_tests(program: &Program, suite: &str, judge: Option<&Service>) -> Result<(), String> {
    program.write("tried.yaml", suite);
    let url = judge.map(Service::url);
    let answered = match &url {
        Some(url) => ["--endpoint-url", url],
        None => ["--replay", "recorded"],
    };
    let rest = [
        "--region",
        "us-east-1",
        "--progress",
        "none",
        "--allow-exec",
    ];
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    if suite.contains("type: python") && !has_python {
        return Ok(());
    }
    let outcome = program.run(&[&["eval", "tried.yaml"], &answered[..], &rest].concat());
    if !matches!(outcome.code, Some(0 | 1 | 3)) || outcome.stderr.contains("warning") {
        return Err(outcome.stderr);
    }
    for line in program.results() {
        let case = line["case"].as_str().unwrap();
        let word = case.split([' ', ',', ':']).next();
        let expected = match word {
            Some("passes") => "passed",
            Some("fails") => "failed",
            Some("undecided") => "undecided",
            _ => return Err(format!("`{case}` does not say how it comes out")),
        };
        if line["status"] != expected {
            return Err(format!("`{case}`: {line:#}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn suites_and_checks_do_what_the_pages_say() {
    let mut wrong = Vec::new();
    for page in PAGES.map(Page::read) {
        let program = beside(&page);
        let mut judge = None;
        for block in page.blocks() {
            if block.mark == "verdict" {
                let verdict = serde_json::from_str(&block.body).unwrap();
                judge = Some(Service::judging(&verdict).await);
            }
            let tried = match block.language.as_str() {
                "yaml" => try_yaml(&program, &block, judge.as_ref()),
                "json" => serde_json::from_str::<Value>(&block.body)
                    .map(|_| ())
                    .map_err(|error| error.to_string()),
                "jsonl" => block
                    .body
                    .lines()
                    .try_for_each(|line| serde_json::from_str::<Value>(line).map(|_| ()))
                    .map_err(|error| error.to_string()),
                "sh" | "csv" | "text" | "console" | "python" => Ok(()),
                other => Err(format!("nobody knows how to try `{other}`")),
            };
            if let Err(error) = tried {
                wrong.push(format!("{}:{}: {error}", page.name, block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_check_has_an_example_of_both() {
    for (name, least) in [
        ("docs/checks.md", 20),
        ("docs/judges.md", 8),
        ("docs/tools.md", 0),
    ] {
        let page = Page::read(name);
        let sections: Vec<&str> = page
            .links()
            .into_iter()
            .filter_map(|(_, link)| link.strip_prefix('#'))
            .collect();
        assert!(sections.len() >= least, "the table leads to the checks");
        let others = ["not-there", "every-judge", "how-far-a-judge-can-be-trusted"];
        let is_check = |anchor: &&&str| !others.contains(*anchor);
        for anchor in sections.iter().filter(is_check) {
            let section = page.section(anchor);
            for word in ["description: passes", "description: fails"] {
                let quoted = word.replace(": ", ": \"");
                assert!(
                    section.contains(word) || section.contains(&quoted) || *anchor == "transform",
                    "`{anchor}` has no test with `{word}`"
                );
            }
        }
    }
}

/// Adds the names of all properties in a JSON Schema, and the words that their values choose from.
fn add_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                names.extend(properties.keys().cloned());
            }
            let words = map.get("enum").and_then(Value::as_array);
            let words = words.into_iter().flatten().chain(map.get("const"));
            names.extend(words.filter_map(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| add_names(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| add_names(item, names)),
        _ => {}
    }
}

#[test]
fn every_key_and_field_is_told() {
    let program = Program::new();
    for (schema, pages) in [
        (
            "suite",
            &[
                "docs/suites.md",
                "docs/checks.md",
                "docs/judges.md",
                "docs/tools.md",
                "docs/comparing.md",
            ][..],
        ),
        ("report", &["docs/reports.md", "docs/comparing.md"]),
        ("results", &["docs/reports.md", "docs/aws.md"]),
    ] {
        let printed = program.run(&["schema", schema]).exits(0).stdout;
        let mut names = BTreeSet::new();
        add_names(&serde_json::from_str(&printed).unwrap(), &mut names);
        assert!(names.len() > 20, "{schema}: {names:?}");
        let told = pages.iter().map(|name| Page::read(name).text);
        let told: String = told.collect();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let words: BTreeSet<&str> = told.split(|c| !is_part(c)).collect();
        // Every `not-` form and every camel case spelling is told once for all.
        names.retain(|name| {
            let is_told = words.contains(name.as_str())
                || (name.contains(':') && told.contains(name.as_str()));
            !name.starts_with("not-")
                && !name.contains(|c: char| c.is_ascii_uppercase())
                && !is_told
        });
        assert!(names.is_empty(), "{schema}: nothing is said of {names:?}");
    }
}

#[test]
fn links_lead_somewhere() {
    for page in PAGES.map(Page::read) {
        for (line, link) in page.links() {
            if link.starts_with("http") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = page.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = match path {
                "" => page.name.to_owned(),
                path => format!("{folder}/{path}")
                    .trim_start_matches('/')
                    .to_owned(),
            };
            let place = format!("{}:{line}: `{link}`", page.name);
            assert!(
                std::path::Path::new(&repository(&target)).exists(),
                "{place}"
            );
            let found = PAGES.iter().find(|name| **name == target);
            if let (false, Some(name)) = (anchor.is_empty(), found) {
                let anchors = Page::read(name).anchors();
                assert!(anchors.iter().any(|known| known == anchor), "{place}");
            }
        }
    }
}
