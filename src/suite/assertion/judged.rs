//! The types that a judge decides.

use std::sync::Arc;

use serde_json::Value;

use super::super::judging::Named;
use super::super::reader::listed;
use super::super::source::{Node, Tree};
use super::fields::{Fields, Noted, Read};
use super::labels;
use super::reference::texts;
use super::transform_of;
use crate::check::{
    AnswerRelevance, Category, Closeness, ContextCheck, ContextMeasure, ConversationRelevance,
    Embedder, Factuality, GEval, Kind, MOST_VOTES, Panel, Rubric, RubricKind, Similar,
};
use crate::template::Template;

/// What to do where nobody judges.
const NAME_A_JUDGE: &str =
    "name a model that judges: `judge: …` at the top of the suite, in the test or here";

pub(super) fn llm_rubric(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let least = fields.number("threshold");
    rubric(fields, RubricKind::Scored, least)
}

pub(super) fn closedqa(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    rubric(fields, RubricKind::Criterion, Ok(None))
}

fn rubric(fields: &mut Fields<'_, '_>, kind: RubricKind, least: Read<Option<f64>>) -> Read<Kind> {
    let panel = labelled_panel(fields);
    let prompt = rubric_prompt(fields);
    let given = fields.value()?;
    let place = given.place();
    if given
        .value
        .as_str()
        .is_some_and(|text| text.trim().is_empty())
    {
        return fields.wrong(place, "a rubric");
    }
    let rubric = fields.item(given.value.clone(), place);
    Ok(Kind::Rubric(Rubric {
        kind,
        panel: panel?,
        rubric: rubric?,
        prompt: prompt?,
        least: least?,
    }))
}

/// Reads a prompt of the suite's own for the judge: text, or a file.
fn rubric_prompt(fields: &mut Fields<'_, '_>) -> Read<Option<Template>> {
    let Some(node) = fields.map.take("rubric_prompt") else {
        return Ok(None);
    };
    let given = fields.given(node)?;
    match &given.value {
        Value::String(text) => fields.template(text, given.place()).map(Some),
        _ => fields.error(given.place(), "`rubric_prompt` must be text"),
    }
}

pub(super) fn factuality(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let panel = labelled_panel(fields);
    let scores = scores(fields);
    let (reference, _) = fields.text_value(false)?;
    Ok(Kind::Factuality(Factuality {
        panel: panel?,
        reference,
        scores: scores?,
    }))
}

/// Reads what each category of `factuality` scores, from 0 to 1.
fn scores(fields: &mut Fields<'_, '_>) -> Read<[f64; 5]> {
    let mut scores = Factuality::DEFAULT_SCORES;
    let Some(node) = fields.map.take("scores") else {
        return Ok(scores);
    };
    let Tree::Map(entries) = &node.value else {
        let message = format!("`scores` must be a map, found {}", node.kind());
        return fields.error(&node.place, message);
    };
    let words = Category::ALL.map(Category::as_str);
    for (key, node) in entries {
        let Some(index) = words.iter().position(|word| *word == key.name) else {
            let message = format!("`scores` knows no category `{}`", key.name);
            let hint = format!("the categories are {}", listed(&words));
            fields.problems.error_with(&key.place, message, Some(hint));
            return Err(Noted);
        };
        match number_of(node) {
            Some(score) => scores[index] = score,
            None => return fields.error(&node.place, "a score is a number from 0 to 1"),
        }
    }
    Ok(scores)
}

fn number_of(node: &Node) -> Option<f64> {
    let number = match &node.value {
        Tree::Number(number) => number.as_f64(),
        _ => None,
    };
    number.filter(|number| (0.0..=1.0).contains(number))
}

pub(super) fn g_eval(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let panel = labelled_panel(fields);
    let least = fields.number("threshold");
    let criteria = texts(fields, false);
    Ok(Kind::GEval(GEval {
        panel: panel?,
        criteria: criteria?,
        least: least?.unwrap_or(GEval::DEFAULT_LEAST),
    }))
}

pub(super) fn context_recall(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let truth = fields.text_value(false);
    context(
        fields,
        truth.map(|(truth, _)| ContextMeasure::Recall { truth }),
    )
}

