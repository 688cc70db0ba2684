//! YAML to tests: variables, checks, datasets, and what `default_test` adds to each.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::assertion::{assertions, transform};
use super::case::Test;
use super::cases::MOST_CASES;
use super::dataset::{DataFormat, Dataset};
use super::decode_dataset::{dataset, dataset_file};
use super::decode_servers::{ServerSet, servers as servers_of};
use super::decode_tools;
use super::decode_turns::{self, Turns};
use super::error::Problems;
use super::file::{beside, read_beside};
use super::judging::{Judging, Named};
use super::media::is_media_path;
use super::reader::MapReader;
use super::source::{Node, Place, Tree};
use super::toolset::ToolResults;
use crate::check::{Check, Grading, Transform};
use crate::files::read_whole;
use crate::model::{canonical, hex};
use crate::template::Template;

/// Reads the value of `default_test`: what every test has that does not say otherwise.
pub(super) fn defaults<'a>(
    node: &'a Node,
    given: &Given<'_>,
    judging: &Judging<'_>,
    problems: &mut Problems,
) -> Common<'a> {
    let Some(mut map) = MapReader::new("`default_test`", node, problems) else {
        return Common::default();
    };
    let common = Common::take(&mut map, given, judging, problems);
    map.finish(problems);
    common
}

/// Reads the value of `tests`.
pub(super) fn tests(
    node: &Node,
    defaults: &Common<'_>,
    given: &Given<'_>,
    judging: &Judging<'_>,
    problems: &mut Problems,
) -> Vec<(Test, Place)> {
    let items = match &node.value {
        Tree::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        problems.error(&node.place, "a suite needs at least one test");
    }
    // Whom `default_test` names holds for all tests; what is wrong with it was told when it was read.
    let judging = &judging.below(defaults.named, &mut Problems::default());
    let mut tests = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(mut test) = one(index + 1, item, defaults, given, judging, problems) {
            if test.tool_results.is_empty() {
                test.tool_results = given.results.clone();
            }
            if !test.tool_results.is_empty() {
                test.needed.extend(test.tool_results.variables());
                let content = [&test.digest, test.tool_results.written()].concat();
                test.digest = hex(&Sha256::digest(content.as_bytes())[..16]);
            }
            if !test.servers.is_empty() {
                let content = [&test.digest, &*test.servers.join(",")].concat();
                test.digest = hex(&Sha256::digest(content.as_bytes())[..16]);
            }
            let combinations = test.combinations(None);
            if combinations > MOST_CASES {
                let message = format!(
                    "the lists of test `{}` make {combinations} cases, at most {MOST_CASES} are allowed",
                    test.name
                );
                let hint = "write the cases that matter into a `dataset`, and `sample` them";
                problems.error_with(&item.place, message, Some(hint));
                continue;
            }
            tests.push((test, item.place.clone()));
        }
    }
    tests
}

/// What a suite gives its tests that have nothing of their own.
pub(super) struct Given<'a> {
    pub(super) results: ToolResults,
    pub(super) servers: ServerSet,
    /// Variables of the environment that the suite sees.
    pub(super) env: &'a Map<String, Value>,
}

/// The keys that a test and `default_test` share.
#[derive(Default)]
pub(super) struct Common<'a> {
    vars: Map<String, Value>,
    matrix: Vec<String>,
    checks: Vec<Check>,
    /// Where the checks stand.
    list: Option<&'a Node>,
    results: ToolResults,
    servers: Option<ServerSet>,
    /// Whom checks ask, where it is said here.
    named: Named<'a>,
    threshold: Option<f64>,
    transform: Option<Transform>,
    tags: Vec<String>,
    repeat: Option<u32>,
}

impl<'a> Common<'a> {
    fn take(
        map: &mut MapReader<'a>,
        given: &Given<'_>,
        judging: &Judging<'_>,
        problems: &mut Problems,
    ) -> Self {
        let (vars, matrix) = map
            .take("vars")
            .map(|node| variables(node, problems))
            .unwrap_or_default();
        let results = map.take("tool_results");
        let results = results.map(|node| decode_tools::results(node, problems));
        let servers = map.take("mcp_servers");
        let servers = servers.map(|node| servers_of(node, given.env, problems));
        let named = Named::take(map);
        let judging = judging.below(named, problems);
        let list = map.take("assert");
        let checks = list
            .map(|node| assertions(node, &judging, problems))
            .unwrap_or_default();
        let threshold = map.number("threshold", problems);
        let transform = transform(map, problems).ok().flatten();
        let tags = map.texts("tags", problems).unwrap_or_default();
        let repeat = map
            .count("repeat", 1, problems)
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        map.instead(
            "options",
            "`transform`, `repeat` and others stand in the test itself",
            problems,
        );
        map.later(
            &[
                "provider",
                "providers",
                "models",
                "prompts",
                "tools",
                "assert_scoring_function",
            ],
            problems,
        );
        Self {
            vars,
            matrix,
            checks,
            list,
            named,
            results: results.unwrap_or_default(),
            servers,
            threshold,
            transform,
            tags,
            repeat,
        }
    }
}

