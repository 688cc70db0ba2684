//! The published document from what was counted.

use jiff::Timestamp;

use super::comparisons::ComparisonRow;
use super::document::{
    CostPerPass, CostSummary, Counts, LatencyQuantile, LatencySummary, ModelRow, PromptRow, Rate,
    Report, RunSummary, SCHEMA, SuiteSummary, Tokens,
};
use super::front::FrontRow;
use super::gates::GateRow;
use super::judges::JudgeRow;
use super::noise::NoiseRow;
use crate::catalog::Usd;
use crate::journal::{Header, Stopped};
use crate::model::Usage;
use crate::tally::{Benches, CONFIDENCE, Count, Estimate, Tally, Timing, TimingQuantile};

impl Report {
    /// Returns the document of a run that was counted. `end` is when it ended and why; `None` if it was killed.
    pub(super) fn of(
        header: &Header,
        tally: &Tally,
        benches: &Benches,
        (comparisons, front, gates): (Vec<ComparisonRow>, Vec<FrontRow>, Vec<GateRow>),
        end: Option<(Timestamp, Option<Stopped>)>,
    ) -> Self {
        let rows: Vec<ModelRow> = suite_rows(header, tally).collect();
        let planned: u64 = rows.iter().filter_map(|row| row.counts.planned).sum();
        let asked: u64 = rows.iter().map(|row| row.counts.trials).sum();
        let not_asked = planned.saturating_sub(asked);
        let stopped_by = end.and_then(|(_, stopped)| stopped);
        let cost = CostSummary::of(header, tally);
        Self {
            schema: SCHEMA,
            run: RunSummary {
                id: header.run.id.clone(),
                started_at: header.run.started_at,
                finished_at: end.map(|(at, _)| at),
                tool_version: header.run.tool_version.clone(),
                complete: not_asked == 0,
                stopped_by,
                seed: header.run.seed,
                git_commit: header.run.git_commit.clone(),
                planned,
                not_asked,
            },
            suites: header
                .suites
                .iter()
                .map(|suite| SuiteSummary {
                    name: suite.name.clone(),
                    path: suite.path.clone(),
                    cases: suite.cases,
                })
                .collect(),
            models: rows
                .into_iter()
                .chain(overall_rows(header, tally))
                .collect(),
            judges: JudgeRow::all(header, benches),
            noise: NoiseRow::all(header, tally),
            comparisons,
            front,
            gates,
            cost,
            exit_code: 0,
        }
    }
}

/// Returns a row per suite and model entry, in the order of the plan.
fn suite_rows<'a>(header: &'a Header, tally: &'a Tally) -> impl Iterator<Item = ModelRow> + 'a {
    header
        .suites
        .iter()
        .zip(0u32..)
        .flat_map(move |(suite, suite_at)| {
            suite
                .models
                .iter()
                .zip(0u32..)
                .map(move |(model, model_at)| {
                    let count = tally.model(suite_at, model_at);
                    let unpriced = model.price.is_none();
                    let complete = count.trials() >= model.planned;
                    let prompts = tally.prompts(suite_at, model_at).map(|(at, count)| {
                        let planned = match suite.prompts.len() {
                            0 | 1 => Some(model.planned),
                            _ => complete.then(|| count.trials()),
                        };
                        PromptRow {
                            prompt: suite.prompt_name(at),
                            counts: Counts::of(count, planned, unpriced),
                        }
                    });
                    ModelRow {
                        suite: Some(suite.name.clone()),
                        model: model.model.clone(),
                        label: model.label.clone(),
                        counts: Counts::of(&count, Some(model.planned), unpriced),
                        prompts: prompts.collect(),
                    }
                })
        })
}

fn overall_rows(header: &Header, tally: &Tally) -> impl Iterator<Item = ModelRow> {
    tally.overall(header).into_iter().map(|row| ModelRow {
        suite: None,
        model: row.models.join(", "),
        counts: Counts::of(&row.count, Some(row.planned), row.unpriced),
        label: row.label,
        prompts: Vec::new(),
    })
}

/// Returns a time in milliseconds, rounded to the thousandth.
pub(super) fn milliseconds(time: f64) -> f64 {
    (time * 1000.0).round() / 1000.0
}

