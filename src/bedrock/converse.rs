//! Requests and answers in Converse's own types, both ways: pure functions.

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse::{ConverseInput, ConverseOutput};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamInput;
use aws_sdk_bedrockruntime::operation::count_tokens;
use aws_sdk_bedrockruntime::types::{
    self as wire, CachePointBlock, CachePointType, ContentBlock, ConversationRole,
    ConverseTokensRequest, CountTokensInput, GuardrailConfiguration, GuardrailStreamConfiguration,
    InferenceConfiguration, JsonSchemaDefinition, OutputConfig, OutputFormat,
    OutputFormatStructure, OutputFormatType, PerformanceConfiguration, ServiceTier,
    SystemContentBlock, TokenUsage, ToolConfiguration,
};
use aws_smithy_types::Document;

use super::{document, media, reasoning, tools};
use crate::model::{
    CacheTtl, Completion, ErrorKind, Guardrail, Message, ModelError, Params, Part, Remedy, Request,
    Role, StopReason, ToolCall, Usage,
};

/// What the SDK puts where the service left a required word out.
const UNSET: &str = "no value was set";

/// Why questions can always be built: what a question lacks is found when it is written.
const NOTHING_LACKS: &str = "the SDK builds questions unlooked at";

/// A request in Converse's types; the two calls differ in their builders alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Body {
    model: String,
    system: Option<Vec<SystemContentBlock>>,
    messages: Vec<wire::Message>,
    inference: InferenceConfiguration,
    additional: Option<Document>,
    tier: Option<ServiceTier>,
    performance: Option<PerformanceConfiguration>,
    tools: Option<ToolConfiguration>,
    output: Option<OutputConfig>,
    guardrail: Option<Guardrail>,
}

/// Fills a question of either kind: they have the same members, and no type in common. A builder of the SDK would be moved at
/// each of its setters.
macro_rules! question {
    ($kind:ident, $body:expr, $guardrail:expr) => {{
        let mut question = $kind::builder().build().expect(NOTHING_LACKS);
        question.model_id = Some($body.model);
        question.system = $body.system;
        question.messages = Some($body.messages);
        question.inference_config = Some($body.inference);
        question.additional_model_request_fields = $body.additional;
        question.service_tier = $body.tier;
        question.performance_config = $body.performance;
        question.tool_config = $body.tools;
        question.output_config = $body.output;
        question.guardrail_config = $guardrail;
        question
    }};
}

impl Body {
    /// Returns `request` as Converse wants it. What the request leaves open is not sent.
    pub(super) fn of(request: &Request) -> Self {
        let system: Vec<_> = request.system.iter().filter_map(system_block).collect();
        Self {
            model: request.model.clone(),
            system: (!system.is_empty()).then_some(system),
            messages: request.messages.iter().map(message).collect(),
            inference: inference(&request.params),
            additional: request
                .additional_fields
                .as_ref()
                .map(document::object_from_json),
            tier: request.service_tier.as_deref().map(|tier| {
                ServiceTier::builder()
                    .r#type(tier.into())
                    .build()
                    .expect("the type is set")
            }),
            performance: request.performance.as_deref().map(|latency| {
                PerformanceConfiguration::builder()
                    .latency(latency.into())
                    .build()
            }),
            tools: tools::config(request),
            output: output(request),
            guardrail: request.guardrail.clone(),
        }
    }

    /// Returns the question whose answer comes all at once.
    pub(super) fn converse(self) -> ConverseInput {
        let guardrail = self.guardrail.map(|guardrail| {
            GuardrailConfiguration::builder()
                .guardrail_identifier(guardrail.id)
                .guardrail_version(guardrail.version)
                .build()
        });
        question!(ConverseInput, self, guardrail)
    }

    /// Returns the question for the tokens of the prompt alone. It takes no profile: `model` is the
    /// foundation model's id.
    pub(super) fn count_tokens(self, model: &str) -> count_tokens::CountTokensInput {
        let asked = ConverseTokensRequest::builder()
            .set_system(self.system)
            .set_messages(Some(self.messages))
            .set_tool_config(self.tools)
            .set_additional_model_request_fields(self.additional)
            .build();
        count_tokens::CountTokensInput::builder()
            .model_id(model)
            .input(CountTokensInput::Converse(asked))
            .build()
            .expect(NOTHING_LACKS)
    }

    /// Returns the question whose answer streams.
    pub(super) fn converse_stream(self) -> ConverseStreamInput {
        let guardrail = self.guardrail.map(|guardrail| {
            GuardrailStreamConfiguration::builder()
                .guardrail_identifier(guardrail.id)
                .guardrail_version(guardrail.version)
                .build()
        });
        question!(ConverseStreamInput, self, guardrail)
    }
}

