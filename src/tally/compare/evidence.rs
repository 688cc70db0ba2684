//! What cases say of one candidate, as a verdict that holds whenever one looks.

use crate::stats::sequential::{Bets, ConfidenceSequence, FlipEvidence};
use crate::stats::{Interval, Verdict};

/// What cases so far say of one candidate.
#[derive(Debug, Clone)]
pub struct Evidence {
    level: f64,
    margin: Option<f64>,
    flips: FlipEvidence,
    better: Bets,
    worse: Bets,
    within: Option<Bets>,
    beyond: Option<Bets>,
    /// The largest evidence of a difference, and whether the candidate was ahead then.
    highest: (f64, bool),
    /// Whether each case is a single pass or fail.
    plain: bool,
    means: ConfidenceSequence,
    cases: u64,
    decided_after: Option<u64>,
}

impl Evidence {
    pub(super) fn new(level: f64, margin: Option<f64>) -> Self {
        let margin = margin.filter(|margin| *margin > 0.0);
        let bets = |margin| Bets::not_worse(margin, level);
        Self {
            level,
            margin,
            flips: FlipEvidence::default(),
            better: Bets::new(0.5, level / 2.0),
            worse: Bets::new(0.5, level / 2.0),
            within: margin.map(bets),
            // That the candidate is worse by more than the margin: the mirrored difference is above it.
            beyond: margin.map(|margin| bets(-margin)),
            highest: (1.0, false),
            plain: true,
            means: ConfidenceSequence::new(level, None),
            cases: 0,
            decided_after: None,
        }
    }

    pub(super) fn add(&mut self, difference: f64, plain: bool) {
        self.cases += 1;
        self.plain &= plain;
        let up = f64::midpoint(1.0, difference);
        self.flips.up += u64::from(difference > 0.0);
        self.flips.down += u64::from(difference < 0.0);
        self.better.add(up);
        self.worse.add(1.0 - up);
        self.means.add(up);
        if let Some(within) = &mut self.within {
            within.add(up);
        }
        if let Some(beyond) = &mut self.beyond {
            beyond.add(1.0 - up);
        }
        let found = if self.plain {
            (self.flips.of_difference(), self.flips.up > self.flips.down)
        } else {
            // Two bets share the level.
            let (better, worse) = (self.better.capital(), self.worse.capital());
            (better.max(worse) / 2.0, better > worse)
        };
        if found.0 > self.highest.0 {
            self.highest = found;
        }
        if self.is_decided() {
            self.decided_after.get_or_insert(self.cases);
        }
    }

    /// Returns whether more cases are not needed for a verdict: a difference without a margin, and with one, on which side of it
    /// the candidate is, or that it is better.
    pub fn is_decided(&self) -> bool {
        match self.verdict() {
            Verdict::Inconclusive => false,
            Verdict::WorseMarginUnclear => self.margin.is_none(),
            _ => true,
        }
    }

    /// Returns the verdict, which holds whenever one looks.
    pub fn verdict(&self) -> Verdict {
        let enough = 1.0 / self.level;
        let reached =
            |bets: &Option<Bets>| bets.as_ref().is_some_and(|bets| bets.highest() >= enough);
        let (real, ahead) = (self.highest.0 >= enough, self.highest.1);
        let (within, beyond) = (reached(&self.within), reached(&self.beyond));
        match (real, ahead) {
            (true, true) => Verdict::Better,
            _ if beyond => Verdict::WorseBeyondMargin,
            (true, false) if within => Verdict::WorseWithinMargin,
            _ if within => Verdict::NonInferior,
            (true, false) => Verdict::WorseMarginUnclear,
            (false, _) => Verdict::Inconclusive,
        }
    }

    /// Returns the p-value that there is no difference, which holds whenever one looks, before several candidates are adjusted for.
    pub fn p_value(&self) -> f64 {
        (1.0 / self.highest.0).min(1.0)
    }

    /// Returns the interval of the difference, which holds whenever one looks.
    pub fn interval(&self) -> Interval {
        let ends = self.means.interval();
        Interval {
            low: 2.0 * ends.low - 1.0,
            high: 2.0 * ends.high - 1.0,
        }
    }

    /// Returns how many cases have counted.
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// Returns after how many cases the verdict was there; `None` if it is not.
    pub fn decided_after(&self) -> Option<u64> {
        self.decided_after
    }
}
