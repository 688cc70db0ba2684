//! `stop-reason`, alias `finish-reason`: why the model stopped.

use super::prepared::rendered;
use super::reason::listed;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;

/// Bedrock's stop reasons in the words of promptfoo files, which are `OpenAI`'s.
const ALIASES: [(&str, &[&str]); 4] = [
    ("stop", &["end_turn", "stop_sequence"]),
    ("length", &["max_tokens"]),
    ("tool_calls", &["tool_use"]),
    (
        "content_filter",
        &["content_filtered", "guardrail_intervened"],
    ),
];

/// Compares the stop reason with one of several, letter case aside.
#[derive(Debug, Clone)]
pub struct StopReasonIs {
    /// The reasons that pass, in Bedrock's words or those of promptfoo files.
    pub values: Vec<Template>,
}

impl StopReasonIs {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let expected: Vec<String> = self
            .values
            .iter()
            .map(|value| rendered(value, subject.vars))
            .collect::<Result<_, _>>()?;
        let wanted = listed(&expected);
        let Some(found) = subject.stop_reason else {
            return Ok(Verdict::of(
                false,
                format!("no stop reason was reported, not {wanted}"),
            ));
        };
        let holds = expected.iter().any(|expected| means(expected, found));
        Ok(Verdict::of(
            holds,
            if holds {
                format!("the model stopped with `{found}`")
            } else {
                format!("the model stopped with `{found}`, not with {wanted}")
            },
        ))
    }
}

fn means(expected: &str, found: &str) -> bool {
    expected.eq_ignore_ascii_case(found)
        || ALIASES.iter().any(|(alias, names)| {
            alias.eq_ignore_ascii_case(expected)
                && names.iter().any(|name| name.eq_ignore_ascii_case(found))
        })
}
