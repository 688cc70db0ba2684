//! How far judges can be trusted: against the labels of humans, and against each other.

use std::collections::BTreeMap;

use super::by_case::{ByCase, CaseKey};
use super::count::Mean;
use super::estimate::CONFIDENCE;
use super::opinions::Opinions;
use crate::check::{ByPlace, CheckResult, Opinion, Status};
use crate::journal::Record;
use crate::stats::{Agreement, Alpha, Causes, Interval, Share, corrected_rate, sign_test};

/// Fewer labels than this of what should pass, or of what should fail, do not tell how sure a corrected rate is.
pub const FEW_LABELS: usize = 10;

/// Checks that are counted together: those of one type, metric and judges in a suite.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bench {
    /// The suite's index.
    pub suite: u32,
    /// The type, as the suite wrote it.
    pub kind: String,
    /// The metric that its score counts for.
    pub metric: Option<String>,
    /// The judges' labels.
    pub judges: Vec<String>,
}

/// A labelled answer: case, prompt, which check of the case, which label of the check.
type Place = (u64, u32, usize, usize);

/// What was counted of a [`Bench`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judging {
    labels: BTreeMap<Place, (bool, Option<bool>)>,
    alpha: Alpha,
    pairs: Pairs,
    /// By case: how much more often the first place was chosen than the last.
    first_over_last: ByCase<i64>,
    /// Shares of answers that passed, by model and case.
    found: BTreeMap<u32, ByCase<Mean>>,
    opinions: Opinions,
}

/// What judges that saw two answers in both orders went by.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pairs {
    /// Pairs that were decided, one for each vote.
    pub n: u64,
    /// Of these, how often whatever stood first was preferred.
    pub first: u64,
    /// How often whatever stood last was.
    pub last: u64,
}

/// A model's rate as the judges found it, and as humans would.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrected {
    /// The model's index in the suite.
    pub model: u32,
    /// The mean over cases of the share that passed.
    pub found: f64,
    /// The rate without the judges' errors; `None` without labels of both kinds, and for judges no better than chance.
    pub rate: Option<f64>,
    /// Its interval; `None` with fewer than [`FEW_LABELS`] labels of either kind.
    pub interval: Option<Interval>,
}

impl Judging {
    /// Notes what the check at `place` of a record says.
    fn add(&mut self, record: &Record, place: usize, check: &CheckResult) {
        let (yes, no) = ratings(&check.opinions);
        self.alpha.add(yes, no);
        self.opinions.add(record, place, check);
        for by_place in check.opinions.iter().filter_map(|opinion| opinion.by_place) {
            let (counted, sign) = match by_place {
                ByPlace::No => (None, 0),
                ByPlace::First => (Some(&mut self.pairs.first), 1),
                ByPlace::Last => (Some(&mut self.pairs.last), -1),
            };
            if let Some(count) = counted {
                *count += 1;
            }
            self.pairs.n += 1;
            let case = CaseKey::new(record.at.suite, record.at.case);
            *self.first_over_last.entry(case) += sign;
        }
        if check.labels.is_empty() {
            return;
        }
        for (number, labelled) in check.labels.iter().enumerate() {
            let at = (record.at.case, record.at.prompt, place, number);
            let (_, judge) = self.labels.entry(at).or_insert((labelled.human, None));
            *judge = judge.or(labelled.judge);
        }
        let passes = match check.status {
            _ if check.weight == 0.0 => return,
            Status::Passed => 1.0,
            Status::Failed => 0.0,
            Status::Undecided => return,
        };
        let case = CaseKey::new(record.at.suite, record.at.case);
        let model = self.found.entry(record.at.model).or_default();
        model.entry(case).add(passes);
    }

    /// Returns how many answers humans have judged.
    pub fn labels(&self) -> usize {
        self.labels.len()
    }

    /// Returns what humans (first) and judges (second) said of the answers that both have judged.
    pub fn agreement(&self) -> Agreement {
        let mut table = Agreement::default();
        for (human, judge) in self.labels.values() {
            if let Some(judge) = judge {
                table.add(*human, *judge);
            }
        }
        table
    }

    /// Returns Krippendorff's alpha of the judges among each other, or of the votes of a single one; and over how many
    /// answers.
    pub fn alpha(&self) -> (Option<f64>, usize) {
        (self.alpha.get(), self.alpha.things())
    }

    /// Returns where single opinions differ; `None` without repeats that were judged several times.
    pub fn causes(&self) -> Option<(Causes, usize)> {
        self.opinions.causes()
    }

    /// Returns what judges of pairs went by, and the probability that a judge without a favourite place is at least as
    /// uneven: a sign test whose unit is the case. `None` if there were no pairs.
    pub fn by_place(&self) -> Option<(Pairs, f64)> {
        let count = |holds: fn(i64) -> bool| {
            let cases = self.first_over_last.values().filter(|sum| holds(**sum));
            cases.count() as u64
        };
        let p = sign_test(count(|sum| sum > 0), count(|sum| sum < 0));
        (self.pairs.n > 0).then_some((self.pairs, p))
    }

