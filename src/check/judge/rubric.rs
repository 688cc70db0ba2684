//! `llm-rubric` and `model-graded-closedqa`: does the answer do what a text asks of it?

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::super::item::Item;
use super::super::prepared::rendered;
use super::super::reason::text_of;
use super::super::subject::Subject;
use super::super::verdict::Verdict;
use super::panel::{Finding, Panel};
use super::question::{Material, Question};
use super::{asked, reply};
use crate::template::Template;
use crate::text::{json_text, number_text};

/// Names that a prompt of the suite's own may use beside the variables.
const OWN_NAMES: [&str; 2] = ["output", "rubric"];

const BY_RUBRIC: &str = "You grade the answer of a language model against a rubric. Hold it to what the rubric says \
    and to nothing else: not to length, style or politeness unless the rubric names them. Say first what speaks for \
    and against it, then whether it passes, then a score from 0 (does nothing that the rubric asks) to 1 (does all).";

const BY_CRITERION: &str = "You decide whether the answer of a language model meets a criterion. Reason first, step \
    by step, then say whether the criterion is met. Meeting it in part is not meeting it.";

static SCORED: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "why, in one or two sentences"},
            "pass": {"type": "boolean", "description": "whether the answer passes"},
            "score": {"type": "number", "description": "from 0 to 1"},
        },
        "required": ["reason", "pass", "score"],
        "additionalProperties": false,
    })
});

static DECIDED: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "the steps of your reasoning, briefly"},
            "pass": {"type": "boolean", "description": "whether the criterion is met"},
        },
        "required": ["reason", "pass"],
        "additionalProperties": false,
    })
});

/// Which question is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RubricKind {
    /// Passes or not, with a score.
    Scored,
    /// Meets a criterion or not; the judge also sees the question.
    Criterion,
}

/// A judge holds the answer to a text.
#[derive(Debug, Clone)]
pub struct Rubric {
    /// Which question is put.
    pub kind: RubricKind,
    /// Who judges.
    pub panel: Panel,
    /// The rubric.
    pub rubric: Item,
    /// What is put before the judge in place of our own words; sees `output` and `rubric` beside the variables.
    pub prompt: Option<Template>,
    /// The least score that passes, beside the judge's own word.
    pub least: Option<f64>,
}

impl Rubric {
    pub(in crate::check) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let rubric = match self.rubric.value(subject.vars)? {
            Value::String(text) => text,
            other => json_text(&other),
        };
        let output = text_of(subject.output);
        let written = self.written(subject.vars, &output, &rubric)?;
        let question = asked(subject);
        let (task, schema) = match self.kind {
            RubricKind::Scored => (BY_RUBRIC, &*SCORED),
            RubricKind::Criterion => (BY_CRITERION, &*DECIDED),
        };
        let material = match (&written, self.kind) {
            (Some(text), _) => Material::Written(text),
            (None, RubricKind::Scored) => {
                Material::Texts(vec![("rubric", &rubric), ("answer", &output)])
            }
            (None, RubricKind::Criterion) => {
                let question = question.iter().map(|text| ("question", text.as_str()));
                let rest = [("criterion", rubric.as_str()), ("answer", &output)];
                Material::Texts(question.chain(rest).collect())
            }
        };
        let question = Question {
            task,
            material,
            schema,
            once: false,
        };
        self.panel.verdict(subject, |seat| {
            seat.ask(&question, |fields| self.finding(fields))
        })
    }

    fn finding(&self, fields: &reply::Fields) -> Result<Finding, String> {
        let pass = reply::boolean(fields, "pass")?;
        let score = reply::number(fields, "score", 0.0, 1.0)?;
        let score = score.unwrap_or(f64::from(u8::from(pass)));
        let mut reason = reply::text(fields, "reason");
        if reason.is_empty() {
            "the judge gave no reason".clone_into(&mut reason);
        }
        let reaches = self.least.is_none_or(|least| score >= least);
        if let Some(least) = self.least.filter(|_| pass && !reaches) {
            let (score, least) = (number_text(score), number_text(least));
            reason = format!("{reason} (score {score}, {least} passes)");
        }
        Ok(Finding {
            pass: pass && reaches,
            score,
            reason,
            by_place: None,
        })
    }

    fn written(
        &self,
        vars: &Map<String, Value>,
        output: &str,
        rubric: &str,
    ) -> Result<Option<String>, String> {
        let Some(prompt) = &self.prompt else {
            return Ok(None);
        };
        let mut context = vars.clone();
        for (name, text) in OWN_NAMES.into_iter().zip([output, rubric]) {
            context.insert(name.to_owned(), Value::String(text.to_owned()));
        }
        rendered(prompt, &context).map(Some)
    }

    pub(in crate::check) fn add_variables(&self, names: &mut BTreeSet<String>) {
        names.extend(self.rubric.variables());
        let own = self.prompt.iter().flat_map(Template::variables);
        names.extend(own.filter(|name| !OWN_NAMES.contains(&name.as_str())));
    }
}
