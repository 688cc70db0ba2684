//! Verdicts that hold whenever one stops: evidence on candidates, case by case in the order of asking.
//!
//! Fed with records as they finish. A case counts once both sides have finished it, and once all before it in the order have: an
//! answer that is slow, or a model that is, must not decide which cases are seen.

use std::collections::BTreeMap;

use super::contest::{Contest, Opponent};
use super::evidence::Evidence;
use super::outcome::Outcome;
use crate::gate::{Against, Gate};
use crate::journal::{Header, Record, SuiteRecord};
use crate::stats::LEVEL;
use crate::tally::gates::{Curtail, least_rate};

/// Evidence on every candidate of a run.
#[derive(Debug)]
pub struct Early {
    watches: Vec<Watch>,
    /// Cases that are not finished by all, by suite and place.
    open: BTreeMap<(u32, u64), OpenCase>,
    /// Gates on pass rates, which the rest may no longer change.
    bounds: Curtail,
    /// Model entries that need not be asked any more, by suite.
    decided: Vec<(u32, u32)>,
}

/// One candidate against its baseline.
#[derive(Debug)]
struct Watch {
    suite: u32,
    candidate: u32,
    baseline: u32,
    evidence: Evidence,
    /// The place of the case that counts next.
    next: u64,
    /// Cases that have counted, by place, as far as they came before their turn.
    waiting: BTreeMap<u64, Option<f64>>,
}

#[derive(Debug)]
struct OpenCase {
    trials: u64,
    /// By model: outcomes by prompt, and trials seen.
    models: BTreeMap<u32, (BTreeMap<u32, Outcome>, u64)>,
}

impl Early {
    /// Begins to watch the comparisons of a run; those whose suite has gates that need every case, or groups, are never decided
    /// early; a gate on a pass rate needs no more once the rest cannot change it. Several candidates share the level.
    pub fn new(header: &Header, contests: &[Contest]) -> Self {
        let watches = contests.iter().filter_map(|contest| {
            let suite = header.suites.get(contest.suite as usize)?;
            let Opponent::Here(baseline) = &contest.baseline else {
                return None;
            };
            let by_models = baseline.prompt.is_none() && contest.candidate.prompt.is_none();
            let rivals = contests.iter().filter(|one| one.suite == contest.suite);
            let rivals = u32::try_from(rivals.count()).unwrap_or(u32::MAX);
            (by_models && can_stop(suite)).then(|| Watch {
                suite: contest.suite,
                candidate: contest.candidate.model,
                baseline: baseline.model,
                evidence: Evidence::new(LEVEL / f64::from(rivals), suite.margin),
                next: 0,
                waiting: BTreeMap::new(),
            })
        });
        Self {
            watches: watches.collect(),
            open: BTreeMap::new(),
            bounds: Curtail::new(header, contests),
            decided: Vec::new(),
        }
    }

    /// Takes in a finished trial; returns the model entries, by suite, that need not be asked any more.
    pub fn add(&mut self, header: &Header, record: &Record) -> Vec<(u32, u32)> {
        let at = record.at;
        let (Some(turn), Some(suite)) = (record.turn, header.suites.get(at.suite as usize)) else {
            return Vec::new();
        };
        let price = suite.models.get(at.model as usize);
        let price = price.and_then(|model| model.price.as_ref());
        let case = self
            .open
            .entry((at.suite, turn.place))
            .or_insert_with(|| OpenCase {
                trials: turn.trials,
                models: BTreeMap::new(),
            });
        let (outcomes, seen) = case.models.entry(at.model).or_default();
        outcomes.entry(at.prompt).or_default().add(record, price);
        *seen += 1;
        // Groups hang together, and there is no telling when one is complete.
        if record.cluster.is_some() {
            self.watches.retain(|watch| watch.suite != at.suite);
        }
        self.bounds.add(record, turn.trials);
        for watch in &mut self.watches {
            if watch.suite != at.suite || ![watch.candidate, watch.baseline].contains(&at.model) {
                continue;
            }
            let Some(difference) = case.difference(watch.candidate, watch.baseline) else {
                continue;
            };
            watch.waiting.insert(turn.place, difference);
            while let Some(counted) = watch.waiting.remove(&watch.next) {
                watch.next += 1;
                if let Some((difference, plain)) = counted.map(|it| (it, turn.trials == 1)) {
                    watch.evidence.add(difference, plain);
                }
            }
        }
        let all = suite.models.len();
        if case.models.len() == all && case.models.values().all(|(_, seen)| *seen >= case.trials) {
            self.open.remove(&(at.suite, turn.place));
        }
        self.fresh(suite, at.suite)
    }