fn one(
    number: usize,
    node: &Node,
    defaults: &Common<'_>,
    given: &Given<'_>,
    judging: &Judging<'_>,
    problems: &mut Problems,
) -> Option<Test> {
    if let Some(path) = node.as_text() {
        let dataset = dataset_file(path, &node.place, problems)?;
        if defaults.checks.is_empty() {
            let hint = "add checks to `default_test`, or every answer passes";
            problems.warning(&node.place, "a test without assertions", Some(hint));
        }
        let own = Own {
            number,
            description: None,
            common: Common::default(),
            dataset: Some(dataset),
            output: None,
            turns: Turns::default(),
        };
        return Some(finish(own, defaults, given, judging));
    }
    let mut map = MapReader::new("a test", node, problems)?;
    let description = map.text("description", problems).map(str::to_owned);
    let dataset_node = map.take("dataset");
    let output = map.take_one_of(&["output", "provider_output"], problems);
    let turns_node = map.take("turns");
    let mut common = Common::take(&mut map, given, judging, problems);
    let judging = &judging.below(common.named, &mut Problems::default());
    let turns = turns_node
        .map(|node| decode_turns::turns(node, judging, problems))
        .unwrap_or_default();
    if let (Some(_), Some(output)) = (turns_node, output) {
        let message = "a test has `turns`, or an `output` that is given, not both";
        problems.error(&output.place, message);
    }
    if let Some(first) = turns.first() {
        // The prompt says the first of them.
        let first = Value::String(first.message.source().to_owned());
        common.vars.insert("turn".to_owned(), first);
    }
    let has_checks = !common.checks.is_empty()
        || !defaults.checks.is_empty()
        || turns.iter().any(|turn| !turn.checks.is_empty());
    let has_list = node_has_key(node, "assert");
    map.finish(problems);
    let dataset = match dataset_node {
        Some(node) => Some(dataset(node, problems)?),
        None => None,
    };
    if !has_checks && !has_list {
        let hint = "add an `assert` list, or every answer passes";
        problems.warning(&node.place, "a test without assertions", Some(hint));
    }
    let own = Own {
        number,
        description,
        common,
        dataset,
        output: output.map(Node::to_json),
        turns: Turns::new(turns_node, turns),
    };
    Some(finish(own, defaults, given, judging))
}

/// What a test says by itself.
struct Own<'a> {
    number: usize,
    description: Option<String>,
    common: Common<'a>,
    dataset: Option<Dataset>,
    output: Option<Value>,
    turns: Turns,
}

/// Applies the defaults. Checks of `default_test` come first; everything else of the test wins.
fn finish(own: Own<'_>, defaults: &Common<'_>, given: &Given<'_>, judging: &Judging<'_>) -> Test {
    let Own {
        number,
        description,
        common: test,
        dataset,
        output,
        turns,
    } = own;
    let servers = test.servers.or_else(|| defaults.servers.clone());
    let servers = servers.unwrap_or_else(|| given.servers.clone());
    let mut vars = defaults.vars.clone();
    vars.extend(test.vars);
    let mut matrix: Vec<String> = defaults.matrix.clone();
    matrix.extend(test.matrix);
    matrix.retain(|name| vars.get(name).is_some_and(is_matrix));
    let mut known = BTreeSet::new();
    matrix.retain(|name| known.insert(name.clone()));

    let names = test.named.judge.is_some() || test.named.embedder.is_some();
    let inherited = match defaults.list {
        // A judge of the test's own judges what it inherits too; the problems were told when it was read first.
        Some(list) if names => {
            let mut told = Problems::default();
            let judging = judging.below(test.named, &mut told);
            assertions(list, &judging, &mut told)
        }
        _ => defaults.checks.clone(),
    };
    let checks: Vec<Check> = inherited.into_iter().chain(test.checks).collect();
    let threshold = test.threshold.or(defaults.threshold);
    let transform = test.transform.or_else(|| defaults.transform.clone());
    let mut tags = defaults.tags.clone();
    tags.extend(
        test.tags
            .into_iter()
            .filter(|tag| !defaults.tags.contains(tag)),
    );
    let mut written = json!([
        written(defaults.list),
        written(test.list),
        threshold,
        transform.as_ref().map(Transform::source),
        output,
    ]);
    let grading = Grading {
        checks: checks.into(),
        threshold,
        transform,
        turns: turns.checks,
    };
    if let (Value::Array(content), Some(said)) = (&mut written, turns.written) {
        content.push(said);
    }
    if let Value::Array(written) = &mut written
        && grading.asks()
    {
        let judges = grading.helpers().map(|helper| json!(helper.request));
        written.push(judges.collect());
    }
    let said = turns.messages.iter().flat_map(Template::variables);
    let said = said.filter(|name| name != "turns");
    let needed = grading.variables().into_iter().chain(said).collect();
    Test {
        line: 0,
        name: description.unwrap_or_else(|| format!("#{number}")),
        vars,
        matrix,
        dataset,
        tags,
        turns: turns.messages,
        grading,
        output,
        tool_results: if test.results.is_empty() {
            defaults.results.clone()
        } else {
            test.results
        },
        servers: servers.names.into(),
        server_specs: servers.specs,
        repeat: test.repeat.or(defaults.repeat),
        digest: hex(&Sha256::digest(canonical(&written).as_bytes())[..16]),
        needed,
    }
}

