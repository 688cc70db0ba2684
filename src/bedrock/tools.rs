//! Tools in Converse's own types: what may be called, what was called, what came of it.

use aws_sdk_bedrockruntime::types::{
    AnyToolChoice, AutoToolChoice, SpecificToolChoice, Tool, ToolChoice as Choice,
    ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock, ToolResultStatus,
    ToolSpecification, ToolUseBlock,
};
use serde_json::Value;

use super::{document, media};
use crate::model::{Request, ToolCall, ToolChoice, ToolResult};

/// Returns a call that the model made earlier.
pub(super) fn call(call: &ToolCall) -> ToolUseBlock {
    ToolUseBlock::builder()
        .tool_use_id(&call.id)
        .name(&call.name)
        .input(document::from_json(&call.input))
        .build()
        .expect("id, name and input are set")
}

/// Returns a tool's result: text as text, an object as JSON. Converse takes no other JSON than objects.
pub(super) fn result(result: &ToolResult) -> ToolResultBlock {
    let content = match &result.content {
        Value::String(text) => ToolResultContentBlock::Text(text.clone()),
        object @ Value::Object(_) => ToolResultContentBlock::Json(document::from_json(object)),
        other => ToolResultContentBlock::Text(other.to_string()),
    };
    let has_text = !matches!(&result.content, Value::String(text) if text.trim().is_empty());
    let images = result.images.iter();
    let images = images.map(|image| ToolResultContentBlock::Image(media::image(image)));
    let content = Some(content).filter(|_| has_text || result.images.is_empty());
    ToolResultBlock::builder()
        .tool_use_id(&result.id)
        .set_content(Some(content.into_iter().chain(images).collect()))
        .set_status(result.is_error.then_some(ToolResultStatus::Error))
        .build()
        .expect("id and content are set")
}

/// Returns the tools of a request; `None` if it has none.
pub(super) fn config(request: &Request) -> Option<ToolConfiguration> {
    if request.tools.is_empty() {
        return None;
    }
    let specs = request.tools.iter().map(|tool| {
        let spec = ToolSpecification::builder()
            .name(&tool.name)
            .set_description(tool.description.clone())
            .input_schema(ToolInputSchema::Json(document::from_json(
                &tool.input_schema,
            )))
            .build();
        Tool::ToolSpec(spec.expect("name and schema are set"))
    });
    let choice = request.tool_choice.as_ref().map(|choice| match choice {
        ToolChoice::Auto => Choice::Auto(AutoToolChoice::builder().build()),
        ToolChoice::Any => Choice::Any(AnyToolChoice::builder().build()),
        ToolChoice::Tool(name) => {
            let tool = SpecificToolChoice::builder().name(name).build();
            Choice::Tool(tool.expect("the name is set"))
        }
    });
    let config = ToolConfiguration::builder()
        .set_tools(Some(specs.collect()))
        .set_tool_choice(choice);
    Some(config.build().expect("the tools are set"))
}