/// Returns the answer in `output`, with no latency yet.
///
/// All text blocks and the text of citations are joined; reasoning is kept where tools are called, and blocks of kinds unknown
/// are passed over. An answer without any block is a completion with an empty text.
///
/// # Errors
///
/// `Malformed` if there is no message or no stop reason, which is how an empty body reads.
pub(super) fn completion(output: &ConverseOutput) -> Result<Completion, ModelError> {
    let request_id = output.request_id().map(str::to_owned);
    let Some(Ok(message)) = output.output().map(wire::ConverseOutput::as_message) else {
        return Err(malformed("the answer holds no message", request_id));
    };
    let Some(stop_reason) = known(output.stop_reason().as_str()) else {
        return Err(malformed("the answer holds no stop reason", request_id));
    };

    let mut text = String::new();
    let mut tool_calls = Vec::new();
    let mut thoughts = Vec::new();
    for block in message.content() {
        match block {
            ContentBlock::Text(part) => text.push_str(part),
            ContentBlock::CitationsContent(cited) => {
                let parts = cited
                    .content()
                    .iter()
                    .filter_map(|part| part.as_text().ok());
                parts.for_each(|part| text.push_str(part));
            }
            ContentBlock::ToolUse(tool) => tool_calls.push(ToolCall {
                id: tool.tool_use_id().to_owned(),
                name: tool.name().to_owned(),
                input: document::to_json(tool.input()),
            }),
            ContentBlock::ReasoningContent(block) => thoughts.extend(reasoning::of_block(block)),
            _ => {}
        }
    }
    if tool_calls.is_empty() {
        thoughts.clear();
    }

    Ok(Completion {
        text,
        tool_calls,
        reasoning: thoughts,
        stop_reason: StopReason(stop_reason.to_owned()),
        usage: output.usage().map(usage).unwrap_or_default(),
        service_latency_ms: output
            .metrics()
            .and_then(|metrics| u64::try_from(metrics.latency_ms()).ok()),
        service_tier: output.service_tier().and_then(tier),
        request_id,
        ..Completion::default()
    })
}

/// Returns the tokens that Bedrock counted. What it leaves out is 0.
pub(super) fn usage(reported: &TokenUsage) -> Usage {
    let one_hour: u64 = reported
        .cache_details()
        .iter()
        .filter(|detail| *detail.ttl() == wire::CacheTtl::OneHour)
        .map(|detail| count(detail.input_tokens()))
        .sum();
    let written = count(reported.cache_write_input_tokens().unwrap_or_default());
    Usage {
        input_tokens: count(reported.input_tokens()),
        output_tokens: count(reported.output_tokens()),
        cache_read_tokens: count(reported.cache_read_input_tokens().unwrap_or_default()),
        cache_write_tokens: written.max(one_hour),
        cache_write_1h_tokens: one_hour,
    }
}

