//! One call to a model, complete: what the wire will carry and nothing of how it is sent.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::embedding::Embedding;
use super::message::{Message, Part, Reasoning};
use super::tool::{AnswerSchema, Tool, ToolChoice};

/// Tokens that a model may count beyond the bytes of a prompt, for roles and turns.
const FRAMING: u64 = 100;
/// Tokens of the instructions that a model gets with its tools, at most: Claude's are the longest that are published.
const TOOL_FRAMING: u64 = 700;
/// Bytes of text for which an image counts: more tokens than any model has made of one.
const IMAGE_BYTES: usize = 6_400;
/// Bytes of a document that Bedrock reads itself: the most that it takes.
const DOCUMENT_BYTES: usize = 4_500_000;
/// Bytes of text for which a video counts: what fits into the largest context that takes one.
const VIDEO_BYTES: usize = 1_200_000;

/// Inference parameters. What is `None` is not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Params {
    /// The most tokens the model may generate; always sent, at least 1.
    pub max_tokens: u32,
    /// Sampling temperature, 0..=1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0..=1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts that end the answer, none of them empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Reasoning effort: `low`, `medium`, `high`, `xhigh` or `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
}

/// A guardrail that Bedrock applies to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardrail {
    /// The guardrail's id or ARN.
    pub id: String,
    /// Its version, `DRAFT` included.
    pub version: String,
}

/// One call to one model.
///
/// Two requests with the same [`digest`](Self::digest) put the same question in the same way: they differ at most in
/// how the answer travels (`stream`) and in which of several identical askings this is (`sample`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The model as it was asked for: id, inference profile or ARN.
    pub model: String,
    /// The region to ask, where it is not the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// System prompt blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<Part>,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Inference parameters.
    pub params: Params,
    /// Tools that the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Which of them it must call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// The schema that the answer's text is held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_schema: Option<AnswerSchema>,
    /// Where it is set, the texts and images of the messages are made vectors, one for each, and nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
    /// Fields that go to the model as they are (`additionalModelRequestFields`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_fields: Option<Map<String, Value>>,
    /// `default`, `flex`, `priority` or `reserved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// `standard` or `optimized` latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance: Option<String>,
    /// The guardrail to apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardrail: Option<Guardrail>,
    /// Whether the answer is streamed, so that the time to its first token is known. Not part of the digest.
    #[serde(skip)]
    pub stream: bool,
    /// Which of several identical askings this is, from 0. Never sent; not part of the digest.
    #[serde(skip)]
    pub sample: u32,
    /// Who asks, in a few letters, so that recordings can tell apart who asked the same. Never sent; not part of the
    /// digest.
    #[serde(skip)]
    pub asker: String,
}

impl Request {
    /// Returns the content's name: 64 hex digits of the SHA-256 of the request as JSON with sorted keys.
    pub fn digest(&self) -> String {
        let value = serde_json::to_value(self).expect("a request is plain data");
        hex(&Sha256::digest(canonical(&value).as_bytes()))
    }

    /// Returns the most tokens that the prompt can have: one for each byte, and what frames its messages and tools.
    pub fn most_prompt_tokens(&self) -> u64 {
        let framing = match self.tools.len() as u64 {
            0 => FRAMING,
            tools => FRAMING + TOOL_FRAMING + tools * FRAMING,
        };
        self.text_bytes() as u64 + framing
    }

    /// Returns the texts of the system prompt; `None` where there is none.
    pub fn system_text(&self) -> Option<String> {
        let texts = self.system.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let texts: Vec<&str> = texts.collect();
        (!texts.is_empty()).then(|| texts.join("\n\n"))
    }

