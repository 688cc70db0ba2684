//! `factuality`: how the facts of an answer stand to those of a reference.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::prepared::rendered;
use super::super::reason::text_of;
use super::super::subject::Subject;
use super::super::verdict::Verdict;
use super::panel::{Finding, Panel};
use super::question::{Material, Question};
use super::{asked, reply};
use crate::template::Template;

const TASK: &str = "You compare the facts of a language model's answer with those of a reference that is known to be \
    right. Look at facts alone, not at style, grammar or punctuation. Reason first, then choose the one category that \
    fits: `subset`: the answer tells a part of the reference and agrees with it; `superset`: it tells all of the \
    reference and more, and agrees with it; `agree`: it tells the same; `disagree`: it contradicts the reference; \
    `differ_but_factual`: it differs in ways that do not matter for its being right.";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "why, in one or two sentences"},
            "category": {"type": "string", "enum": Category::ALL.map(Category::as_str)},
        },
        "required": ["reason", "category"],
        "additionalProperties": false,
    })
});

/// How the facts of an answer stand to those of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// A part of them.
    Subset,
    /// All of them, and more.
    Superset,
    /// The same.
    Agree,
    /// At least one is contradicted.
    Disagree,
    /// Different in what does not matter.
    DifferButFactual,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 5] = [
        Self::Subset,
        Self::Superset,
        Self::Agree,
        Self::Disagree,
        Self::DifferButFactual,
    ];

    /// Returns the category as judges and suites spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subset => "subset",
            Self::Superset => "superset",
            Self::Agree => "agree",
            Self::Disagree => "disagree",
            Self::DifferButFactual => "differ_but_factual",
        }
    }

    /// Returns the category that a judge names.
    fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|found| found.as_str() == word);
        found.ok_or_else(|| "its `category` is none of the five".to_owned())
    }
}

/// A judge compares the answer's facts with a reference.
#[derive(Debug, Clone)]
pub struct Factuality {
    /// Who judges.
    pub panel: Panel,
    /// The reference.
    pub reference: Template,
    /// What each category scores, in the order of [`Category::ALL`]; more than 0 passes.
    pub scores: [f64; 5],
}

impl Factuality {
    /// What the categories score where a suite says nothing, as in promptfoo: only a contradiction fails.
    pub const DEFAULT_SCORES: [f64; 5] = [1.0, 1.0, 1.0, 0.0, 1.0];

    pub(in crate::check) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let reference = rendered(&self.reference, subject.vars)?;
        let output = text_of(subject.output);
        let question = asked(subject);
        let question = question.iter().map(|text| ("question", text.as_str()));
        let rest = [("reference", reference.as_str()), ("answer", &output)];
        let question = Question {
            task: TASK,
            material: Material::Texts(question.chain(rest).collect()),
            schema: &SCHEMA,
            once: false,
        };
        self.panel.verdict(subject, |seat| {
            seat.ask(&question, |fields| {
                let category = Category::parse(&reply::text(fields, "category"))?;
                let mut scores = Category::ALL.into_iter().zip(self.scores);
                let score = scores.find(|(found, _)| *found == category);
                let score = score.map_or(0.0, |(_, score)| score);
                let reason = reply::text(fields, "reason");
                Ok(Finding {
                    pass: score > 0.0,
                    score,
                    reason: format!("`{}`: {reason}", category.as_str()),
                    by_place: None,
                })
            })
        })
    }
}
