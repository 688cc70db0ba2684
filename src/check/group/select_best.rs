//! `select-best`: the answer of a row that a judge finds best, wherever it stands.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Member, subject};
use crate::check::ask::Answers;
use crate::check::judge::{Finding, Material, Panel, Question, asked, reply};
use crate::check::prepared::rendered;
use crate::check::reason::text_of;
use crate::check::verdict::Verdict;
use crate::template::Template;

const TASK: &str = "Several answers to the same question are put before you, each with a number. Choose the one that is \
    best by the criterion and by nothing else: not by where it stands, and not by its length. Reason first, then give its \
    number.";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "why, in one or two sentences"},
            "best": {"type": "integer", "description": "the number of the best answer"},
        },
        "required": ["reason", "best"],
        "additionalProperties": false,
    })
});

/// A judge chooses the best answer of a row, once in their order and once in reverse; only if both times the same is chosen,
/// there is a best one.
#[derive(Debug, Clone)]
pub struct SelectBest {
    /// Who judges.
    pub panel: Panel,
    /// What makes an answer good.
    pub criterion: Template,
}

impl SelectBest {
    pub(super) fn verdicts(
        &self,
        members: &[Member<'_>],
        answers: &Answers,
    ) -> Vec<Result<Verdict, String>> {
        let verdict = |index: usize| self.verdict(index, members, answers);
        (0..members.len()).map(verdict).collect()
    }

    /// Judges whether the answer at `index` is the best. All answers of a row put the same questions, which are asked once.
    fn verdict(
        &self,
        index: usize,
        members: &[Member<'_>],
        answers: &Answers,
    ) -> Result<Verdict, String> {
        let criterion = rendered(&self.criterion, members[index].vars)?;
        if members.len() == 1 {
            return Ok(Verdict::of(true, "there is no other answer"));
        }
        let subject = subject(&members[0], answers);
        let question = asked(&subject);
        let outputs: Vec<String> = members
            .iter()
            .map(|member| text_of(member.output).into_owned())
            .collect();
        let forth: Vec<usize> = (0..members.len()).collect();
        let back: Vec<usize> = forth.iter().rev().copied().collect();
        self.panel.verdict(&subject, |seat| {
            let found = [&forth, &back].map(|order| {
                let mut texts: Vec<(String, &str)> = Vec::new();
                texts.extend(question.iter().map(|text| ("question".to_owned(), text.as_str())));
                texts.push(("criterion".to_owned(), &criterion));
                for (number, at) in (1..).zip(order) {
                    texts.push((format!("answer-{number}"), &outputs[*at]));
                }
                let question = Question {
                    task: TASK,
                    material: Material::Texts(texts.iter().map(|(name, text)| (name.as_str(), *text)).collect()),
                    schema: &SCHEMA,
                    once: false,
                };
                seat.ask(&question, |fields| {
                    let best = fields.get("best").and_then(Value::as_u64);
                    let best = best.and_then(|best| usize::try_from(best).ok());
                    let best = best.filter(|best| (1..=order.len()).contains(best));
                    let best = best.ok_or_else(|| format!("its `best` is no number from 1 to {}", order.len()))?;
                    Ok((order[best - 1], reply::text(fields, "reason")))
                })
            });
            let [forth, back] = found;
            let ((best, reason), (again, _)) = (forth?, back?);
            let (best_label, again_label) = (members[best].label, members[again].label);
            if best != again {
                return Err(format!(
                    "the judge chooses by place: `{best_label}` in one order, `{again_label}` in the other"
                ));
            }
            let pass = best == index;
            Ok(Finding {
                pass,
                score: f64::from(u8::from(pass)),
                reason: format!("`{best_label}` is the best: {reason}"),
                by_place: None,
            })
        })
    }
}