    /// Returns each model's rate, corrected by what labels tell of the judges.
    pub fn corrected(&self) -> Vec<Corrected> {
        let table = self.agreement();
        let sensitivity = Share::of(table.both, table.both + table.only_first);
        let specificity = Share::of(table.neither, table.neither + table.only_second);
        let row = |(model, cases): (&u32, &ByCase<Mean>)| {
            let values: Vec<f64> = cases.values().filter_map(|mean| mean.get()).collect();
            let found = Share {
                value: crate::stats::mean(&values),
                n: values.len(),
            };
            let corrected = sensitivity.zip(specificity).and_then(|(se, sp)| {
                let (rate, interval) = corrected_rate(found, se, sp, CONFIDENCE)?;
                Some((rate, (se.n.min(sp.n) >= FEW_LABELS).then_some(interval)))
            });
            Corrected {
                model: *model,
                found: found.value,
                rate: corrected.map(|(rate, _)| rate),
                interval: corrected.and_then(|(_, interval)| interval),
            }
        };
        self.found.iter().map(row).collect()
    }
}

/// Every [`Bench`] of a run that has something to tell.
#[derive(Debug, Clone, Default)]
pub struct Benches(BTreeMap<Bench, Judging>);

impl Benches {
    /// Notes what judges said of a trial.
    pub fn add(&mut self, record: &Record) {
        for (place, check) in record.checks.iter().enumerate() {
            let is_pair = |opinion: &Opinion| opinion.by_place.is_some();
            let several = check.opinions.len() > 1 || check.opinions.iter().any(is_pair);
            if check.labels.is_empty() && !several {
                continue;
            }
            let mut judges: Vec<String> = Vec::new();
            for opinion in &check.opinions {
                if !judges.contains(&opinion.judge) {
                    judges.push(opinion.judge.clone());
                }
            }
            if judges.is_empty() {
                // Nobody was asked: the check itself could not be evaluated.
                continue;
            }
            let bench = Bench {
                suite: record.at.suite,
                kind: check.kind.clone(),
                metric: check.metric.clone(),
                judges,
            };
            self.0.entry(bench).or_default().add(record, place, check);
        }
    }

    /// Returns each with what was counted.
    pub fn iter(&self) -> impl Iterator<Item = (&Bench, &Judging)> {
        self.0.iter()
    }
}

