//! `guardrails`: no guardrail stepped in.

use super::subject::Subject;
use super::verdict::Verdict;

/// Passes unless a guardrail of Bedrock blocked the question or the answer.
#[derive(Debug, Clone, Copy)]
pub struct NotBlocked;

impl NotBlocked {
    pub(super) fn verdict(subject: &Subject<'_>) -> Verdict {
        match subject.stop_reason {
            Some("guardrail_intervened") => {
                Verdict::of(false, "a guardrail blocked the question or the answer")
            }
            Some("content_filtered") => {
                Verdict::of(false, "the model's own filter blocked the answer")
            }
            _ => Verdict::of(true, "no guardrail stepped in"),
        }
    }
}
