//! Tests: what stands under `options` and `metadata`, and files of tests.

use std::path::Path;

use super::super::dataset::DataFormat;
use super::super::error::Problems;
use super::super::file::read_beside;
use super::super::source::{Key, Node, Place, Tree};
use super::providers;
use super::rows;
use super::tree::{Entries, change, each, entries, get, list, map, put, take, text};

/// Types whose judge may be asked in the suite's own words.
const WITH_RUBRIC_PROMPT: [&str; 2] = ["llm-rubric", "model-graded-closedqa"];

pub(super) fn rewritten(root: Node, problems: &mut Problems) -> Node {
    let (mut top, place) = match entries(root) {
        Ok(found) => found,
        Err(other) => return other,
    };
    change(&mut top, &["defaultTest", "default_test"], |node| {
        one(from_file(node, problems), problems)
    });
    change(&mut top, &["tests"], |node| {
        each(node, |test| match test.as_text() {
            Some(path) => rows::tests(path, &test, problems)
                .into_iter()
                .map(|test| one(test, problems))
                .collect(),
            None => vec![one(test, problems)],
        })
    });
    map(top, place)
}

/// Reads a map that stands in a file.
fn from_file(node: Node, problems: &mut Problems) -> Node {
    let Some(path) = node.as_text().and_then(|text| text.strip_prefix("file://")) else {
        return node;
    };
    let Some(file) = read_beside(path, &node.place, problems) else {
        return map(Vec::new(), node.place);
    };
    match Node::parse(&file) {
        Ok(found) => found,
        Err(error) => {
            problems.push(error);
            map(Vec::new(), node.place)
        }
    }
}

fn one(node: Node, problems: &mut Problems) -> Node {
    let (mut test, place) = match entries(node) {
        Ok(found) => found,
        Err(other) => return other,
    };
    if let Some((key, node)) = take(&mut test, &["metadata"]) {
        metadata(&mut test, &key, node);
    }
    if let Some((key, node)) = take(&mut test, &["options"]) {
        match entries(node) {
            Ok((options, _)) => self::options(&mut test, options, problems),
            Err(other) => test.push((key, other)),
        }
    }
    change(&mut test, &["vars"], |node| variables(node, problems));
    change(&mut test, &["assert"], |node| match node.value {
        Tree::List(_) => each(node, |check| vec![assertion(check, problems)]),
        _ => node,
    });
    map(test, place)
}

/// Makes tags of metadata: `key=value`, one for each item of a list.
fn metadata(test: &mut Entries, key: &Key, node: Node) {
    let Ok((fields, place)) = entries(node) else {
        return;
    };
    let mut tags: Vec<Node> = Vec::new();
    for (name, value) in fields {
        let items = match &value.value {
            Tree::List(items) => items.clone(),
            _ => vec![value],
        };
        for item in items {
            let word = match item.as_text() {
                Some(word) => word.to_owned(),
                None => item.to_json().to_string(),
            };
            tags.push(text(format!("{}={word}", name.name), &item.place));
        }
    }
    if let Some((_, own)) = take(test, &["tags"]) {
        match own.value {
            Tree::List(items) => tags.extend(items),
            _ => tags.push(own),
        }
    }
    put(test, "tags", key, list(tags, place));
}

/// Moves options to where a test of ours has them.
fn options(test: &mut Entries, mut options: Entries, problems: &mut Problems) {
    for (ours, theirs) in [
        ("transform", &["transform", "postprocess"][..]),
        ("repeat", &["repeat"]),
    ] {
        if let Some((key, node)) = take(&mut options, theirs)
            && get(test, &[ours]).is_none()
        {
            put(test, ours, &key, node);
        }
    }
    if let Some((key, node)) = take(&mut options, &["provider"]) {
        judges(test, &key, node, problems);
    }
    if let Some((key, node)) = take(&mut options, &["rubricPrompt"]) {
        to_assertions(test, &WITH_RUBRIC_PROMPT, "rubric_prompt", &key, &node);
    }
    if let Some((key, node)) = take(&mut options, &["factuality"]) {
        let scores = snake_case(node);
        to_assertions(
            test,
            &["factuality", "model-graded-factuality"],
            "scores",
            &key,
            &scores,
        );
    }
    for (key, _) in options {
        let message = format!("`{}` of a test's `options` is not supported", key.name);
        let hint = match key.name.as_str() {
            "prefix" | "suffix" => "write it into the prompt",
            _ => {
                "what a model is asked with stands in `models`, in `params` or `additional_fields`"
            }
        };
        problems.error_with(&key.place, message, Some(hint));
    }
}

