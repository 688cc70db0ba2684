//! Judges: models that say whether an answer is good.
//!
//! A check puts a [`Question`] to every judge of its [`Panel`], each as often as it has votes, and reads answers of a
//! fixed shape. An answer that cannot be read is asked for once more; after that the vote is undecided. The material
//! that is judged is quoted so that nothing in it can pass for an instruction (see `question.rs`).

mod context;
mod conversation;
mod factuality;
mod g_eval;
mod panel;
mod question;
pub(super) mod reply;
mod rubric;
#[cfg(test)]
mod tests;

pub use context::{ContextCheck, ContextMeasure};
pub use conversation::ConversationRelevance;
pub use factuality::{Category, Factuality};
pub use g_eval::GEval;
pub use panel::{ByPlace, Judge, MOST_VOTES, Opinion, Panel, Shape};
pub use rubric::{Rubric, RubricKind};

pub(super) use panel::Finding;
pub(super) use question::{Material, Question};

use super::subject::Subject;
use crate::model::{Message, Part, Role};

/// Returns the conversation that the answer ends, as one text; `None` where nobody knows it.
pub(super) fn asked(subject: &Subject<'_>) -> Option<String> {
    let messages = &subject.request?.messages;
    match messages.as_slice() {
        [] => None,
        [one] => Some(text_of(one)),
        several => Some(transcript(several)),
    }
}

/// Returns messages as a text in which everybody speaks in turn.
fn transcript(messages: &[Message]) -> String {
    let turns = messages.iter().map(|message| {
        let who = match message.role {
            Role::User => "User",
            Role::Assistant => "Assistant",
        };
        format!("{who}: {}", text_of(message))
    });
    turns.collect::<Vec<_>>().join("\n\n")
}

fn text_of(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::ToolUse(call) => Some(format!("[calls {} with {}]", call.name, call.input)),
        Part::ToolResult(result) => Some(format!("[result: {}]", result.content)),
        Part::Image(_) => Some("[an image]".to_owned()),
        Part::Video(_) => Some("[a video]".to_owned()),
        Part::Document(document) => {
            let name = document.name.as_deref().unwrap_or("a document");
            Some(format!("[a document: {name}]"))
        }
        Part::Reasoning(_) | Part::CachePoint(_) => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}
