//! `scenarios`: every configuration of each with every test of it.

use super::super::error::Problems;
use super::super::file::read_beside;
use super::super::source::{Node, Place, Tree};
use super::tree::{Entries, each, entries, get, list, map, put, take, text};

/// Puts the tests of scenarios behind those of the file.
pub(super) fn unfolded(root: Node, problems: &mut Problems) -> Node {
    let (mut top, place) = match entries(root) {
        Ok(found) => found,
        Err(other) => return other,
    };
    let Some((key, scenarios)) = take(&mut top, &["scenarios"]) else {
        return map(top, place);
    };
    let mut made = Vec::new();
    each(scenarios, |scenario| {
        made.extend(tests_of(scenario, problems));
        Vec::new()
    });
    let mut tests = match take(&mut top, &["tests"]) {
        Some((_, node)) => match node.value {
            Tree::List(items) => items,
            _ => vec![node],
        },
        None => Vec::new(),
    };
    tests.extend(made);
    let all = list(tests, key.place.clone());
    put(&mut top, "tests", &key, all);
    map(top, place)
}

fn tests_of(scenario: Node, problems: &mut Problems) -> Vec<Node> {
    let place = scenario.place.clone();
    let path = scenario
        .as_text()
        .and_then(|text| text.strip_prefix("file://"));
    if let Some(path) = path {
        let Some(file) = read_beside(path, &place, problems) else {
            return Vec::new();
        };
        return match Node::parse(&file) {
            Ok(node) => {
                let mut tests = Vec::new();
                each(node, |scenario| {
                    tests.extend(tests_of(scenario, problems));
                    Vec::new()
                });
                tests
            }
            Err(error) => {
                problems.push(error);
                Vec::new()
            }
        };
    }
    let mut parts = match entries(scenario) {
        Ok((parts, _)) => parts,
        Err(other) => {
            let message = format!("a scenario must be a map, found {}", other.kind());
            problems.error(&place, message);
            return Vec::new();
        }
    };
    let description = take(&mut parts, &["description"]);
    let description = description.and_then(|(_, node)| node.as_text().map(str::to_owned));
    let (configs, tests) = (take(&mut parts, &["config"]), take(&mut parts, &["tests"]));
    for (key, _) in parts {
        problems.error(
            &key.place,
            format!("unknown key `{}` in a scenario", key.name),
        );
    }
    let (Some((_, configs)), Some((_, tests))) = (configs, tests) else {
        problems.error(&place, "a scenario needs `config` and `tests`");
        return Vec::new();
    };
    let (configs, tests) = (items(configs), items(tests));
    let mut made = Vec::new();
    for (number, config) in configs.iter().enumerate() {
        for (index, test) in tests.iter().enumerate() {
            let own = get_text(test, "description");
            let name = [description.clone(), own]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>();
            let name = match (name.is_empty(), tests.len(), configs.len()) {
                (true, _, _) => None,
                (false, 1, 1) => Some(name.join(": ")),
                _ => Some(format!(
                    "{} [{}.{}]",
                    name.join(": "),
                    number + 1,
                    index + 1
                )),
            };
            made.push(together(config, test, name, &test.place));
        }
    }
    made
}

fn items(node: Node) -> Vec<Node> {
    match node.value {
        Tree::List(items) => items,
        _ => vec![node],
    }
}

fn get_text(node: &Node, name: &str) -> Option<String> {
    node.get(name).and_then(Node::as_text).map(str::to_owned)
}

/// Returns a test over a configuration: its own vars, options and metadata win, assertions come after the others.
fn together(config: &Node, test: &Node, name: Option<String>, place: &Place) -> Node {
    let (Tree::Map(config), Tree::Map(test)) = (&config.value, &test.value) else {
        return test.clone();
    };
    let mut merged: Entries = config.clone();
    for (key, node) in test {
        match (key.name.as_str(), take(&mut merged, &[key.name.as_str()])) {
            ("vars" | "options" | "metadata", Some((_, below))) => {
                let both = over(below, node);
                merged.push((key.clone(), both));
            }
            ("assert", Some((_, before))) => {
                let mut all = items(before);
                all.extend(items(node.clone()));
                merged.push((key.clone(), list(all, node.place.clone())));
            }
            (_, _) => merged.push((key.clone(), node.clone())),
        }
    }
    if let Some(name) = name {
        let had = take(&mut merged, &["description"]);
        let key = had
            .map(|(key, _)| key)
            .or_else(|| merged.first().map(|(key, _)| key.clone()));
        if let Some(key) = key {
            put(&mut merged, "description", &key, text(name, place));
        }
    }
    map(merged, place.clone())
}

/// Returns the entries of two maps, those of the second over those of the first.
fn over(below: Node, above: &Node) -> Node {
    let (Tree::Map(mut entries), Tree::Map(more)) = (below.value, &above.value) else {
        return above.clone();
    };
    for (key, node) in more {
        if get(&entries, &[key.name.as_str()]).is_some() {
            take(&mut entries, &[key.name.as_str()]);
        }
        entries.push((key.clone(), node.clone()));
    }
    map(entries, above.place.clone())
}
