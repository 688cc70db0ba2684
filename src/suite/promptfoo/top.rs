//! What stands at the top of a promptfoo file beside prompts, providers and tests.

use super::super::error::Problems;
use super::super::source::{Key, Node, Tree};
use super::tree::{Entries, change, each, entries, get, list, map, put, take};

/// Settings of a run that a suite does not have, with what they are here.
const SETTINGS: [(&str, &str); 12] = [
    (
        "maxConcurrency",
        "it is an option of the run: --concurrency",
    ),
    ("delay", "calls are held back by quotas; --rpm sets one"),
    ("cache", "recordings are an option of the run: --cache DIR"),
    ("timeoutMs", "it is an option of the run: --timeout"),
    (
        "maxEvalTimeMs",
        "the time of a run is not limited; --timeout limits each call",
    ),
    ("showProgressBar", "it is an option of the run: --progress"),
    ("generateSuggestions", "there are no suggestions"),
    ("suggestionsCount", "there are no suggestions"),
    (
        "filterRange",
        "cases are chosen by --filter, --tag, --sample and --limit",
    ),
    ("silent", "it is an option of the run: --progress none"),
    ("verbose", "everything is in the run's folder"),
    ("share", "nothing is shared"),
];

/// Top-level keys without meaning here, with what to do.
const PASSED_OVER: [(&str, &str); 6] = [
    ("outputPath", "reports are an option of the run: -o FILE"),
    (
        "commandLineOptions",
        "these are options of the run: mcp-cli eval --help",
    ),
    ("sharing", "nothing is shared"),
    ("writeLatestResults", "every run has a folder"),
    ("metadata", "a suite has a `name` and a `description`"),
    ("tags", "tests have `tags`, for --tag"),
];

pub(super) fn rewritten(root: Node, problems: &mut Problems) -> Node {
    let (mut top, place) = match entries(root) {
        Ok(found) => found,
        Err(other) => return other,
    };
    for (name, hint) in PASSED_OVER {
        if let Some((key, _)) = take(&mut top, &[name]) {
            let message = format!("`{}` is passed over", key.name);
            problems.warning(&key.place, message, Some(hint));
        }
    }
    evaluate_options(&mut top, problems);
    change(&mut top, &["prompts"], prompts);
    map(top, place)
}

/// Keeps `repeat`, and passes over what is a setting of the run.
fn evaluate_options(top: &mut Entries, problems: &mut Problems) {
    let Some((key, node)) = take(top, &["evaluateOptions", "evaluate_options"]) else {
        return;
    };
    let mut options = match entries(node) {
        Ok((options, _)) => options,
        Err(other) => return top.push((key, other)),
    };
    if let Some((key, node)) = take(&mut options, &["repeat"]) {
        put(top, "repeat", &key, node);
    }
    for (name, hint) in SETTINGS {
        if let Some((key, _)) = take(&mut options, &[name]) {
            problems.warning(&key.place, format!("`{name}` is passed over"), Some(hint));
        }
    }
    for (key, _) in options {
        let message = format!("unknown key `{}` in `evaluateOptions`", key.name);
        problems.error(&key.place, message);
    }
}

/// Makes a list of a map from paths to labels, and moves what a prompt configures to where we have it.
fn prompts(node: Node) -> Node {
    let is_labels = match &node.value {
        Tree::Map(entries) => entries.iter().all(|(key, _)| key.name.contains(['.', '/'])),
        _ => false,
    };
    if is_labels {
        let place = node.place.clone();
        let Ok((labels, _)) = entries(node) else {
            return list(Vec::new(), place);
        };
        let prompt = |(key, label): (Key, Node)| {
            let path = super::tree::text(file_url(&key.name), &key.place);
            let mut prompt = Vec::new();
            put(&mut prompt, "id", &key, path);
            put(&mut prompt, "label", &key, label);
            map(prompt, key.place)
        };
        return list(labels.into_iter().map(prompt).collect(), place);
    }
    each(node, |prompt| match entries(prompt) {
        Err(other) => vec![other],
        Ok((mut prompt, place)) => {
            config(&mut prompt);
            vec![map(prompt, place)]
        }
    })
}

fn file_url(path: &str) -> String {
    if path.starts_with("file://") {
        path.to_owned()
    } else {
        format!("file://{path}")
    }
}

/// Moves the tools out of a prompt's `config`; what else stands there is left to be refused.
fn config(prompt: &mut Entries) {
    let has_only_tools = get(prompt, &["config"]).is_some_and(|config| match &config.value {
        Tree::Map(entries) => entries
            .iter()
            .all(|(key, _)| matches!(key.name.as_str(), "tools" | "toolChoice" | "tool_choice")),
        _ => false,
    });
    if !has_only_tools {
        return;
    }
    if let Some((_, config)) = take(prompt, &["config"])
        && let Ok((config, _)) = entries(config)
    {
        prompt.extend(config);
    }
}
