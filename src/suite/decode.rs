//! YAML to a suite: the top level, and what can only be said of the whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::case::{ModelEntry, Suite, Test};
use super::decode_gates::{gates, label_of};
use super::decode_model::models;
use super::decode_prompt::prompts;
use super::decode_servers::ServerSet;
use super::decode_servers::servers;
use super::decode_test::{Common, Given, defaults, tests};
use super::decode_tools;
use super::error::Problems;
use super::judging::{Judging, Named};
use super::media::MediaKind;
use super::prompt::Prompt;
use super::promptfoo;
use super::reader::{MapReader, listed, nearest};
use super::rows;
use super::source::{Node, Place, SourceFile, Tree};
use super::toolset::ToolSet;
use super::variables;
use crate::catalog::{Ability, Catalog, Support, Usd};
use crate::model::{ModelId, ServerSpec};

/// Words of the format that this version cannot do yet.
const LATER: [&str; 3] = ["derived_metrics", "extensions", "nunjucks_filters"];

/// What reading suites needs from outside the files.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Prices and abilities.
    pub catalog: &'a Catalog,
    /// The environment, of which a suite sees what it lists under `env`.
    pub environment: &'a BTreeMap<String, String>,
    /// The day, for models whose life ends.
    pub today: Date,
}

/// Decodes one suite file. `fallback_name` is its name unless it says another.
///
/// Returns `None` if anything found is an error.
pub(super) fn suite(
    file: &Arc<SourceFile>,
    fallback_name: &str,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Suite> {
    let mut found = Problems::default();
    let suite = match Node::parse(file) {
        Ok(root) => {
            let root = promptfoo::rewritten(root, &mut found);
            top_level(&root, &file.path, fallback_name, around, &mut found)
        }
        Err(error) => {
            found.push(error);
            None
        }
    };
    for test in suite.iter().flat_map(|suite| &suite.tests) {
        rows::check(test, &mut found);
    }
    let suite = suite.filter(|_| !found.has_errors());
    problems.extend(found);
    suite
}

fn top_level(
    root: &Node,
    path: &Path,
    fallback_name: &str,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Suite> {
    if root.value == Tree::Null {
        let place = Place::start_of(&root.place.file);
        let hint = "a suite needs `prompts`, `models` and `tests`";
        problems.error_with(&place, "the file is empty", Some(hint));
        return None;
    }
    let mut map = MapReader::new("a suite", root, problems)?;
    let name = map
        .text("name", problems)
        .map_or_else(|| fallback_name.to_owned(), str::to_owned);
    let description = map.text("description", problems).map(str::to_owned);
    let prompts_node = map.take("prompts");
    let models_node = map.take_one_of(&["models", "providers", "targets"], problems);
    let named = Named::take(&mut map);
    let tools = decode_tools::take(&mut map, problems);
    let results_node = map.take("tool_results");
    let servers_node = map.take("mcp_servers");
    let default_node = map.take("default_test");
    let tests_node = map.take("tests");
    let repeat = map.count("repeat", 1, problems);
    let baseline_place = map.take("baseline").map(|node| &node.place);
    let baseline = map.text("baseline", problems).map(str::to_owned);
    let margin_place = map.take("margin").map(|node| &node.place);
    let margin = map.number("margin", problems);
    let gates_node = map.take("gates");
    let budget = map.take("budget").and_then(|node| dollars(node, problems));
    let env = environment(&mut map, around.environment, problems);
    map.later(&LATER, problems);
    for (name, node) in [
        ("prompts", prompts_node),
        ("models", models_node),
        ("tests", tests_node),
    ] {
        if node.is_none() {
            map.miss(name, format!("a suite needs `{name}`"));
        }
    }
    map.finish(problems);

    let mut prompts = prompts_node
        .map(|node| prompts(node, problems))
        .unwrap_or_default();
    for prompt in &mut prompts {
        prompt.set_folder(path.parent().unwrap_or(Path::new("")));
    }
    let models = models_node
        .map(|node| models(node, around, problems))
        .unwrap_or_default();
    let results = results_node
        .map(|node| decode_tools::results(node, problems))
        .unwrap_or_default();
    // Where prompts are compared, answers are still preferred to those of a model.
    let with_prompt = baseline
        .as_deref()
        .filter(|name| !models.iter().any(|model| model.label == *name))
        .and_then(|name| name.rsplit_once('@'))
        .filter(|(_, prompt)| prompts.iter().any(|known| known.name == *prompt));
    let label = with_prompt.map(|(label, _)| label).or(baseline.as_deref());
    let servers = servers_node.map(|node| servers(node, &env, problems));
    let given = Given {
        results,
        servers: servers.unwrap_or_default(),
        env: &env,
    };
    let judging = Judging::new(around, &models, label).below(named, problems);
    let defaults = default_node.map_or_else(Common::default, |node| {
        defaults(node, &given, &judging, problems)
    });
    let mut tests = tests_node
        .map(|node| tests(node, &defaults, &given, &judging, problems))
        .unwrap_or_default();

    if let (Some(label), Some(place)) = (label, baseline_place) {
        label_of(label, place, &models, problems);
    }
    let gates = gates_node.map(|node| gates(node, &models, margin_place.is_some(), problems));
    if let (Some(margin), Some(place)) = (margin, margin_place) {
        check_margin(margin, place, problems);
    }
    let server_specs = specs_of(&given.servers, &tests, problems);
    let offered = [&tools].into_iter();
    let offered = offered.chain(prompts.iter().map(|prompt| &prompt.tools));
    let offered = offered.chain(models.iter().map(|entry| &entry.tools));
    results_of_no_tool(&tests, offered, problems);
    abilities(&prompts, &models, around.catalog, problems);
    same_names(&tests, problems);
    variables::check(&prompts, &mut tests, &env, problems);
    Some(Suite {
        name,
        path: path.to_owned(),
        description,
        prompts,
        models,
        tests: tests.into_iter().map(at_line).collect(),
        repeat: u32::try_from(repeat.unwrap_or(1)).unwrap_or(u32::MAX),
        baseline,
        budget,
        margin,
        gates: gates.unwrap_or_default(),
        env,
        tools,
        server_specs,
    })
}

fn check_margin(margin: f64, place: &Place, problems: &mut Problems) {
    if !(0.0..1.0).contains(&margin) {
        let message = "`margin` is a fraction from 0 to 1";
        problems.error_with(place, message, Some("0.02 is two points"));
    }
}

/// Returns a test that knows its line.
fn at_line((test, place): (Test, Place)) -> Test {
    Test {
        line: place.line as u64,
        ..test
    }
}

/// Reads an amount of US dollars, exactly as it is written.
fn dollars(node: &Node, problems: &mut Problems) -> Option<Usd> {
    let written = match &node.value {
        Tree::Number(number) => number.to_string(),
        Tree::Text(text) => text.clone(),
        _ => String::new(),
    };
    match written.parse() {
        Ok(amount) if amount >= Usd::ZERO => Some(amount),
        _ => {
            problems.error(
                &node.place,
                "`budget` is an amount of US dollars, such as 2.50",
            );
            None
        }
    }
}

/// Reads `env`: the names of environment variables that templates may use.
fn environment(
    map: &mut MapReader<'_>,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Map<String, Value> {
    let mut env = Map::new();
    let Some(node) = map.take("env") else {
        return env;
    };
    let items = match &node.value {
        Tree::Map(entries) => {
            // Values of the file's own, as promptfoo has them.
            for (key, node) in entries {
                match node.as_text() {
                    Some(text) => {
                        env.insert(key.name.clone(), Value::String(text.to_owned()));
                    }
                    None => {
                        let message = format!("`{}` must be text, found {}", key.name, node.kind());
                        problems.error(&node.place, message);
                    }
                }
            }
            return env;
        }
        Tree::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let names = map.texts("env", problems).unwrap_or_default();
    for (index, name) in names.into_iter().enumerate() {
        match environment.get(&name) {
            Some(value) => {
                env.insert(name, Value::String(value.clone()));
            }
            None => {
                let place = items.get(index).map_or(&node.place, |item| &item.place);
                let hint = "set it, or take it off the list";
                problems.error_with(
                    place,
                    format!("the environment has no `{name}`"),
                    Some(hint),
                );
                env.insert(name, Value::Null);
            }
        }
    }
    env
}

/// Refuses prompts that show a model what it cannot see.
fn abilities(
    prompts: &[Prompt],
    models: &[ModelEntry],
    catalog: &Catalog,
    problems: &mut Problems,
) {
    for prompt in prompts {
        for (kind, ability) in [
            (MediaKind::Image, Ability::Images),
            (MediaKind::Document, Ability::Documents),
            // Nobody says which models see videos; none does that sees no images.
            (MediaKind::Video, Ability::Images),
        ] {
            if !prompt.media().any(|media| media.kind == kind) {
                continue;
            }
            for entry in models {
                let facts = catalog.look_up(&ModelId::parse(&entry.id));
                if facts.is_some_and(|facts| facts.supports(ability) == Support::No) {
                    let what = kind.as_str();
                    let message = format!(
                        "`{}` takes no {what}s, and prompt `{}` has one",
                        entry.label, prompt.name
                    );
                    let hint = "put the two into suites of their own";
                    problems.error_with(&prompt.place, message, Some(hint));
                }
            }
        }
    }
}

/// Warns of results for tools that nobody is offered, each once.
fn results_of_no_tool<'a>(
    tests: &[(Test, Place)],
    offered: impl Iterator<Item = &'a ToolSet>,
    problems: &mut Problems,
) {
    let names: Vec<&str> = offered
        .flat_map(|set| set.tools.iter().map(|tool| tool.name.as_str()))
        .collect();
    let mut told: Vec<&str> = Vec::new();
    // Servers say only later what they offer.
    let tests = tests.iter().filter(|(test, _)| test.servers.is_empty());
    for (test, place) in tests {
        for name in test.tool_results.names() {
            if names.contains(&name) || told.contains(&name) {
                continue;
            }
            told.push(name);
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "offer tools with `tools`".to_owned(),
                None => format!("the tools are {}", listed(&names)),
            };
            let message =
                format!("`tool_results` has a result for `{name}`, which no model is offered");
            problems.warning(place, message, Some(hint));
        }
    }
}

/// Returns the servers that are described anywhere in the suite.
fn specs_of(
    suite: &ServerSet,
    tests: &[(Test, Place)],
    problems: &mut Problems,
) -> Vec<ServerSpec> {
    let mut specs = suite.specs.clone();
    for (test, place) in tests {
        for spec in &test.server_specs {
            match specs.iter().find(|known| known.name == spec.name) {
                Some(known) if known == spec => {}
                Some(_) => {
                    let message = format!("two servers are called `{}`", spec.name);
                    problems.error(place, message);
                }
                None => specs.push(spec.clone()),
            }
        }
    }
    specs
}

fn same_names(tests: &[(Test, Place)], problems: &mut Problems) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (test, place) in tests {
        if let Some(line) = seen.insert(&test.name, place.line) {
            let message = format!(
                "two tests are called `{}`; the other stands at line {line}",
                test.name
            );
            problems.warning(
                place,
                message,
                Some("give each a `description` of its own, so that runs can be compared"),
            );
        }
    }
}
