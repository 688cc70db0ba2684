//! After the asking: checks of several answers, once all answers to a case are there.
//!
//! A record whose check has waited is written anew, with its verdict; of two records of one trial the later counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::asks::Means;
use super::executor::RunError;
use super::mask;
use super::paced::Notice;
use crate::check::{Answers, Check, CheckResult, Group, Member, Span, WAITS};
use crate::journal::{JournalReader, JournalWriter, Record, TrialStatus};
use crate::model::{Json, Request};
use crate::plan::{Plan, Position, Trial};

/// The answers to one case, with their trials, in the order of the plan.
type Case = Vec<(Trial, Record)>;

/// Judges every case of the plan that has such checks and all of its answers; those that have not stay as they are.
pub(super) async fn judge(
    plan: &Arc<Plan>,
    mut journal: JournalWriter,
    means: &Means,
    notify: &impl Fn(&Trial, &str, Notice<'_>),
) -> Result<JournalWriter, RunError> {
    let Some(mut answers) = Recorded::open(journal.path()) else {
        return Ok(journal);
    };
    let mut case: Vec<Trial> = Vec::new();
    for trial in plan.trials(|_| true) {
        let trial = trial?;
        if !trial.case.grading.has_group() {
            continue;
        }
        let is_same =
            |last: &Trial| (last.at.suite, last.at.case) == (trial.at.suite, trial.at.case);
        if !case.last().is_none_or(is_same) {
            settle(&case, &mut answers, &mut journal, means, notify).await?;
            case.clear();
        }
        case.push(trial);
    }
    settle(&case, &mut answers, &mut journal, means, notify).await?;
    Ok(journal)
}

/// Judges the answers to one case, and writes the records that change.
async fn settle(
    trials: &[Trial],
    answers: &mut Recorded,
    journal: &mut JournalWriter,
    means: &Means,
    notify: &impl Fn(&Trial, &str, Notice<'_>),
) -> Result<(), RunError> {
    let Some(first) = trials.first() else {
        return Ok(());
    };
    let Some(mut case) = answers.of(trials) else {
        return Ok(());
    };
    let grading = &first.case.grading;
    let mut changed = vec![false; case.len()];
    for (at, check) in grading.checks.iter().enumerate() {
        let Some(group) = check.group() else { continue };
        let mut members: BTreeMap<(u32, u32, u32), Vec<usize>> = BTreeMap::new();
        for (index, (trial, record)) in case.iter().enumerate() {
            let is_waiting = record
                .checks
                .get(at)
                .is_some_and(|result| result.reason == WAITS);
            if is_waiting {
                members
                    .entry(key(group.span(), trial.at))
                    .or_default()
                    .push(index);
            }
        }
        for indices in members.into_values() {
            if judge_group(check, group, at, &indices, &mut case, means, notify)
                .await
                .is_none()
            {
                return Ok(());
            }
            for index in indices {
                changed[index] = true;
            }
        }
    }
    for ((trial, mut record), _) in case
        .into_iter()
        .zip(changed)
        .filter(|(_, changed)| *changed)
    {
        let (status, score) = trial.case.grading.summed(&record.checks);
        record.status = TrialStatus::from(status);
        record.score = score.filter(|score| score.is_finite());
        mask::cover(&mut record, &trial.suite.env);
        journal.append(record)?;
    }
    Ok(())
}

/// Returns which answers to a case are judged with the one at a position.
fn key(span: Span, at: Position) -> (u32, u32, u32) {
    match span {
        Span::Row => (0, 0, at.repeat),
        Span::Models => (at.prompt, 0, at.repeat),
        Span::Repeats => (at.prompt, at.model, 0),
    }
}

/// Judges some answers together and notes the verdicts in their records; `None` if judges were abandoned.
async fn judge_group(
    check: &Check,
    group: &Group,
    at: usize,
    indices: &[usize],
    case: &mut Case,
    means: &Means,
    notify: &impl Fn(&Trial, &str, Notice<'_>),
) -> Option<()> {
    let requests: Vec<Option<Request>> = indices
        .iter()
        .map(|index| {
            let trial = &case[*index].0;
            trial.request(&trial.context(), false).ok()
        })
        .collect();
    let others: Vec<Vec<CheckResult>> = indices
        .iter()
        .map(|index| without_groups(&case[*index].0, &case[*index].1))
        .collect();
    let output = |index: &usize| case[*index].1.output.as_ref().map(Json::value);
    let outputs: Vec<Value> = indices
        .iter()
        .map(|index| output(index).unwrap_or_default())
        .collect();
    let mut answers = Answers::default();
    let mut calls = Vec::new();
    let verdicts = loop {
        let members: Vec<Member<'_>> = indices
            .iter()
            .enumerate()
            .map(|(number, index)| {
                let trial = &case[*index].0;
                Member {
                    label: &trial.entry.label,
                    output: &outputs[number],
                    request: requests[number].as_ref(),
                    vars: &trial.case.vars,
                    results: &others[number],
                }
            })
            .collect();
        let verdicts = group.verdicts(&members, &answers);
        let wanted = answers.take_wanted();
        if wanted.is_empty() {
            break verdicts;
        }
        let trial = &case[indices[0]].0;
        let world = means.world(trial);
        let notify = |model: &str, notice: Notice<'_>| notify(trial, model, notice);
        calls.extend(world.answer(&wanted, &mut answers, &notify).await?);
    };
    for (index, verdict) in indices.iter().zip(verdicts) {
        let (trial, record) = &mut case[*index];
        let result = check.settle(verdict, &trial.case.vars);
        if let (Some(name), Some(score)) = (&result.metric, result.score) {
            // Beside checks of the same metric it counts as one of them.
            let same = record.checks.iter().enumerate();
            let same =
                same.filter(|(other, check)| *other != at && check.metric.as_ref() == Some(name));
            let weights: f64 = same.map(|(_, check)| check.weight).sum();
            let before = record.metrics.get(name).copied().unwrap_or(0.0);
            let all = weights + result.weight;
            if all > 0.0 {
                let mean = (before * weights + score * result.weight) / all;
                record.metrics.insert(name.clone(), mean);
            }
        }
        record.checks[at] = result;
    }
    // Whoever comes first pays: the judge saw all of them.
    case[indices[0]].1.judge_calls.extend(calls);
    Some(())
}

/// Returns what the other checks say of an answer.
fn without_groups(trial: &Trial, record: &Record) -> Vec<CheckResult> {
    let checks = trial.case.grading.checks.iter().zip(&record.checks);
    let own = checks.filter(|(check, _)| check.group().is_none());
    own.map(|(_, result)| result.clone()).collect()
}

/// The records of a journal, by their place in its plan.
struct Recorded {
    reader: JournalReader,
    /// The byte that each begins at.
    places: BTreeMap<Position, u64>,
}

impl Recorded {
    /// Reads where every record stands; `None` if the journal cannot be read, which is told when it is counted.
    fn open(path: &Path) -> Option<Self> {
        let mut reader = JournalReader::open(path).ok()?;
        let mut places = BTreeMap::new();
        while let Some((offset, planned)) = reader.next_planned().ok()? {
            places.insert(planned.at, offset);
        }
        Some(Self { reader, places })
    }

    /// Returns the answers to all trials of a case; `None` if one of them was not asked, or nothing waits. What is an error has
    /// no answer and is left out.
    fn of(&mut self, trials: &[Trial]) -> Option<Case> {
        let mut case = Vec::with_capacity(trials.len());
        for trial in trials {
            let offset = self.places.get(&trial.at)?;
            let record = self.reader.record_at(*offset).ok()?;
            if record.status != TrialStatus::Error {
                case.push((trial.clone(), record));
            }
        }
        let waits = |result: &CheckResult| result.reason == WAITS;
        let is_waiting = case
            .iter()
            .any(|(_, record)| record.checks.iter().any(waits));
        is_waiting.then_some(case)
    }
}
