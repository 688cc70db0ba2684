//! What one model entry will take in one suite: sums of bounds and expectations over its trials.

use std::collections::{BTreeMap, HashMap};

use super::forecast::{Burden, ForecastRow, Span};
use super::learned::{Basis, Expectation, Kept};
use crate::catalog::{PriceRow, Usd};
use crate::model::{Family, ModelId, Request, Usage};
use crate::plan::Trial;
use crate::suite::ModelEntry;

/// Bytes of prompt for each token, at most, of any tokenizer on ordinary text.
const SPARSEST: u64 = 6;
/// Bytes for each token, as a rule.
const USUAL: u64 = 4;
/// Bytes for each token of an Amazon Nova model.
const USUAL_OF_NOVA: u64 = 3;
/// The longest answer that is expected of a model that nobody has heard yet, in tokens.
const USUAL_ANSWER: u64 = 250;

/// What is known of one model entry beforehand, and the sums so far.
pub(super) struct Estimator<'a> {
    price: Option<&'a PriceRow>,
    bytes_per_token: u64,
    planned: u64,
    burden: Burden,
    calls: u64,
    input: Span<u64>,
    output: Span<u64>,
    cost: Span<Usd>,
    /// The standard error of all tokens of answers.
    doubt: f64,
    judging: Option<Usd>,
    learned_from: Option<String>,
    learned: BTreeMap<Basis, u64>,
    unlearned: u64,
    /// Prompts of which the service counted some, by their place.
    counted: BTreeMap<u32, u64>,
    /// What a cache keeps, by prompt.
    kept: BTreeMap<u32, Cached>,
    /// Parts of tokens that are left of prompts and of answers.
    parts: [Part; 2],
}

/// What is left of tokens when they are made whole: it goes to the next, so that sums of many do not drift.
#[derive(Default)]
struct Part(f64);

impl Part {
    fn whole(&mut self, tokens: f64) -> u64 {
        let whole = rounded((tokens + self.0).max(0.0));
        self.0 += tokens - float(whole);
        whole
    }
}

/// Trials of a prompt of which a cache keeps the beginning.
#[derive(Default)]
struct Cached {
    calls: u64,
    tokens: f64,
    /// Beginnings that differ, by their names.
    beginnings: HashMap<u64, u64>,
    told: Option<Kept>,
}

impl<'a> Estimator<'a> {
    /// Begins with what is known of an entry that is to be asked `planned` times.
    pub(super) fn new(entry: &ModelEntry, price: Option<&'a PriceRow>, planned: u64) -> Self {
        let is_nova = ModelId::parse(&entry.id).family() == Family::Nova;
        Self {
            price,
            bytes_per_token: if is_nova { USUAL_OF_NOVA } else { USUAL },
            planned,
            burden: Burden::default(),
            calls: 0,
            input: Span::default(),
            output: Span::default(),
            cost: Span::default(),
            doubt: 0.0,
            judging: Some(Usd::ZERO),
            learned_from: None,
            learned: BTreeMap::new(),
            unlearned: 0,
            counted: BTreeMap::new(),
            kept: BTreeMap::new(),
            parts: Default::default(),
        }
    }

    /// Adds what judging a trial will cost; `None` if nobody knows.
    pub(super) fn add_judging(&mut self, cost: Option<Usd>) {
        self.judging = self.judging.zip(cost).map(|(sum, more)| sum + more);
    }

    /// Notes how many questions of a prompt the service counted.
    pub(super) fn note_counted(&mut self, count: u64, prompt: u32) {
        if count > 0 {
            self.counted.insert(prompt, count);
        }
    }

