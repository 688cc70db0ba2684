//! YAML and JSON to calls of tools and their results, in a conversation that a prompt tells.

use serde_json::{Value, json};

use super::error::Problems;
use super::prompt::{PartTemplate, ToolBlock};
use super::reader::MapReader;
use super::source::Node;
use crate::template::JsonTemplate;

/// Reads `tool_use`: an id, the tool's name, and its arguments.
pub(super) fn call(node: &Node, problems: &mut Problems) -> Option<PartTemplate> {
    let mut map = MapReader::new("a call of a tool", node, problems)?;
    let id = id(&mut map, problems);
    if map.take("name").is_none() {
        map.miss("name", "a call of a tool needs the tool's `name`");
    }
    let name = map.text("name", problems);
    let input = map.take("input").map_or_else(|| json!({}), Node::to_json);
    map.text("type", problems);
    let is_sound = map.finish(problems);
    let part = json!({"tool_use": {"id": id?, "name": name?, "input": input}});
    block(&part, node, problems).filter(|_| is_sound)
}

/// Reads `tool_result`: the id of the call and what it gave, in Converse's list or as it is.
pub(super) fn result(node: &Node, problems: &mut Problems) -> Option<PartTemplate> {
    let mut map = MapReader::new("a result of a tool", node, problems)?;
    let id = id(&mut map, problems);
    let content = map.take("content").map_or(Value::Null, Node::to_json);
    let failed = map.flag("is_error", problems).unwrap_or(false);
    let status = map.text("status", problems);
    map.text("type", problems);
    let is_sound = map.finish(problems);
    let is_error = failed || status == Some("error");
    let content = unwrapped(content);
    let part = json!({"tool_result": {"id": id?, "content": content, "is_error": is_error}});
    block(&part, node, problems).filter(|_| is_sound)
}

/// Takes the id of a call, which Converse and Anthropic call `toolUseId` and `tool_use_id` in places.
fn id(map: &mut MapReader<'_>, problems: &mut Problems) -> Option<String> {
    let name = match map.take("tool_use_id") {
        Some(_) => "tool_use_id",
        None => "id",
    };
    if map.take(name).is_none() {
        map.miss("id", "a call of a tool and its result share an `id`");
    }
    map.text(name, problems).map(str::to_owned)
}

/// Returns what a list of blocks holds, where it is one: `[{text: …}]` or `[{json: …}]`.
fn unwrapped(content: Value) -> Value {
    let Value::Array(items) = &content else {
        return content;
    };
    match items.as_slice() {
        [only] => match (only.get("text"), only.get("json")) {
            (Some(inner), None) | (None, Some(inner)) => inner.clone(),
            _ => content,
        },
        _ => content,
    }
}

fn block(part: &Value, node: &Node, problems: &mut Problems) -> Option<PartTemplate> {
    match JsonTemplate::parse(part) {
        Ok(template) => Some(PartTemplate::Tool(Box::new(ToolBlock {
            template,
            written: part.to_string(),
        }))),
        Err((text, error)) => {
            problems.template("template", &error, &text, &node.place);
            None
        }
    }
}