    /// Returns the model entries of a suite that need not be asked any more since now.
    fn fresh(&mut self, suite: &SuiteRecord, at: u32) -> Vec<(u32, u32)> {
        let is_watched = self.watches.iter().any(|watch| watch.suite == at);
        if !can_stop(suite) || (wants_verdicts(suite) && !is_watched) {
            return Vec::new();
        }
        let entries = (0u32..).zip(&suite.models).map(|(model, _)| (at, model));
        let (asked, others): (Vec<_>, Vec<_>) =
            entries.partition(|entry| !self.wants(suite, *entry).is_empty());
        let known = self.decided.len();
        for entry in &asked {
            let is_done = self.wants(suite, *entry).iter().all(|is_there| *is_there);
            if is_done && !self.decided.contains(entry) {
                self.decided.push(*entry);
            }
        }
        // Nobody is left to hold the others against.
        if !asked.is_empty() && asked.iter().all(|entry| self.decided.contains(entry)) {
            for entry in others {
                if !self.decided.contains(&entry) {
                    self.decided.push(entry);
                }
            }
        }
        self.decided[known..].to_vec()
    }

    /// Returns for everything that is to be known of a model entry whether it is there: its verdict, and whether its gates hold.
    fn wants(&self, suite: &SuiteRecord, entry: (u32, u32)) -> Vec<bool> {
        let mut watches = self.watches.iter();
        let watch = watches.find(|watch| (watch.suite, watch.candidate) == entry);
        let verdict = watch.filter(|_| wants_verdicts(suite));
        let verdict = verdict.map(|watch| watch.evidence.is_decided());
        verdict
            .into_iter()
            .chain(self.bounds.is_settled(entry))
            .collect()
    }

    /// Returns the model entries, by suite, that need not be asked any more.
    pub fn decided(&self) -> &[(u32, u32)] {
        &self.decided
    }

    /// Returns what is known of a candidate, if it was watched.
    pub fn evidence(&self, contest: &Contest) -> Option<&Evidence> {
        let mut watches = self.watches.iter();
        let found = watches.find(|watch| {
            (watch.suite, watch.candidate) == (contest.suite, contest.candidate.model)
        });
        found.map(|watch| &watch.evidence)
    }
}

/// Returns whether a suite asks for verdicts: it has no gates, one that compares, or a margin.
fn wants_verdicts(suite: &SuiteRecord) -> bool {
    let compares = |gate: &Gate| gate.against().is_some();
    suite.gates.is_empty() || suite.margin.is_some() || suite.gates.iter().any(compares)
}

/// Returns whether a suite's gates ask for nothing but the verdict that is watched, and pass rates.
fn can_stop(suite: &SuiteRecord) -> bool {
    let mut gates = suite.gates.iter();
    gates.all(|gate| {
        let is_default = |against: &Against| {
            let margin = against.margin.is_none() || against.margin == suite.margin;
            let baseline = against.baseline.is_none() || against.baseline == suite.baseline;
            margin && baseline && against.confidence.is_none()
        };
        least_rate(gate).is_some() || gate.against().is_some_and(is_default)
    })
}

