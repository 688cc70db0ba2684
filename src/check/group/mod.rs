//! Checks of several answers together: the best of a row, one against the baseline's, repeats of one.
//!
//! While answers come in one by one, such a check is undecided and waits ([`WAITS`]). When all answers to a case are
//! there, [`Group::verdicts`] judges them together, and [`Check::settle`](super::Check::settle) puts each verdict in the
//! place of the waiting one.

mod max_score;
mod pairwise;
mod pass_at_k;
mod select_best;
#[cfg(test)]
mod tests;

pub use max_score::MaxScore;
pub use pairwise::Pairwise;
pub use pass_at_k::PassAtK;
pub use select_best::SelectBest;

use serde_json::{Map, Value};

use super::ask::Answers;
use super::judge::Panel;
use super::subject::Subject;
use super::verdict::{CheckResult, Verdict};
use crate::model::Request;

/// Why a check of several answers is undecided before all of them are there.
pub const WAITS: &str = "it waits for the other answers to the case";

/// A check of several answers.
#[derive(Debug, Clone)]
pub enum Group {
    /// The answer scores best in its other checks.
    MaxScore(MaxScore),
    /// A judge prefers the answer to all others.
    SelectBest(SelectBest),
    /// A judge prefers the answer to the baseline's.
    Pairwise(Pairwise),
    /// Of k repeats one passes.
    PassAtK(PassAtK),
}

/// Which answers are judged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Those of all prompts and models to one case, repeat by repeat.
    Row,
    /// Those of all models to one case and prompt, repeat by repeat.
    Models,
    /// All repeats of one case, prompt and model.
    Repeats,
}

/// One of several answers.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The label of its model.
    pub label: &'a str,
    /// The answer.
    pub output: &'a Value,
    /// What was asked, where that is known.
    pub request: Option<&'a Request>,
    /// The case's variables.
    pub vars: &'a Map<String, Value>,
    /// What the other checks say of it, those of several answers left out.
    pub results: &'a [CheckResult],
}

impl Group {
    /// Returns which answers are judged together.
    pub fn span(&self) -> Span {
        match self {
            Self::MaxScore(_) | Self::SelectBest(_) => Span::Row,
            Self::Pairwise(_) => Span::Models,
            Self::PassAtK(_) => Span::Repeats,
        }
    }

    /// Judges answers together; the verdicts are in their order. What is wanted of judges is noted in `answers`.
    pub fn verdicts(
        &self,
        members: &[Member<'_>],
        answers: &Answers,
    ) -> Vec<Result<Verdict, String>> {
        match self {
            Self::MaxScore(check) => check.verdicts(members),
            Self::SelectBest(check) => check.verdicts(members, answers),
            Self::Pairwise(check) => check.verdicts(members, answers),
            Self::PassAtK(check) => check.verdicts(members),
        }
    }

    pub(super) fn panel(&self) -> Option<&Panel> {
        match self {
            Self::SelectBest(check) => Some(&check.panel),
            Self::Pairwise(check) => Some(&check.panel),
            Self::MaxScore(_) | Self::PassAtK(_) => None,
        }
    }

    pub(super) fn variables(&self) -> std::collections::BTreeSet<String> {
        match self {
            Self::SelectBest(check) => check.criterion.variables(),
            Self::Pairwise(check) => check.criterion.variables(),
            Self::MaxScore(_) | Self::PassAtK(_) => std::collections::BTreeSet::new(),
        }
    }
}

/// Returns a member as the subject of a question to judges.
fn subject<'a>(member: &Member<'a>, answers: &'a Answers) -> Subject<'a> {
    Subject {
        output: member.output,
        vars: member.vars,
        request: member.request,
        answers: Some(answers),
        tool_calls: &[],
        stop_reason: None,
        usage: None,
        latency_ms: None,
        ttft_ms: None,
        cost: None,
        is_labelled: false,
    }
}
