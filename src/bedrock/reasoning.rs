//! Reasoning: kept word for word, since a model that called a tool wants it back with the tool's result.

use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    ReasoningContentBlock, ReasoningContentBlockDelta, ReasoningTextBlock,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::Reasoning;

/// Returns reasoning as Converse takes it; `None` for encrypted content that no model has made.
pub(super) fn block(reasoning: &Reasoning) -> Option<ReasoningContentBlock> {
    match reasoning {
        Reasoning::Text { text, signature } => {
            let block = ReasoningTextBlock::builder()
                .text(text)
                .set_signature(signature.clone())
                .build();
            block.ok().map(ReasoningContentBlock::ReasoningText)
        }
        Reasoning::Redacted(content) => {
            let bytes = STANDARD.decode(content).ok()?;
            Some(ReasoningContentBlock::RedactedContent(Blob::new(bytes)))
        }
    }
}

/// Returns what a block of an answer says; `None` for kinds unknown.
pub(super) fn of_block(block: &ReasoningContentBlock) -> Option<Reasoning> {
    match block {
        ReasoningContentBlock::ReasoningText(block) => Some(Reasoning::Text {
            text: block.text().to_owned(),
            signature: block.signature().map(str::to_owned),
        }),
        ReasoningContentBlock::RedactedContent(blob) => Some(Reasoning::Redacted(encoded(blob))),
        _ => None,
    }
}

/// Takes the next fragment of a block that is streamed in.
pub(super) fn add(so_far: &mut Option<Reasoning>, delta: &ReasoningContentBlockDelta) {
    match delta {
        ReasoningContentBlockDelta::RedactedContent(blob) => {
            *so_far = Some(Reasoning::Redacted(encoded(blob)));
        }
        ReasoningContentBlockDelta::Text(fragment) => {
            if let Reasoning::Text { text, .. } = so_far.get_or_insert_default() {
                text.push_str(fragment);
            }
        }
        ReasoningContentBlockDelta::Signature(fragment) => {
            if let Reasoning::Text { signature, .. } = so_far.get_or_insert_default() {
                signature.get_or_insert_default().push_str(fragment);
            }
        }
        _ => {}
    }
}

fn encoded(blob: &Blob) -> String {
    STANDARD.encode(blob.as_ref())
}
