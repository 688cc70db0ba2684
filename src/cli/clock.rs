//! When a run will be done: what was expected of its lanes, corrected by what is seen of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::catalog::Quota;
use crate::run::{LaneSettings, Load, makespan, remaining};

/// Latencies of a lane that are kept, the newest.
const LATENCIES: usize = 256;
/// Latencies from which on what is seen stands in the place of what was expected.
const TELLING: usize = 20;
/// Between two looks at what is still expected: imagining a lane takes a few milliseconds.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What is expected of a run, lane by lane.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// Lanes of the models under test.
    pub(super) answers: Vec<ExpectedLane>,
    /// Lanes of judges.
    pub(super) judges: Vec<ExpectedLane>,
}

/// What is expected of a lane.
#[derive(Debug)]
pub(super) struct ExpectedLane {
    /// The model's id.
    pub(super) model: String,
    /// What is to be asked.
    pub(super) load: Load,
    /// What it keeps to.
    pub(super) quota: Quota,
    /// How it is driven.
    pub(super) settings: LaneSettings,
    /// Trials that will be done.
    pub(super) trials: u64,
    /// Whether one call goes ahead to warm a cache.
    pub(super) warms: bool,
}

impl ExpectedLane {
    /// Returns how long the lane takes.
    fn makespan(&self) -> Duration {
        let ahead = if self.warms {
            self.mean_latency()
        } else {
            Duration::ZERO
        };
        ahead.saturating_add(makespan(&self.load, &self.quota, &self.settings))
    }

    fn mean_latency(&self) -> Duration {
        let count = u32::try_from(self.load.latencies.len()).unwrap_or(u32::MAX);
        let sum: Duration = self.load.latencies.iter().sum();
        sum.checked_div(count).unwrap_or_default()
    }
}

impl Expected {
    /// Returns how long the whole takes: as long as its slowest lane, and judging after the last answer.
    pub(super) fn total(&self) -> Duration {
        self.longest(&self.answers) + self.judging()
    }

    /// Returns how long the slowest of some lanes takes, or the slowest judge if that is slower.
    fn longest(&self, lanes: &[ExpectedLane]) -> Duration {
        let spans = lanes.iter().chain(&self.judges).map(ExpectedLane::makespan);
        spans.max().unwrap_or_default()
    }

    /// Returns how long judging one answer takes.
    fn judging(&self) -> Duration {
        let each = self.judges.iter().map(ExpectedLane::mean_latency);
        each.max().unwrap_or_default()
    }
}

/// A run in time.
pub(super) struct Clock {
    began: Instant,
    expected: Expected,
    /// By model.
    lanes: BTreeMap<String, Seen>,
    all: Seen,
    looked: Option<Instant>,
}

/// What is seen of a lane.
#[derive(Default)]
struct Seen {
    planned: u64,
    /// When its trials were done, in seconds.
    finished: Vec<f64>,
    latencies: Vec<Duration>,
    /// How long it takes in all, in seconds.
    whole: Option<f64>,
    is_given_up: bool,
}

impl Clock {
    /// Begins with a run of `planned` trials of which nothing is expected yet.
    pub(super) fn new(planned: u64) -> Self {
        Self {
            began: Instant::now(),
            expected: Expected::default(),
            lanes: BTreeMap::new(),
            all: Seen {
                planned,
                ..Seen::default()
            },
            looked: None,
        }
    }

    /// Returns how long the run has been going on.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Takes in what is expected.
    pub(super) fn expect(&mut self, expected: Expected) {
        for lane in &expected.answers {
            let seen = self.lanes.entry(lane.model.clone()).or_default();
            seen.planned += lane.trials;
        }
        self.expected = expected;
        self.looked = None;
    }

    /// Counts a trial of a model that is done, and how long the model took.
    pub(super) fn finished(&mut self, model: &str, latency: Option<Duration>) {
        let now = self.elapsed().as_secs_f64();
        self.all.finished.push(now);
        if !self.lanes.contains_key(model) {
            self.lanes.insert(model.to_owned(), Seen::default());
        }
        let Some(seen) = self.lanes.get_mut(model) else {
            return;
        };
        seen.finished.push(now);
        let Some(latency) = latency else {
            return;
        };
        if seen.latencies.len() < LATENCIES {
            seen.latencies.push(latency);
        } else {
            let oldest = seen.finished.len() % LATENCIES;
            seen.latencies[oldest] = latency;
        }
    }

    /// Notes that a model is asked no more.
    pub(super) fn give_up(&mut self, model: &str) {
        if let Some(seen) = self.lanes.get_mut(model) {
            seen.is_given_up = true;
        }
    }

    /// Returns how long the run will go on; `None` if nobody can tell.
    pub(super) fn left(&mut self) -> Option<Duration> {
        let elapsed = self.elapsed().as_secs_f64();
        if self.expected.answers.is_empty() {
            return seconds(remaining(
                &self.all.finished,
                self.all.planned,
                elapsed,
                None,
            )?);
        }
        if self
            .looked
            .is_none_or(|looked| looked.elapsed() >= LOOK_EVERY)
        {
            self.look();
        }
        let open = self.lanes.values().filter(|seen| !seen.is_given_up);
        let left = open.map(|seen| remaining(&seen.finished, seen.planned, elapsed, seen.whole));
        let left: Option<Vec<f64>> = left.collect();
        let longest = left?.into_iter().fold(0.0, f64::max);
        seconds(longest)
    }

    /// Imagines the lanes anew, with the latencies that were seen.
    fn look(&mut self) {
        self.looked = Some(Instant::now());
        let judges = self.expected.longest(&[]);
        let judging = self.expected.judging();
        for seen in self.lanes.values_mut() {
            seen.whole = None;
        }
        for lane in &mut self.expected.answers {
            let Some(seen) = self.lanes.get_mut(&lane.model) else {
                continue;
            };
            if seen.latencies.len() >= TELLING {
                lane.load.latencies.clone_from(&seen.latencies);
            }
            let whole = lane.makespan().max(judges) + judging;
            // A model that is asked in several regions has several lanes.
            let others = seen.whole.unwrap_or_default();
            seen.whole = Some(others.max(whole.as_secs_f64()));
        }
    }
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}
