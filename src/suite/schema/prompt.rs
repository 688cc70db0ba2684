//! What a suite may say under `prompts`.

#![expect(
    dead_code,
    clippy::large_enum_variant,
    clippy::struct_field_names,
    reason = "described to editors, never filled"
)]

use schemars::JsonSchema;
use serde_json::Value;

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

/// A block of a message: text, an image, a document, a video, a call of a tool, its result, or a point up to which Bedrock may cache the
/// prompt.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("oneOf" = [
        {"required": ["text"]},
        {"required": ["image"]},
        {"required": ["document"]},
        {"required": ["video"]},
        {"required": ["tool_use"]},
        {"required": ["toolUse"]},
        {"required": ["tool_result"]},
        {"required": ["toolResult"]},
        {"required": ["cache_point"]},
        {"required": ["cachePoint"]},
    ])
)]
struct Block {
    /// As chat files have it; says nothing here.
    r#type: Option<String>,
    /// A template.
    text: Option<String>,
    /// An image: `file://…`, `s3://…`, a template that gives that, a data URL or base64, or a map.
    image: Option<MediaForm>,
    /// A document: likewise.
    document: Option<MediaForm>,
    /// A video: likewise.
    video: Option<MediaForm>,
    /// A tool that the model called earlier in the conversation.
    tool_use: Option<ToolUse>,
    /// What such a call gave.
    tool_result: Option<ToolResult>,
    /// Everything before this point may be cached.
    cache_point: Option<CachePointForm>,
}

/// A call of a tool. Its texts are templates.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ToolUse {
    /// As chat files have it; says nothing here.
    r#type: Option<String>,
    /// Names the call; its result has the same.
    id: Option<String>,
    /// Another word for `id`.
    tool_use_id: Option<String>,
    /// The tool.
    name: String,
    /// The arguments. Default: none.
    input: Option<Value>,
}

/// What a call of a tool gave. Its texts are templates.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ToolResult {
    /// As chat files have it; says nothing here.
    r#type: Option<String>,
    /// The id of the call.
    id: Option<String>,
    /// Another word for `id`.
    tool_use_id: Option<String>,
    /// Text, any other value, or Converse's list of blocks.
    content: Option<Value>,
    /// Whether the tool failed.
    is_error: Option<bool>,
    /// `error` if the tool failed.
    status: Option<String>,
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
