//! Pairs of answers to the same questions, and what is missing.

use super::outcome::Outcome;
use crate::stats::{Differences, Interval, PairTable};

/// What both sides did with one question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    /// The independent unit that the question belongs to: its group, or its case.
    pub(super) unit: u64,
    /// The candidate's share of passes.
    pub(super) candidate: f64,
    /// The baseline's share of passes.
    pub(super) baseline: f64,
    /// What a trial of either cost in dollars, candidate first; not a number if unpriced.
    pub(super) costs: (f64, f64),
    /// The logarithm of the candidate's latency over the baseline's; not a number if one was not measured.
    pub(super) log_latency: f64,
}

/// A question that one side passed and the other failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip {
    /// The case's name.
    pub case: String,
    /// Hash of suite and case names.
    pub case_id: String,
    /// The prompt's name; the candidate's where prompts are compared.
    pub prompt: String,
}

/// Questions of which one side has no verdict, by what the other has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Missing {
    /// Questions without a pair although at least one side was asked.
    pub count: u64,
    /// Those of them that both were asked.
    pub asked: u64,
    /// How both would have done, had each missing verdict gone against the candidate.
    worst: PairTable,
}

/// All pairs of one comparison.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PairSet {
    pairs: Vec<Pair>,
    /// How many questions there are to compare.
    pub questions: u64,
    /// Questions without a pair.
    pub missing: Missing,
    /// What only the candidate passed.
    pub fixed: Vec<Flip>,
    /// What only the baseline passed.
    pub broken: Vec<Flip>,
    /// Questions whose prompt, variables or checks changed since the baseline.
    pub changed: u64,
    /// Questions that the baseline does not have.
    pub new: u64,
    /// Questions that only the baseline has.
    pub gone: u64,
    /// How often both passed and failed, by more than half of their repeats.
    pub table: PairTable,
    /// Whether some question was judged more than once.
    repeated: bool,
    /// Whether questions hang together in groups.
    grouped: bool,
}

impl PairSet {
    /// Takes in a question that both sides were asked; `grouped` says that its unit may hold others.
    pub(super) fn add(
        &mut self,
        unit: u64,
        grouped: bool,
        candidate: &Outcome,
        baseline: &Outcome,
        flip: impl FnOnce() -> Flip,
    ) {
        let (Some(ours), Some(theirs)) = (candidate.rate(), baseline.rate()) else {
            self.missing.count += 1;
            self.missing.asked += u64::from(candidate.trials > 0 && baseline.trials > 0);
            let passed = baseline.judged == 0 || baseline.passes();
            self.missing.worst.add(candidate.passes(), passed);
            return;
        };
        self.repeated |= candidate.judged > 1 || baseline.judged > 1;
        self.grouped |= grouped;
        let (now, before) = (candidate.passes(), baseline.passes());
        self.table.add(now, before);
        match (now, before) {
            (true, false) => self.fixed.push(flip()),
            (false, true) => self.broken.push(flip()),
            _ => {}
        }
        let costs = (candidate.cost_of_one(), baseline.cost_of_one());
        let times = (candidate.log_latency.get(), baseline.log_latency.get());
        self.pairs.push(Pair {
            unit,
            candidate: ours,
            baseline: theirs,
            costs: (costs.0.unwrap_or(f64::NAN), costs.1.unwrap_or(f64::NAN)),
            log_latency: times.0.unwrap_or(f64::NAN) - times.1.unwrap_or(f64::NAN),
        });
    }