    /// Returns what stands before the last cache point, in the order in which Bedrock keeps it: how many bytes, as
    /// [`text_bytes`](Self::text_bytes) counts them, and a number that is the same for the same content. `None` without a cache point.
    pub fn cached_prefix(&self) -> Option<(usize, u64)> {
        let in_messages = self.messages.iter().flat_map(|message| &message.parts);
        let parts: Vec<&Part> = self.system.iter().chain(in_messages).collect();
        let last = |part: &&Part| matches!(part, Part::CachePoint(_));
        let end = parts.iter().rposition(last)?;
        let mut name = DefaultHasher::new();
        let mut bytes = self.tools.iter().map(tool_bytes).sum::<usize>();
        for tool in &self.tools {
            tool.name.hash(&mut name);
        }
        for part in &parts[..end] {
            bytes += part_bytes(part);
            match part {
                Part::Text(text) => text.hash(&mut name),
                other => format!("{other:?}").hash(&mut name),
            }
        }
        Some((bytes, name.finish()))
    }

    /// Returns the bytes of all text in the request, tools included, for estimates of its tokens.
    pub fn text_bytes(&self) -> usize {
        let messages = self.messages.iter().flat_map(|message| &message.parts);
        let parts: usize = self.system.iter().chain(messages).map(part_bytes).sum();
        let tools = self.tools.iter().map(tool_bytes);
        let schema = self.answer_schema.as_ref();
        parts + tools.sum::<usize>() + schema.map_or(0, |answer| json_bytes(&answer.schema))
    }
}

fn tool_bytes(tool: &Tool) -> usize {
    let description = tool.description.as_ref().map_or(0, String::len);
    tool.name.len() + description + json_bytes(&tool.input_schema)
}

fn part_bytes(part: &Part) -> usize {
    match part {
        Part::Text(text) | Part::Reasoning(Reasoning::Text { text, .. }) => text.len(),
        Part::CachePoint(_) => 0,
        Part::Image(_) => IMAGE_BYTES,
        Part::Document(document) if document.location.is_some() => DOCUMENT_BYTES,
        Part::Document(document) => document.bytes().len(),
        Part::Video(_) => VIDEO_BYTES,
        Part::Reasoning(Reasoning::Redacted(content)) => content.len(),
        Part::ToolUse(call) => call.name.len() + json_bytes(&call.input),
        Part::ToolResult(result) => match &result.content {
            Value::String(text) => text.len(),
            other => json_bytes(other),
        },
    }
}

fn json_bytes(value: &Value) -> usize {
    value.to_string().len()
}

/// Returns `value` as JSON text without white space and with the keys of every object sorted.
///
/// The same content gives the same text, whatever order it was written in.
pub(crate) fn canonical(value: &Value) -> String {
    serde_json::to_string(&Sorted(value)).expect("plain data into memory")
}

/// A value whose objects are written with sorted keys.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| key.as_str());
                let entries = entries.into_iter();
                serializer.collect_map(entries.map(|(key, value)| (key, Sorted(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            other => other.serialize(serializer),
        }
    }
}

/// Returns `bytes` as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for nibble in [byte >> 4, byte & 0x0f] {
                text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16"));
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::message::Role;
    use super::*;

    fn request(text: &str) -> Request {
        Request {
            model: "amazon.nova-lite-v1:0".into(),
            region: None,
            system: Vec::new(),
            messages: vec![Message {
                role: Role::User,
                parts: vec![Part::Text(text.into())],
            }],
            params: Params {
                max_tokens: 64,
                ..Params::default()
            },
            tools: Vec::new(),
            tool_choice: None,
            answer_schema: None,
            embedding: None,
            additional_fields: None,
            service_tier: None,
            performance: None,
            guardrail: None,
            stream: false,
            sample: 0,
            asker: String::new(),
        }
    }

    #[test]
    fn the_digest_knows_content_and_not_transport() {
        let plain = request("hi");
        let other_way = Request {
            stream: true,
            sample: 3,
            ..plain.clone()
        };
        assert_eq!(plain.digest(), other_way.digest());
        assert_ne!(plain.digest(), request("ho").digest());
        assert_eq!(plain.digest().len(), 64);
    }

    #[test]
    fn canonical_json_ignores_the_order_of_keys() {
        assert_eq!(
            canonical(&json!({"b": [{"z": 1, "a": 2}], "a": null})),
            r#"{"a":null,"b":[{"a":2,"z":1}]}"#
        );
    }
}
