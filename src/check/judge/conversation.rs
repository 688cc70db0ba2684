//! `conversation-relevance`: whether the turns of a conversation fit what was said before them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::reason::text_of;
use super::super::subject::Subject;
use super::super::verdict::Verdict;
use super::panel::{Finding, Panel};
use super::question::{Material, Question};
use super::{reply, transcript};
use crate::model::{Message, Part, Role};
use crate::text::number_text;

/// Turns that a judge sees at a time, as in promptfoo.
const WINDOW: usize = 5;

const TASK: &str = "You are given the last turns of a conversation. Decide whether the last message of the assistant \
    is a relevant reply to what the user said, in view of the turns before. Whether it is right does not matter.";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "why, in one sentence"},
            "relevant": {"type": "boolean"},
        },
        "required": ["reason", "relevant"],
        "additionalProperties": false,
    })
});

/// A judge looks at every turn of a conversation, the answer being the last.
#[derive(Debug, Clone)]
pub struct ConversationRelevance {
    /// Who judges.
    pub panel: Panel,
    /// The least share of relevant turns that passes.
    pub least: f64,
}

impl ConversationRelevance {
    /// The least share that passes where a suite names none, as in promptfoo.
    pub const DEFAULT_LEAST: f64 = 0.5;

    pub(in crate::check) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let request = subject.request.ok_or("nobody knows what was asked")?;
        let mut messages = request.messages.clone();
        messages.push(Message {
            role: Role::Assistant,
            parts: vec![Part::Text(text_of(subject.output).into_owned())],
        });
        let windows = windows(&messages);
        self.panel.verdict(subject, |seat| {
            let found: Vec<Result<(bool, String), String>> = windows
                .iter()
                .map(|window| {
                    let question = Question {
                        task: TASK,
                        material: Material::Texts(vec![("conversation", window)]),
                        schema: &SCHEMA,
                        once: false,
                    };
                    seat.ask(&question, |fields| {
                        let relevant = reply::boolean(fields, "relevant")?;
                        Ok((relevant, reply::text(fields, "reason")))
                    })
                })
                .collect();
            let found = found.into_iter().collect::<Result<Vec<_>, String>>()?;
            let relevant = found.iter().filter(|(relevant, _)| *relevant).count();
            #[expect(clippy::cast_precision_loss, reason = "conversations are short")]
            let score = relevant as f64 / found.len() as f64;
            let against = found.iter().find(|(relevant, _)| !relevant);
            let told = against.or(found.last());
            let reason = told.map_or("", |(_, reason)| reason.as_str());
            let (all, least) = (found.len(), number_text(self.least));
            Ok(Finding {
                pass: score >= self.least,
                score,
                reason: format!(
                    "{relevant} of {all} turns are relevant, a share of {least} passes: {reason}"
                ),
                by_place: None,
            })
        })
    }
}

/// Returns, for each message of the assistant, the turns up to it that a judge sees; a turn begins with the user.
fn windows(messages: &[Message]) -> Vec<String> {
    let ends = (1..=messages.len()).filter(|end| messages[end - 1].role == Role::Assistant);
    let window = |end: usize| {
        let starts = (0..end).filter(|at| messages[*at].role == Role::User);
        let starts: Vec<usize> = starts.collect();
        let first = starts.len().saturating_sub(WINDOW);
        let start = starts.get(first).copied().unwrap_or(0);
        transcript(&messages[start..end])
    };
    ends.map(window).collect()
}
