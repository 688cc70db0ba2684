//! What is counted of a set of trials: sums, and per case what the statistics need.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::by_case::{ByCase, CaseKey};
use super::otherwise::Otherwise;
use crate::catalog::{PriceRow, Usd};
use crate::journal::{JudgeRecord, ModelRecord, Record, TrialStatus};
use crate::model::{ErrorKind, Usage};

/// A mean in the making.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// Returns the mean so far; `None` before the first value.
    pub fn get(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }

    fn absorb(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }
}

/// What is counted of one case, in as few bytes as it takes: there is one for every case of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CaseCount {
    /// Trials that passed.
    pub passed: u32,
    /// Trials that failed.
    pub failed: u32,
    /// The sum of the scores of the trials that have one.
    scores: f64,
    /// How many these are.
    scored: u32,
    /// What all trials of the case cost in dollars, as far as they have a price: for intervals, which are no sums of money.
    pub cost: f64,
    /// The number of the group that the case declares, from 1, if it declares one.
    pub cluster: Option<NonZeroU32>,
}

impl CaseCount {
    /// Returns passed ÷ (passed + failed); `None` if nothing was judged.
    pub fn pass_rate(&self) -> Option<f64> {
        let judged = self.passed + self.failed;
        (judged > 0).then(|| f64::from(self.passed) / f64::from(judged))
    }

    /// Returns the mean score of the trials that have one.
    pub fn score(&self) -> Option<f64> {
        (self.scored > 0).then(|| self.scores / f64::from(self.scored))
    }
}

/// Counts of a set of trials: those of one prompt and model, or several such sets together.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// Trials that passed.
    pub passed: u64,
    /// Trials that failed.
    pub failed: u64,
    /// Trials that could not be decided.
    pub undecided: u64,
    /// Trials without a completion.
    pub errors: u64,
    /// Tokens of every attempt that was billed.
    pub usage: Usage,
    /// What the answers cost, whether paid in this run or recorded; `None` if unpriced.
    pub cost: Option<Usd>,
    /// What they would cost otherwise.
    pub otherwise: Otherwise,
    /// What was charged in this run; `None` if unpriced.
    pub paid: Option<Usd>,
    /// What judging the answers costs, whether paid in this run or recorded; `None` if a judge is unpriced.
    pub judge_cost: Option<Usd>,
    /// What judges were charged for in this run; `None` if one is unpriced.
    pub judge_paid: Option<Usd>,
    /// What prompt tokens read from the cache saved against the price of input, of what was charged in this run.
    pub saved_by_cache: Option<Usd>,
    /// Attempts.
    pub attempts: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// Attempts that repeat one that failed.
    pub retried: u64,
    /// Answers that were cut off at `max_tokens`.
    pub cut_off: u64,
    /// Trials of which tokens or a price had to be estimated.
    pub estimated: u64,
    /// Answers of batch inference.
    pub batched: u64,
    /// By case.
    pub(super) cases: ByCase<CaseCount>,
    /// Latencies in milliseconds, with their case.
    pub(super) latencies: Vec<(f64, CaseKey)>,
    /// Times to the first token in milliseconds, with their case.
    pub(super) first_tokens: Vec<(f64, CaseKey)>,
    /// Named metrics, by case.
    pub(super) metrics: BTreeMap<String, ByCase<Mean>>,
}

impl Default for Count {
    fn default() -> Self {
        Self {
            passed: 0,
            failed: 0,
            undecided: 0,
            errors: 0,
            usage: Usage::default(),
            cost: Some(Usd::ZERO),
            otherwise: Otherwise::default(),
            paid: Some(Usd::ZERO),
            judge_cost: Some(Usd::ZERO),
            judge_paid: Some(Usd::ZERO),
            saved_by_cache: Some(Usd::ZERO),
            attempts: 0,
            throttled: 0,
            retried: 0,
            cut_off: 0,
            batched: 0,
            estimated: 0,
            cases: ByCase::default(),
            latencies: Vec::new(),
            first_tokens: Vec::new(),
            metrics: BTreeMap::new(),
        }
    }
}

impl Count {
    /// Returns how many trials were counted.
    pub fn trials(&self) -> u64 {
        self.passed + self.failed + self.undecided + self.errors
    }

    /// Returns every case that was counted, in the order of the plan.
    pub fn cases(&self) -> impl Iterator<Item = (CaseKey, &CaseCount)> {
        self.cases.iter()
    }

    /// Makes room for so many cases: a list that grows holds twice what it needs while it does.
    pub(super) fn expect(&mut self, cases: usize) {
        self.cases.reserve(cases);
        self.latencies.reserve_exact(cases);
    }