    /// Adds a trial that is asked `request`; `is_longer` where it may take more than this one call.
    pub(super) fn add(
        &mut self,
        trial: &Trial,
        request: &Request,
        expectation: &Expectation,
        is_longer: bool,
    ) {
        let bytes = request.text_bytes() as u64;
        let longest = u64::from(request.params.max_tokens);
        let (least, most) = (bytes.div_ceil(SPARSEST), request.most_prompt_tokens());
        let prompt = expectation.input.map_or_else(
            || bytes.div_ceil(self.bytes_per_token),
            |tokens| self.parts[0].whole(tokens).max(least),
        );
        let answer = expectation.output.map_or_else(
            || longest.div_ceil(4).min(USUAL_ANSWER),
            |tokens| self.parts[1].whole(tokens).max(1),
        );
        let within = |tokens: u64, most: u64| if is_longer { tokens } else { tokens.min(most) };
        let (prompt, answer) = (within(prompt, most), within(answer, longest));
        self.calls += 1;
        self.doubt += expectation.output_error;
        self.input += Span {
            low: least,
            expected: prompt,
            high: most.max(prompt),
        };
        self.output += Span {
            low: 1,
            expected: answer,
            high: longest.max(answer),
        };
        self.learn(expectation);
        let (beginning, kept) = self.keep(trial, request, prompt, expectation);
        let usage = Usage {
            cache_read_tokens: kept,
            ..Usage::new(prompt - kept, answer)
        };
        self.burden.bytes += bytes;
        self.burden.max_tokens += longest;
        self.burden.usage += usage;
        self.burden.attempts += expectation.attempts.unwrap_or(1.0);
        let Some(price) = self.price else {
            return;
        };
        let cost = |usage: &Usage| price.cost(usage).usd;
        let expected = cost(&usage);
        let read = beginning / SPARSEST;
        let low = cost(&Usage {
            cache_read_tokens: read.min(least),
            ..Usage::new(least - read.min(least), 1)
        });
        self.cost += Span {
            low: low.min(expected),
            expected,
            high: price.ceiling(request).max(expected),
        };
    }

    /// Notes what an expectation rests on.
    fn learn(&mut self, expectation: &Expectation) {
        match expectation.basis {
            Some(basis) => *self.learned.entry(basis).or_default() += 1,
            None => self.unlearned += 1,
        }
        // Ids of runs begin with their time.
        if expectation.run > self.learned_from {
            self.learned_from.clone_from(&expectation.run);
        }
    }

    /// Returns the bytes that a cache could keep of a request, and the tokens that it will probably keep of `prompt`.
    fn keep(
        &mut self,
        trial: &Trial,
        request: &Request,
        prompt: u64,
        expectation: &Expectation,
    ) -> (u64, u64) {
        let Some((beginning, name)) = request.cached_prefix() else {
            return (0, 0);
        };
        let beginning = beginning as u64;
        let Some(told) = expectation.caching else {
            return (beginning, 0);
        };
        let share = float(beginning) / float(request.text_bytes().max(1) as u64);
        let tokens = told.tokens.unwrap_or_else(|| float(prompt) * share);
        let cached = self.kept.entry(trial.at.prompt).or_default();
        cached.calls += 1;
        cached.tokens += tokens;
        *cached.beginnings.entry(name).or_default() += 1;
        cached.told = Some(told);
        (beginning, rounded(tokens).min(prompt))
    }

    /// Returns what it costs more that some trials write what others read.
    fn writing(&self) -> Usd {
        let Some(price) = self.price else {
            return Usd::ZERO;
        };
        let each = self.kept.values().map(|cached| {
            let Some(told) = cached.told else {
                return Usd::ZERO;
            };
            let writers = match cached.beginnings.len() {
                1 => told.writers.min(cached.calls),
                _ => rounded(told.share * float(cached.calls)),
            };
            let tokens = rounded(cached.tokens / float(cached.calls.max(1)));
            let written = Usage {
                cache_write_tokens: tokens,
                cache_write_1h_tokens: if told.for_an_hour { tokens } else { 0 },
                ..Usage::default()
            };
            let read = Usage {
                cache_read_tokens: tokens,
                ..Usage::default()
            };
            (price.cost(&written).usd - price.cost(&read).usd).times(writers)
        });
        each.sum()
    }

    /// Returns the sums as a row of the forecast.
    pub(super) fn row(self, suite: &str, entry: &ModelEntry) -> ForecastRow {
        let writing = self.writing();
        let cost = self.price.map(|_| {
            let expected = self.cost.expected + writing;
            Span {
                low: self.cost.low,
                expected,
                high: self.cost.high.max(expected),
            }
        });
        ForecastRow {
            suite: suite.to_owned(),
            model: entry.id.clone(),
            label: entry.label.clone(),
            region: entry.region.clone(),
            burden: self.burden,
            planned: self.planned,
            calls: self.calls,
            input_tokens: self.input,
            output_tokens: self.output,
            cost,
            doubt: self
                .price
                .map(|price| price.rates.output.times(rounded(self.doubt))),
            judge_cost: self.judging,
            learned_from: self.learned_from,
            learned: self.learned.into_iter().collect(),
            unlearned: self.unlearned,
            counted: self.counted.values().sum(),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below what a float tells apart"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tokens are positive and far below what a float tells apart"
)]
fn rounded(tokens: f64) -> u64 {
    tokens.round() as u64
}
