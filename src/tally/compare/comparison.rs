//! What comes of a comparison: the difference, how sure it is, what it costs, and a verdict.

use super::contest::Contest;
use super::evidence::Evidence;
use super::pair_set::{PairSet, real};
use crate::stats::{
    Differences, Interval, PairTable, USUAL_DISCORDANCE, Verdict, cases_for_margin, cases_needed,
    detectable, detectable_at_best, detectable_rate, fieller, holm, mean,
};
use crate::tally::{CONFIDENCE, Estimate, Method};

/// The confidence of the interval whose ends are one-sided bounds at 95 %.
const NARROW: f64 = 0.9;
/// The share of questions that must have a pair before a verdict is given.
pub const ENOUGH: f64 = 0.98;
/// Fewer groups than this tell nothing of how sure a difference is.
const FEWEST_GROUPS: u64 = 5;
/// The difference that is planned for where no margin says what matters: five points.
const USUAL_DIFFERENCE: f64 = 0.05;

/// What comes of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The candidate's pass rate less the baseline's, over pairs; `None` without a pair.
    pub difference: Option<Estimate>,
    /// The interval whose ends are one-sided 95 % bounds.
    pub narrow: Option<Interval>,
    /// The two-sided p-value of no difference, and by which test.
    pub p_value: Option<(f64, &'static str)>,
    /// The same, adjusted for the number of candidates.
    pub adjusted: Option<f64>,
    /// How much worse than the baseline is still as good.
    pub margin: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why no verdict could be given, where that is why it is inconclusive.
    pub withheld: Option<Withheld>,
    /// What would be, had every missing verdict gone against the candidate; `None` if none is missing.
    pub worst_case: Option<WorstCase>,
    /// The smallest difference that so many questions find in 80 % of runs; `None` without a pair.
    pub detectable: Option<f64>,
    /// How many cases would tell, where these do not.
    pub needed: Option<Needed>,
    /// The share of the baseline's cost that is saved; `None` if one is unpriced.
    pub cost_saving: Option<Ratio>,
    /// The candidate's latency over the baseline's, by geometric means.
    pub latency_ratio: Option<Ratio>,
    /// What the candidate first, and the baseline where its check fails, would come to; `None` if one is unpriced, or the candidate
    /// is not the cheaper one.
    pub cascade: Option<CascadeOutcome>,
    /// What was watched while asking, where the run may have stopped before its end.
    pub watched: Option<Watched>,
}

/// What the cheaper model first, and the other one where a check fails, would come to, from the answers that there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CascadeOutcome {
    /// The share of questions that the cheaper model settles.
    pub accepted: f64,
    /// The share of questions that pass in the end.
    pub pass_rate: f64,
    /// The share of the baseline's cost that is saved.
    pub cost_saving: Ratio,
}

/// How evidence grew while a run that may stop before its end was asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Cases that counted.
    pub cases: u64,
    /// After how many of them the verdict was there; `None` if it is not.
    pub decided_after: Option<u64>,
}

/// Why no verdict is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer than 98 % of the questions have a pair.
    Incomplete,
    /// There are fewer than five groups of cases.
    FewGroups,
    /// There are fewer than two pairs.
    FewPairs,
}

/// A ratio with its interval; `None` where there is no finite one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
}

/// The worst that missing verdicts could have made of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstCase {
    /// The difference.
    pub difference: f64,
    /// Whether the verdict would be another.
    pub flips: bool,
}

/// How many cases a question needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needed {
    /// Cases.
    pub cases: u64,
    /// The difference, or the margin, that is asked about.
    pub difference: f64,
    /// Whether it is a margin.
    pub is_margin: bool,
}

/// Returns what comes of comparisons. Those of one suite and baseline are one family, whose p-values are adjusted together.
pub fn compared(
    sets: &[(Contest, PairSet)],
    margin: impl Fn(&Contest) -> Option<f64>,
) -> Vec<Comparison> {
    let mut all: Vec<Comparison> = sets
        .iter()
        .map(|(contest, pairs)| Comparison::unadjusted(pairs, margin(contest)))
        .collect();
    let family = |at: usize| (sets[at].0.suite, &sets[at].0.baseline_name);
    for at in 0..sets.len() {
        // A model is no candidate to take its own place.
        let rivals = |other: &usize| *other == at || !sets[*other].0.is_noise_floor();
        let members = (0..sets.len()).filter(|other| family(*other) == family(at));
        let members = members.filter(rivals);
        let members = members.filter(|other| *other == at || !sets[at].0.is_noise_floor());
        let members: Vec<usize> = members.filter(|at| all[*at].p_value.is_some()).collect();
        let p_values: Vec<f64> = members
            .iter()
            .filter_map(|at| Some(all[*at].p_value?.0))
            .collect();
        let place = members.iter().position(|other| *other == at);
        all[at].adjusted = place.map(|place| holm(&p_values)[place]);
    }
    for (comparison, (_, pairs)) in all.iter_mut().zip(sets) {
        comparison.decide(pairs);
    }
    all
}

