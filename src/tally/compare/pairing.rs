//! Answers to one question, side by side: records in the order of the plan become pairs.

use std::collections::{BTreeMap, HashMap};

use super::baseline::Baseline;
use super::contest::{Contest, Opponent};
use super::outcome::Outcome;
use super::pair_set::{Flip, PairSet};
use crate::journal::{Header, Record, SuiteRecord};

/// The comparisons of a run in the making. Fed one record at a time, in the order of the plan.
#[derive(Debug)]
pub struct Pairing<'a> {
    contests: Vec<(Contest, PairSet)>,
    earlier: Option<&'a Baseline>,
    /// The number of each group, by suite and name.
    groups: HashMap<(u32, String), u64>,
    open: Option<OpenCase>,
    /// Questions of each contest that the earlier run has.
    matched: Vec<u64>,
}

/// The case that is being read.
#[derive(Debug)]
struct OpenCase {
    suite: u32,
    case: u64,
    name: String,
    case_id: String,
    case_hash: String,
    group: Option<u64>,
    /// By model and prompt.
    outcomes: BTreeMap<(u32, u32), Outcome>,
}

impl<'a> Pairing<'a> {
    /// Begins with no record.
    pub fn new(contests: Vec<Contest>, earlier: Option<&'a Baseline>) -> Self {
        Self {
            matched: vec![0; contests.len()],
            contests: contests
                .into_iter()
                .map(|contest| (contest, PairSet::default()))
                .collect(),
            earlier,
            groups: HashMap::new(),
            open: None,
        }
    }

    /// Takes in a trial.
    pub fn add(&mut self, header: &Header, record: &Record) {
        let at = record.at;
        if self.contests.is_empty() {
            return;
        }
        let is_open = |open: &OpenCase| (open.suite, open.case) == (at.suite, at.case);
        if !self.open.as_ref().is_some_and(is_open) {
            self.close(header);
            let groups = &mut self.groups;
            let group = record.cluster.as_ref().map(|name| {
                let next = groups.len() as u64;
                *groups.entry((at.suite, name.clone())).or_insert(next)
            });
            self.open = Some(OpenCase {
                suite: at.suite,
                case: at.case,
                name: record.case.clone(),
                case_id: record.case_id.clone(),
                case_hash: record.case_hash.clone(),
                group,
                outcomes: BTreeMap::new(),
            });
        }
        let suite = header.suites.get(at.suite as usize);
        let model = suite.and_then(|suite| suite.models.get(at.model as usize));
        if let Some(open) = &mut self.open {
            let outcome = open.outcomes.entry((at.model, at.prompt)).or_default();
            outcome.add(record, model.and_then(|model| model.price.as_ref()));
        }
    }

    /// Ends with the last record; returns each comparison with its pairs.
    pub fn finish(mut self, header: &Header) -> Vec<(Contest, PairSet)> {
        self.close(header);
        for ((contest, pairs), matched) in self.contests.iter_mut().zip(&self.matched) {
            let Some(suite) = header.suites.get(contest.suite as usize) else {
                continue;
            };
            let prompts = match contest.candidate.prompt {
                Some(_) => 1,
                None => u64::from(suite.prompt_count()),
            };
            // What the baseline does not have cannot be compared.
            pairs.questions = (suite.cases * prompts).saturating_sub(pairs.new);
            if let (Opponent::Earlier(_), Some(earlier)) = (&contest.baseline, self.earlier) {
                pairs.gone = earlier.questions(&suite.name).saturating_sub(*matched);
            }
        }
        self.contests
    }

    /// Ends the case that was being read.
    fn close(&mut self, header: &Header) {
        let Some(open) = self.open.take() else {
            return;
        };
        let Some(suite) = header.suites.get(open.suite as usize) else {
            return;
        };
        for ((contest, pairs), matched) in self.contests.iter_mut().zip(&mut self.matched) {
            if contest.suite == open.suite {
                *matched += open.meet(suite, contest, self.earlier, pairs);
            }
        }
    }
}

impl OpenCase {
    /// Adds the pairs of the case; returns how many of its questions the earlier run has.
    fn meet(
        &self,
        suite: &SuiteRecord,
        contest: &Contest,
        earlier: Option<&Baseline>,
        pairs: &mut PairSet,
    ) -> u64 {
        // Cases and groups of all suites are told apart.
        const CASE: u64 = 1 << 63;
        const SUITE: u32 = 40;
        let of = |model: u32, prompt: u32| {
            let outcome = self.outcomes.get(&(model, prompt));
            outcome.copied().unwrap_or_default()
        };
        let unit = self.group;
        let unit = unit.unwrap_or(CASE | (u64::from(self.suite) << SUITE) | self.case);
        let prompts = match contest.candidate.prompt {
            Some(prompt) => prompt..prompt + 1,
            None => 0..suite.prompt_count(),
        };
        let grouped = self.group.is_some() || prompts.len() > 1;
        let mut matched = 0;
        for prompt in prompts {
            let candidate = of(contest.candidate.model, prompt);
            let flip = || Flip {
                case: self.name.clone(),
                case_id: self.case_id.clone(),
                prompt: suite.prompt_name(prompt),
            };
            let baseline = match (&contest.baseline, earlier) {
                (Opponent::Here(side), _) => of(side.model, side.prompt.unwrap_or(prompt)),
                (Opponent::Earlier(label), Some(earlier)) => {
                    let name = suite.prompt_name(prompt);
                    let one = suite.prompt_count() == 1;
                    let Some(row) = earlier.row(&suite.name, &self.case_id, &name, one) else {
                        pairs.new += 1;
                        continue;
                    };
                    matched += 1;
                    pairs.changed += u64::from(row.case_hash != self.case_hash);
                    row.models.get(label).copied().unwrap_or_default()
                }
                (Opponent::Earlier(_), None) => continue,
            };
            if candidate.trials > 0 || baseline.trials > 0 {
                pairs.add(unit, grouped, &candidate, &baseline, flip);
            }
        }
        matched
    }
}