pub(super) fn context_relevance(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    context(fields, Ok(ContextMeasure::Relevance))
}

pub(super) fn context_faithfulness(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    context(fields, Ok(ContextMeasure::Faithfulness))
}

fn context(fields: &mut Fields<'_, '_>, measure: Read<ContextMeasure>) -> Read<Kind> {
    let panel = labelled_panel(fields);
    let least = fields.number("threshold");
    let transform = match fields.map.take("context_transform") {
        None => Ok(None),
        Some(node) => transform_of(node, fields.problems).map(Some),
    };
    Ok(Kind::Context(ContextCheck {
        measure: measure?,
        panel: panel?,
        transform: transform?,
        least: least?.unwrap_or(ContextCheck::DEFAULT_LEAST),
    }))
}

pub(super) fn conversation_relevance(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let panel = labelled_panel(fields);
    let least = fields.number("threshold");
    Ok(Kind::Conversation(ConversationRelevance {
        panel: panel?,
        least: least?.unwrap_or(ConversationRelevance::DEFAULT_LEAST),
    }))
}

pub(super) fn answer_relevance(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let panel = labelled_panel(fields);
    let least = fields.number("threshold");
    let node = fields.map.take("embedding_model");
    let embedder = embedder(fields, node);
    Ok(Kind::AnswerRelevance(AnswerRelevance {
        panel: panel?,
        embedder,
        least: least?.unwrap_or(AnswerRelevance::DEFAULT_LEAST),
    }))
}

pub(super) fn similar(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let closeness = match fields.type_name.rsplit_once(':') {
        Some((_, "dot")) => Closeness::Dot,
        Some((_, "euclidean")) => Closeness::Euclidean,
        _ => Closeness::Cosine,
    };
    let node = fields
        .map
        .take_one_of(&["embedding_model", "provider"], fields.problems);
    let embedder = embedder(fields, node);
    let bound = fields.number("threshold");
    let texts = texts(fields, false);
    Ok(Kind::Similar(Similar {
        embedder,
        texts: texts?,
        closeness,
        bound: bound?.unwrap_or(Similar::DEFAULT_BOUND),
    }))
}

/// Returns who makes vectors: what `node` says, or who does so here.
fn embedder(fields: &mut Fields<'_, '_>, node: Option<&Node>) -> Arc<Embedder> {
    let named = Named {
        judge: None,
        embedder: node,
    };
    let judging = fields.judging.below(named, fields.problems);
    Arc::clone(judging.embedder())
}

/// Reads who judges single answers, how often each is asked, and what a human says of some answers.
fn labelled_panel(fields: &mut Fields<'_, '_>) -> Read<Panel> {
    let labels = labels::take(fields);
    let panel = panel(fields)?;
    Ok(Panel {
        labels: labels?,
        ..panel
    })
}

/// Reads who judges, and how often each is asked.
pub(super) fn panel(fields: &mut Fields<'_, '_>) -> Read<Panel> {
    let judge = fields
        .map
        .take_one_of(&["judge", "provider"], fields.problems);
    let votes_place = fields.map.take("votes").map(|node| &node.place);
    let votes = fields.map.count("votes", 1, fields.problems).unwrap_or(1);
    let votes = u32::try_from(votes).unwrap_or(u32::MAX);
    let named = Named {
        judge,
        embedder: None,
    };
    let judging = fields.judging.below(named, fields.problems);
    if let Some(place) = votes_place.filter(|_| votes > MOST_VOTES) {
        return fields.error(place, format!("a judge has at most {MOST_VOTES} votes"));
    }
    match judging.judges() {
        Some(judges) if judges.is_empty() => Err(Noted),
        Some(judges) => Ok(Panel {
            judges: judges.clone(),
            votes,
            labels: Arc::default(),
        }),
        None => {
            let message = format!("`{}` needs a judge", fields.type_name);
            let place = fields.map.place();
            fields
                .problems
                .error_with(place, message, Some(NAME_A_JUDGE));
            Err(Noted)
        }
    }
}