impl OpenCase {
    /// Returns the difference of two models' rates once both have finished the case: the mean over prompts that both were judged
    /// on, `Some(None)` if there is none; `None` before.
    #[expect(
        clippy::option_option,
        reason = "not finished, finished without a verdict, and finished with one"
    )]
    fn difference(&self, candidate: u32, baseline: u32) -> Option<Option<f64>> {
        let finished = |model| {
            let (outcomes, seen) = self.models.get(&model)?;
            (*seen >= self.trials).then_some(outcomes)
        };
        let (ours, theirs) = (finished(candidate)?, finished(baseline)?);
        let apart = ours.iter().filter_map(|(prompt, outcome)| {
            let other = theirs.get(prompt)?;
            Some(outcome.rate()? - other.rate()?)
        });
        let apart: Vec<f64> = apart.collect();
        Some((!apart.is_empty()).then(|| crate::stats::mean(&apart)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::Turn;
    use crate::stats::Verdict;
    use crate::tally::compare::{Chosen, contests};
    use crate::tally::fixture::{failed, header_of, record, suite};

    fn header(cases: u64, margin: Option<f64>) -> Header {
        let mut suite = suite("support", cases);
        suite.margin = margin;
        header_of(vec![suite])
    }

    /// The trials of a case: baseline and candidate.
    fn pair(case: u64, baseline: bool, candidate: bool) -> [Record; 2] {
        [(0, baseline), (1, candidate)].map(|(model, passes)| {
            let mut trial = record(0, case, 0, model);
            trial.turn = Some(Turn {
                place: case,
                trials: 1,
            });
            if passes { trial } else { failed(trial, "no") }
        })
    }

    fn watch(header: &Header) -> Early {
        Early::new(header, &contests(header, None, &Chosen::default()))
    }

    fn evidence<'a>(early: &'a Early, header: &Header) -> &'a Evidence {
        let contests = contests(header, None, &Chosen::default());
        early.evidence(&contests[0]).unwrap()
    }

    /// Oracle: eight flips one way have evidence 28.4, seven 16.
    #[test]
    fn a_clear_difference_is_decided_at_its_eighth_flip() {
        let header = header(100, None);
        let mut early = watch(&header);
        let mut decided = Vec::new();
        for case in 0..8 {
            for trial in pair(case, false, true) {
                decided.extend(early.add(&header, &trial));
            }
            assert_eq!(decided.is_empty(), case < 7, "{case}");
        }
        // The candidate needs no more, and nobody is left to hold the baseline against.
        assert_eq!(decided, [(0, 1), (0, 0)]);
        let found = evidence(&early, &header);
        assert_eq!(found.verdict(), Verdict::Better);
        assert_eq!(found.decided_after(), Some(8));
        assert!((found.p_value() - 1.0 / 28.444_444_444).abs() < 1e-6);
    }

    #[test]
    fn what_comes_out_of_turn_waits() {
        let header = header(100, None);
        let mut early = watch(&header);
        for case in (1..30).rev() {
            for trial in pair(case, false, true) {
                assert_eq!(early.add(&header, &trial), []);
            }
        }
        assert_eq!(evidence(&early, &header).cases(), 0);
        let [baseline, candidate] = pair(0, false, true);
        early.add(&header, &baseline);
        assert_eq!(early.add(&header, &candidate), [(0, 1), (0, 0)]);
        assert_eq!(evidence(&early, &header).decided_after(), Some(8));
    }

    #[test]
    fn a_margin_is_proven_by_cases_that_agree() {
        let header = header(400, Some(0.1));
        let mut early = watch(&header);
        let mut after = None;
        for case in 0..400 {
            for trial in pair(case, true, true) {
                if !early.add(&header, &trial).is_empty() {
                    after.get_or_insert(case + 1);
                }
            }
        }
        assert_eq!(evidence(&early, &header).verdict(), Verdict::NonInferior);
        assert!(
            after.is_some_and(|after| (25..80).contains(&after)),
            "{after:?}"
        );
    }

    #[test]
    fn gates_that_need_every_case_keep_a_run_going() {
        let mut header = header(100, Some(0.1));
        for (gate, can_stop) in [
            ("no_worse_than", true),
            ("latency_p95<=2000", false),
            ("no_worse_than@0.99", false),
        ] {
            header.suites[0].gates = vec![gate.parse().unwrap()];
            assert_eq!(!watch(&header).watches.is_empty(), can_stop, "{gate}");
        }
    }

    #[test]
    fn a_gate_on_a_pass_rate_is_settled_when_the_rest_cannot_change_it() {
        let mut header = header(10, None);
        header.suites[0].baseline = Some(header.suites[0].models[0].label.clone());
        header.suites[0].gates = vec!["pass_rate>=0.8".parse().unwrap()];
        for (passes, after) in [(true, 8), (false, 3)] {
            let mut early = watch(&header);
            let mut decided = Vec::new();
            for case in 0..10 {
                for trial in pair(case, true, passes) {
                    let fresh = early.add(&header, &trial);
                    decided.extend(fresh.into_iter().map(|entry| (entry, case + 1)));
                }
            }
            // The baseline is not judged: it goes on as long as anybody is.
            assert_eq!(decided, [((0, 1), after), ((0, 0), after)], "{passes}");
        }
        // A margin asks for a verdict too.
        header.suites[0].margin = Some(0.1);
        let mut early = watch(&header);
        for case in 0..10 {
            for trial in pair(case, true, true) {
                assert_eq!(early.add(&header, &trial), []);
            }
        }
    }

    proptest! {
        #[test]
        fn the_order_of_finishing_decides_nothing(
            cases in prop::collection::vec((any::<bool>(), any::<bool>()), 1..40),
            swaps in prop::collection::vec((0usize..80, 0usize..80), 0..60),
        ) {
            let header = header(cases.len() as u64, Some(0.2));
            let trials: Vec<Record> = (0u64..).zip(&cases).flat_map(|(case, (a, b))| pair(case, *a, *b)).collect();
            let mut mixed = trials.clone();
            for (a, b) in swaps {
                let n = mixed.len();
                mixed.swap(a % n, b % n);
            }
            let run = |trials: &[Record]| {
                let mut early = watch(&header);
                for trial in trials {
                    early.add(&header, trial);
                }
                let found = evidence(&early, &header);
                (found.verdict(), found.decided_after(), found.cases(), found.interval())
            };
            prop_assert_eq!(run(&trials), run(&mixed));
        }
    }
}