/// Reads who grades: a model, or a map by what it does.
fn judges(test: &mut Entries, key: &Key, node: Node, problems: &mut Problems) {
    let by_kind = ["text", "embedding"]
        .iter()
        .any(|kind| node.get(kind).is_some());
    if !by_kind {
        put(test, "judge", key, providers::one(node, problems));
        return;
    }
    let Ok((mut kinds, _)) = entries(node) else {
        return;
    };
    for (ours, theirs) in [("judge", "text"), ("embedding_model", "embedding")] {
        if let Some((key, node)) = take(&mut kinds, &[theirs]) {
            put(test, ours, &key, providers::one(node, problems));
        }
    }
    for (key, _) in kinds {
        let message = format!("nothing here grades by `{}`", key.name);
        problems.error(&key.place, message);
    }
}

/// Gives a key to every assertion of these types that does not have it.
fn to_assertions(test: &mut Entries, types: &[&str], name: &str, key: &Key, node: &Node) {
    change(test, &["assert"], |list| {
        each(list, |check| {
            let kind = check
                .get("type")
                .and_then(Node::as_text)
                .unwrap_or_default();
            let fits = types.contains(&kind.strip_prefix("not-").unwrap_or(kind));
            match entries(check) {
                Ok((mut check, place)) => {
                    if fits && get(&check, &[name, "rubricPrompt"]).is_none() {
                        put(&mut check, name, key, node.clone());
                    }
                    vec![map(check, place)]
                }
                Err(other) => vec![other],
            }
        })
    });
}

/// Spells the one key of `factuality` scores that has two words as we do.
fn snake_case(node: Node) -> Node {
    match entries(node) {
        Ok((mut scores, place)) => {
            if let Some((key, node)) = take(&mut scores, &["differButFactual"]) {
                put(&mut scores, "differ_but_factual", &key, node);
            }
            map(scores, place)
        }
        Err(other) => other,
    }
}

/// Rewrites the judge of an assertion, and what stands within it.
fn assertion(node: Node, problems: &mut Problems) -> Node {
    let (mut check, place) = match entries(node) {
        Ok(found) => found,
        Err(other) => return other,
    };
    change(&mut check, &["provider"], |node| {
        providers::one(node, problems)
    });
    change(&mut check, &["assert"], |node| match node.value {
        Tree::List(_) => each(node, |check| vec![assertion(check, problems)]),
        _ => node,
    });
    map(check, place)
}

/// Reads variables that stand in files of their own.
fn variables(node: Node, problems: &mut Problems) -> Node {
    let items = match &node.value {
        Tree::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&node),
    };
    let path = |item: &Node| {
        let path = item.as_text()?;
        let format = DataFormat::of(Path::new(path));
        let is_file = matches!(format, Some(DataFormat::Yaml | DataFormat::Json));
        is_file.then(|| (path.to_owned(), item.place.clone()))
    };
    let paths: Option<Vec<(String, Place)>> = items.iter().map(path).collect();
    let Some(paths) = paths.filter(|paths| !paths.is_empty()) else {
        return node;
    };
    let mut vars = Vec::new();
    for (path, place) in paths {
        let path = path.strip_prefix("file://").unwrap_or(&path);
        let Some(file) = read_beside(path, &place, problems) else {
            continue;
        };
        match Node::parse(&file).map(entries) {
            Ok(Ok((found, _))) => vars.extend(found),
            Ok(Err(other)) => {
                let message = format!(
                    "`{path}` must hold a map of variables, found {}",
                    other.kind()
                );
                problems.error(&place, message);
            }
            Err(error) => problems.push(error),
        }
    }
    map(vars, node.place)
}
