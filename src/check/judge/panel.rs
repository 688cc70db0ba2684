//! Who judges, how often, and how several opinions become one verdict.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::ask::Answers;
use super::super::label::Label;
use super::super::reason::listed;
use super::super::subject::Subject;
use super::super::verdict::Verdict;
use super::question::Question;
use super::reply;
use crate::model::Request;
use crate::text::shortened;

/// The most votes that one judge may have.
pub const MOST_VOTES: u32 = 25;
/// Characters of a judge's reason that a verdict keeps.
const LONGEST_REASON: usize = 1_000;

/// How a judge is made to answer in a fixed shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It must call a tool, whose arguments are the answer.
    Tool,
    /// Bedrock holds its text to a JSON Schema.
    Schema,
    /// It is told to write JSON, and what it writes is checked.
    Text,
}

/// A model that judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Judge {
    /// The name that reports give it.
    pub label: String,
    /// How it is asked; without system prompt and messages.
    pub request: Request,
    /// How it is made to answer.
    pub shape: Shape,
}

/// The judges of a check.
#[derive(Debug, Clone)]
pub struct Panel {
    /// At least one.
    pub judges: Arc<[Judge]>,
    /// How often each is asked, 1..=[`MOST_VOTES`].
    pub votes: u32,
    /// Answers that a human has judged, against which the judges are held.
    pub labels: Arc<[Label]>,
}

/// What one judge said once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// The judge's name.
    pub judge: String,
    /// Whether it found the property; `None` if its answer could not be read, or did not come.
    pub pass: Option<bool>,
    /// Its score.
    pub score: Option<f64>,
    /// Whether it chose by place; `None` where it did not see two answers in both orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_place: Option<ByPlace>,
}

/// Whether a judge that sees two answers in both orders prefers a place to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByPlace {
    /// It does not.
    No,
    /// It prefers whatever stands first.
    First,
    /// It prefers whatever stands last.
    Last,
}

/// What a judge finds, before it is one of several.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::check) struct Finding {
    pub(in crate::check) pass: bool,
    pub(in crate::check) score: f64,
    pub(in crate::check) reason: String,
    /// Whether the judge chose by place, where it saw two answers in both orders.
    pub(in crate::check) by_place: Option<ByPlace>,
}

/// One judge, asked one of its times.
pub(in crate::check) struct Seat<'a> {
    judge: &'a Judge,
    vote: u32,
    /// Whether one answer does for every trial that asks the same.
    once: bool,
    answers: &'a Answers,
}

impl Panel {
    /// Asks every judge as often as it has votes and makes one verdict of what they find.
    ///
    /// More than half of all votes decide; the score is the mean of those that came. With a single vote, its reason is
    /// the verdict's.
    pub(in crate::check) fn verdict(
        &self,
        subject: &Subject<'_>,
        find: impl Fn(&Seat<'_>) -> Result<Finding, String>,
    ) -> Result<Verdict, String> {
        let answers = subject.answers.ok_or("no judge can be asked here")?;
        let seats = self.judges.iter().flat_map(|judge| {
            (0..self.votes).map(move |vote| Seat {
                judge,
                vote,
                once: subject.is_labelled,
                answers,
            })
        });
        let found: Vec<(&str, Result<Finding, String>)> = seats
            .map(|seat| (seat.judge.label.as_str(), find(&seat)))
            .collect();
        let opinions = found.iter().map(|(judge, found)| Opinion {
            judge: (*judge).to_owned(),
            pass: found.as_ref().ok().map(|finding| finding.pass),
            score: found.as_ref().ok().map(|finding| finding.score),
            by_place: found.as_ref().ok().and_then(|finding| finding.by_place),
        });
        let opinions = opinions.collect();
        let verdict = match found.as_slice() {
            [(_, Ok(finding))] => Verdict::scored(finding.pass, finding.score, &finding.reason),
            [(_, Err(reason))] => Verdict::undecided(reason),
            several => majority(several),
        };
        Ok(Verdict {
            reason: shortened(&verdict.reason, LONGEST_REASON),
            opinions,
            ..verdict
        })
    }
}

/// Decides by more than half of all votes, those that are undecided included.
fn majority(found: &[(&str, Result<Finding, String>)]) -> Verdict {
    let findings = || found.iter().filter_map(|(_, found)| found.as_ref().ok());
    let passes = findings().filter(|finding| finding.pass).count();
    let fails = findings().count() - passes;
    let open = found.len() - passes - fails;
    let undecided = match open {
        0 => String::new(),
        open => format!(", {open} undecided"),
    };
    let counts = format!("{passes} of {} votes for it{undecided}", found.len());
    let reason_of = |pass: bool| {
        let mut told = found.iter().filter_map(|(judge, found)| match found {
            Ok(finding) if finding.pass == pass => Some((judge, &finding.reason)),
            _ => None,
        });
        told.next().map_or_else(String::new, |(judge, reason)| {
            format!("; `{judge}`: {reason}")
        })
    };
    #[expect(clippy::cast_precision_loss, reason = "there are few votes")]
    let score = || {
        let sum: f64 = findings().map(|finding| finding.score).sum();
        sum / findings().count() as f64
    };
    if passes * 2 > found.len() {
        return Verdict::scored(true, score(), format!("{counts}{}", reason_of(true)));
    }
    if fails * 2 > found.len() {
        return Verdict::scored(false, score(), format!("{counts}{}", reason_of(false)));
    }
    let errors = found.iter().filter_map(|(_, found)| found.clone().err());
    let errors: Vec<String> = errors.collect();
    let because = match errors.as_slice() {
        [] => String::new(),
        errors => format!(": {}", listed(errors)),
    };
    Verdict::undecided(format!("no majority, {counts}{because}"))
}

impl Seat<'_> {
    /// Puts a question and reads the answer with `read`; what cannot be read is asked for once more.
    ///
    /// # Errors
    ///
    /// The answer is not there yet, did not come, or could not be read twice.
    pub(in crate::check) fn ask<T>(
        &self,
        question: &Question<'_>,
        read: impl Fn(&reply::Fields) -> Result<T, String>,
    ) -> Result<T, String> {
        let answer =
            |again| Ok::<_, String>(self.answer(question, again)?.and_then(|it| read(&it)));
        if let Ok(found) = answer(false)? {
            return Ok(found);
        }
        let judge = &self.judge.label;
        answer(true)?
            .map_err(|wrong| format!("the judge `{judge}` gave no verdict, twice: {wrong}"))
    }

    /// Returns the fields of an answer, or what is wrong with it.
    ///
    /// # Errors
    ///
    /// There is no answer.
    fn answer(
        &self,
        question: &Question<'_>,
        again: bool,
    ) -> Result<Result<reply::Fields, String>, String> {
        let request = question.request(self.judge, self.vote, again);
        match self.answers.model(request, question.once || self.once) {
            None => Err("the judge is still to be asked".to_owned()),
            Some(Ok(completion)) => Ok(reply::fields(completion)),
            Some(Err(error)) => Err(format!(
                "the judge `{}` did not answer: {error}",
                self.judge.label
            )),
        }
    }
}
