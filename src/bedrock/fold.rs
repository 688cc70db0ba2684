//! The events of a stream, folded into one answer: pure, told no time.

use std::collections::BTreeMap;

use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamMetadataEvent, ConverseStreamOutput,
    ReasoningContentBlockDelta,
};
use serde_json::{Map, Value};

use super::{converse, reasoning};
use crate::model::{Completion, Reasoning, Request, Said, StopReason, ToolCall, Usage};

/// Bytes of text to a token, roughly, for the estimate of a stream that broke.
const BYTES_PER_TOKEN: u64 = 4;

/// What has arrived of an answer so far.
#[derive(Debug, Default)]
pub(super) struct Fold {
    blocks: BTreeMap<i32, Block>,
    stop_reason: Option<String>,
    metadata: Option<ConverseStreamMetadataEvent>,
    begun: bool,
    received: u64,
}

/// One block of the answer; others than these say nothing that we keep.
#[derive(Debug)]
enum Block {
    Text(String),
    Reasoning(Option<Reasoning>),
    Tool {
        id: String,
        name: String,
        input: String,
    },
}

/// Returns what an event lets a listener hear.
pub(super) fn said(event: &ConverseStreamOutput) -> Option<Said<'_>> {
    let ConverseStreamOutput::ContentBlockDelta(event) = event else {
        return None;
    };
    let said = match event.delta()? {
        ContentBlockDelta::Text(text) => Said::Text(text),
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text)) => {
            Said::Reasoning(text)
        }
        _ => return None,
    };
    let (Said::Text(text) | Said::Reasoning(text)) = said;
    (!text.is_empty()).then_some(said)
}

impl Fold {
    /// Takes the next event in. Events and blocks of unknown kinds are passed over.
    pub(super) fn push(&mut self, event: ConverseStreamOutput) {
        match event {
            ConverseStreamOutput::ContentBlockStart(event) => {
                let Some(ContentBlockStart::ToolUse(start)) = event.start else {
                    return;
                };
                let tool = Block::Tool {
                    id: start.tool_use_id,
                    name: start.name,
                    input: String::new(),
                };
                self.begun = true;
                self.blocks.insert(event.content_block_index, tool);
            }
            ConverseStreamOutput::ContentBlockDelta(event) => {
                if let Some(delta) = event.delta {
                    self.add(event.content_block_index, &delta);
                }
            }
            ConverseStreamOutput::MessageStop(event) => {
                let reason = converse::known(event.stop_reason().as_str());
                self.stop_reason = reason.map(str::to_owned);
            }
            ConverseStreamOutput::Metadata(event) => self.metadata = Some(event),
            _ => {}
        }
    }

    /// Returns whether the model has put out anything: text, reasoning or a call of a tool.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Returns whether the answer is whole: why it stopped and what it took have arrived.
    pub(super) fn is_whole(&self) -> bool {
        self.stop_reason.is_some() && self.metadata.is_some()
    }

    /// Returns the bytes of output so far, reasoning and tools' arguments included.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Returns an estimate of what a stream that breaks here is billed: a token for every 4 bytes of text, in the
    /// request and in the output so far, both rounded up. `None` if no output had begun.
    pub(super) fn estimate(&self, request: &Request) -> Option<Usage> {
        let asked = u64::try_from(request.text_bytes()).unwrap_or(u64::MAX);
        self.begun.then(|| {
            Usage::new(
                asked.div_ceil(BYTES_PER_TOKEN),
                self.received.div_ceil(BYTES_PER_TOKEN),
            )
        })
    }

    /// Returns the answer with no latencies yet, or `None` if it is not whole.
    ///
    /// Arguments of a tool that are not JSON (the answer was cut off, or the model made a mess of them) are kept as
    /// the text that they are.
    pub(super) fn finish(self) -> Option<Completion> {
        let (stop_reason, metadata) = (self.stop_reason?, self.metadata?);
        let mut text = String::new();
        let mut tool_calls = Vec::new();
        let mut thoughts = Vec::new();
        for block in self.blocks.into_values() {
            match block {
                Block::Text(part) => text.push_str(&part),
                Block::Reasoning(thought) => thoughts.extend(thought),
                Block::Tool { id, name, input } => tool_calls.push(ToolCall {
                    id,
                    name,
                    input: arguments(input),
                }),
            }
        }
        if tool_calls.is_empty() {
            thoughts.clear();
        }
        Some(Completion {
            text,
            tool_calls,
            reasoning: thoughts,
            stop_reason: StopReason(stop_reason),
            usage: metadata.usage().map(converse::usage).unwrap_or_default(),
            service_latency_ms: metadata
                .metrics()
                .and_then(|metrics| u64::try_from(metrics.latency_ms()).ok()),
            service_tier: metadata.service_tier().and_then(converse::tier),
            ..Completion::default()
        })
    }

