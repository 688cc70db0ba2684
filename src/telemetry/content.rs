//! What was asked and answered, in the form of the conventions. Only where somebody asks for it.

use opentelemetry::KeyValue;
use serde_json::{Value, json};

use crate::model::{Media, Message, Part, Reasoning, Role};
use crate::run::Content;

/// Returns instructions, messages and the answer as JSON text, without what prompts take from the environment. The bytes of
/// images, documents and videos are left out.
pub(super) fn of(content: &Content) -> Vec<KeyValue> {
    let text = |value: Value| content.masked_value(&value).to_string();
    let request = &content.request;
    let mut attributes = Vec::new();
    if !request.system.is_empty() {
        let system: Value = request.system.iter().filter_map(part).collect();
        attributes.push(KeyValue::new("gen_ai.system_instructions", text(system)));
    }
    let asked: Value = request.messages.iter().map(message).collect();
    attributes.push(KeyValue::new("gen_ai.input.messages", text(asked)));
    if let Some(answer) = &content.answer {
        let mut said = message(&answer.as_message(|_| true));
        said["finish_reason"] = answer.stop_reason.0.clone().into();
        attributes.push(KeyValue::new("gen_ai.output.messages", text(json!([said]))));
    }
    attributes
}

pub(super) fn message(message: &Message) -> Value {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let parts: Value = message.parts.iter().filter_map(part).collect();
    json!({"role": role, "parts": parts})
}

/// Returns a part; nothing of what only steers the service.
fn part(part: &Part) -> Option<Value> {
    Some(match part {
        Part::Text(text) => json!({"type": "text", "content": text}),
        Part::Image(image) => media("image", image),
        Part::Document(document) => media("document", document),
        Part::Video(video) => media("video", video),
        Part::Reasoning(Reasoning::Text { text, .. }) => {
            json!({"type": "reasoning", "content": text})
        }
        Part::ToolUse(call) => json!({
            "type": "tool_call", "id": call.id, "name": call.name, "arguments": call.input,
        }),
        Part::ToolResult(result) => json!({
            "type": "tool_call_response", "id": result.id, "response": result.content,
        }),
        Part::CachePoint(_) | Part::Reasoning(Reasoning::Redacted(_)) => return None,
    })
}

/// Returns that there is something to see, and of which form.
fn media(modality: &str, media: &Media) -> Value {
    json!({"type": "media", "modality": modality, "format": media.format})
}
