//! What a plan will take before any of it is asked: tokens and cost of every model, at least, as expected, and at most.
//!
//! The most is a bound: a token for each byte of a prompt and answers as long as `max_tokens` allows, as a budget reserves
//! it. What is expected rests on an earlier run of the same suite and model where there is one, else on rules of thumb.
//! Every trial is counted as one call; retries come on top. What judges take depends on answers that nobody has seen, so that
//! only an earlier run tells it.

use std::ops::AddAssign;
use std::sync::Arc;

use crate::catalog::{PriceRow, Usd};
use crate::model::{Family, ModelId, Request, Usage};
use crate::plan::Plan;
use crate::suite::{DatasetError, ModelEntry};

/// Bytes of prompt for each token, at most, of any tokenizer on ordinary text.
const SPARSEST: u64 = 6;
/// Bytes for each token, as a rule.
const USUAL: u64 = 4;
/// Bytes for each token of an Amazon Nova model.
const USUAL_OF_NOVA: u64 = 3;
/// The longest answer that is expected of a model that nobody has heard yet, in tokens.
const USUAL_ANSWER: u64 = 250;

/// What a plan will take.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// A row per suite and model entry, in the order of the plan.
    pub rows: Vec<ForecastRow>,
    /// The labels of all judges and models of vectors that checks will ask.
    pub judges: Vec<String>,
    /// Trials that may take more than one call: they have several turns, or results of tools.
    pub longer: u64,
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
    /// What judging the answers is expected to cost, zero where no judge is asked; `None` if no earlier run tells.
    pub judge_cost: Option<Usd>,
    /// The run that the expectation was learned from.
    pub learned_from: Option<String>,
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

/// What a trial of some suite and model took in an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct Experience {
    /// The run's id.
    pub run: String,
    /// Mean tokens of a prompt.
    pub input_tokens: u64,
    /// Mean tokens of an answer.
    pub output_tokens: u64,
    /// Mean cost of judging a trial; `None` if unknown.
    pub judge_cost: Option<Usd>,
}

impl Forecast {
    /// Renders every prompt of `plan` once and adds up what it takes. `price` is that of an entry, `experience` what an
    /// earlier run tells of a suite and an entry.
    ///
    /// # Errors
    ///
    /// A dataset can no longer be read.
    pub fn of<'a>(
        plan: &Arc<Plan>,
        price: impl Fn(&ModelEntry) -> Option<&'a PriceRow>,
        experience: impl Fn(&str, &ModelEntry) -> Option<Experience>,
    ) -> Result<Self, DatasetError> {
        let mut suites: Vec<Vec<Estimator<'a>>> = Vec::new();
        for part in &plan.suites {
            let estimator = |entry: &Arc<ModelEntry>| {
                let learned = experience(&part.suite.name, entry);
                Estimator::new(entry, price(entry), learned, part.trials_per_model)
            };
            suites.push(part.entries.iter().map(estimator).collect());
        }
        let mut broken: Option<(u64, String)> = None;
        let mut judges: Vec<String> = Vec::new();
        let mut longer = 0;
        for trial in plan.trials(|_| true) {
            let trial = trial?;
            let estimator = &mut suites[trial.at.suite as usize][trial.at.model as usize];
            for helper in trial.case.grading.helpers() {
                estimator.is_judged = true;
                if judges.iter().all(|label| label != helper.label) {
                    judges.push(helper.label.to_owned());
                }
            }
            if trial.case.output.is_some() {
                continue;
            }
            let has_tools = !(trial.case.tool_results.is_empty() && trial.case.servers.is_empty());
            let is_longer = trial.case.turns.len() > 1 || has_tools;
            longer += u64::from(is_longer);
            match trial.request(&trial.context(), false) {
                Ok(request) => estimator.add(&request),
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

    /// Returns what judging is expected to cost; `None` if something of it is not known.
    pub fn judge_cost(&self) -> Option<Usd> {
        let costs = self.rows.iter().map(|row| row.judge_cost);
        costs.sum()
    }
}

/// What is known of one model entry beforehand, and the sums so far.
struct Estimator<'a> {
    price: Option<&'a PriceRow>,
    bytes_per_token: u64,
    learned: Option<Experience>,
    planned: u64,
    /// Whether checks ask judges.
    is_judged: bool,
    calls: u64,
    input: Span<u64>,
    output: Span<u64>,
    cost: Span<Usd>,
}

impl<'a> Estimator<'a> {
    fn new(
        entry: &ModelEntry,
        price: Option<&'a PriceRow>,
        learned: Option<Experience>,
        planned: u64,
    ) -> Self {
        let is_nova = ModelId::parse(&entry.id).family() == Family::Nova;
        Self {
            price,
            bytes_per_token: if is_nova { USUAL_OF_NOVA } else { USUAL },
            learned,
            planned,
            is_judged: false,
            calls: 0,
            input: Span::default(),
            output: Span::default(),
            cost: Span::default(),
        }
    }

    fn add(&mut self, request: &Request) {
        let bytes = request.text_bytes() as u64;
        let longest = u64::from(request.params.max_tokens);
        let (prompt, answer) = match &self.learned {
            Some(learned) => (learned.input_tokens, learned.output_tokens),
            None => (
                bytes.div_ceil(self.bytes_per_token),
                longest.div_ceil(4).min(USUAL_ANSWER),
            ),
        };
        let most = request.most_prompt_tokens();
        let least = bytes.div_ceil(SPARSEST);
        let input = Span {
            low: least,
            expected: prompt.clamp(least, most),
            high: most,
        };
        let output = Span {
            low: 1,
            expected: answer.clamp(1, longest),
            high: longest,
        };
        self.calls += 1;
        self.input += input;
        self.output += output;
        if let Some(price) = self.price {
            let cost = |input, output| price.cost(&Usage::new(input, output)).usd;
            let expected = cost(input.expected, output.expected);
            self.cost += Span {
                low: cost(input.low, output.low),
                expected,
                high: price.ceiling(request),
            };
        }
    }

    fn row(self, suite: &str, entry: &ModelEntry) -> ForecastRow {
        let each = match &self.learned {
            _ if !self.is_judged => Some(Usd::ZERO),
            Some(learned) => learned.judge_cost,
            None => None,
        };
        ForecastRow {
            suite: suite.to_owned(),
            model: entry.id.clone(),
            label: entry.label.clone(),
            planned: self.planned,
            calls: self.calls,
            input_tokens: self.input,
            output_tokens: self.output,
            cost: self.price.map(|_| self.cost),
            judge_cost: each.map(|each| each.times(self.planned)),
            learned_from: self.learned.map(|learned| learned.run),
        }
    }
}

impl<T: AddAssign> AddAssign for Span<T> {
    fn add_assign(&mut self, other: Self) {
        self.low += other.low;
        self.expected += other.expected;
        self.high += other.high;
    }
}