impl Comparison {
    /// Returns the comparison of one candidate alone.
    pub fn single(pairs: &PairSet, margin: Option<f64>) -> Self {
        let mut comparison = Self::unadjusted(pairs, margin);
        comparison.adjusted = comparison.p_value.map(|(p, _)| p);
        comparison.decide(pairs);
        comparison
    }

    fn unadjusted(pairs: &PairSet, margin: Option<f64>) -> Self {
        let differences = pairs.differences();
        let plain = pairs.is_plain() && !pairs.is_empty();
        let interval = |confidence| {
            if plain {
                Some(pairs.table.score_interval(confidence))
            } else {
                Some(differences.as_ref()?.interval(confidence))
            }
        };
        let value = match &differences {
            _ if plain => Some(pairs.table.difference()),
            Some(differences) => Some(differences.mean),
            None => pairs.only_difference(),
        };
        let difference = value.map(|value| Estimate {
            value,
            interval: interval(CONFIDENCE),
            method: if plain { Method::Tango } else { Method::T },
            clusters: pairs.groups(),
        });
        let p_value = if plain {
            Some((pairs.table.mid_p(), "mcnemar_midp"))
        } else {
            differences.as_ref().map(p_of)
        };
        Self {
            difference,
            narrow: interval(NARROW),
            p_value,
            adjusted: None,
            margin,
            verdict: Verdict::Inconclusive,
            withheld: None,
            worst_case: None,
            watched: None,
            cascade: cascade(pairs),
            detectable: found_by(pairs, differences.as_ref(), plain),
            needed: None,
            cost_saving: saving(pairs),
            latency_ratio: pairs.log_latencies().map(|logs| {
                let ends = logs.interval_unclipped(CONFIDENCE);
                Ratio {
                    value: logs.mean.exp(),
                    interval: Some(Interval {
                        low: ends.low.exp(),
                        high: ends.high.exp(),
                    }),
                }
            }),
        }
    }

    /// Holds the verdict to evidence that was looked at after every case, of so many candidates. A test of the answers that there
    /// are would be another look at them.
    pub fn watch(&mut self, evidence: &Evidence, candidates: usize, pairs: &PairSet) {
        self.watched = Some(Watched {
            cases: evidence.cases(),
            decided_after: evidence.decided_after(),
        });
        self.verdict = evidence.verdict();
        self.withheld = None;
        if pairs.completeness_of_asked() < ENOUGH {
            self.withheld = Some(Withheld::Incomplete);
            self.verdict = Verdict::Inconclusive;
        }
        self.worst_case = None;
        if self.verdict != Verdict::Inconclusive {
            self.needed = None;
        }
        let p = evidence.p_value();
        self.p_value = Some((p, "e_value"));
        self.adjusted = Some((p * real(candidates as u64)).min(1.0));
        self.narrow = Some(evidence.interval());
        if let Some(difference) = &mut self.difference {
            difference.interval = self.narrow;
            difference.method = Method::Betting;
        }
    }

