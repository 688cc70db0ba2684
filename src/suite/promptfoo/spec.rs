//! What files say, and what becomes of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::source::SourceFile;
use super::*;

/// Rewrites a file; nothing in it may be a problem.
#[track_caller]
fn said(yaml: &str) -> Value {
    let file = Arc::new(SourceFile {
        path: "promptfoo.yaml".into(),
        text: yaml.to_owned(),
    });
    let mut problems = Problems::default();
    let said = rewritten(Node::parse(&file).unwrap(), &mut problems).to_json();
    assert_eq!(problems.into_sorted(), [], "{yaml}");
    said
}

#[test]
fn a_suite_of_ours_stays_as_it_is() {
    let yaml = "prompts: [{ id: a, user: b }]\nmodels: [{ id: m, params: { max_tokens: 1 } }, n]\nenv: [A]\n\
                tests: [{ vars: { a: [x, y] }, tags: b, assert: [{ type: any-of, assert: [] }] }, rows.csv]";
    let file = Arc::new(SourceFile {
        path: "suite.yaml".into(),
        text: yaml.to_owned(),
    });
    let before = Node::parse(&file).unwrap();
    let after = rewritten(before.clone(), &mut Problems::default());
    assert_eq!(after.to_json(), before.to_json());
}

#[test]
fn configurations_become_parameters() {
    let provider = |config: &str| {
        said(&format!("providers: {{ id: m, config: {config} }}"))["providers"][0].clone()
    };
    for (config, expected) in [
        (
            "{ max_tokens: 5, temperature: 0, top_p: 1, stop_sequences: [a], top_k: 3 }",
            json!({"params": {"max_tokens": 5, "temperature": 0, "top_p": 1, "stop": ["a"]}, "additional_fields": {"top_k": 3}}),
        ),
        (
            "{ interfaceConfig: { max_new_tokens: 5, topP: 1 } }",
            json!({"params": {"max_tokens": 5, "top_p": 1}}),
        ),
        (
            "{ region: eu-west-1, serviceTier: { type: flex }, performanceConfig: { latency: optimized } }",
            json!({"region": "eu-west-1", "service_tier": "flex", "performance": "optimized"}),
        ),
        (
            "{ guardrailIdentifier: g, guardrailVersion: 2, additionalModelRequestFields: { a: 1 }, thinking: { type: adaptive } }",
            json!({"guardrail": {"id": "g", "version": 2}, "additional_fields": {"a": 1, "thinking": {"type": "adaptive"}}}),
        ),
    ] {
        let mut expected = expected;
        expected["id"] = "m".into();
        assert_eq!(provider(config), expected, "{config}");
    }
    let by_id = said("providers: [{ 'bedrock:m': { label: l, config: { maxTokens: 1 } } }]");
    assert_eq!(
        by_id["providers"],
        json!([{"label": "l", "id": "bedrock:m", "params": {"max_tokens": 1}}])
    );
}

#[test]
fn references_of_the_file_are_followed_and_those_of_schemas_are_not() {
    let said = said(
        "kept: { a: 1 }\nchecks: { one: { type: equals, value: x }, two: { $ref: '#/checks/one' } }\n\
         tests:\n  - assert:\n      - { $ref: '#/checks/two' }\n      \
         - { type: is-json, value: { properties: { c: { $ref: '#' }, d: { $ref: '#/definitions/e' } } } }\n      \
         - { type: is-json, value: { $ref: '#/checks/one' } }",
    );
    let one = json!({"type": "equals", "value": "x"});
    let schema = json!({"properties": {"c": {"$ref": "#"}, "d": {"$ref": "#/definitions/e"}}});
    assert_eq!(
        said["tests"][0]["assert"],
        json!([one, {"type": "is-json", "value": schema}, {"type": "is-json", "value": one}])
    );
    assert_eq!(
        (said.get("checks"), said["kept"]["a"].as_i64()),
        (None, Some(1))
    );
}

#[test]
fn options_and_metadata_find_their_places() {
    let said = said(
        "tests:\n  - metadata: { area: a, kinds: [b, 2] }\n    tags: own\n    options:\n      postprocess: output.trim()\n      \
         repeat: 2\n      rubricPrompt: 'Is {{ output }}?'\n      provider: { text: { id: j, config: { maxTokens: 9 } }, embedding: e }\n    \
         assert:\n      - { type: llm-rubric, value: x }\n      - { type: not-llm-rubric, value: x, rubricPrompt: own }\n      - { type: equals, value: x }",
    );
    assert_eq!(
        said["tests"][0],
        json!({
            "tags": ["area=a", "kinds=b", "kinds=2", "own"],
            "assert": [
                {"type": "llm-rubric", "value": "x", "rubric_prompt": "Is {{ output }}?"},
                {"type": "not-llm-rubric", "value": "x", "rubricPrompt": "own"},
                {"type": "equals", "value": "x"},
            ],
            "transform": "output.trim()",
            "repeat": 2,
            "judge": {"id": "j", "params": {"max_tokens": 9}},
            "embedding_model": "e",
        })
    );
}

#[test]
fn cells_are_checks() {
    let expected = |kind: &str, value: Option<&str>, threshold: Option<&str>| rows::Expected {
        kind: kind.to_owned(),
        value: value.map(str::to_owned),
        threshold: threshold.map(str::to_owned),
    };
    for (cell, found) in [
        ("plain text", expected("equals", Some("plain text"), None)),
        ("contains: a: b", expected("contains", Some("a: b"), None)),
        ("not-contains:x", expected("not-contains", Some("x"), None)),
        ("is-json", expected("is-json", None, None)),
        (
            "similar(0.8): x",
            expected("similar", Some("x"), Some("0.8")),
        ),
        (
            "similar:dot(0.8):x",
            expected("similar:dot", Some("x"), Some("0.8")),
        ),
        (
            "contains(x): y",
            expected("equals", Some("contains(x): y"), None),
        ),
        ("note: this", expected("equals", Some("note: this"), None)),
        ("contains it", expected("equals", Some("contains it"), None)),
        (
            "fn: output > 1",
            expected("javascript", Some("output > 1"), None),
        ),
        (
            "grade: is kind",
            expected("llm-rubric", Some("is kind"), None),
        ),
        (
            "python: len(output)",
            expected("python", Some("len(output)"), None),
        ),
        (
            "file://a.py:b",
            expected("python", Some("file://a.py:b"), None),
        ),
        (
            "file://a.js",
            expected("javascript", Some("file://a.js"), None),
        ),
    ] {
        assert_eq!(rows::Expected::parse(cell), found, "{cell}");
    }
}