    /// Takes in the pairs of another suite.
    pub fn absorb(&mut self, other: &Self) {
        self.pairs.extend_from_slice(&other.pairs);
        self.questions += other.questions;
        self.missing.count += other.missing.count;
        self.missing.asked += other.missing.asked;
        self.missing.worst.absorb(&other.missing.worst);
        self.fixed.extend_from_slice(&other.fixed);
        self.broken.extend_from_slice(&other.broken);
        self.changed += other.changed;
        self.new += other.new;
        self.gone += other.gone;
        self.table.absorb(&other.table);
        self.repeated |= other.repeated;
        self.grouped |= other.grouped;
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// Returns whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns the share of questions that have a pair.
    pub fn completeness(&self) -> f64 {
        real(self.len()) / real(self.questions.max(self.len()).max(1))
    }

    /// Returns the share of questions that both were asked so far that have a pair.
    pub(super) fn completeness_of_asked(&self) -> f64 {
        real(self.len()) / real((self.len() + self.missing.asked).max(1))
    }

    /// Returns whether every pair is a single pass or fail, and none hangs together with another.
    pub(super) fn is_plain(&self) -> bool {
        !self.repeated && !self.grouped
    }

    /// Returns the differences of the pairs' rates; `None` for fewer than two independent units.
    pub(super) fn differences(&self) -> Option<Differences> {
        self.of_units(|pair| pair.candidate - pair.baseline)
    }

    /// Returns the interval of the difference of rates whose ends are one-sided bounds of `confidence`.
    pub fn difference_within(&self, confidence: f64) -> Option<Interval> {
        let two_sided = 2.0 * confidence - 1.0;
        if self.is_plain() && !self.is_empty() {
            return Some(self.table.score_interval(two_sided));
        }
        Some(self.differences()?.interval(two_sided))
    }

    /// Returns the logarithms of latency ratios; `None` for fewer than two independent units.
    pub(super) fn log_latencies(&self) -> Option<Differences> {
        self.of_units(|pair| pair.log_latency)
    }

    fn of_units(&self, of: impl Fn(&Pair) -> f64) -> Option<Differences> {
        let known = self.pairs.iter().map(|pair| (of(pair), pair.unit));
        let (values, units): (Vec<f64>, Vec<u64>) =
            known.filter(|(value, _)| value.is_finite()).unzip();
        if self.grouped {
            Differences::clustered(&values, &units)
        } else {
            Differences::new(&values)
        }
    }

    /// Returns the number of groups that cases declare, or that several prompts make of a case; `None` without any.
    pub(super) fn groups(&self) -> Option<u64> {
        if !self.grouped {
            return None;
        }
        let mut units: Vec<u64> = self.pairs.iter().map(|pair| pair.unit).collect();
        units.sort_unstable();
        units.dedup();
        Some(units.len() as u64)
    }

    /// Returns the mean difference where it has no interval.
    pub(super) fn only_difference(&self) -> Option<f64> {
        let apart = self.pairs.iter().map(|pair| pair.candidate - pair.baseline);
        (!self.is_empty()).then(|| apart.sum::<f64>() / real(self.len()))
    }

    /// Returns what each independent unit cost, candidate and baseline, where both have a price.
    pub(super) fn costs(&self) -> (Vec<f64>, Vec<f64>) {
        self.costs_of(|pair| pair.costs.0)
    }

    /// Returns what each independent unit would cost if the baseline were asked only where the candidate fails, and what the
    /// baseline alone does.
    pub(super) fn cascade_costs(&self) -> (Vec<f64>, Vec<f64>) {
        self.costs_of(|pair| pair.costs.0 + (1.0 - pair.candidate) * pair.costs.1)
    }

    /// Returns the share of questions that the candidate passes, and the share that it or the baseline in its place does; at least
    /// one pair. Repeats are taken as independent of each other.
    pub(super) fn first_accepted(&self) -> (f64, f64) {
        let n = real(self.len());
        let accepted = self.pairs.iter().map(|pair| pair.candidate);
        let rest = self.pairs.iter();
        let rest = rest.map(|pair| (1.0 - pair.candidate) * pair.baseline);
        let accepted = accepted.sum::<f64>() / n;
        (accepted, accepted + rest.sum::<f64>() / n)
    }

    fn costs_of(&self, ours: impl Fn(&Pair) -> f64) -> (Vec<f64>, Vec<f64>) {
        let mut units = std::collections::BTreeMap::<u64, (f64, f64)>::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            if !(pair.costs.0.is_finite() && pair.costs.1.is_finite()) {
                continue;
            }
            let key = if self.grouped { pair.unit } else { at as u64 };
            let unit = units.entry(key).or_default();
            unit.0 += ours(pair);
            unit.1 += pair.costs.1;
        }
        units.into_values().unzip()
    }

    /// Returns the difference of rates, had every missing verdict gone against the candidate, and how both would have passed
    /// and failed then; `None` if none is missing.
    pub(super) fn worst(&self) -> Option<(f64, PairTable)> {
        if self.missing.count == 0 {
            return None;
        }
        let worst = self.missing.worst;
        let flips = real(worst.only_candidate) - real(worst.only_baseline);
        let apart = self.pairs.iter().map(|pair| pair.candidate - pair.baseline);
        let all = real(self.len() + self.missing.count);
        let mut table = self.table;
        table.absorb(&worst);
        Some(((apart.sum::<f64>() + flips) / all, table))
    }
}

/// Returns a count as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of cases stay far below 2^53"
)]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}
