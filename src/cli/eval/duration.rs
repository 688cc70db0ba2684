//! How long a run will take: its lanes in imagined time, by what earlier runs took and the quotas that are known.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::lanes::{quota_of, settings};
use super::learn::learned;
use crate::catalog::Catalog;
use crate::cli::clock::{Expected, ExpectedLane};
use crate::journal::RunOptions;
use crate::model::Usage;
use crate::plan::Plan;
use crate::run::{LaneSettings, Load};
use crate::tally::{Forecast, ForecastRow, Learned};

/// Trials that are looked at to know what a large plan is like.
const LOOKED_AT: u64 = 1_000;
/// From one trial that is looked at to the next: primes, so that prompts, models and repeats, which take turns, all have theirs.
const STEPS: [usize; 8] = [1, 11, 31, 101, 307, 1_009, 3_001, 10_007];
/// Runs that are looked at, and bytes of their journals, while a run has begun already.
const FEW: (usize, u64) = (5, 64 << 20);
/// How long an answer takes of a model that nobody has heard yet, in seconds: before its first token, and for each token.
/// About what current models of medium size take; what is observed soon stands in its place.
const USUAL_LATENCY: (f64, f64) = (0.8, 0.0125);

/// What a plan needs of its lanes, by model and region.
#[derive(Default)]
struct Sum {
    calls: f64,
    bytes: f64,
    max_tokens: f64,
    input: f64,
    output: f64,
    read: f64,
    latencies: Vec<Duration>,
    /// Trials, canned ones included.
    trials: u64,
}

/// Returns a plan's lanes with what is to be done in each, as `forecast` has it, which looked at every `step`-th trial.
pub(super) fn lanes_of(
    plan: &Plan,
    forecast: &Forecast,
    step: usize,
    learned: &Learned,
    catalog: &Catalog,
    options: &RunOptions,
) -> Expected {
    let mut sums: BTreeMap<(String, Option<String>), Sum> = BTreeMap::new();
    for row in forecast.rows.iter().filter(|row| row.calls > 0) {
        let key = (row.model.clone(), row.region.clone());
        sums.entry(key).or_default().add(row, step, learned);
    }
    let settings = settings(options);
    let answers = lanes(sums, catalog, options, &settings);
    let judges = lanes(judging(plan, learned), catalog, options, &settings);
    Expected { answers, judges }
}

fn lanes(
    sums: BTreeMap<(String, Option<String>), Sum>,
    catalog: &Catalog,
    options: &RunOptions,
    settings: &LaneSettings,
) -> Vec<ExpectedLane> {
    let lanes = sums.into_iter().map(|((model, region), sum)| ExpectedLane {
        quota: quota_of(&model, region.as_deref(), catalog, options),
        settings: settings.clone(),
        trials: sum.trials,
        warms: sum.read > 0.0,
        load: sum.load(),
        model,
    });
    lanes.collect()
}

/// Returns what judges will be asked, as far as earlier runs tell.
fn judging(plan: &Plan, learned: &Learned) -> BTreeMap<(String, Option<String>), Sum> {
    let mut sums: BTreeMap<(String, Option<String>), Sum> = BTreeMap::new();
    for part in &plan.suites {
        let trials = float(part.trials_per_model * part.entries.len() as u64);
        for judge in part.suite.helpers() {
            let request = judge.request;
            let Some((each, usage)) = learned.judge(&part.suite.name, &request.model) else {
                continue;
            };
            let calls = each * trials;
            let key = (request.model.clone(), request.region.clone());
            let sum = sums.entry(key).or_default();
            sum.calls += calls;
            sum.bytes += calls * float(usage.prompt_tokens() * 4);
            sum.max_tokens += calls * f64::from(request.params.max_tokens);
            sum.input += calls * float(usage.prompt_tokens());
            sum.output += calls * float(usage.output_tokens);
            let seen = learned.latencies("", &request.model);
            sum.latencies
                .extend(seen.iter().filter_map(|it| millis(*it)));
        }
    }
    sums
}

impl Sum {
    fn add(&mut self, row: &ForecastRow, step: usize, learned: &Learned) {
        let burden = &row.burden;
        let asked = (row.calls * step as u64).min(row.planned);
        let each = float(asked) / float(row.calls);
        let calls = burden.attempts * each;
        self.trials += row.planned;
        self.calls += calls;
        self.bytes += float(burden.bytes) * each;
        self.max_tokens += float(burden.max_tokens) * each;
        self.input += float(burden.usage.input_tokens) * each;
        self.read += float(burden.usage.cache_read_tokens) * each;
        self.output += float(burden.usage.output_tokens) * each;
        let seen = learned.latencies(&row.suite, &row.model);
        let share = float(asked) / calls.max(1.0);
        let seen = seen.iter().filter_map(|latency| millis(latency * share));
        self.latencies.extend(seen);
    }

    fn load(self) -> Load {
        let calls = self.calls.max(1.0);
        let output = self.output / calls;
        let mut latencies = self.latencies;
        if latencies.is_empty() {
            let (before, token) = USUAL_LATENCY;
            latencies.extend(Duration::try_from_secs_f64(before + output * token));
        }
        Load {
            calls: whole(self.calls),
            bytes: usize::try_from(whole(self.bytes / calls)).unwrap_or(usize::MAX),
            max_tokens: u32::try_from(whole(self.max_tokens / calls)).unwrap_or(u32::MAX),
            usage: Usage {
                cache_read_tokens: whole(self.read / calls),
                ..Usage::new(whole(self.input / calls), whole(output))
            },
            latencies,
        }
    }
}

/// What is needed to say how long a run takes that has begun already.
pub(super) struct Ahead {
    pub(super) plan: Arc<Plan>,
    pub(super) catalog: Catalog,
    pub(super) options: RunOptions,
    /// Where earlier runs are.
    pub(super) runs: PathBuf,
    /// The run itself, which tells nothing.
    pub(super) run: String,
    /// The share of the plan that is still to be asked.
    pub(super) left: f64,
    /// What earlier runs tell, once it was read: it is told to others as well.
    pub(super) learned: Arc<OnceLock<Learned>>,
}

impl Ahead {
    /// Looks at some of the plan and at a few earlier runs; `None` if a dataset can no longer be read, which the run itself will say.
    pub(super) fn look(self) -> Option<Expected> {
        let (runs, bytes) = FEW;
        let read = || learned(&self.plan, &self.runs, Some(&self.run), runs, bytes);
        let learned = self.learned.get_or_init(read);
        let wanted = usize::try_from(self.plan.len() / LOOKED_AT).unwrap_or(usize::MAX);
        let step = STEPS.into_iter().find(|step| *step >= wanted);
        let step = step.unwrap_or(STEPS[STEPS.len() - 1]);
        let forecast = Forecast::of_some(&self.plan, step, |_| None, learned).ok()?;
        let mut expected = lanes_of(
            &self.plan,
            &forecast,
            step,
            learned,
            &self.catalog,
            &self.options,
        );
        for lane in expected.answers.iter_mut().chain(&mut expected.judges) {
            lane.trials = whole(float(lane.trials) * self.left);
            lane.load.calls = whole(float(lane.load.calls) * self.left);
        }
        Some(expected)
    }
}

fn millis(latency: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(latency / 1e3).ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below what a float tells apart"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are positive and far below what a float tells apart"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}
