//! `context-recall`, `context-relevance`, `context-faithfulness`: an answer that rests on retrieved text.
//!
//! The pieces are counted here and never by the judge: it sees a numbered list and names numbers. So a score is a
//! fraction of a known whole.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::prepared::rendered;
use super::super::reason::text_of;
use super::super::subject::Subject;
use super::super::transform::Transform;
use super::super::verdict::Verdict;
use super::panel::{Finding, Panel, Seat};
use super::question::{Material, Question};
use super::reply;
use crate::template::Template;
use crate::text::{json_text, number_text, sentences};

const RECALL: &str = "You are given a context and a numbered list of statements. Name the numbers of those statements \
    that the context supports: everything in the statement can be read in the context or follows from it.";

const RELEVANCE: &str = "You are given a question and a numbered list of pieces of text. Name the numbers of those \
    pieces that are needed, or help, to answer the question. A piece about the same topic that does not help to \
    answer it is not one of them.";

const STATEMENTS: &str = "You are given a question and an answer to it. Break the answer down into short statements \
    of fact, each of which can be understood by itself: replace pronouns by what they stand for. Leave out what states \
    no fact, such as greetings.";

static CHOSEN: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "why, in one or two sentences"},
            "numbers": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["reason", "numbers"],
        "additionalProperties": false,
    })
});

static STATED: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {"statements": {"type": "array", "items": {"type": "string"}}},
        "required": ["statements"],
        "additionalProperties": false,
    })
});

/// What is measured.
#[derive(Debug, Clone)]
pub enum ContextMeasure {
    /// The share of a known right answer's sentences that the context supports.
    Recall {
        /// The right answer.
        truth: Template,
    },
    /// The share of the context that helps to answer the question.
    Relevance,
    /// The share of the answer's statements that the context supports.
    Faithfulness,
}

/// A judge looks at the context that an answer rests on.
#[derive(Debug, Clone)]
pub struct ContextCheck {
    /// What is measured.
    pub measure: ContextMeasure,
    /// Who judges.
    pub panel: Panel,
    /// What makes the context of the output; without it, it is the variable `context`.
    pub transform: Option<Transform>,
    /// The least share that passes.
    pub least: f64,
}

impl ContextCheck {
    /// The least share that passes where a suite names none, as in promptfoo.
    pub const DEFAULT_LEAST: f64 = 0.5;

    pub(in crate::check) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let context = match &self.transform {
            Some(transform) => transform.apply(subject)?,
            None => variable(subject, "context")?.clone(),
        };
        match &self.measure {
            ContextMeasure::Recall { truth } => {
                let pieces = sentences(&rendered(truth, subject.vars)?);
                let context = whole(&context);
                self.share(
                    subject,
                    "sentences of the reference are supported",
                    |seat| supported(seat, &context, &pieces),
                )
            }
            ContextMeasure::Relevance => {
                let pieces = pieces(&context);
                let query = query(subject)?;
                self.share(subject, "pieces of the context help", |seat| {
                    let list = numbered(&pieces);
                    let texts = vec![("question", query), ("pieces", list.as_str())];
                    choose(seat, RELEVANCE, texts, pieces.len())
                })
            }
            ContextMeasure::Faithfulness => {
                let (query, context) = (query(subject)?, whole(&context));
                let output = text_of(subject.output);
                self.share(subject, "statements of the answer are supported", |seat| {
                    let stated = statements(seat, query, &output)?;
                    supported(seat, &context, &stated)
                })
            }
        }
    }

    /// Makes a verdict of a share that each judge finds: how many of how many, and why.
    fn share(
        &self,
        subject: &Subject<'_>,
        what: &str,
        find: impl Fn(&Seat<'_>) -> Result<(usize, usize, String), String>,
    ) -> Result<Verdict, String> {
        self.panel.verdict(subject, |seat| {
            let (part, all, reason) = find(seat)?;
            #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 sentences")]
            let score = part as f64 / all as f64;
            let least = number_text(self.least);
            Ok(Finding {
                pass: score >= self.least,
                score,
                reason: format!("{part} of {all} {what}, a share of {least} passes: {reason}"),
                by_place: None,
            })
        })
    }

    pub(in crate::check) fn add_variables(&self, names: &mut BTreeSet<String>) {
        match &self.transform {
            Some(transform) => names.extend(transform.variables()),
            None => {
                names.insert("context".to_owned());
            }
        }
        match &self.measure {
            ContextMeasure::Recall { truth } => names.extend(truth.variables()),
            ContextMeasure::Relevance | ContextMeasure::Faithfulness => {
                names.insert("query".to_owned());
            }
        }
    }
}

/// Returns how many of `pieces` the context supports.
fn supported(
    seat: &Seat<'_>,
    context: &str,
    pieces: &[String],
) -> Result<(usize, usize, String), String> {
    let list = numbered(pieces);
    let texts = vec![("context", context), ("statements", list.as_str())];
    choose(seat, RECALL, texts, pieces.len())
}

/// Returns how many of `all` numbers a judge names, and why.
fn choose(
    seat: &Seat<'_>,
    task: &str,
    texts: Vec<(&str, &str)>,
    all: usize,
) -> Result<(usize, usize, String), String> {
    if all == 0 {
        return Err("there is nothing to count: the text is blank".to_owned());
    }
    let question = Question {
        task,
        material: Material::Texts(texts),
        schema: &CHOSEN,
        once: false,
    };
    seat.ask(&question, |fields| {
        let part = reply::chosen(fields, "numbers", all)?;
        Ok((part, all, reply::text(fields, "reason")))
    })
}

fn statements(seat: &Seat<'_>, query: &str, output: &str) -> Result<Vec<String>, String> {
    let question = Question {
        task: STATEMENTS,
        material: Material::Texts(vec![("question", query), ("answer", output)]),
        schema: &STATED,
        once: false,
    };
    let stated = seat.ask(&question, |fields| reply::texts(fields, "statements"))?;
    if stated.is_empty() {
        return Err("the answer states no fact that could be held against the context".to_owned());
    }
    Ok(stated)
}

/// Returns texts as a numbered list, each on a line of its own.
pub(super) fn numbered(texts: &[String]) -> String {
    let lines = texts.iter().enumerate().map(|(index, text)| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}. {line}", index + 1)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the pieces of a context: the items of a list, or the sentences of a text.
fn pieces(context: &Value) -> Vec<String> {
    match context {
        Value::Array(items) => items.iter().map(whole).collect(),
        other => sentences(&whole(other)),
    }
}

/// Returns a context as one text.
fn whole(context: &Value) -> String {
    match context {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(whole).collect::<Vec<_>>().join("\n"),
        other => json_text(other),
    }
}

fn variable<'a>(subject: &Subject<'a>, name: &str) -> Result<&'a Value, String> {
    let found = subject.vars.get(name);
    found.ok_or_else(|| format!("the test has no variable `{name}`"))
}

fn query<'a>(subject: &Subject<'a>) -> Result<&'a str, String> {
    let query = variable(subject, "query")?.as_str();
    query.ok_or_else(|| "the variable `query` is no text".to_owned())
}
