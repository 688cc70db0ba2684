//! Counts per suite, model and prompt, from records as they pass.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::count::Count;
use super::records::MOST_EXPECTED;
use crate::journal::{Header, Record};
use crate::stats::Sample;

/// The counts of a run, by suite, model entry and prompt.
///
/// Fed one record at a time; the caller sees to it that no trial comes twice (see
/// [`PlanOrder`](super::PlanOrder)).
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// By (suite, model, prompt), each an index in the header.
    counts: BTreeMap<(u32, u32, u32), Count>,
    /// The number of each group, by suite and name.
    clusters: BTreeMap<u32, BTreeMap<String, NonZeroU32>>,
    clusters_seen: u32,
}

/// What one label did in all suites in which every label of the run has an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Overall {
    /// The label.
    pub label: String,
    /// Its model ids: one, unless suites give the label to different models.
    pub models: Vec<String>,
    /// Trials planned in these suites.
    pub planned: u64,
    /// Whether it has no price in one of them.
    pub unpriced: bool,
    /// What was counted.
    pub count: Count,
}

impl Tally {
    /// Counts a trial.
    pub fn add(&mut self, header: &Header, record: &Record) {
        let at = record.at;
        let suite = header.suites.get(at.suite as usize);
        let model = suite.and_then(|suite| suite.models.get(at.model as usize));
        let cluster = record.cluster.as_deref().map(|name| {
            let names = self.clusters.entry(at.suite).or_default();
            *names.entry(name.to_owned()).or_insert_with(|| {
                let number = NonZeroU32::MIN.saturating_add(self.clusters_seen);
                self.clusters_seen += 1;
                number
            })
        });
        let count = self.counts.entry((at.suite, at.model, at.prompt));
        let judges = suite.map_or(&[][..], |suite| &suite.judges);
        let count = count.or_insert_with(|| {
            let mut count = Count::default();
            let cases = suite.map_or(0, |suite| suite.cases);
            count.expect(
                usize::try_from(cases)
                    .unwrap_or_default()
                    .min(MOST_EXPECTED),
            );
            count
        });
        count.add(record, model, judges, cluster);
    }

    /// Returns the counts of one prompt of a model entry; `None` if nothing was asked.
    pub fn prompt(&self, suite: u32, model: u32, prompt: u32) -> Option<&Count> {
        self.counts.get(&(suite, model, prompt))
    }

    /// Returns the prompts that a model entry was asked with, in order, with their counts.
    pub fn prompts(&self, suite: u32, model: u32) -> impl Iterator<Item = (u32, &Count)> {
        self.counts
            .range((suite, model, 0)..=(suite, model, u32::MAX))
            .map(|((_, _, prompt), count)| (*prompt, count))
    }

