//! `pairwise`: a judge prefers this answer to the baseline's, whichever it sees first (Zheng et al. 2023, arXiv
//! 2306.05685).

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Member, subject};
use crate::check::ask::Answers;
use crate::check::judge::{ByPlace, Finding, Material, Panel, Question, asked, reply};
use crate::check::prepared::rendered;
use crate::check::reason::text_of;
use crate::check::verdict::Verdict;
use crate::template::Template;
use crate::text::number_text;

const TASK: &str = "Two answers to the same question are put before you. Decide which of them is better by the \
    criterion and by nothing else: not by the order in which they stand, and not by their length. Reason first, then say \
    `first`, `second`, or `tie` if neither is better.";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "why, in one or two sentences"},
            "better": {"type": "string", "enum": ["first", "second", "tie"]},
        },
        "required": ["reason", "better"],
        "additionalProperties": false,
    })
});

/// A judge compares each answer with the baseline's, twice: it is a win or a loss only if both orders say so.
#[derive(Debug, Clone)]
pub struct Pairwise {
    /// Who judges.
    pub panel: Panel,
    /// What makes an answer better.
    pub criterion: Template,
    /// The label of the model to compare with.
    pub baseline: String,
    /// The least score that passes, where a win scores 1, a tie 0.5 and a loss 0.
    pub least: f64,
}

/// What a judge says of two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    First,
    Second,
    Tie,
}

impl Pairwise {
    /// The least score that passes where a suite names none: it must win.
    pub const DEFAULT_LEAST: f64 = 1.0;

    pub(super) fn verdicts(
        &self,
        members: &[Member<'_>],
        answers: &Answers,
    ) -> Vec<Result<Verdict, String>> {
        let baseline = members.iter().find(|member| member.label == self.baseline);
        let verdict = |member: &Member<'_>| match baseline {
            _ if member.label == self.baseline => {
                Ok(Verdict::of(true, "it is the baseline").without_weight())
            }
            Some(baseline) => self.verdict(member, baseline, answers),
            None => Err(format!("`{}` has no answer to compare with", self.baseline)),
        };
        members.iter().map(verdict).collect()
    }

    fn verdict(
        &self,
        member: &Member<'_>,
        baseline: &Member<'_>,
        answers: &Answers,
    ) -> Result<Verdict, String> {
        let subject = subject(member, answers);
        let criterion = rendered(&self.criterion, member.vars)?;
        let (own, other) = (text_of(member.output), text_of(baseline.output));
        let question = asked(&subject);
        let order = |first: &str, second: &str| {
            let question = question
                .iter()
                .map(|text| ("question".to_owned(), text.clone()));
            let rest = [
                ("criterion", criterion.as_str()),
                ("first", first),
                ("second", second),
            ];
            let rest = rest.map(|(name, text)| (name.to_owned(), text.to_owned()));
            question.chain(rest).collect::<Vec<_>>()
        };
        let orders = [order(&own, &other), order(&other, &own)];
        self.panel.verdict(&subject, |seat| {
            let found = orders.each_ref().map(|texts| {
                let texts = texts
                    .iter()
                    .map(|(name, text)| (name.as_str(), text.as_str()));
                let question = Question {
                    task: TASK,
                    material: Material::Texts(texts.collect()),
                    schema: &SCHEMA,
                    once: false,
                };
                seat.ask(&question, |fields| {
                    let better = match reply::text(fields, "better").as_str() {
                        "first" => Better::First,
                        "second" => Better::Second,
                        "tie" => Better::Tie,
                        _ => return Err("its `better` is none of the three".to_owned()),
                    };
                    Ok((better, reply::text(fields, "reason")))
                })
            });
            let [before, after] = found;
            let ((before, reason), (after, _)) = (before?, after?);
            let by_place = match (before, after) {
                (Better::First, Better::First) => ByPlace::First,
                (Better::Second, Better::Second) => ByPlace::Last,
                _ => ByPlace::No,
            };
            let (score, word) = match (before, after) {
                (Better::First, Better::Second) => (1.0, "better than"),
                (Better::Second, Better::First) => (0.0, "worse than"),
                _ => match by_place {
                    ByPlace::First => (0.5, "as good as (the judge prefers what stands first)"),
                    ByPlace::Last => (0.5, "as good as (the judge prefers what stands last)"),
                    ByPlace::No => (0.5, "as good as"),
                },
            };
            let (baseline, least) = (&self.baseline, number_text(self.least));
            let text = number_text(score);
            Ok(Finding {
                pass: score >= self.least,
                score,
                reason: format!(
                    "{word} `{baseline}` in both orders, score {text}, {least} passes: {reason}"
                ),
                by_place: Some(by_place),
            })
        })
    }
}
