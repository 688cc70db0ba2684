//! YAML and JSON to images, documents and videos: a path, Converse's words, or those of other chat files.

use super::decode_chat::template;
use super::error::Problems;
use super::media::{MediaKind, MediaTemplate};
use super::prompt::PartTemplate;
use super::reader::MapReader;
use super::source::{Key, Node, Tree};

/// Reads an image, a document or a video: `file://…`, `s3://…`, a template, or a map with `source` and more.
pub(super) fn media(kind: MediaKind, node: &Node, problems: &mut Problems) -> Option<PartTemplate> {
    let what = kind.as_str();
    let (mut format, mut name, mut data) = (None, None, Some(node));
    if let Tree::Map(_) = node.value {
        let mut map = MapReader::new("an image, a document or a video", node, problems)?;
        format = map.text("format", problems);
        name = map.text("name", problems);
        data = map.take("source");
        if data.is_none() {
            map.miss("source", format!("the {what} needs a `source`"));
        }
        map.finish(problems);
    }
    // Converse has `{bytes: …}` there.
    let data = data.map(|data| data.get("bytes").unwrap_or(data))?;
    let Some(source) = data.as_text() else {
        let message = format!(
            "the {what} must be `file://…`, `s3://…` or base64, found {}",
            data.kind()
        );
        problems.error(&data.place, message);
        return None;
    };
    if let Some(word) = format.filter(|word| kind.format(word).is_none()) {
        problems.error(
            &node.place,
            format!("`{word}` is no format of {what}s that Bedrock takes"),
        );
        return None;
    }
    let template = MediaTemplate {
        kind,
        format: format.map(str::to_owned),
        name: name.map(str::to_owned),
        data: template(source, &data.place, problems)?,
        folder: node
            .place
            .file
            .path
            .parent()
            .map(Into::into)
            .unwrap_or_default(),
    };
    if template.data.is_literal()
        && let Err(why) = template.media(source)
    {
        problems.error(&data.place, why);
        return None;
    }
    Some(PartTemplate::Media(Box::new(template)))
}

/// Returns a block that other chat files write with a `type` as we write it: `{type: image, source: {data}}` and `{type: tool_use, …}` of Anthropic,
/// `{type: image_url, image_url: {url}}` of `OpenAI`.
pub(super) fn in_our_words(node: &Node) -> Node {
    let data = |source: &Node| source.get("data").or_else(|| source.get("url")).cloned();
    let kind = node.get("type").and_then(Node::as_text);
    if let Some(name @ ("tool_use" | "tool_result")) = kind
        && node.get(name).is_none()
    {
        let key = Key {
            name: name.to_owned(),
            place: node.place.clone(),
        };
        return Node {
            value: Tree::Map(vec![(key, node.clone())]),
            place: node.place.clone(),
        };
    }
    let found = match (kind, node.get("source"), node.get("image_url")) {
        (Some(kind @ ("image" | "document")), Some(source), _) => {
            data(source).map(|data| (kind, data))
        }
        (Some("image_url"), _, Some(url)) => {
            Some(("image", data(url).unwrap_or_else(|| url.clone())))
        }
        _ => None,
    };
    let Some((name, data)) = found else {
        return node.clone();
    };
    let key = Key {
        name: name.to_owned(),
        place: node.place.clone(),
    };
    Node {
        value: Tree::Map(vec![(key, data)]),
        place: node.place.clone(),
    }
}
