//! Bedrock providers and their configuration, in the words of both of promptfoo's Bedrock integrations.

use std::path::Path;

use super::super::dataset::DataFormat;
use super::super::error::Problems;
use super::super::file::read_beside;
use super::super::source::{Key, Node, Tree};
use super::tree::{Entries, change, each, entries, map, put, put_within, take};

/// Parameters: names of ours, and those that they have for the models of Bedrock.
const PARAMS: [(&str, &[&str]); 4] = [
    (
        "max_tokens",
        &[
            "max_tokens",
            "maxTokens",
            "max_new_tokens",
            "max_gen_len",
            "maxTokenCount",
            "max_tokens_to_sample",
            "max_completion_tokens",
        ],
    ),
    ("temperature", &["temperature"]),
    ("top_p", &["top_p", "topP"]),
    ("stop", &["stop", "stop_sequences", "stopSequences"]),
];

/// Fields that go to the model as they are.
const FIELDS: [&str; 4] = ["top_k", "thinking", "reasoning_effort", "anthropic_beta"];

/// What a provider configures beside parameters, under our name.
const SAME: [(&str, &[&str]); 3] = [
    ("region", &["region", "awsRegion"]),
    ("tools", &["tools"]),
    ("tool_choice", &["tool_choice", "toolChoice"]),
];

/// What has no meaning here, with why.
const PASSED_OVER: [(&str, &str); 8] = [
    ("anthropic_version", "Converse needs none"),
    ("showThinking", "reasoning is no part of the output"),
    ("trace", "traces are not collected"),
    ("streaming", "it is an option of the run: --stream"),
    ("stream", "it is an option of the run: --stream"),
    ("inferenceModelType", "the family is told from the id"),
    ("cost", "prices are a table: --pricing FILE"),
    ("basePath", "files stand beside the suite"),
];

/// Credentials never stand in a suite.
const SECRETS: [&str; 7] = [
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
    "apiKey",
    "profile",
    "endpoint",
    "awsBearerToken",
];

pub(super) fn rewritten(root: Node, problems: &mut Problems) -> Node {
    let (mut top, place) = match entries(root) {
        Ok(found) => found,
        Err(other) => return other,
    };
    change(&mut top, &["providers", "targets", "models"], |node| {
        each(node, |provider| from_file(provider, problems))
    });
    map(top, place)
}

/// Reads providers that stand in a file of their own.
fn from_file(node: Node, problems: &mut Problems) -> Vec<Node> {
    let path = node.as_text().and_then(|text| text.strip_prefix("file://"));
    let format = path.and_then(|path| DataFormat::of(Path::new(path)));
    let (Some(path), Some(DataFormat::Yaml | DataFormat::Json)) = (path, format) else {
        return vec![one(node, problems)];
    };
    let Some(file) = read_beside(path, &node.place, problems) else {
        return Vec::new();
    };
    match Node::parse(&file) {
        Ok(Node {
            value: Tree::List(items),
            ..
        }) => items.into_iter().map(|item| one(item, problems)).collect(),
        Ok(single) => vec![one(single, problems)],
        Err(error) => {
            problems.push(error);
            Vec::new()
        }
    }
}

/// Rewrites one provider; also used for judges.
pub(super) fn one(node: Node, problems: &mut Problems) -> Node {
    let (mut provider, place) = match entries(by_id(node)) {
        Ok(found) => found,
        Err(other) => return other,
    };
    if let Some((key, config)) = take(&mut provider, &["config"]) {
        match entries(config) {
            Ok((config, _)) => configure(&mut provider, config, problems),
            Err(other) => provider.push((key, other)),
        }
    }
    map(provider, place)
}

/// Makes `{id: …, config: …}` of a map whose only key is the id.
fn by_id(node: Node) -> Node {
    let is_by_id = match &node.value {
        Tree::Map(entries) => {
            let [(key, inner)] = entries.as_slice() else {
                return node;
            };
            key.name.contains([':', '.']) && matches!(inner.value, Tree::Map(_))
        }
        _ => false,
    };
    let place = node.place.clone();
    match entries(node) {
        Ok((mut single, _)) if is_by_id => {
            let (key, inner) = single.remove(0);
            let (mut provider, _) = entries(inner).unwrap_or_else(|node| (Vec::new(), node.place));
            let id = super::tree::text(key.name.clone(), &key.place);
            put(&mut provider, "id", &key, id);
            map(provider, place)
        }
        Ok((other, _)) => map(other, place),
        Err(other) => other,
    }
}

/// Moves a provider's configuration to where a model of ours has it; what is not known is refused here.
fn configure(provider: &mut Entries, mut config: Entries, problems: &mut Problems) {
    // Families of models have some of it a level deeper.
    for nested in ["inferenceConfig", "interfaceConfig", "inference_config"] {
        if let Some((_, node)) = take(&mut config, &[nested])
            && let Ok((inner, _)) = entries(node)
        {
            config.extend(inner);
        }
    }
    for name in [
        "additionalModelRequestFields",
        "additional_model_request_fields",
    ] {
        if let Some((_, node)) = take(&mut config, &[name])
            && let Ok((fields, _)) = entries(node)
        {
            for (key, node) in fields {
                put_within(provider, "additional_fields", &key.name.clone(), &key, node);
            }
        }
    }
    for (ours, theirs) in PARAMS {
        if let Some((key, node)) = take(&mut config, theirs) {
            put_within(provider, "params", ours, &key, node);
        }
    }
    if let Some((key, node)) = take(&mut config, &["topK"]) {
        put_within(provider, "additional_fields", "top_k", &key, node);
    }
    for name in FIELDS {
        if let Some((key, node)) = take(&mut config, &[name]) {
            put_within(provider, "additional_fields", name, &key, node);
        }
    }
    for (ours, theirs) in SAME {
        if let Some((key, node)) = take(&mut config, theirs) {
            put(provider, ours, &key, node);
        }
    }
    for (ours, theirs, inner) in [
        ("service_tier", "serviceTier", "type"),
        ("performance", "performanceConfig", "latency"),
    ] {
        if let Some((key, node)) = take(&mut config, &[theirs]) {
            let value = node.get(inner).cloned().unwrap_or(node);
            put(provider, ours, &key, value);
        }
    }
    for (inner, theirs) in [
        ("id", "guardrailIdentifier"),
        ("version", "guardrailVersion"),
    ] {
        if let Some((key, node)) = take(&mut config, &[theirs]) {
            put_within(provider, "guardrail", inner, &key, node);
        }
    }
    for (name, why) in PASSED_OVER {
        if let Some((key, _)) = take(&mut config, &[name]) {
            problems.warning(&key.place, format!("`{name}` is passed over"), Some(why));
        }
    }
    for (key, _) in config {
        refuse(&key, problems);
    }
}

fn refuse(key: &Key, problems: &mut Problems) {
    let hint = if SECRETS.contains(&key.name.as_str()) {
        "a suite holds no credentials and no addresses: see `mcp-cli eval --help`, AWS"
    } else {
        "parameters stand in `params`; what goes to the model as it is, in `additional_fields`"
    };
    let message = format!("`{}` of a provider's `config` is not supported", key.name);
    problems.error_with(&key.place, message, Some(hint));
}
