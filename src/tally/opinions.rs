//! Where single opinions of judges differ: between questions, between answers to one, or of one and the same answer.

use std::collections::BTreeMap;

use crate::check::CheckResult;
use crate::journal::Record;
use crate::stats::Causes;

/// A question to a judge: case, prompt, and which check of the case.
type Question = (u64, u32, usize);

/// What the opinions on an answer were, for each answer.
type Answers = Vec<Vec<bool>>;

/// What several opinions said of each answer, by model and question.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Opinions(BTreeMap<u32, BTreeMap<Question, Answers>>);

impl Opinions {
    /// Notes what the check at `place` of a record was found by several, if all of them decided.
    pub(super) fn add(&mut self, record: &Record, place: usize, check: &CheckResult) {
        let decided: Vec<bool> = check.opinions.iter().filter_map(|it| it.pass).collect();
        if decided.len() > 1 && decided.len() == check.opinions.len() {
            let question = (record.at.case, record.at.prompt, place);
            let model = self.0.entry(record.at.model).or_default();
            model.entry(question).or_default().push(decided);
        }
    }

    /// Returns how much of the spread of opinions (1 passed, 0 did not) lies between questions, between a model's answers to
    /// one, and between opinions of one answer: the mean over models, and over how many questions. `None` without repeats that
    /// were judged several times.
    pub(super) fn causes(&self) -> Option<(Causes, usize)> {
        let (mut all, mut questions) = (Vec::new(), 0);
        for model in self.0.values() {
            // The analysis wants as many answers of each question, and opinions of each answer: those of most.
            let most = |counts: &dyn Fn(&Answers) -> usize| model.values().map(counts).max();
            let answers = most(&Vec::len)?;
            let opinions = most(&|answers| answers.iter().map(Vec::len).max().unwrap_or(0))?;
            let is_whole = |question: &&Answers| {
                question.len() == answers && question.iter().all(|it| it.len() == opinions)
            };
            let score = |opinion: &bool| f64::from(u8::from(*opinion));
            let scores: Vec<Vec<Vec<f64>>> = model
                .values()
                .filter(is_whole)
                .map(|answers| {
                    answers
                        .iter()
                        .map(|it| it.iter().map(score).collect())
                        .collect()
                })
                .collect();
            if let Some(causes) = Causes::of(&scores) {
                questions += scores.len();
                all.push(causes);
            }
        }
        let mean =
            |of: fn(&Causes) -> f64| crate::stats::mean(&all.iter().map(of).collect::<Vec<_>>());
        (!all.is_empty()).then(|| {
            let causes = Causes {
                cases: mean(|it| it.cases),
                answers: mean(|it| it.answers),
                judge: mean(|it| it.judge),
            };
            (causes, questions)
        })
    }
}
