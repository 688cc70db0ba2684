//! `g-eval`: a judge makes steps of a criterion, then scores by them (Liu et al. 2023, arXiv 2303.16634).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::prepared::rendered;
use super::super::reason::text_of;
use super::super::subject::Subject;
use super::super::verdict::Verdict;
use super::panel::{Finding, Panel, Seat};
use super::question::{Material, Question};
use super::{asked, reply};
use crate::template::Template;
use crate::text::number_text;

const PLAN: &str = "You prepare the evaluation of a language model's answers. From the criterion, derive three or \
    four short steps that somebody who has the question and an answer can follow to evaluate the answer by it.";

const SCORE: &str = "You evaluate the answer of a language model by following the given steps, for the given \
    criterion and nothing else. Reason first, then give a whole number from 0 (the criterion is not met at all) to 10 \
    (it is met completely).";

static STEPS: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {"steps": {"type": "array", "items": {"type": "string"}}},
        "required": ["steps"],
        "additionalProperties": false,
    })
});

static SCORED: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "what you found at each step, briefly"},
            "score": {"type": "integer", "description": "from 0 to 10"},
        },
        "required": ["reason", "score"],
        "additionalProperties": false,
    })
});

/// A judge scores the answer by steps that it derived from criteria.
#[derive(Debug, Clone)]
pub struct GEval {
    /// Who judges.
    pub panel: Panel,
    /// The criteria, at least one; the score is the mean over them.
    pub criteria: Vec<Template>,
    /// The least score that passes, 0..=1.
    pub least: f64,
}

impl GEval {
    /// The least score that passes where a suite names none, as in promptfoo.
    pub const DEFAULT_LEAST: f64 = 0.7;

    pub(in crate::check) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let criteria = self.criteria.iter();
        let criteria = criteria.map(|criterion| rendered(criterion, subject.vars));
        let criteria = criteria.collect::<Result<Vec<_>, _>>()?;
        let output = text_of(subject.output);
        let question = asked(subject);
        self.panel.verdict(subject, |seat| {
            let found: Vec<_> = criteria
                .iter()
                .map(|criterion| scored(seat, criterion, question.as_deref(), &output))
                .collect();
            let found = found.into_iter().collect::<Result<Vec<_>, String>>()?;
            #[expect(clippy::cast_precision_loss, reason = "there are few criteria")]
            let score = found.iter().map(|(score, _)| score).sum::<f64>() / found.len() as f64;
            let reasons: Vec<&str> = found.iter().map(|(_, reason)| reason.as_str()).collect();
            let (text, least) = (number_text(score), number_text(self.least));
            Ok(Finding {
                pass: score >= self.least,
                score,
                reason: format!("score {text}, {least} passes: {}", reasons.join("; ")),
                by_place: None,
            })
        })
    }

    pub(in crate::check) fn add_variables(&self, names: &mut BTreeSet<String>) {
        names.extend(self.criteria.iter().flat_map(Template::variables));
    }
}

/// Returns the score for one criterion, 0..=1, and why.
fn scored(
    seat: &Seat<'_>,
    criterion: &str,
    question: Option<&str>,
    output: &str,
) -> Result<(f64, String), String> {
    let plan = Question {
        task: PLAN,
        material: Material::Texts(vec![("criterion", criterion)]),
        schema: &STEPS,
        once: true,
    };
    let steps = seat.ask(&plan, |fields| {
        let steps = reply::texts(fields, "steps")?;
        if steps.is_empty() {
            return Err("its `steps` are none".to_owned());
        }
        Ok(super::context::numbered(&steps))
    })?;
    let texts = [("criterion", criterion), ("steps", steps.as_str())].into_iter();
    let question = question.map(|question| ("question", question));
    let evaluation = Question {
        task: SCORE,
        material: Material::Texts(texts.chain(question).chain([("answer", output)]).collect()),
        schema: &SCORED,
        once: false,
    };
    seat.ask(&evaluation, |fields| {
        let score = reply::number(fields, "score", 0.0, 10.0)?;
        let score = score.filter(|score| score.fract() == 0.0);
        let score = score.ok_or("its `score` is no whole number from 0 to 10")?;
        let reason = reply::text(fields, "reason");
        if reason.is_empty() {
            return Err("it gives no `reason`".to_owned());
        }
        Ok((score / 10.0, reason))
    })
}