    /// Returns the counts of a model entry, all prompts together.
    pub fn model(&self, suite: u32, model: u32) -> Cow<'_, Count> {
        let mut prompts = self.prompts(suite, model);
        let Some((_, first)) = prompts.next() else {
            return Cow::Owned(Count::default());
        };
        let mut all = Cow::Borrowed(first);
        for (_, count) in prompts {
            all.to_mut().absorb(count);
        }
        all
    }

    /// Returns the percentiles of each label's latencies in milliseconds, over all suites, from the least (0) to the greatest
    /// (100).
    pub fn percentiles(&self, header: &Header) -> BTreeMap<String, Vec<f64>> {
        let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for ((suite, model, _), count) in &self.counts {
            let suite = header.suites.get(*suite as usize);
            if let Some(model) = suite.and_then(|suite| suite.models.get(*model as usize)) {
                let times = times.entry(&model.label).or_default();
                times.reserve_exact(count.latencies.len());
                times.extend(count.latencies.iter().map(|(time, _)| *time));
            }
        }
        let labels = times.into_iter().filter_map(|(label, times)| {
            let sample = Sample::new(times)?;
            let all = (0..=100).map(|percent| sample.quantile(f64::from(percent) / 100.0));
            Some((label.to_owned(), all.collect()))
        });
        labels.collect()
    }

    /// Returns the counts of each label over all suites in which every label of the run has an entry, in the order in
    /// which labels first appear. Empty for a run of one suite, and where no suite has every label.
    pub fn overall(&self, header: &Header) -> Vec<Overall> {
        let mut rows: Vec<Overall> = Vec::new();
        for model in header.suites.iter().flat_map(|suite| &suite.models) {
            if rows.iter().all(|row| row.label != model.label) {
                rows.push(Overall {
                    label: model.label.clone(),
                    models: Vec::new(),
                    planned: 0,
                    unpriced: false,
                    count: Count::default(),
                });
            }
        }
        let shared = header
            .suites
            .iter()
            .zip(0u32..)
            .filter(|(suite, _)| suite.models.len() == rows.len());
        let shared: Vec<_> = shared.collect();
        if header.suites.len() < 2 || shared.is_empty() {
            return Vec::new();
        }
        for (suite, suite_at) in shared {
            for (model, model_at) in suite.models.iter().zip(0u32..) {
                let Some(row) = rows.iter_mut().find(|row| row.label == model.label) else {
                    continue;
                };
                if !row.models.contains(&model.model) {
                    row.models.push(model.model.clone());
                }
                row.planned += model.planned;
                row.unpriced |= model.price.is_none();
                for (_, count) in self.prompts(suite_at, model_at) {
                    row.count.absorb(count);
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Usd;
    use crate::journal::{Attempt, JudgeCall, JudgeRecord, TrialStatus};
    use crate::model::{ErrorKind, Usage};
    use crate::tally::fixture::{broken, failed, header, header_of, record, suite};
    use crate::tally::{Method, PlanOrder};

    fn tally(header: &Header, records: &[Record]) -> Tally {
        let mut tally = Tally::default();
        for record in records {
            tally.add(header, record);
        }
        tally
    }

    /// Counts cases of one model, (passes, trials, cluster) each.
    fn cases(cases: &[(u32, u32, Option<&str>)]) -> Count {
        let header = header();
        let mut records = Vec::new();
        for (index, (passes, trials, cluster)) in (0u64..).zip(cases) {
            for repeat in 0..*trials {
                let mut record = record(0, index, 0, 0);
                record.at.repeat = repeat;
                record.cluster = cluster.map(str::to_owned);
                if repeat >= *passes {
                    record = failed(record, "no");
                }
                records.push(record);
            }
        }
        tally(&header, &records).model(0, 0).into_owned()
    }

    /// What the pass rate must be: value, low, high, method, clusters.
    #[track_caller]
    fn check(count: &Count, value: f64, ends: Option<(f64, f64)>, method: Method) {
        let rate = count.pass_rate().unwrap();
        assert!((rate.value - value).abs() < 1e-9, "{rate:?}");
        assert_eq!(rate.method, method);
        let found = rate.interval.map(|ends| (ends.low, ends.high));
        match (found, ends) {
            (Some(found), Some(ends)) => {
                assert!((found.0 - ends.0).abs() < 1e-9, "{rate:?}");
                assert!((found.1 - ends.1).abs() < 1e-9, "{rate:?}");
            }
            (found, ends) => assert_eq!(found, ends),
        }
    }

    #[test]
    fn one_trial_per_case_is_wilson() {
        let count = cases(&[(1, 1, None); 10]);
        check(
            &count,
            1.0,
            Some((0.722_467_200_137_110_6, 1.0)),
            Method::Wilson,
        );
        assert_eq!(count.n(), 10);
    }

    #[test]
    fn repeats_are_averaged_within_the_case() {
        let rows = [4, 3, 1, 3, 0, 4].map(|passes| (passes, 4, None));
        let count = cases(&rows);
        check(
            &count,
            0.625,
            Some((0.193_900_320_534_325_6, 1.0)),
            Method::T,
        );
        assert_eq!((count.n(), count.trials()), (6, 24));
    }

    #[test]
    fn clusters_are_the_unit() {
        let passes = [1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1];
        let names = ["a", "a", "a", "b", "b", "b", "c", "c", "d", "d", "e", "e"];
        let rows: Vec<_> = passes
            .iter()
            .zip(names)
            .map(|(pass, name)| (*pass, 1, Some(name)))
            .collect();
        let count = cases(&rows);
        check(
            &count,
            0.75,
            Some((0.311_386_720_625_802_6, 1.0)),
            Method::T,
        );
        assert_eq!(count.pass_rate().unwrap().clusters, Some(5));
        let one_cluster = cases(&[(1, 1, Some("a")), (0, 1, Some("a"))]);
        check(&one_cluster, 0.5, None, Method::T);
    }

    #[test]
    fn repeats_that_always_pass_do_not_make_certain() {
        let rate = cases(&[(3, 3, None); 4]).pass_rate().unwrap();
        let ends = rate.interval.unwrap();
        assert!(ends.low < 0.6 && ends.high >= 1.0, "{rate:?}");
    }

    #[test]
    fn prompts_of_a_case_are_averaged_too() {
        let mut header = header();
        header.suites[0].prompts.push("short".to_owned());
        let mut records = Vec::new();
        for case in 0..3 {
            records.push(record(0, case, 0, 0));
            records.push(failed(record(0, case, 1, 0), "no"));
        }
        let tally = tally(&header, &records);
        let all = tally.model(0, 0).into_owned();
        assert_eq!(all.n(), 3);
        assert!((all.pass_rate().unwrap().value - 0.5).abs() < 1e-9);
        assert_eq!(all.pass_rate().unwrap().method, Method::T);
        let rates = tally
            .prompts(0, 0)
            .map(|(_, count)| count.pass_rate().unwrap());
        let rates: Vec<_> = rates.map(|rate| (rate.value, rate.method)).collect();
        assert_eq!(rates, [(1.0, Method::Wilson), (0.0, Method::Wilson)]);
    }

    #[test]
    fn intervals_of_shares_stay_within_them_and_have_some_width() {
        let of = |values: [f64; 3]| {
            let records = (0u64..).zip(values).map(|(case, value)| {
                let mut record = record(0, case, 0, 0);
                record.metrics.insert("m".to_owned(), value);
                record.score = Some(value);
                record
            });
            let count = tally(&header(), &records.collect::<Vec<_>>())
                .model(0, 0)
                .into_owned();
            let (_, metric) = count.metrics().next().unwrap();
            assert_eq!(count.mean_score(), Some(metric));
            metric.interval.unwrap()
        };
        for values in [[1.0, 1.0, 0.0], [1.0; 3], [0.0; 3], [0.5; 3]] {
            let ends = of(values);
            assert!(ends.low >= 0.0 && ends.high <= 1.0, "{values:?}: {ends:?}");
            assert!(ends.high - ends.low > 0.1, "{values:?}: {ends:?}");
        }
        let ends = of([3.0, 0.5, 7.0]);
        assert!(ends.low < 0.0 && ends.high > 7.0, "{ends:?}");
    }

    #[test]
    fn errors_and_undecided_are_not_in_the_rate() {
        let mut undecided = record(0, 2, 0, 0);
        undecided.status = TrialStatus::Undecided;
        let records = [
            record(0, 0, 0, 0),
            broken(record(0, 1, 0, 0), ErrorKind::Denied, "no access"),
            undecided,
        ];
        let count = tally(&header(), &records).model(0, 0).into_owned();
        assert_eq!(
            (count.passed, count.failed, count.undecided, count.errors),
            (1, 0, 1, 1)
        );
        assert_eq!((count.trials(), count.n()), (3, 1));
        assert_eq!((count.attempts, count.throttled, count.retried), (4, 1, 1));
        assert_eq!(
            tally(&header(), &records[1..]).model(0, 0).pass_rate(),
            None
        );
    }

    #[test]
    fn money_is_exact_and_unpriced_is_not_free() {
        let mut header = header();
        let mut recorded = record(0, 1, 0, 0);
        recorded.attempts[0].recorded = true;
        recorded.attempts[0].usage = Some(Usage {
            cache_read_tokens: 500,
            ..Usage::new(100, 10)
        });
        let mut cached = recorded.clone();
        cached.at.case = 2;
        cached.attempts[0].recorded = false;
        let records = [record(0, 0, 0, 0), recorded, cached];
        let count = tally(&header, &records).model(0, 0).into_owned();
        let usd = |text: &str| text.parse::<Usd>().ok();
        assert_eq!(count.cost, usd("0.0001248"));
        assert_eq!(count.paid, usd("0.0001164"));
        assert_eq!(count.saved_by_cache, usd("0.00003"));
        let per_pass = count.cost_per_pass().unwrap();
        assert!((per_pass.value.unwrap() - 0.000_041_6).abs() < 1e-12);

        header.suites[0].models[0].price = None;
        let count = tally(&header, &records).model(0, 0).into_owned();
        assert_eq!(
            (count.cost, count.paid, count.cost_per_pass()),
            (None, None, None)
        );
    }

    #[test]
    fn judges_are_counted_apart() {
        let mut header = header();
        header.suites[0].judges = vec![JudgeRecord {
            label: "judge".to_owned(),
            model: "judge".to_owned(),
            region: None,
            service_tier: None,
            price: header.suites[0].models[0].price.clone(),
        }];
        let mut judged = record(0, 0, 0, 0);
        let mut attempts = judged.attempts.clone();
        attempts.push(Attempt {
            recorded: true,
            ..attempts[0].clone()
        });
        judged.judge_calls = vec![JudgeCall { judge: 0, attempts }];
        let count = |header: &Header| tally(header, &[judged.clone()]).model(0, 0).into_owned();
        let (counted, answer) = (
            count(&header),
            judged.paid(header.suites[0].models[0].price.as_ref()),
        );
        assert_eq!(counted.judge_paid, answer);
        assert_eq!(counted.judge_cost, answer.map(|cost| cost + cost));
        assert_eq!(counted.cost, answer);
        header.suites[0].judges[0].price = None;
        assert_eq!(
            (count(&header).judge_cost, count(&header).cost),
            (None, answer)
        );
    }

    #[test]
    fn nothing_passed_has_no_cost_per_pass() {
        let count = cases(&[(0, 1, None), (0, 1, None)]);
        let per_pass = count.cost_per_pass().unwrap();
        assert_eq!((per_pass.value, per_pass.interval), (None, None));
    }

    #[test]
    fn overall_rows_span_the_suites_that_every_label_ran_in() {
        let mut header = header_of(vec![suite("a", 1), suite("b", 1), suite("c", 1)]);
        header.suites[2].models.truncate(1);
        let records = [record(0, 0, 0, 0), record(1, 0, 0, 0), record(2, 0, 0, 0)];
        let rows = tally(&header, &records).overall(&header);
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.label.as_str(),
                    row.planned,
                    row.count.trials(),
                    row.count.n(),
                )
            })
            .collect();
        assert_eq!(found, [("nova-lite", 2, 2, 2), ("sonnet-4-6", 2, 0, 0)]);
        assert!(
            tally(&header, &[])
                .overall(&header_of(vec![suite("a", 1)]))
                .is_empty()
        );
    }

    #[test]
    fn the_order_of_finishing_does_not_matter() {
        let records: Vec<_> = (0..6).map(|case| record(0, case, 0, 0)).collect();
        let backwards: Vec<_> = records.iter().rev().cloned().collect();
        let count = |records: Vec<Record>| {
            let (_folder, mut order) = crate::tally::fixture::journal(&header(), records);
            let mut tally = Tally::default();
            let each = PlanOrder::each(&mut order, |header, record| {
                tally.add(header, &record);
                Ok::<_, crate::tally::RecordsError>(())
            });
            each.unwrap();
            tally.model(0, 0).into_owned()
        };
        assert_eq!(count(records), count(backwards));
    }
}
