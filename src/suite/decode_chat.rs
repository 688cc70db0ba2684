//! YAML and JSON to conversations: messages, their roles, and their blocks.

use std::sync::Arc;

use super::decode_media;
use super::decode_tool_block;
use super::error::Problems;
use super::media::MediaKind;
use super::prompt::{MessageTemplate, PartTemplate};
use super::reader::MapReader;
use super::source::{Key, Node, Place, SourceFile, Tree};
use crate::model::{CacheTtl, Role};
use crate::template::Template;

/// What a block may be.
const ONE_OF: &str = "a content block has one of `text`, `image`, `document`, `video`, `tool_use`, \
    `tool_result` and `cache_point`";

/// Reads text as a JSON list of chat messages, if that is what it is.
pub(super) fn json_chat(text: &str, node: &Node, problems: &mut Problems) -> Option<Chat> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let is_chat = value
        .as_array()?
        .iter()
        .all(|message| message.get("role").is_some());
    if !is_chat {
        return None;
    }
    let file = Arc::new(SourceFile {
        path: node.place.file.path.clone(),
        text: text.to_owned(),
    });
    match Node::parse(&file) {
        Ok(inner) => Some(chat_messages(&at(inner, &node.place), problems)),
        Err(error) => {
            problems.error(&node.place, error.message);
            None
        }
    }
}

/// Moves a tree that was read from a text to where that text stands.
fn at(node: Node, stands: &Place) -> Node {
    let moved = |place: &Place| stands.within(&place.file.text, place.bytes());
    let place = moved(&node.place);
    let value = match node.value {
        Tree::List(items) => Tree::List(items.into_iter().map(|item| at(item, stands)).collect()),
        Tree::Map(entries) => Tree::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let place = moved(&key.place);
                    let name = key.name;
                    (Key { name, place }, at(value, stands))
                })
                .collect(),
        ),
        scalar => scalar,
    };
    Node { value, place }
}

/// A conversation as written. System text stands apart, as Converse wants it.
#[derive(Default)]
pub(super) struct Chat {
    pub(super) system: Vec<PartTemplate>,
    pub(super) messages: Vec<MessageTemplate>,
}

/// Reads a list of messages with their roles.
pub(super) fn chat_messages(node: &Node, problems: &mut Problems) -> Chat {
    let mut chat = Chat::default();
    let Tree::List(items) = &node.value else {
        problems.error(
            &node.place,
            format!("chat messages must be a list, found {}", node.kind()),
        );
        return chat;
    };
    for item in items {
        let Some(mut map) = MapReader::new("a message", item, problems) else {
            continue;
        };
        let role = map.take("role");
        let parts = map.take("content");
        for (name, node) in [("role", role), ("content", parts)] {
            if node.is_none() {
                map.miss(name, format!("a message needs a `{name}`"));
            }
        }
        map.finish(problems);
        let (Some(role), Some(parts)) = (role, parts) else {
            continue;
        };
        let speaker = match role.as_text() {
            Some("assistant") => Some(Role::Assistant),
            Some("system" | "developer") => None,
            _ => Some(Role::User),
        };
        let parts = content(parts, speaker, problems);
        match role.as_text() {
            Some("user") => chat.messages.push(MessageTemplate {
                role: Role::User,
                parts,
            }),
            Some("assistant") => chat.messages.push(MessageTemplate {
                role: Role::Assistant,
                parts,
            }),
            Some("system" | "developer") => chat.system.extend(parts),
            _ => {
                let found = role.as_text().unwrap_or(role.kind());
                let message = format!("a role is `user`, `assistant` or `system`, found `{found}`");
                problems.error(&role.place, message);
            }
        }
    }
    match chat.messages.first().map(|message| message.role) {
        None if !problems.has_errors() => problems.error(
            &node.place,
            "a conversation needs at least one message of the user",
        ),
        // Converse refuses it: the first turn is the user's.
        Some(Role::Assistant) => {
            problems.error(&node.place, "a conversation begins with the user");
        }
        _ => {}
    }
    chat
}