    /// Counts a trial, judged by the judges of its suite. `cluster` is the number of the group that its case declares.
    pub(super) fn add(
        &mut self,
        record: &Record,
        model: Option<&ModelRecord>,
        judges: &[JudgeRecord],
        cluster: Option<NonZeroU32>,
    ) {
        let price = model.and_then(|model| model.price.as_ref());
        self.otherwise.add(record, model, self.trials() == 0);
        let key = CaseKey::new(record.at.suite, record.at.case);
        let cost = record.cost(price);
        let case = self.cases.entry(key);
        case.cluster = cluster;
        case.cost += cost.unwrap_or_default().to_f64();
        match record.status {
            TrialStatus::Passed => {
                self.passed += 1;
                case.passed += 1;
            }
            TrialStatus::Failed => {
                self.failed += 1;
                case.failed += 1;
            }
            TrialStatus::Undecided => self.undecided += 1,
            TrialStatus::Error => self.errors += 1,
        }
        if let Some(score) = record.score {
            case.scores += score;
            case.scored += 1;
        }
        self.usage += record.usage();
        self.cost = sum(self.cost, cost);
        self.paid = sum(self.paid, record.paid(price));
        self.judge_cost = sum(self.judge_cost, record.judge_cost(judges));
        self.judge_paid = sum(self.judge_paid, record.judge_paid(judges));
        self.saved_by_cache = sum(self.saved_by_cache, saved_by_cache(record, price));
        self.attempts += record.attempts.len() as u64;
        let repeats = record.attempts.windows(2);
        self.retried += repeats.filter(|pair| pair[0].failed.is_some()).count() as u64;
        let throttled = record
            .attempts
            .iter()
            .filter(|attempt| attempt.failed == Some(ErrorKind::Throttled));
        self.throttled += throttled.count() as u64;
        self.cut_off += u64::from(record.stop_reason.as_deref() == Some("max_tokens"));
        self.estimated += u64::from(record.is_estimated(price));
        let answers = record.attempts.iter();
        let batched = answers.filter(|attempt| attempt.batched && attempt.failed.is_none());
        self.batched += batched.count() as u64;
        // What took long to say nothing useful is no latency of an answer.
        if record.status != TrialStatus::Error {
            self.latencies
                .extend(record.latency_ms.map(|time| (time, key)));
            self.first_tokens
                .extend(record.ttft_ms.map(|time| (time, key)));
        }
        for (name, value) in &record.metrics {
            if !self.metrics.contains_key(name) {
                self.metrics.insert(name.clone(), ByCase::default());
            }
            if let Some(cases) = self.metrics.get_mut(name) {
                cases.entry(key).add(*value);
            }
        }
    }

    /// Adds the trials of another set.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.undecided += other.undecided;
        self.errors += other.errors;
        self.usage += other.usage;
        self.cost = sum(self.cost, other.cost);
        self.otherwise.absorb(&other.otherwise);
        self.paid = sum(self.paid, other.paid);
        self.judge_cost = sum(self.judge_cost, other.judge_cost);
        self.judge_paid = sum(self.judge_paid, other.judge_paid);
        self.saved_by_cache = sum(self.saved_by_cache, other.saved_by_cache);
        self.attempts += other.attempts;
        self.throttled += other.throttled;
        self.retried += other.retried;
        self.cut_off += other.cut_off;
        self.batched += other.batched;
        self.estimated += other.estimated;
        self.cases.absorb(&other.cases, |case, theirs| {
            case.passed += theirs.passed;
            case.failed += theirs.failed;
            case.scores += theirs.scores;
            case.scored += theirs.scored;
            case.cost += theirs.cost;
            case.cluster = theirs.cluster;
        });
        self.latencies.extend(&other.latencies);
        self.first_tokens.extend(&other.first_tokens);
        for (name, theirs) in &other.metrics {
            let cases = self.metrics.entry(name.clone()).or_default();
            cases.absorb(theirs, |mean, theirs| mean.absorb(*theirs));
        }
    }
}

/// Returns the sum, unknown if either part is.
fn sum(a: Option<Usd>, b: Option<Usd>) -> Option<Usd> {
    Some(a? + b?)
}

/// Returns what the trial would have cost more, had its cache reads been billed as input.
fn saved_by_cache(record: &Record, price: Option<&PriceRow>) -> Option<Usd> {
    let mut saved = Usd::ZERO;
    for usage in record
        .attempts
        .iter()
        .filter(|attempt| !attempt.recorded)
        .filter_map(|attempt| attempt.usage)
    {
        let price = price?;
        let uncached = Usage {
            input_tokens: usage.input_tokens + usage.cache_read_tokens,
            cache_read_tokens: 0,
            ..usage
        };
        saved += price.cost(&uncached).usd - price.cost(&usage).usd;
    }
    Some(saved)
}
