//! What assertions may say, and what is said of those that are wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::decode::Surroundings;
use super::super::error::{Problems, Severity};
use super::super::judging::Judging;
use super::super::source::{Node, SourceFile};
use super::assertions;
use crate::catalog::Catalog;
use crate::check::Check;

/// Reads assertions that stand in a file beside this one.
fn read(yaml: &str) -> (Vec<Check>, Problems) {
    let file = Arc::new(SourceFile {
        path: concat!(env!("CARGO_MANIFEST_DIR"), "/suite.yaml").into(),
        text: yaml.to_owned(),
    });
    let node = Node::parse(&file).unwrap();
    let mut problems = Problems::default();
    let around = Surroundings {
        catalog: &Catalog::builtin(),
        environment: &BTreeMap::new(),
        today: "2026-11-22".parse().unwrap(),
    };
    let judging = Judging::new(&around, &[], None);
    let checks = assertions(&node, &judging, &mut problems);
    (checks, problems)
}

/// Returns what is wrong: place, severity of warnings, message and hint.
fn wrong(yaml: &str) -> Vec<String> {
    let (_, problems) = read(yaml);
    problems
        .into_sorted()
        .into_iter()
        .map(|problem| {
            let warning = match problem.severity {
                Severity::Warning => "warning: ",
                Severity::Error => "",
            };
            let hint = problem
                .hint
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            format!(
                "{}:{} {warning}{}{hint}",
                problem.place.line, problem.place.column, problem.message
            )
        })
        .collect()
}

#[test]
fn reads_every_type() {
    let yaml = r#"
- { type: equals, value: "{{ a }}" }
- { type: not-equals, value: null }
- { type: contains, value: 42, weight: 2, metric: "m-{{ b }}" }
- { type: icontains-any, value: [x, "{{ c }}", 3] }
- { type: not-contains-all, value: '"a, b", c' }
- { type: starts-with, value: "```json" }
- { type: ends-with, value: . }
- { type: regex, value: "^\\d+$", flags: im }
- { type: levenshtein, value: "", threshold: 3 }
- { type: word-count, value: { min: 2, at_most: 5 } }
- { type: word-count, value: "{{ d }}" }
- { type: number, value: "is $1,072", tolerance: 0.5, relative_tolerance: 0.01 }
- { type: is-refusal }
- { type: is-json, value: { type: object, required: [a] } }
- { type: contains-json, value: "required: [{{ e }}]" }
- { type: json-path, path: "$.a[0]", equals: "{{ f }}", is: string, matches: "^x", at_least: 1 }
- { type: json-path, value: $.a, exists: false }
- { type: latency, threshold: 3s }
- { type: ttft, threshold: "500" }
- { type: cost, threshold: 0.0001 }
- { type: tokens, output: { at_most: 100 }, total: { min: 1 } }
- { type: stop-reason, value: [end_turn, stop_sequence] }
- { type: finish-reason, value: stop }
- { type: expr, value: "vars.g in output", transform: { expr: json.h } }
- type: assert-set
  threshold: 0.5
  assert:
    - { type: equals, value: a }
    - { type: any-of, assert: [{ type: none-of, assert: [{ type: contains, value: x }] }] }
- { type: all-of, assert: [{ type: contains, value: x }] }
"#;
    let (checks, problems) = read(yaml);
    assert_eq!(problems.into_sorted(), []);
    assert_eq!(checks.len(), 26);
    let variables: Vec<String> = checks.iter().flat_map(Check::variables).collect();
    assert_eq!(variables.concat(), "abcdefg");
}

#[test]
#[cfg(feature = "js")]
fn every_mistake_is_told_at_its_place() {
    let yaml = r#"
- { type: contians, value: x }
- { value: x }
- just text
- { type: not-assert-set, assert: [] }
- { type: llm-rubric, value: x }
- { type: llm-rubric, judge: [], value: x }
- { type: g-eval, judge: us.amazon.nova-lite-v1:0, votes: 99, value: x }
- { type: factuality, judge: us.amazon.nova-lite-v1:0, scores: { right: 1 }, value: x }
- { type: webhook, value: x }
- { type: language, value: klingon }
- { type: pairwise, value: x, judge: us.amazon.nova-lite-v1:0 }
- { type: pass_at_k }
- { type: any-of, assert: [{ type: max-score }] }
- { type: max-score, value: { method: median } }
- { type: max-score, value: { weights: { contians: 1 } } }
- { type: max-score, value: { weights: { contains: -1 } } }
- { type: similar, value: x, embedding_model: us.amazon.nova-lite-v1:0 }
- { type: similar, value: [] }
- { type: perplexity, threshold: 1 }
- { type: "trajectory:tool-used", value: x }
- { type: contains, value: "" }
- { type: contains, value: x, label: y, wieght: 2 }
- { type: contains, value: "{{ x" }
- { type: regex, value: "a**" }
- { type: regex, value: a, flags: iz }
- { type: contains-any, value: '"open' }
- { type: is-json, value: { type: object, propertees: {} } }
- { type: is-json, value: just words }
- { type: latency, value: 3 }
- { type: cost, threshold: cheap }
- { type: word-count, value: { min: 5, max: 2 } }
- { type: json-path, path: "$..a" }
- { type: json-path, path: $.a, is: strin }
- { type: expr, value: "outptu == 1" }
- { type: equals, value: x, transform: "output.trim()" }
- { type: equals, value: x, weight: heavy }
- { type: equals, value: file://none.txt }
- { type: equals, value: file://check.py }
- { type: any-of, assert: [] }
- { type: any-of, assert: [{ type: assert-set, assert: [] }, { type: equals }] }
- { type: equals, value: x, threshold: 3 }
"#;
    let found = wrong(yaml)
        .join("\n")
        .replace(env!("CARGO_MANIFEST_DIR"), "");
    insta::assert_snapshot!(found);
}

#[test]
fn files_are_read_beside_the_suite() {
    let (checks, problems) = read("- { type: contains, value: file://clippy.toml }");
    assert_eq!(problems.into_sorted(), []);
    assert_eq!(checks.len(), 1);
}

#[test]
fn a_list_is_needed() {
    let found = wrong("type: equals");
    assert!(
        found[0].starts_with("1:1 `assert` must be a list of assertions, found a map"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1);
}