/// Returns how many raters say yes and no: judges, each by more than half of its votes that came; or the votes of a judge that
/// is alone.
fn ratings(opinions: &[Opinion]) -> (usize, usize) {
    let mut votes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for opinion in opinions {
        let (yes, no) = votes.entry(&opinion.judge).or_default();
        match opinion.pass {
            Some(true) => *yes += 1,
            Some(false) => *no += 1,
            None => {}
        }
    }
    let mut all = votes.values();
    if let (Some(alone), None) = (all.next(), all.next()) {
        return *alone;
    }
    let count = |holds: fn(&(usize, usize)) -> bool| votes.values().filter(|it| holds(it)).count();
    (count(|(yes, no)| yes > no), count(|(yes, no)| no > yes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Labelled;
    use crate::tally::fixture::{check, record};

    fn opinion(judge: &str, pass: Option<bool>) -> Opinion {
        Opinion {
            judge: judge.to_owned(),
            pass,
            score: None,
            by_place: None,
        }
    }

    /// A record of `case` and `model` that judges with these labels let pass or not.
    fn judged(case: u64, model: u32, passes: bool, labels: &[(bool, Option<bool>)]) -> Record {
        let mut record = record(0, case, 0, model);
        let status = if passes {
            Status::Passed
        } else {
            Status::Failed
        };
        let mut check = check(status, "");
        check.opinions = vec![opinion("a", Some(passes))];
        let labelled = |(human, judge): &(bool, Option<bool>)| Labelled {
            human: *human,
            judge: *judge,
        };
        check.labels = labels.iter().map(labelled).collect();
        record.checks = vec![check];
        record
    }

    fn only(records: &[Record]) -> Judging {
        let mut benches = Benches::default();
        for record in records {
            benches.add(record);
        }
        let mut all = benches.iter();
        let (bench, judging) = all.next().unwrap();
        assert_eq!((&*bench.judges, all.next()), (&["a".to_owned()][..], None));
        judging.clone()
    }

    #[test]
    fn a_label_counts_once_however_many_trials_judge_it() {
        let labels = [(true, Some(true)), (false, None)];
        let later = [(true, None), (false, Some(true))];
        let judging = only(&[
            judged(0, 0, true, &labels),
            judged(0, 1, true, &later),
            judged(1, 0, true, &[(false, Some(false))]),
        ]);
        assert_eq!(judging.labels(), 3);
        let expected = Agreement {
            both: 1,
            only_first: 0,
            only_second: 1,
            neither: 1,
        };
        assert_eq!(judging.agreement(), expected);
    }

    #[test]
    fn rates_are_corrected_by_model_over_cases() {
        let right = [(true, Some(true)); 9];
        let wrong = [(false, Some(true)), (false, Some(false))];
        let labels = [&right[..], &wrong[..]].concat();
        let records = [
            judged(0, 0, true, &labels),
            judged(0, 0, true, &labels),
            judged(1, 0, true, &labels),
            judged(2, 0, false, &labels),
            judged(0, 1, false, &labels),
        ];
        let [first, second] = <[Corrected; 2]>::try_from(only(&records).corrected()).unwrap();
        assert!((first.found - 2.0 / 3.0).abs() < 1e-12, "{first:?}");
        // Sensitivity 1, specificity 1/2: (2/3 − 1/2) ÷ 1/2.
        assert!((first.rate.unwrap() - 1.0 / 3.0).abs() < 1e-12, "{first:?}");
        assert_eq!((second.model, second.rate), (1, Some(0.0)));
        assert_eq!(first.interval, None, "two labels that fail are too few");
        let few = only(&[judged(0, 0, true, &right)]).corrected();
        assert_eq!(few[0].rate, None, "no label fails");
        let mut weightless = judged(0, 0, true, &labels);
        weightless.checks[0].weight = 0.0;
        assert_eq!(only(&[weightless]).corrected(), [], "it passes always");
    }

    #[test]
    fn an_interval_needs_enough_labels_of_both_kinds() {
        let labels =
            |n: usize| [vec![(true, Some(true)); n], vec![(false, Some(false)); n]].concat();
        let interval = |n| only(&[judged(0, 0, true, &labels(n))]).corrected()[0].interval;
        assert_eq!(interval(FEW_LABELS - 1), None);
        assert!(interval(FEW_LABELS).is_some());
    }

    #[test]
    fn raters_are_judges_or_the_votes_of_one() {
        let yes = |judge| opinion(judge, Some(true));
        let no = |judge| opinion(judge, Some(false));
        for (opinions, expected) in [
            (vec![yes("a"), yes("a"), no("a")], (2, 1)),
            (vec![yes("a"), yes("a"), no("a"), no("b")], (1, 1)),
            (vec![yes("a"), no("a"), no("b"), opinion("b", None)], (0, 1)),
            (vec![opinion("a", None)], (0, 0)),
        ] {
            assert_eq!(ratings(&opinions), expected, "{opinions:?}");
        }
    }

    #[test]
    fn a_favourite_place_is_found_by_case() {
        let pair = |case, place: &[ByPlace]| {
            let mut record = judged(case, 0, true, &[]);
            let opinions = place.iter().map(|place| Opinion {
                by_place: Some(*place),
                ..opinion("a", Some(true))
            });
            record.checks[0].opinions = opinions.collect();
            record
        };
        let mut records: Vec<Record> = (0..7).map(|case| pair(case, &[ByPlace::First])).collect();
        records.push(pair(7, &[ByPlace::No]));
        // Many trials of one case are one case.
        records.extend([(); 5].map(|()| pair(8, &[ByPlace::Last, ByPlace::Last, ByPlace::First])));
        let (pairs, p) = only(&records).by_place().unwrap();
        assert_eq!((pairs.n, pairs.first, pairs.last), (23, 12, 10));
        assert!((p - 0.070_312_5).abs() < 1e-12, "7 of 8 cases: {p}");
        assert_eq!(
            only(&[judged(0, 0, true, &[(true, None)])]).by_place(),
            None
        );
    }

    #[test]
    fn opinions_of_one_answer_are_told_from_answers_to_one_question() {
        // Two cases, two answers of each, two votes of each answer: [[1,1],[1,0]], [[0,0],[0,0]].
        let trial = |case, repeat, votes: [bool; 2]| {
            let mut record = judged(case, 0, true, &[]);
            record.at.repeat = repeat;
            record.checks[0].opinions = votes.map(|vote| opinion("a", Some(vote))).to_vec();
            record
        };
        let mut records = vec![
            trial(0, 0, [true, true]),
            trial(0, 1, [true, false]),
            trial(1, 0, [false, false]),
            trial(1, 1, [false, false]),
        ];
        let (causes, questions) = only(&records).causes().unwrap();
        assert_eq!(questions, 2);
        // Mean squares: votes (0 + 1/2 + 0 + 0) / 4, answers (1/4)² · 2 · 2 / 2, cases (3/4)² / 2 · 4.
        assert!((causes.judge - 0.125).abs() < 1e-12, "{causes:?}");
        assert!((causes.answers - 0.0).abs() < 1e-12, "{causes:?}");
        assert!((causes.cases - 0.25).abs() < 1e-12, "{causes:?}");
        records.truncate(1);
        assert_eq!(only(&records).causes(), None);
    }

    #[test]
    fn what_tells_nothing_is_not_kept() {
        let mut benches = Benches::default();
        benches.add(&judged(0, 0, true, &[]));
        let mut unasked = judged(0, 0, true, &[(true, None)]);
        unasked.checks[0].opinions.clear();
        benches.add(&unasked);
        assert_eq!(benches.iter().count(), 0);
    }
}