    fn add(&mut self, index: i32, delta: &ContentBlockDelta) {
        if let ContentBlockDelta::ReasoningContent(delta) = delta {
            let block = self.blocks.entry(index);
            let block = block.or_insert_with(|| Block::Reasoning(None));
            if let Block::Reasoning(thought) = block {
                reasoning::add(thought, delta);
            }
        }
        let fragment = match delta {
            ContentBlockDelta::Text(text)
            | ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text)) => text,
            ContentBlockDelta::ToolUse(tool) => tool.input(),
            ContentBlockDelta::ReasoningContent(_) => {
                self.begun = true; // redacted or a signature: output that nobody can read
                return;
            }
            _ => return,
        };
        self.begun |= !fragment.is_empty();
        self.received += fragment.len() as u64;
        match (delta, self.blocks.get_mut(&index)) {
            (ContentBlockDelta::Text(_), Some(Block::Text(text))) => text.push_str(fragment),
            (ContentBlockDelta::Text(_), None) => {
                let text = Block::Text(fragment.to_owned());
                self.blocks.insert(index, text);
            }
            (ContentBlockDelta::ToolUse(_), Some(Block::Tool { input, .. })) => {
                input.push_str(fragment);
            }
            _ => {}
        }
    }
}

/// Returns a tool's arguments; none at all are an empty object.
fn arguments(input: String) -> Value {
    if input.trim().is_empty() {
        return Value::Object(Map::new());
    }
    serde_json::from_str(&input).unwrap_or(Value::String(input))
}

#[cfg(test)]
mod tests {
    use aws_sdk_bedrockruntime::types::{
        ContentBlockDeltaEvent, ContentBlockStartEvent, MessageStopEvent, ToolUseBlockDelta,
        ToolUseBlockStart,
    };
    use serde_json::json;

    use super::*;

    fn delta(index: i32, delta: ContentBlockDelta) -> ConverseStreamOutput {
        let event = ContentBlockDeltaEvent::builder()
            .content_block_index(index)
            .delta(delta);
        ConverseStreamOutput::ContentBlockDelta(event.build().unwrap())
    }

    fn text(index: i32, text: &str) -> ConverseStreamOutput {
        delta(index, ContentBlockDelta::Text(text.into()))
    }

    fn tool(index: i32, name: &str) -> ConverseStreamOutput {
        let start = ToolUseBlockStart::builder().tool_use_id("t").name(name);
        let event = ContentBlockStartEvent::builder()
            .content_block_index(index)
            .start(ContentBlockStart::ToolUse(start.build().unwrap()));
        ConverseStreamOutput::ContentBlockStart(event.build().unwrap())
    }

    fn input(index: i32, fragment: &str) -> ConverseStreamOutput {
        let fragment = ToolUseBlockDelta::builder().input(fragment).build();
        delta(index, ContentBlockDelta::ToolUse(fragment.unwrap()))
    }

    fn end() -> [ConverseStreamOutput; 2] {
        let stop = MessageStopEvent::builder().stop_reason("end_turn".into());
        [
            ConverseStreamOutput::MessageStop(stop.build().unwrap()),
            ConverseStreamOutput::Metadata(ConverseStreamMetadataEvent::builder().build()),
        ]
    }

    fn folded(events: impl IntoIterator<Item = ConverseStreamOutput>) -> Fold {
        let mut fold = Fold::default();
        events.into_iter().for_each(|event| fold.push(event));
        fold
    }

    #[test]
    fn deltas_join_by_block_and_need_no_start() {
        let events = [
            text(0, "Hel"),
            text(0, "lo"),
            tool(1, "f"),
            input(1, "{\"a\""),
            input(1, ":[1,2]}"),
            text(2, "!"),
            tool(3, "g"),
        ];
        let completion = folded(events.into_iter().chain(end())).finish().unwrap();
        assert_eq!(completion.text, "Hello!");
        let calls: Vec<_> = completion
            .tool_calls
            .iter()
            .map(|call| (call.name.as_str(), call.input.clone()))
            .collect();
        assert_eq!(calls, [("f", json!({"a": [1, 2]})), ("g", json!({}))]);
    }

    #[test]
    fn arguments_that_were_cut_off_stay_text() {
        let events = [tool(0, "f"), input(0, "{\"a\":")];
        let completion = folded(events.into_iter().chain(end())).finish().unwrap();
        assert_eq!(completion.tool_calls[0].input, json!("{\"a\":"));
    }

    #[test]
    fn an_answer_is_whole_with_its_stop_and_its_usage() {
        let [stop, metadata] = end();
        assert!(!folded([text(0, "a")]).is_whole());
        assert!(folded([text(0, "a"), stop.clone()]).finish().is_none());
        assert!(folded([text(0, "a"), metadata.clone()]).finish().is_none());
        assert!(folded([stop, metadata]).is_whole());
    }

    #[test]
    fn estimates_begin_with_the_output() {
        let request: Request = serde_json::from_value(json!({
            "model": "m",
            "messages": [{"role": "user", "parts": [{"text": "12345"}]}],
            "params": {"max_tokens": 9},
        }))
        .unwrap();
        let estimate = |events: Vec<_>| folded(events).estimate(&request);
        assert_eq!(estimate(Vec::new()), None);
        assert_eq!(estimate(vec![text(0, "")]), None);
        assert_eq!(estimate(vec![text(0, "123456789")]), Some(Usage::new(2, 3)));
        let reasoning = ReasoningContentBlockDelta::Text("1234".into());
        let reasoning = delta(0, ContentBlockDelta::ReasoningContent(reasoning));
        assert_eq!(estimate(vec![reasoning]), Some(Usage::new(2, 1)));
        assert_eq!(estimate(vec![tool(0, "f")]), Some(Usage::new(2, 0)));
    }
}
