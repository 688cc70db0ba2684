//! The schema against the decoder: the same keys, the same types, the same suites.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use serde_json::Value;
use walkdir::WalkDir;

use super::super::assertion::type_names;
use super::super::decode::{Surroundings, suite};
use super::super::error::Problems;
use super::super::source::{Node, SourceFile};
use super::schema;
use crate::catalog::Catalog;

/// A key that no map has and that is near to none.
const NO_KEY: &str = "qqqqqqqqqqqqqqqqqq";

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema()).unwrap());

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn source(text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile {
        path: "suite.yaml".into(),
        text: text.to_owned(),
    })
}

/// Returns the keys that the decoder offers in place of [`NO_KEY`], which `text` holds once.
fn keys_of_decoder(text: &str) -> BTreeSet<String> {
    let around = Surroundings {
        catalog: &Catalog::builtin(),
        environment: &BTreeMap::new(),
        today: jiff::civil::date(2026, 7, 1),
    };
    let mut problems = Problems::default();
    suite(&source(text), "suite", &around, &mut problems);
    let problems = problems.into_sorted();
    let hint = problems
        .iter()
        .find(|problem| problem.message.contains(NO_KEY));
    let hint = hint.and_then(|problem| problem.hint.as_deref());
    let hint = hint.unwrap_or_else(|| panic!("no hint for {text}: {problems:?}"));
    let keys = hint.split_once(" has the keys ").expect("no key is near").1;
    keys.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Returns the keys that an object of the schema offers, in their first spelling.
fn keys_of_schema(object: &Value) -> BTreeSet<String> {
    assert_eq!(object["additionalProperties"], false, "{object:#}");
    let properties = object["properties"].as_object().unwrap();
    let offered = properties
        .iter()
        .filter(|(_, property)| property.get("doNotSuggest").is_none());
    offered.map(|(name, _)| name.clone()).collect()
}

/// Returns the objects of the schema that describe assertions, by each type they are for.
fn assertions() -> BTreeMap<String, Value> {
    let schema = schema();
    let shapes = schema["$defs"]["Assertion"]["anyOf"].as_array().unwrap();
    let mut by_type = BTreeMap::new();
    for shape in shapes {
        let shape = schema
            .pointer(&shape["$ref"].as_str().unwrap()[1..])
            .unwrap();
        for name in shape["properties"]["type"]["enum"].as_array().unwrap() {
            let twice = by_type.insert(name.as_str().unwrap().to_owned(), shape.clone());
            assert_eq!(twice, None, "{name} has two shapes");
        }
    }
    by_type
}

#[test]
fn the_file_is_the_schema() {
    let file = std::fs::read_to_string(root("config/suite.schema.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert!(
        file == schema(),
        "config/suite.schema.json is out of date; make it again with\n\n    \
         cargo run -- schema suite > config/suite.schema.json\n"
    );
}

#[test]
fn decoder_and_schema_have_the_same_keys() {
    for (definition, text) in [
        ("", "Q: 1"),
        ("Prompt", "prompts: { Q: 1 }"),
        ("Message", "prompts: { messages: [{ Q: 1 }] }"),
        ("Block", "prompts: { user: [{ Q: 1 }] }"),
        (
            "ToolUse",
            "prompts: { messages: [{ role: assistant, content: [{ tool_use: { Q: 1 } }] }] }",
        ),
        (
            "ToolResult",
            "prompts: { user: [{ tool_result: { Q: 1 } }] }",
        ),
        ("Media", "prompts: { user: [{ image: { Q: 1 } }] }"),
        (
            "CachePoint",
            "prompts: { user: [{ cache_point: { Q: 1 } }] }",
        ),
        ("CachePoint", "models: { id: m, cache: { Q: 1 } }"),
        ("Model", "models: { id: m, Q: 1 }"),
        ("Params", "models: { id: m, params: { Q: 1 } }"),
        ("Guardrail", "models: { id: m, guardrail: { Q: 1 } }"),
        (
            "Estimated",
            "gates: [{ pass_rate: { at_least: 0.9, Q: 1 } }]",
        ),
        ("Timed", "gates: [{ ttft_p50: { at_least: 9, Q: 1 } }]"),
        (
            "Metric",
            "gates: [{ metric: { name: m, at_least: 0.9, Q: 1 } }]",
        ),
        ("Against", "gates: [{ better_than: { Q: 1 } }]"),
        ("DefaultTest", "default_test: { Q: 1 }"),
        ("Test", "tests: { Q: 1 }"),
        ("Turn", "tests: { turns: [{ Q: 1 }] }"),
        ("Dataset", "tests: { dataset: { Q: 1 } }"),
        ("Transform", "tests: { transform: { Q: 1 } }"),
        (
            "Transform",
            "tests: { assert: [{ type: expr, transform: { Q: 1 } }] }",
        ),
        (
            "Bounds",
            "tests: { assert: [{ type: word-count, value: { Q: 1 } }] }",
        ),
        (
            "Bounds",
            "tests: { assert: [{ type: tokens, total: { Q: 1 } }] }",
        ),
        (
            "ExpectedCall",
            "tests: { assert: [{ type: tool-calls, value: [{ Q: 1 }] }] }",
        ),
    ] {
        let schema = schema();
        let object = match definition {
            "" => &schema,
            name => &schema["$defs"][name],
        };
        let decoder = keys_of_decoder(&text.replace('Q', NO_KEY));
        assert_eq!(decoder, keys_of_schema(object), "{text}");
    }
}

#[test]
fn every_type_of_assertion_has_the_same_keys() {
    for (name, object) in assertions() {
        let text = format!("tests: {{ assert: [{{ type: {name}, {NO_KEY}: 1 }}] }}");
        assert_eq!(keys_of_decoder(&text), keys_of_schema(&object), "{name}");
    }
}

#[test]
fn decoder_and_schema_have_the_same_types_of_assertions() {
    let decoder: BTreeSet<String> = type_names().into_iter().collect();
    let schema: BTreeSet<String> = assertions().into_keys().collect();
    assert_eq!(decoder, schema);
}

#[test]
fn keys_are_known_in_both_spellings() {
    let schema = schema();
    for (pointer, alias) in [
        ("/properties", "defaultTest"),
        ("/$defs/Params/properties", "maxTokens"),
        ("/$defs/JsonPath/properties", "atLeast"),
    ] {
        let reference = schema.pointer(pointer).unwrap()[alias]["$ref"].as_str();
        let reference = reference.unwrap_or_else(|| panic!("{alias}"));
        assert!(schema.pointer(&reference[1..]).is_some(), "{reference}");
    }
}

/// Says whether the schema accepts a suite, or why it does not.
fn validate(text: &str) -> Result<(), String> {
    let suite = Node::parse(&source(text)).map_err(|error| error.to_string())?;
    VALIDATOR
        .validate(&suite.to_json())
        .map_err(|error| error.to_string())
}

#[test]
fn the_suites_of_the_project_are_valid() {
    let folders = ["suites", "fixtures/suites/good"];
    let files = folders.iter().flat_map(|folder| WalkDir::new(root(folder)));
    let mut count = 0;
    for file in files.flatten() {
        let path = file.path();
        let is_data = path
            .parent()
            .is_some_and(|folder| folder.ends_with("data") || folder.ends_with("prompts"));
        if is_data || path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        count += 1;
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(validate(&text), Ok(()), "{}", path.display());
    }
    assert!(count >= 6, "only {count} suites were found");
}

#[test]
fn mistakes_are_not_valid() {
    let suite = |with: &str| {
        let mut suite = "prompts: '{{ q }}'\nmodels: m\ntests: { vars: { q: 1 }, assert: [{ type: equals, value: 1 }] }\n".to_owned();
        let key = with.split(':').next().unwrap();
        suite = suite
            .lines()
            .filter(|line| !line.starts_with(&format!("{key}:")))
            .collect::<Vec<_>>()
            .join("\n");
        suite + "\n" + with
    };
    assert_eq!(validate(&suite("name: fine")), Ok(()));
    for with in [
        "qqq: 1",
        "providers: m",
        "repeat: 0",
        "repeat: three",
        "margin: 2",
        "prompts: []",
        "prompts: 7",
        "prompts: { system: s }",
        "prompts: { user: u, raw: r }",
        "prompts: { id: terse }",
        "prompts: { messages: [{ role: human, content: c }] }",
        "prompts: { user: [{ text: t, cache_point: 5m }] }",
        "prompts: { user: [{ cache_point: 10m }] }",
        "models: []",
        "models: { label: l }",
        "models: { id: m, params: { temperature: 1.7 } }",
        "models: { id: m, params: { maxTokens: 0 } }",
        "models: { id: m, service_tier: cheap }",
        "models: { id: m, guardrail: { version: 3 } }",
        "models: { id: m, config: {} }",
        "tests: []",
        "tests: [42]",
        "tests: { vars: [q] }",
        "tests: { vars: { env: 1 } }",
        "tests: { transform: [output.trim()] }",
        "tests: { dataset: { limit: 3 } }",
        "tests: { assert: { contains: refund } }",
        "tests: { assert: [{ value: refund }] }",
        "tests: { assert: [{ type: contians, value: refund }] }",
        "tests: { assert: [{ type: contains }] }",
        "tests: { assert: [{ type: contains, value: '' }] }",
        "tests: { assert: [{ type: contains, value: refund, flags: i }] }",
        "tests: { assert: [{ type: not-assert-set, assert: [] }] }",
        "tests: { assert: [{ type: any-of, assert: [] }] }",
        "tests: { assert: [{ type: latency, threshold: 3h }] }",
        "tests: { assert: [{ type: tokens }] }",
        "tests: { assert: [{ type: json-path, equals: 1 }] }",
        "tests: { assert: [{ type: json-path, path: $.a, is: text }] }",
    ] {
        assert!(validate(&suite(with)).is_err(), "{with}");
    }
}
