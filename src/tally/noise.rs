//! What repeats say: how stable cases are, how much of the spread is noise, and whether more cases or more repeats would help.

use std::collections::BTreeMap;

use super::count::{CaseCount, Count};
use crate::stats::{Repeats, Spread, Stability};

/// What the repeats of one model's cases say.
#[derive(Debug, Clone, PartialEq)]
pub struct Noise {
    /// Cases, with each prompt, that were judged more than once.
    pub cases: u64,
    /// Repeats of the case that has fewest of them: the largest k of `any` and `all`.
    pub repeats: u64,
    /// Cases by how stable they are: reliable, flaky, broken, undetermined.
    pub stability: [u64; 4],
    /// The chance that two runs disagree on a case, over cases.
    pub disagreement: f64,
    /// The chance that one of k repeats passes, and that all do, over cases, for k from 1.
    pub of_k: Vec<(f64, f64)>,
    /// Where the spread of pass rates comes from; `None` if it cannot be told.
    pub spread: Option<NoiseSpread>,
}

/// Where the spread of pass rates comes from, and what other numbers of repeats would make of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSpread {
    /// Variance between the true rates of cases.
    pub between: f64,
    /// Variance of one repeat around its case.
    pub within: f64,
    /// The standard error of the pass rate by number of repeats: 1, 2, 4, 8.
    pub errors: BTreeMap<u32, f64>,
    /// The standard error with twice the cases and as many repeats as now.
    pub twice_the_cases: f64,
    /// The standard error with twice the repeats and as many cases as now.
    pub twice_the_repeats: f64,
}

impl Noise {
    /// Returns what the repeats of a model say, from its counts by prompt: another prompt is no repeat. `None` if no question was
    /// judged more than once.
    pub fn of<'a>(prompts: impl Iterator<Item = &'a Count>) -> Option<Self> {
        let repeated: Vec<Repeats> = judged(prompts).filter(|case| case.n > 1).collect();
        let fewest = repeated.iter().map(|case| case.n).min()?;
        let mean = |of: &dyn Fn(&Repeats) -> f64| {
            let values: Vec<f64> = repeated.iter().map(of).collect();
            crate::stats::mean(&values)
        };
        let with = |label: Stability| {
            let cases = repeated.iter().filter(|case| case.stability() == label);
            cases.count() as u64
        };
        let labels = [
            Stability::Reliable,
            Stability::Flaky,
            Stability::Broken,
            Stability::Undetermined,
        ];
        Some(Noise {
            cases: repeated.len() as u64,
            repeats: fewest,
            stability: labels.map(with),
            disagreement: mean(&|case| case.disagreement().unwrap_or(0.0)),
            of_k: (1..=fewest)
                .map(|k| (mean(&|case| case.any_of(k)), mean(&|case| case.all_of(k))))
                .collect(),
            spread: spread(&repeated),
        })
    }
}

/// Returns the share of questions whose repeats show that they pass now and then, from counts by prompt; `None` if none was judged
/// twice.
pub(super) fn flaky_share<'a>(prompts: impl Iterator<Item = &'a Count>) -> Option<f64> {
    let judged: Vec<Repeats> = judged(prompts).filter(|case| case.n > 0).collect();
    if judged.iter().all(|case| case.n < 2) {
        return None;
    }
    let flaky = judged
        .iter()
        .map(|case| case.stability() == Stability::Flaky);
    let flaky: Vec<f64> = flaky.map(|flaky| f64::from(u8::from(flaky))).collect();
    Some(crate::stats::mean(&flaky))
}

fn judged<'a>(prompts: impl Iterator<Item = &'a Count>) -> impl Iterator<Item = Repeats> {
    prompts.flat_map(|count| count.cases().map(|(_, case)| repeats_of(case)))
}

fn repeats_of(case: &CaseCount) -> Repeats {
    Repeats {
        passed: u64::from(case.passed),
        n: u64::from(case.passed + case.failed),
    }
}

fn spread(cases: &[Repeats]) -> Option<NoiseSpread> {
    let scores: Vec<Vec<f64>> = cases
        .iter()
        .map(|case| {
            (0..case.n)
                .map(|at| f64::from(u8::from(at < case.passed)))
                .collect()
        })
        .collect();
    let found = Spread::of(&scores)?;
    let now = cases.iter().map(|case| case.n).max().unwrap_or(1);
    let now = u32::try_from(now).unwrap_or(u32::MAX);
    let n = cases.len();
    Some(NoiseSpread {
        between: found.between,
        within: found.within,
        errors: [1, 2, 4, 8]
            .map(|repeats| (repeats, found.error(n, repeats)))
            .into(),
        twice_the_cases: found.error(2 * n, now),
        twice_the_repeats: found.error(n, now.saturating_mul(2)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Tally;
    use crate::tally::fixture::{failed, header, record};

    /// Counts cases of so many passes and repeats.
    fn count(cases: &[(u32, u32)]) -> Count {
        let header = header();
        let mut tally = Tally::default();
        for (case, (passed, n)) in (0u64..).zip(cases) {
            for repeat in 0..*n {
                let mut trial = record(0, case, 0, 0);
                trial.at.repeat = repeat;
                let trial = if repeat < *passed {
                    trial
                } else {
                    failed(trial, "no")
                };
                tally.add(&header, &trial);
            }
        }
        tally.model(0, 0).into_owned()
    }

    /// Oracle: the worked examples `repeats_two_level` and `repeats_projected_se`.
    #[test]
    fn spread_and_labels_are_those_of_the_repeats() {
        let count = count(&[(4, 4), (3, 4), (1, 4), (3, 4), (0, 4), (4, 4)]);
        let noise = Noise::of([&count].into_iter()).unwrap();
        assert_eq!((noise.cases, noise.repeats), (6, 4));
        let spread = noise.spread.unwrap();
        assert!((spread.between - 0.1375).abs() < 1e-9 && (spread.within - 0.125).abs() < 1e-9);
        assert!((spread.errors[&8] - 0.159_752_412).abs() < 1e-9);
        assert!(spread.twice_the_cases < spread.twice_the_repeats);
        assert!((noise.of_k[0].0 - 0.625).abs() < 1e-9 && (noise.of_k[0].1 - 0.625).abs() < 1e-9);
        assert!(
            (noise.of_k[3].0 - 5.0 / 6.0).abs() < 1e-9
                && (noise.of_k[3].1 - 2.0 / 6.0).abs() < 1e-9
        );
        assert_eq!(noise.stability.iter().sum::<u64>(), 6);
        assert_eq!(noise.stability[1], 3, "three cases pass now and then");
    }

    #[test]
    fn single_trials_say_nothing_of_noise() {
        let noise = |count: &Count| Noise::of([count].into_iter());
        assert_eq!(noise(&count(&[(1, 1), (0, 1)])), None);
        assert_eq!(noise(&count(&[(2, 2), (0, 1)])).unwrap().cases, 1);
        let once = count(&[(1, 1)]);
        assert_eq!(
            Noise::of([&once, &once].into_iter()),
            None,
            "another prompt is no repeat"
        );
        assert_eq!(flaky_share([&once, &once].into_iter()), None);
    }
}
