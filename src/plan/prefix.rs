//! What all questions of each prompt begin with: the part that a prompt cache can keep.

use std::sync::Arc;

use super::beginning::Beginning;
use super::build::Plan;
use super::planned::PlannedSuite;
use super::trial::Trial;
use crate::model::Request;
use crate::suite::ModelEntry;

/// Cases that are looked at.
const LOOKED_AT: usize = 20;

impl Plan {
    /// Returns for each prompt of a suite with how many bytes of text every question of it begins, tools and system prompt included,
    /// as its first cases show; 0 where there is but one case, or a question cannot be rendered.
    pub fn prefixes(&self, suite: usize) -> Vec<u64> {
        let count = self.suites[suite].suite.prompts.len();
        let beginnings = (0..count).map(|prompt| {
            let trials = self.first_trials(suite, prompt, LOOKED_AT);
            let requests = asked(trials).filter(|requests| requests.len() > 1)?;
            shared(&requests)
        });
        let bytes = |beginning: Option<Beginning>| beginning.map_or(0, |it| it.bytes());
        beginnings.map(bytes).collect()
    }

    /// Lets entries that ask for it keep what the questions of a prompt begin with, where `pays` says so: it is told the entry, the
    /// prompt's name, how it begins, and how many of the suite's first questions begin so.
    ///
    /// Those are the suite's first cases, chosen or not, so that a question is put in the same way whatever is asked beside it.
    pub fn keep_beginnings(
        &mut self,
        mut pays: impl FnMut(&ModelEntry, &str, &Beginning, u64) -> bool,
    ) {
        for suite in 0..self.suites.len() {
            if self.suites[suite]
                .entries
                .iter()
                .any(|entry| entry.cache_auto)
            {
                let kept = self.kept(suite, &mut pays);
                self.suites[suite].kept = kept;
            }
        }
    }

    /// Returns what is kept, by entry and prompt.
    fn kept(
        &self,
        suite: usize,
        pays: &mut impl FnMut(&ModelEntry, &str, &Beginning, u64) -> bool,
    ) -> Vec<Vec<Option<Arc<Beginning>>>> {
        let part = &self.suites[suite];
        let prompts = &part.suite.prompts;
        let mut kept = Vec::new();
        for (index, entry) in part.entries.iter().enumerate() {
            let mut of_entry = Vec::new();
            for (prompt, named) in prompts.iter().enumerate() {
                let found = entry.cache_auto.then(|| beginning(part, index, prompt));
                let found = found.flatten();
                let found = found.filter(|(beginning, questions)| {
                    pays(entry, &named.name, beginning, *questions)
                });
                of_entry.push(found.map(|(beginning, _)| Arc::new(beginning)));
            }
            kept.push(of_entry);
        }
        kept
    }
}

/// Returns what the first cases of a suite begin with, put to one of its entries, and how many questions they are at least.
fn beginning(part: &PlannedSuite, entry: usize, prompt: usize) -> Option<(Beginning, u64)> {
    let cases = part.suite.cases().take(LOOKED_AT).filter_map(Result::ok);
    let cases: Vec<_> = cases.filter(|case| case.output.is_none()).collect();
    let questions = cases.iter().map(|case| u64::from(case.repeat)).sum();
    let cases = cases.into_iter().map(Arc::new);
    let trials = cases.map(|case| part.trial_of(&case, entry, prompt));
    Some((shared(&asked(trials)?)?, questions))
}

/// Returns the questions of trials, canned answers aside; `None` if one cannot be rendered.
fn asked(trials: impl Iterator<Item = Trial>) -> Option<Vec<Request>> {
    let asked = trials.filter(|trial| trial.case.output.is_none());
    asked
        .map(|trial| trial.request(&trial.context(), false).ok())
        .collect()
}

fn shared(requests: &[Request]) -> Option<Beginning> {
    let (first, others) = requests.split_first()?;
    let mut beginning = Beginning::of(first);
    for other in others {
        beginning.shorten(other);
    }
    Some(beginning)
}