    /// Gives the verdict, once p-values are adjusted.
    pub(in crate::tally) fn decide(&mut self, pairs: &PairSet) {
        self.withheld = withheld(pairs);
        let (Some(difference), Some(narrow), Some(p)) =
            (self.difference, self.narrow, self.adjusted)
        else {
            return;
        };
        let Some(wide) = difference.interval else {
            return;
        };
        let found = Verdict::of(wide, narrow, p, self.margin);
        if self.withheld.is_none() {
            self.verdict = found;
        }
        self.worst_case = pairs.worst().map(|(worst, table)| {
            let ends = |confidence, of: Interval| {
                if pairs.is_plain() {
                    return table.score_interval(confidence);
                }
                let by = worst - difference.value;
                Interval {
                    low: of.low + by,
                    high: of.high + by,
                }
            };
            let p = if pairs.is_plain() { table.mid_p() } else { p };
            let (wide, narrow) = (ends(CONFIDENCE, wide), ends(NARROW, narrow));
            let then = Verdict::of(wide, narrow, p, self.margin);
            WorstCase {
                difference: worst,
                flips: self.withheld.is_none() && then != found,
            }
        });
        let undecided = matches!(
            self.verdict,
            Verdict::Inconclusive | Verdict::WorseMarginUnclear
        );
        let margin = self.margin.filter(|margin| *margin > 0.0);
        let few = !matches!(self.withheld, Some(Withheld::Incomplete));
        if undecided && few && (margin.is_some() || self.verdict == Verdict::Inconclusive) {
            let discordance = discordance(&pairs.table);
            self.needed = Some(match margin {
                Some(margin) => Needed {
                    cases: cases_for_margin(discordance, margin),
                    difference: margin,
                    is_margin: true,
                },
                None => Needed {
                    cases: up(cases_needed(
                        discordance.max(USUAL_DIFFERENCE),
                        USUAL_DIFFERENCE,
                    )),
                    difference: USUAL_DIFFERENCE,
                    is_margin: false,
                },
            });
        }
    }
}

fn p_of(differences: &Differences) -> (f64, &'static str) {
    match differences.sign_flip_p() {
        Some(p) => (p, "sign_flip"),
        None => (differences.t_p(), "t"),
    }
}

fn withheld(pairs: &PairSet) -> Option<Withheld> {
    if pairs.len() < 2 {
        Some(Withheld::FewPairs)
    } else if pairs.completeness() < ENOUGH {
        Some(Withheld::Incomplete)
    } else if pairs.groups().is_some_and(|groups| groups < FEWEST_GROUPS) {
        Some(Withheld::FewGroups)
    } else {
        None
    }
}

/// Returns the smallest difference that is found in 80 % of runs.
fn found_by(pairs: &PairSet, differences: Option<&Differences>, plain: bool) -> Option<f64> {
    if pairs.is_empty() {
        return None;
    }
    let by_spread = differences.filter(|found| !plain && found.error > f64::EPSILON);
    Some(match by_spread {
        Some(differences) => detectable(differences.error).min(1.0),
        None => {
            let n = pairs.groups().unwrap_or_else(|| pairs.len());
            detectable_rate(n, discordance(&pairs.table)).unwrap_or_else(|| detectable_at_best(n))
        }
    })
}

/// Returns the share of questions on which both differ; the usual one where they never do.
fn discordance(table: &PairTable) -> f64 {
    if table.discordant() == 0 {
        return USUAL_DISCORDANCE;
    }
    real(table.discordant()) / real(table.n())
}

/// Returns what asking the candidate first would come to. A check that needs the right answer is not there in production: that is
/// for the reader to know.
fn cascade(pairs: &PairSet) -> Option<CascadeOutcome> {
    let (ours, theirs) = pairs.costs();
    if theirs.is_empty() || mean(&ours) >= mean(&theirs) {
        return None;
    }
    let (accepted, passed) = pairs.first_accepted();
    let (cascade, strong) = pairs.cascade_costs();
    let ends = fieller(&cascade, &strong, CONFIDENCE);
    Some(CascadeOutcome {
        accepted,
        pass_rate: passed,
        cost_saving: Ratio {
            value: 1.0 - mean(&cascade) / mean(&strong),
            interval: ends.map(|ends| Interval {
                low: 1.0 - ends.high,
                high: 1.0 - ends.low,
            }),
        },
    })
}

/// Returns the share of the baseline's cost that the candidate saves.
pub(super) fn saving(pairs: &PairSet) -> Option<Ratio> {
    let (ours, theirs) = pairs.costs();
    if theirs.is_empty() || mean(&theirs) <= 0.0 {
        return None;
    }
    Some(Ratio {
        value: 1.0 - mean(&ours) / mean(&theirs),
        interval: fieller(&ours, &theirs, CONFIDENCE).map(|ends| Interval {
            low: 1.0 - ends.high,
            high: 1.0 - ends.low,
        }),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of cases are positive"
)]
fn up(cases: f64) -> u64 {
    cases.ceil() as u64
}
