//! What a suite may say under `prompts`.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "described to editors, never filled"
)]

use schemars::JsonSchema;

use super::tools::Tools;

/// A template, a file of one, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum TextOrPrompt {
    /// The user's message as a template, chat messages as JSON, or a file: `file://…`, or a bare path that ends in
    /// .txt, .md, .j2, .json, .jsonl, .yaml or .yml. Lines that are `---` part several prompts in a text file.
    Text(String),
    Map(Prompt),
}

/// A prompt: a system prompt and what the user says, or a whole conversation.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("oneOf" = [
        {"required": ["user"]},
        {"required": ["raw"]},
        {"required": ["messages"]},
        {"required": ["id"], "properties": {"id": {"pattern": "^file://"}}},
    ])
)]
pub(super) struct Prompt {
    /// Its name in reports, or the file it stands in: `file://…`.
    id: Option<String>,
    /// Its name in reports, over `id`.
    label: Option<String>,
    /// The system prompt.
    system: Option<Content>,
    /// What the user says.
    user: Option<Content>,
    /// Another word for `user`.
    raw: Option<Content>,
    /// A conversation, oldest message first.
    #[schemars(length(min = 1))]
    messages: Option<Vec<Message>>,
    #[schemars(flatten)]
    tools: Tools,
}

/// A message of a conversation.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Message {
    /// Who speaks.
    role: Role,
    /// What is said.
    content: Content,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
enum Role {
    User,
    Assistant,
    System,
    Developer,
}

/// A template, or a list of blocks.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Content {
    Text(String),
    Blocks(Vec<TextOrBlock>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum TextOrBlock {
    /// A template.
    Text(String),
    Map(Block),
}

/// A block of a message: text, an image, a document, or a point up to which Bedrock may cache the prompt.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("oneOf" = [
        {"required": ["text"]},
        {"required": ["image"]},
        {"required": ["document"]},
        {"required": ["cache_point"]},
        {"required": ["cachePoint"]},
    ])
)]
struct Block {
    /// As chat files have it; says nothing here.
    r#type: Option<String>,
    /// A template.
    text: Option<String>,
    /// An image: `file://…`, a template that gives that, a data URL or base64, or a map.
    image: Option<MediaForm>,
    /// A document: likewise.
    document: Option<MediaForm>,
    /// Everything before this point may be cached.
    cache_point: Option<CachePointForm>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum MediaForm {
    Source(String),
    Map(Media),
}

/// An image or a document.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Media {
    /// Its format, such as png or pdf. Default: what its first bytes or its extension say.
    format: Option<String>,
    /// A document's name. Default: that of its file.
    name: Option<String>,
    /// `file://…`, a template, a data URL, base64; or `{bytes: …}`.
    source: serde_json::Value,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum CachePointForm {
    /// For five minutes.
    Default(#[schemars(extend("const" = true))] bool),
    Ttl(Ttl),
    Map(CachePoint),
}

/// A cache point.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct CachePoint {
    /// How long Bedrock keeps what stands before the point. Default: 5m.
    ttl: Option<Ttl>,
    /// As Converse has it; says nothing here.
    r#type: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(inline)]
pub(super) enum Ttl {
    #[schemars(rename = "5m")]
    FiveMinutes,
    #[schemars(rename = "1h")]
    OneHour,
}
