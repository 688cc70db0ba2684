//! What a plan will take before any of it is asked: tokens and cost of every model, at least, as expected, and at most.
//!
//! The most is a bound: a token for each byte of a prompt and answers as long as `max_tokens` allows, as a budget reserves
//! it. What is expected rests on what earlier runs took for the questions of this plan or for related ones, else on rules of
//! thumb; its own prompts are rendered in any case. Every trial is counted as one call, unless earlier ones tell that it takes
//! more; retries come on top. What judges take depends on answers that nobody has seen, so that only an earlier run tells it.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use super::estimator::Estimator;
use super::learned::{Basis, Learned};
use crate::catalog::{PriceRow, Usd};
use crate::model::Usage;
use crate::plan::{Plan, Trial};
use crate::suite::{DatasetError, ModelEntry};

/// What a plan will take.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// A row per suite and model entry, in the order of the plan.
    pub rows: Vec<ForecastRow>,
    /// The labels of all judges and models of vectors that checks will ask.
    pub judges: Vec<String>,
    /// Trials that may take more than one call: they have several turns, or results of tools.
    pub longer: u64,
    /// How long asking will take, where somebody who knows lanes has said so.
    pub duration: Option<Duration>,
    /// Trials whose prompt cannot be rendered, and why the first cannot.
    pub broken: Option<(u64, String)>,
}

/// What one model entry will take in one suite.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// The suite's name.
    pub suite: String,
    /// The model's id.
    pub model: String,
    /// The entry's label.
    pub label: String,
    /// The region that is asked, where it is not the run's.
    pub region: Option<String>,
    /// Trials planned.
    pub planned: u64,
    /// Trials that are asked: the others have canned answers.
    pub calls: u64,
    /// Tokens of all prompts.
    pub input_tokens: Span<u64>,
    /// Tokens of all answers.
    pub output_tokens: Span<u64>,
    /// What that costs; `None` if the model has no price.
    pub cost: Option<Span<Usd>>,
    /// The standard error of the expected cost, as far as it comes from the lengths of answers that were heard; `None` without a
    /// price.
    pub doubt: Option<Usd>,
    /// What judging the answers is expected to cost, zero where no judge is asked; `None` if no earlier run tells.
    pub judge_cost: Option<Usd>,
    /// The newest run that the expectation was learned from.
    pub learned_from: Option<String>,
    /// How many calls are expected to be like what earlier runs took, by how closely that is related, as far as there are any.
    pub learned: Vec<(Basis, u64)>,
    /// Calls of which no earlier run tells anything.
    pub unlearned: u64,
    /// Prompts that the service counted for it.
    pub counted: u64,
    /// What its calls will take of a lane.
    pub burden: Burden,
}

/// What calls will take of a lane, in all: sums over the calls that were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Burden {
    /// Bytes of text.
    pub bytes: u64,
    /// Of `max_tokens`.
    pub max_tokens: u64,
    /// Tokens, as expected.
    pub usage: Usage,
    /// Calls on the wire, as expected: more than trials where these have turns or tools.
    pub attempts: f64,
}

/// A number of which only bounds are known yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span<T> {
    /// At least.
    pub low: T,
    /// As it will probably be.
    pub expected: T,
    /// At most.
    pub high: T,
}

impl Forecast {
    /// Renders every prompt of `plan` once and adds up what it takes. `price` is that of an entry, `learned` what earlier runs
    /// tell.
    ///
    /// # Errors
    ///
    /// A dataset can no longer be read.
    pub fn of<'a>(
        plan: &Arc<Plan>,
        price: impl Fn(&ModelEntry) -> Option<&'a PriceRow>,
        learned: &Learned,
    ) -> Result<Self, DatasetError> {
        Self::of_some(plan, 1, price, learned)
    }

    /// Returns the same of every `step`-th trial alone: enough for means, and quick where a plan is large.
    ///
    /// # Errors
    ///
    /// A dataset can no longer be read.
    pub fn of_some<'a>(
        plan: &Arc<Plan>,
        step: usize,
        price: impl Fn(&ModelEntry) -> Option<&'a PriceRow>,
        learned: &Learned,
    ) -> Result<Self, DatasetError> {
        let mut suites: Vec<Vec<Estimator<'a>>> = Vec::new();
        for part in &plan.suites {
            let estimator = |entry: &Arc<ModelEntry>| {
                Estimator::new(entry, price(entry), part.trials_per_model)
            };
            suites.push(part.entries.iter().map(estimator).collect());
        }
        let mut broken: Option<(u64, String)> = None;
        let mut judges: Vec<String> = Vec::new();
        let mut longer = 0;
        for trial in plan.trials(|_| true).step_by(step.max(1)) {
            let trial = trial?;
            let estimator = &mut suites[trial.at.suite as usize][trial.at.model as usize];
            let mut is_judged = false;
            for helper in trial.case.grading.helpers() {
                is_judged = true;
                if judges.iter().all(|label| label != helper.label) {
                    judges.push(helper.label.to_owned());
                }
            }
            if trial.case.output.is_some() {
                if is_judged {
                    estimator.add_judging(learned.expect(&trial, 0).judging);
                }
                continue;
            }
            match trial.request(&trial.context(), false) {
                Ok(request) => {
                    let is_longer = may_take_more(&trial);
                    longer += u64::from(is_longer);
                    let bytes = request.text_bytes() as u64;
                    let expectation = learned.expect(&trial, bytes);
                    if is_judged {
                        estimator.add_judging(expectation.judging);
                    }
                    estimator.add(&trial, &request, &expectation, is_longer);
                    estimator.note_counted(learned.counts(&trial), trial.at.prompt);
                }
                Err(error) => {
                    broken.get_or_insert_with(|| (0, error.to_string())).0 += 1;
                }
            }
        }
        let rows = suites.into_iter().zip(&plan.suites);
        let rows = rows.flat_map(|(estimators, part)| {
            let entries = estimators.into_iter().zip(&part.entries);
            entries.map(|(estimator, entry)| estimator.row(&part.suite.name, entry))
        });
        Ok(Self {
            rows: rows.collect(),
            judges,
            longer,
            duration: None,
            broken,
        })
    }

    /// Returns what everything that has a price costs.
    pub fn cost(&self) -> Span<Usd> {
        let mut total = Span::default();
        for cost in self.rows.iter().filter_map(|row| row.cost) {
            total += cost;
        }
        total
    }

    /// Returns the standard error of the expected cost of answers. Models answer the same questions, so that their errors go the same
    /// way and add up.
    pub fn doubt(&self) -> Usd {
        self.rows.iter().filter_map(|row| row.doubt).sum()
    }

    /// Returns what judging is expected to cost; `None` if something of it is not known.
    pub fn judge_cost(&self) -> Option<Usd> {
        let costs = self.rows.iter().map(|row| row.judge_cost);
        costs.sum()
    }
}

/// Returns whether a trial may take more than one call: it has several turns, or results of tools.
fn may_take_more(trial: &Trial) -> bool {
    let has_tools = !(trial.case.tool_results.is_empty() && trial.case.servers.is_empty());
    trial.case.turns.len() > 1 || has_tools
}

impl<T: AddAssign> AddAssign for Span<T> {
    fn add_assign(&mut self, other: Self) {
        self.low += other.low;
        self.expected += other.expected;
        self.high += other.high;
    }
}