impl Counts {
    fn of(count: &Count, planned: Option<u64>, unpriced: bool) -> Self {
        let metrics = count
            .metrics()
            .map(|(name, mean)| (name.to_owned(), mean.into()));
        Self {
            planned,
            trials: count.trials(),
            passed: count.passed,
            failed: count.failed,
            undecided: count.undecided,
            errors: count.errors,
            not_asked: planned.map(|planned| planned.saturating_sub(count.trials())),
            n: count.n(),
            pass_rate: count.pass_rate().map(Rate::from),
            mean_score: count.mean_score().map(Rate::from),
            metrics: metrics.collect(),
            usage: count.usage.into(),
            cost_usd: count.cost,
            batch_cost_usd: count.otherwise.batch,
            flex_cost_usd: count.otherwise.flex,
            cached_cost_usd: count.otherwise.cached,
            paid_usd: count.paid,
            judge_cost_usd: count.judge_cost,
            cost_per_pass_usd: count.cost_per_pass().map(|cost| CostPerPass {
                value: cost.value,
                low: cost.interval.map(|ends| ends.low),
                high: cost.interval.map(|ends| ends.high),
            }),
            unpriced,
            latency_ms: count.latency().map(LatencySummary::from),
            ttft_ms: count.first_token().map(LatencySummary::from),
            attempts: count.attempts,
            throttled: count.throttled,
            retried: count.retried,
            cut_off: count.cut_off,
            estimated: count.estimated,
            batched: count.batched,
            cache_hit_rate: hit_rate(&count.usage),
        }
    }
}

/// Returns the part of prompt tokens that came from the cache; `None` where none was used.
#[expect(clippy::cast_precision_loss, reason = "no run has 2^52 tokens")]
fn hit_rate(usage: &Usage) -> Option<f64> {
    let is_used = usage.cache_read_tokens + usage.cache_write_tokens > 0;
    is_used.then(|| usage.cache_read_tokens as f64 / usage.prompt_tokens() as f64)
}

impl CostSummary {
    fn of(header: &Header, tally: &Tally) -> Self {
        let zero = Some(Usd::ZERO);
        let (mut paid, mut judges, mut saved) = (zero, zero, zero);
        let mut unpriced_models: Vec<String> = Vec::new();
        for (suite, suite_at) in header.suites.iter().zip(0u32..) {
            for (_, model_at) in suite.models.iter().zip(0u32..) {
                for (_, count) in tally.prompts(suite_at, model_at) {
                    paid = paid.zip(count.paid).map(|(sum, more)| sum + more);
                    judges = judges.zip(count.judge_paid).map(|(sum, more)| sum + more);
                    saved = saved
                        .zip(count.saved_by_cache)
                        .map(|(sum, more)| sum + more);
                }
            }
            let models = suite
                .models
                .iter()
                .map(|model| (&model.model, &model.price));
            let judges = suite
                .judges
                .iter()
                .map(|judge| (&judge.model, &judge.price));
            for (model, price) in models.chain(judges) {
                if price.is_none() && !unpriced_models.contains(model) {
                    unpriced_models.push(model.clone());
                }
            }
        }
        Self {
            total_usd: paid.zip(judges).map(|(answers, judges)| answers + judges),
            answers_usd: paid,
            judges_usd: judges,
            saved_by_cache_usd: saved,
            unpriced_models,
        }
    }
}

impl From<Estimate> for Rate {
    fn from(estimate: Estimate) -> Self {
        Self {
            value: estimate.value,
            low: estimate.interval.map(|ends| ends.low),
            high: estimate.interval.map(|ends| ends.high),
            confidence: CONFIDENCE,
            method: estimate.method.as_str().to_owned(),
            clusters: estimate.clusters,
        }
    }
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            cache_write_1h_tokens: usage.cache_write_1h_tokens,
        }
    }
}

impl From<Timing> for LatencySummary {
    fn from(timing: Timing) -> Self {
        let quantile = |quantile: TimingQuantile| LatencyQuantile {
            value: milliseconds(quantile.value),
            low: quantile.bounds.low.map(milliseconds),
            high: quantile.bounds.high.map(milliseconds),
        };
        Self {
            p50: quantile(timing.p50),
            p90: quantile(timing.p90),
            p95: quantile(timing.p95),
            p99: quantile(timing.p99),
            mean: milliseconds(timing.mean),
            max: milliseconds(timing.max),
            n: timing.n,
        }
    }
}
