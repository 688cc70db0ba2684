//! What a tool gave, as a model is told it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::{Media, ToolCall, ToolResult};

/// Characters of a result that a model is told; more is cut off, and said to be.
const MOST: usize = 100_000;

/// Maps a result in the protocol's own form: texts joined, structure as it is where there is nothing else, images as images, and a word for
/// everything that no model takes.
pub(super) fn of(call: &ToolCall, told: &Value) -> ToolResult {
    let blocks = told["content"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for block in blocks {
        match block["type"].as_str() {
            Some("text") => texts.push(text(&block["text"])),
            Some("image") => match image(block) {
                Some(media) => images.push(media),
                None => texts.push(format!(
                    "[an image of the type {}, which the model does not take]",
                    text(&block["mimeType"])
                )),
            },
            Some("resource") => {
                let resource = &block["resource"];
                let inside = resource["text"].as_str().map(str::to_owned);
                texts.push(
                    inside.unwrap_or_else(|| format!("[a resource: {}]", text(&resource["uri"]))),
                );
            }
            Some("resource_link") => texts.push(format!("[a resource: {}]", text(&block["uri"]))),
            Some(other) => texts.push(format!("[{other}, which the model does not take]")),
            None => {}
        }
    }
    let structure = &told["structuredContent"];
    let is_small = || structure.to_string().chars().nth(MOST).is_none();
    let content = if structure.is_object() && texts.is_empty() && is_small() {
        structure.clone()
    } else if structure.is_object() && texts.is_empty() {
        Value::String(shortened(structure.to_string()))
    } else {
        let whole = texts.join("\n");
        Value::String(shortened(if whole.is_empty() && images.is_empty() {
            "(nothing)".to_owned()
        } else {
            whole
        }))
    };
    ToolResult {
        id: call.id.clone(),
        content,
        images,
        is_error: told["isError"] == true,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn image(block: &Value) -> Option<Media> {
    let format = block["mimeType"].as_str()?.strip_prefix("image/")?;
    let known = ["png", "jpeg", "gif", "webp"].contains(&format);
    let bytes = STANDARD.decode(block["data"].as_str()?).ok()?;
    known.then(|| Media::new(format, None, bytes))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}\n[cut off here: the result is longer]", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_result_is_mapped() {
        let call = ToolCall {
            id: "1".to_owned(),
            name: "t".to_owned(),
            input: json!({}),
        };
        let of = |told: Value| super::of(&call, &told);
        let png = STANDARD.encode([1, 2]);
        let all = of(json!({"content": [
            {"type": "text", "text": "a"},
            {"type": "image", "mimeType": "image/png", "data": png},
            {"type": "image", "mimeType": "image/tiff", "data": png},
            {"type": "audio", "mimeType": "audio/wav", "data": png},
            {"type": "resource", "resource": {"uri": "file:///x", "text": "inside"}},
            {"type": "resource_link", "uri": "file:///y", "name": "y"},
        ], "isError": true}));
        assert!(all.is_error);
        assert_eq!(all.images.len(), 1);
        assert_eq!(
            all.content,
            "a\n[an image of the type image/tiff, which the model does not take]\n[audio, which the model does not take]\ninside\n[a resource: file:///y]"
        );
        assert_eq!(
            of(json!({"content": [], "structuredContent": {"n": 1}})).content,
            json!({"n": 1})
        );
        assert_eq!(of(json!({"content": []})).content, "(nothing)");
        let long = of(json!({"content": [{"type": "text", "text": "é".repeat(MOST + 1)}]}));
        assert!(
            long.content
                .as_str()
                .unwrap()
                .ends_with("[cut off here: the result is longer]")
        );
    }
}
