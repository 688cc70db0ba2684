//! What a run came to: all that formats for people and the document need, gathered in one pass over the records.

use std::collections::BTreeMap;

use super::comparisons::ComparisonRow;
use super::document::Report;
use super::front::FrontRow;
use super::gates::GateRow;
use super::trouble::Troubles;
use crate::journal::{Header, Record};
use crate::tally::{
    Baseline, Benches, Chosen, Comparison, Contest, Early, PairSet, Pairing, PlanOrder,
    RecordsError, Tally, compared, contests, decided, front, front_contests, gate_contests, pooled,
};

/// What a run is compared with.
#[derive(Debug, Clone, Default)]
pub struct Comparing {
    /// An earlier run, in place of models of the run itself.
    pub earlier: Option<Baseline>,
    /// Whom a command names in place of those that the run does.
    pub chosen: Chosen,
    /// Whether a command named the margin after the run.
    pub margin_post_hoc: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Findings {
    /// The published document. Its exit code is 0 until the command that ends with another says so.
    pub report: Report,
    /// What went wrong, by name.
    pub(super) troubles: Troubles,
    /// The percentiles of latencies in milliseconds, from the least to the greatest, by label.
    pub(super) latencies: BTreeMap<String, Vec<f64>>,
}

impl Findings {
    /// Reads every record once, in the order of the plan, and hands each to `see`.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or what `see` says.
    pub fn gather<E: From<RecordsError>>(
        records: &mut PlanOrder,
        comparing: &Comparing,
        mut see: impl FnMut(&Header, Record) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut tally = Tally::default();
        let mut benches = Benches::default();
        let mut troubles = Troubles::new(records.header());
        let earlier = comparing.earlier.as_ref();
        let mut contests = contests(records.header(), earlier, &comparing.chosen);
        let made = contests.len();
        contests.extend(gate_contests(records.header(), &contests));
        contests.extend(front_contests(records.header(), &contests));
        let watched = records.header().options.stop_early;
        let mut early = watched.then(|| Early::new(records.header(), &contests[..made]));
        let mut pairing = Pairing::new(contests, earlier);
        records.each(|header, record| {
            tally.add(header, &record);
            troubles.add(header, &record);
            benches.add(&record);
            pairing.add(header, &record);
            if let Some(early) = &mut early {
                early.add(header, &record);
            }
            see(header, record)
        })?;
        let (header, end) = (records.header(), records.end());
        troubles.finish(header);
        let sets = pairing.finish(header);
        let margin = |contest: &Contest| margin_of(header, contest);
        let mut comparisons = compared(&sets[..made], margin);
        for ((contest, pairs), comparison) in sets.iter().zip(&mut comparisons) {
            let rivals = sets[..made].iter();
            let rivals = rivals.filter(|(rival, _)| rival.suite == contest.suite);
            let early = early.as_ref().and_then(|early| early.evidence(contest));
            if let Some(evidence) = early {
                comparison.watch(evidence, rivals.count(), pairs);
            }
        }
        let gates = decided(header, &tally, &sets, &comparisons);
        let gates = gates.iter().map(|decided| GateRow::of(header, decided));
        let gates = gates.collect();
        // Where suites may have stopped at any time, what they have together is no sample.
        let joined = match &early {
            Some(_) => Vec::new(),
            None => pooled(header, &sets[..made]),
        };
        let of_joined = compared(&joined, margin);
        let row = |((contest, pairs), comparison): (&(Contest, PairSet), &Comparison)| {
            let run = earlier.map(|earlier| earlier.head.run.as_str());
            let post_hoc = comparing.margin_post_hoc;
            ComparisonRow::of(header, contest, pairs, comparison, run, post_hoc)
        };
        let rows = sets.iter().zip(&comparisons).map(row);
        let rows = rows.chain(joined.iter().zip(&of_joined).map(row));
        let rows = rows.collect();
        // Nor is it known of models that were asked until something else was clear.
        let front = match early {
            Some(_) => Vec::new(),
            None => front(header, &sets),
        };
        let front = front.into_iter().map(|found| FrontRow::of(header, found));
        let front = front.collect();
        Ok(Self {
            report: Report::of(header, &tally, &benches, (rows, front, gates), end),
            troubles,
            latencies: tally.percentiles(header),
        })
    }
}

/// Returns the margin of a comparison; over several suites, the one that all of them declare.
fn margin_of(header: &Header, contest: &Contest) -> Option<f64> {
    match header.suites.get(contest.suite as usize) {
        Some(suite) => suite.margin,
        None => {
            let first = header.suites.first()?.margin;
            let mut all = header.suites.iter();
            first.filter(|_| all.all(|suite| suite.margin == first))
        }
    }
}