/// Reads the content of a message of `speaker`, or a system prompt: text, or a list of blocks.
pub(super) fn content(
    node: &Node,
    speaker: Option<Role>,
    problems: &mut Problems,
) -> Vec<PartTemplate> {
    let blocks = match &node.value {
        Tree::Text(text) => {
            return template(text, &node.place, problems)
                .map(PartTemplate::Text)
                .into_iter()
                .collect();
        }
        Tree::List(blocks) => blocks,
        _ => {
            problems.error(
                &node.place,
                format!(
                    "content must be text or a list of blocks, found {}",
                    node.kind()
                ),
            );
            return Vec::new();
        }
    };
    blocks
        .iter()
        .filter_map(|block| part(block, speaker, problems))
        .collect()
}

fn part(node: &Node, speaker: Option<Role>, problems: &mut Problems) -> Option<PartTemplate> {
    if let Some(text) = node.as_text() {
        return template(text, &node.place, problems).map(PartTemplate::Text);
    }
    let node = &decode_media::in_our_words(node);
    let mut map = MapReader::new("a content block", node, problems)?;
    // `{type: text, text: …}` is how chat files write what Converse writes `{text: …}`.
    map.text("type", problems);
    let text = map.take("text");
    let cache_point = map.take("cache_point");
    let image = map.take("image");
    let document = map.take("document");
    let video = map.take("video");
    let call = map.take("tool_use");
    let result = map.take("tool_result");
    if !map.finish(problems) {
        return None;
    }
    let found = [text, cache_point, image, document, video, call, result];
    if found.iter().flatten().count() != 1 {
        problems.error(&node.place, ONE_OF);
        return None;
    }
    if let Some(node) = image {
        return decode_media::media(MediaKind::Image, node, problems);
    }
    if let Some(node) = document {
        return decode_media::media(MediaKind::Document, node, problems);
    }
    if let Some(node) = video {
        return decode_media::media(MediaKind::Video, node, problems);
    }
    let misplaced = match (call, result) {
        (Some(_), _) if speaker != Some(Role::Assistant) => {
            Some("`tool_use` stands in a message of the assistant: the model called")
        }
        (_, Some(_)) if speaker != Some(Role::User) => {
            Some("`tool_result` stands in a message of the user: the model is told")
        }
        _ => None,
    };
    if let Some(message) = misplaced {
        problems.error(&node.place, message);
        return None;
    }
    if let Some(node) = call {
        return decode_tool_block::call(node, problems);
    }
    if let Some(node) = result {
        return decode_tool_block::result(node, problems);
    }
    if let Some(node) = cache_point {
        return cache_ttl(node, problems).map(PartTemplate::CachePoint);
    }
    let node = text?;
    let Some(text) = node.as_text() else {
        let message = format!("`text` must be text, found {}", node.kind());
        problems.error(&node.place, message);
        return None;
    };
    template(text, &node.place, problems).map(PartTemplate::Text)
}

/// Reads how long a cache point lasts: `{ttl: 5m}`, `{ttl: 1h}`, `5m`, `1h`, `true` or `{}`.
pub(super) fn cache_ttl(node: &Node, problems: &mut Problems) -> Option<CacheTtl> {
    let ttl = match &node.value {
        Tree::Bool(true) => return Some(CacheTtl::FiveMinutes),
        Tree::Map(_) => {
            let mut map = MapReader::new("a cache point", node, problems)?;
            let ttl = map.take("ttl");
            map.text("type", problems);
            map.finish(problems);
            match ttl {
                Some(ttl) => ttl,
                None => return Some(CacheTtl::FiveMinutes),
            }
        }
        _ => node,
    };
    match ttl.as_text() {
        Some("5m") => Some(CacheTtl::FiveMinutes),
        Some("1h") => Some(CacheTtl::OneHour),
        _ => {
            problems.error(&ttl.place, "a cache point lasts `5m` or `1h`");
            None
        }
    }
}

/// Parses a template; notes a problem at its very place if it does not parse.
pub(super) fn template(text: &str, place: &Place, problems: &mut Problems) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(error) => {
            problems.template("template", &error, text, place);
            None
        }
    }
}