/// Returns the name of the tier that served a call, if Bedrock gave one.
pub(super) fn tier(tier: &ServiceTier) -> Option<String> {
    known(tier.r#type().as_str()).map(str::to_owned)
}

/// Returns `word` unless the SDK made it up.
pub(super) fn known(word: &str) -> Option<&str> {
    (word != UNSET).then_some(word)
}

fn count(tokens: i32) -> u64 {
    u64::try_from(tokens).unwrap_or_default()
}

fn malformed(message: &str, request_id: Option<String>) -> ModelError {
    ModelError {
        http_status: Some(200),
        request_id,
        ..ModelError::new(ErrorKind::Malformed, Remedy::RepeatOnce, message)
    }
}

fn message(message: &Message) -> wire::Message {
    let role = match message.role {
        Role::User => ConversationRole::User,
        Role::Assistant => ConversationRole::Assistant,
    };
    let content = message.parts.iter().filter_map(|part| {
        Some(match part {
            Part::Text(text) => ContentBlock::Text(text.clone()),
            Part::CachePoint(ttl) => ContentBlock::CachePoint(cache_point(*ttl)),
            Part::Image(image) => ContentBlock::Image(media::image(image)),
            Part::Document(document) => ContentBlock::Document(media::document(document)),
            Part::Video(video) => ContentBlock::Video(media::video(video)),
            Part::Reasoning(thought) => ContentBlock::ReasoningContent(reasoning::block(thought)?),
            Part::ToolUse(call) => ContentBlock::ToolUse(tools::call(call)),
            Part::ToolResult(result) => ContentBlock::ToolResult(tools::result(result)),
        })
    });
    wire::Message::builder()
        .role(role)
        .set_content(Some(content.collect()))
        .build()
        .expect("role and content are set")
}

/// Returns a block of a system prompt; Converse has no others than these two.
fn system_block(part: &Part) -> Option<SystemContentBlock> {
    match part {
        Part::Text(text) => Some(SystemContentBlock::Text(text.clone())),
        Part::CachePoint(ttl) => Some(SystemContentBlock::CachePoint(cache_point(*ttl))),
        Part::Image(_)
        | Part::Document(_)
        | Part::Video(_)
        | Part::Reasoning(_)
        | Part::ToolUse(_)
        | Part::ToolResult(_) => None,
    }
}

fn output(request: &Request) -> Option<OutputConfig> {
    let effort = request.params.effort.as_deref();
    if effort.is_none() && request.answer_schema.is_none() {
        return None;
    }
    let format = request.answer_schema.as_ref().map(|answer| {
        let schema = JsonSchemaDefinition::builder()
            .name(&answer.name)
            .schema(answer.schema.to_string())
            .build();
        OutputFormat::builder()
            .r#type(OutputFormatType::JsonSchema)
            .structure(OutputFormatStructure::JsonSchema(
                schema.expect("the schema is set"),
            ))
            .build()
            .expect("type and structure are set")
    });
    let config = OutputConfig::builder()
        .set_effort(effort.map(Into::into))
        .set_text_format(format);
    Some(config.build())
}

/// Returns a cache point. Five minutes are Bedrock's default and not every model knows the field: they go unsaid.
fn cache_point(ttl: CacheTtl) -> CachePointBlock {
    let ttl = match ttl {
        CacheTtl::FiveMinutes => None,
        CacheTtl::OneHour => Some(wire::CacheTtl::OneHour),
    };
    CachePointBlock::builder()
        .r#type(CachePointType::Default)
        .set_ttl(ttl)
        .build()
        .expect("the type is set")
}

fn inference(params: &Params) -> InferenceConfiguration {
    InferenceConfiguration::builder()
        .max_tokens(i32::try_from(params.max_tokens).unwrap_or(i32::MAX))
        .set_temperature(params.temperature.map(single))
        .set_top_p(params.top_p.map(single))
        .set_stop_sequences((!params.stop.is_empty()).then(|| params.stop.clone()))
        .build()
}

#[expect(clippy::cast_possible_truncation, reason = "the SDK has no f64 here")]
fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use aws_sdk_bedrockruntime::types::{
        CacheDetail, CitationGeneratedContent, CitationsContentBlock, ConverseMetrics,
        ReasoningContentBlock, ReasoningTextBlock, ToolUseBlock,
    };
    use serde_json::json;

    use super::*;

    fn answer(blocks: Vec<ContentBlock>) -> ConverseOutput {
        let message = wire::Message::builder()
            .role(ConversationRole::Assistant)
            .set_content(Some(blocks))
            .build()
            .unwrap();
        ConverseOutput::builder()
            .output(wire::ConverseOutput::Message(message))
            .stop_reason("end_turn".into())
            .metrics(ConverseMetrics::builder().latency_ms(321).build().unwrap())
            .build()
            .unwrap()
    }

    #[test]
    fn text_and_citations_join_and_reasoning_stays_out() {
        let reasoning = ReasoningTextBlock::builder().text("hm").build().unwrap();
        let cited = CitationsContentBlock::builder()
            .content(CitationGeneratedContent::Text("Paris".into()))
            .build();
        let tool = ToolUseBlock::builder()
            .tool_use_id("t1")
            .name("look_up")
            .input(document::from_json(
                &json!({"n": 9_007_199_254_740_993_u64}),
            ))
            .build()
            .unwrap();
        let completion = completion(&answer(vec![
            ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(reasoning)),
            ContentBlock::Text("It is ".into()),
            ContentBlock::CitationsContent(cited),
            ContentBlock::Text(".".into()),
            ContentBlock::ToolUse(tool),
        ]))
        .unwrap();
        assert_eq!(completion.text, "It is Paris.");
        assert_eq!(completion.tool_calls[0].name, "look_up");
        assert_eq!(
            completion.tool_calls[0].input,
            json!({"n": 9_007_199_254_740_993_u64})
        );
        assert_eq!(completion.service_latency_ms, Some(321));
        assert_eq!(completion.service_tier, None);
    }

    #[test]
    fn no_blocks_are_an_empty_answer_and_no_message_is_none() {
        assert_eq!(completion(&answer(Vec::new())).unwrap().text, "");

        let empty = ConverseOutput::builder()
            .stop_reason(UNSET.into())
            .build()
            .unwrap();
        let error = completion(&empty).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Malformed);
        assert_eq!(error.remedy, Remedy::RepeatOnce);
    }

    #[test]
    fn cache_writes_are_told_apart_by_their_time_to_live() {
        let detail = |ttl: &str, tokens| {
            CacheDetail::builder()
                .ttl(ttl.into())
                .input_tokens(tokens)
                .build()
                .unwrap()
        };
        let reported = TokenUsage::builder()
            .input_tokens(13)
            .output_tokens(20)
            .total_tokens(133)
            .cache_read_input_tokens(7)
            .cache_write_input_tokens(100)
            .cache_details(detail("1h", 40))
            .cache_details(detail("5m", 60))
            .build()
            .unwrap();
        assert_eq!(
            usage(&reported),
            Usage {
                input_tokens: 13,
                output_tokens: 20,
                cache_read_tokens: 7,
                cache_write_tokens: 100,
                cache_write_1h_tokens: 40,
            }
        );
    }
}