/// Returns the checks as written, with the contents of the files that they name.
fn written(list: Option<&Node>) -> Vec<Value> {
    match list.map(with_files) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Returns a tree as JSON in which each `file://…` is the digest of the file.
pub(super) fn with_files(node: &Node) -> Value {
    match &node.value {
        Tree::List(items) => items.iter().map(with_files).collect(),
        Tree::Map(entries) => {
            let fields = entries.iter();
            let fields = fields.map(|(key, value)| (key.name.clone(), with_files(value)));
            Value::Object(fields.collect())
        }
        Tree::Text(text) if text.starts_with("file://") => {
            // A function may be named after the path.
            let (path, function) = match text.rsplit_once(':') {
                Some((path, function)) if path != "file" => (path, function),
                _ => (text.as_str(), ""),
            };
            let content = [text.as_str(), path]
                .iter()
                .find_map(|path| read_whole(&beside(path, &node.place)).ok());
            let digest = content.map(|content| hex(&Sha256::digest(content)[..16]));
            json!([text, digest, function])
        }
        _ => node.to_json(),
    }
}

/// Returns whether a variable is multiplied: a list whose first item is text, as in promptfoo.
fn is_matrix(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.first().is_some_and(Value::is_string))
}

/// Reads `vars`: the values, and the names of those that are multiplied.
fn variables(node: &Node, problems: &mut Problems) -> (Map<String, Value>, Vec<String>) {
    let Tree::Map(entries) = &node.value else {
        problems.error(
            &node.place,
            format!("`vars` must be a map, found {}", node.kind()),
        );
        return Default::default();
    };
    let mut vars = Map::new();
    let mut matrix = Vec::new();
    for (key, node) in entries {
        if key.name == "env" {
            problems.error(
                &key.place,
                "`env` is the environment; name the variable otherwise",
            );
            continue;
        }
        let value = match node.as_text().and_then(|text| text.strip_prefix("file://")) {
            // Read when it is asked: neither a journal nor a variable holds an image.
            Some(path) if is_media_path(path) => node.to_json(),
            Some(path) => file_value(path, &node.place, problems).unwrap_or_default(),
            None => node.to_json(),
        };
        if is_matrix(&value) {
            matrix.push(key.name.clone());
        }
        vars.insert(key.name.clone(), value);
    }
    (vars, matrix)
}

/// Reads a variable's value from a file: JSON and YAML as they are, anything else as text.
fn file_value(path: &str, place: &Place, problems: &mut Problems) -> Option<Value> {
    let file = read_beside(path, place, problems)?;
    match DataFormat::of(&file.path) {
        Some(DataFormat::Json | DataFormat::Yaml) => match Node::parse(&file) {
            Ok(node) => Some(node.to_json()),
            Err(error) => {
                problems.push(error);
                None
            }
        },
        _ => Some(Value::String(
            file.text.trim_end_matches(['\n', '\r']).to_owned(),
        )),
    }
}

fn node_has_key(node: &Node, name: &str) -> bool {
    matches!(&node.value, Tree::Map(entries) if entries.iter().any(|(key, _)| key.name == name))
}
