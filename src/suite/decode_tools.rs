//! YAML to tools: in the shapes of Converse, Anthropic and `OpenAI`, and what they give when called.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::Problems;
use super::file::read_beside;
use super::reader::MapReader;
use super::source::{Node, Tree};
use super::toolset::{ToolResults, ToolSet};
use crate::model::{Tool, ToolChoice};
use crate::template::JsonTemplate;

/// The longest name of a tool that Converse takes.
const LONGEST_NAME: usize = 64;

/// Takes `tools` and `tool_choice` from a map.
pub(super) fn take(map: &mut MapReader<'_>, problems: &mut Problems) -> ToolSet {
    let list = map.take("tools");
    let choice_node = map.take("tool_choice");
    let tools = list.map(|node| tools(node, problems)).unwrap_or_default();
    let choice = choice_node.and_then(|node| choice(node, &tools, problems));
    if let (None, Some(node)) = (list, choice_node) {
        problems.error(&node.place, "`tool_choice` needs `tools` beside it");
    }
    ToolSet { tools, choice }
}

/// Reads a list of tools, or the file that holds it.
fn tools(node: &Node, problems: &mut Problems) -> Vec<Tool> {
    if let Some(path) = node.as_text().and_then(|text| text.strip_prefix("file://")) {
        let Some(file) = read_beside(path, &node.place, problems) else {
            return Vec::new();
        };
        return match Node::parse(&file) {
            Ok(inner) => tools(&inner, problems),
            Err(error) => {
                problems.push(error);
                Vec::new()
            }
        };
    }
    let Tree::List(items) = &node.value else {
        let message = format!("`tools` must be a list of tools, found {}", node.kind());
        problems.error(&node.place, message);
        return Vec::new();
    };
    let mut tools: Vec<Tool> = Vec::new();
    for item in items {
        let Some(tool) = one(item, problems) else {
            continue;
        };
        if tools.iter().any(|other| other.name == tool.name) {
            problems.error(&item.place, format!("two tools are called `{}`", tool.name));
            continue;
        }
        tools.push(tool);
    }
    tools
}

/// Reads a tool in whichever shape it has.
fn one(node: &Node, problems: &mut Problems) -> Option<Tool> {
    if !matches!(node.value, Tree::Map(_)) {
        let message = format!("a tool must be a map, found {}", node.kind());
        problems.error(&node.place, message);
        return None;
    }
    let written = node.to_json();
    // Converse wraps a tool in `toolSpec`, OpenAI in `function`; Anthropic does not.
    let mut wrappers = ["toolSpec", "tool_spec", "function"].iter();
    let inner = wrappers.find_map(|name| written.get(name));
    let tool = inner.unwrap_or(&written);
    let name = tool.get("name").and_then(Value::as_str);
    let Some(name) = name.filter(|name| is_name(name)) else {
        let hint = "such as `{ name: look_up, description: …, input_schema: { type: object, … } }`; also `toolSpec` and `function`";
        let message = "a tool needs a `name` of up to 64 letters, digits, `_` and `-`";
        problems.error_with(&node.place, message, Some(hint));
        return None;
    };
    let mut names = ["inputSchema", "input_schema", "parameters"].iter();
    let schema = names.find_map(|name| tool.get(name));
    let schema = schema.map(|schema| schema.get("json").unwrap_or(schema));
    let input_schema = match schema {
        None | Some(Value::Null) => json!({"type": "object", "properties": {}}),
        Some(schema @ Value::Object(_)) => schema.clone(),
        Some(_) => {
            let message = format!("the schema of the tool `{name}` must be a map");
            problems.error(&node.place, message);
            return None;
        }
    };
    let description = tool.get("description").and_then(Value::as_str);
    Some(Tool {
        name: name.to_owned(),
        description: description.map(str::to_owned),
        input_schema,
    })
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_part)
}

/// Reads which tool must be called: `auto`, `any`, or the name of one, which other formats wrap in maps.
fn choice(node: &Node, tools: &[Tool], problems: &mut Problems) -> Option<ToolChoice> {
    let written = node.to_json();
    let name = match &written {
        Value::String(word) => Some(word.as_str()),
        value => {
            let wrapped = ["tool", "function"].iter().find_map(|key| value.get(key));
            let name = wrapped.unwrap_or(value).get("name").and_then(Value::as_str);
            let word = ["auto", "any"]
                .into_iter()
                .find(|word| value.get(word).is_some());
            name.or(word)
        }
    };
    match name {
        Some("auto") => Some(ToolChoice::Auto),
        Some("any" | "required") => Some(ToolChoice::Any),
        Some(name) if tools.iter().any(|tool| tool.name == name) => {
            Some(ToolChoice::Tool(name.to_owned()))
        }
        _ => {
            let message = "`tool_choice` is `auto`, `any`, or the name of one of the tools";
            problems.error(&node.place, message);
            None
        }
    }
}

/// Reads `tool_results`: what each tool gives, by its name.
pub(super) fn results(node: &Node, problems: &mut Problems) -> ToolResults {
    let Tree::Map(entries) = &node.value else {
        let message = format!(
            "`tool_results` must be a map from names of tools to results, found {}",
            node.kind()
        );
        problems.error(&node.place, message);
        return ToolResults::default();
    };
    let mut results = BTreeMap::new();
    for (key, node) in entries {
        match JsonTemplate::parse(&node.to_json()) {
            Ok(template) => {
                results.insert(key.name.clone(), template);
            }
            Err((source, error)) => problems.template("template", &error, &source, &node.place),
        }
    }
    ToolResults::new(results, &node.to_json())
}
