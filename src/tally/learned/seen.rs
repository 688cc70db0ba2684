//! What related trials took: sums, and the line that leads from bytes of a question to tokens of its prompt.

use crate::catalog::Usd;
use crate::journal::{JudgeRecord, Record};
use crate::model::Usage;

/// Trials of newer runs from which on older ones tell nothing more.
const ENOUGH: u64 = 100;
/// Latencies that are kept: enough to know how they spread.
const LATENCIES: usize = 256;
/// Trials from which on a slope is looked for.
const ENOUGH_FOR_A_LINE: f64 = 8.0;
/// How far sizes must spread for a slope, as a share of their mean.
const SPREAD: f64 = 0.05;
/// How much of the spread of tokens a line must explain: what follows the size alone. Less is noise, and the plain ratio is safer.
const EXPLAINED: f64 = 0.8;
/// The steepest slope, against the plain ratio.
const STEEPEST: f64 = 1.5;

/// What related trials took together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seen {
    /// The newest run that told something, by its place in what was learned.
    pub(super) newest: usize,
    /// The oldest.
    oldest: usize,
    runs: u64,
    /// Trials.
    pub(super) trials: u64,
    /// From bytes to tokens of a prompt.
    pub(super) line: Line,
    output_tokens: u64,
    output_squared: f64,
    /// Trials whose prompt was read from a cache or written to it.
    cached: u64,
    cached_tokens: u64,
    /// Those that wrote, and whether for an hour.
    written: u64,
    for_an_hour: bool,
    judged: u64,
    judging: Usd,
    attempts: u64,
    /// Latencies in milliseconds, the first ones.
    latencies: Vec<f64>,
}

/// What is known of a prompt cache.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Caching {
    /// Mean tokens that a trial reads or writes.
    pub(super) tokens: f64,
    /// Trials of a run that write before the others can read.
    pub(super) writers: u64,
    /// The share of trials that write.
    pub(super) share: f64,
    /// Whether what is written lives for an hour.
    pub(super) for_an_hour: bool,
}

impl Seen {
    /// Begins with a run.
    pub(super) fn from(run: usize) -> Self {
        Self {
            newest: run,
            oldest: run,
            runs: 1,
            ..Self::default()
        }
    }

    /// Returns whether a run, no newer than those before it, still tells something.
    pub(super) fn hears(&mut self, run: usize) -> bool {
        let is_next = self.oldest != run;
        if is_next && self.trials >= ENOUGH {
            return false;
        }
        self.oldest = run;
        self.runs += u64::from(is_next);
        true
    }

    /// Adds a trial that was answered, with `usage`.
    pub(super) fn add(&mut self, record: &Record, usage: &Usage, judges: &[JudgeRecord]) {
        self.trials += 1;
        if let Some(bytes) = record.prompt_bytes {
            self.line.add(bytes, usage.prompt_tokens());
        }
        self.output_tokens += usage.output_tokens;
        self.output_squared += float(usage.output_tokens).powi(2);
        let cached = usage.cache_read_tokens + usage.cache_write_tokens;
        self.cached += u64::from(cached > 0);
        self.cached_tokens += cached;
        self.written += u64::from(usage.cache_write_tokens > 0);
        self.for_an_hour |= usage.cache_write_1h_tokens > 0;
        self.add_judging(record, judges);
        self.attempts += record.attempts.len() as u64;
        if let (true, Some(latency)) = (self.latencies.len() < LATENCIES, record.latency_ms) {
            self.latencies.push(latency);
        }
    }

    /// Adds what judging a trial took, if it was judged.
    pub(super) fn add_judging(&mut self, record: &Record, judges: &[JudgeRecord]) {
        if let (false, Some(cost)) = (record.judge_calls.is_empty(), record.judge_cost(judges)) {
            self.judged += 1;
            self.judging += cost;
        }
    }

    /// Returns the mean tokens of an answer, or of all answers of a conversation.
    pub(super) fn output(&self) -> f64 {
        float(self.output_tokens) / float(self.trials)
    }

    /// Returns the standard error of that mean; all of it where a single answer was heard.
    pub(super) fn output_error(&self) -> f64 {
        let (n, mean) = (float(self.trials), self.output());
        if self.trials < 2 {
            return mean;
        }
        let variance = (self.output_squared / n - mean * mean).max(0.0) * n / (n - 1.0);
        (variance / n).sqrt()
    }

    /// Returns the mean cost of judging a trial that is judged; `None` if none was.
    pub(super) fn judging(&self) -> Option<Usd> {
        (self.judged > 0).then(|| Usd::from_pico(self.judging.pico() / i128::from(self.judged)))
    }

    /// Returns latencies of trials in milliseconds; empty if none was measured.
    pub(super) fn latencies(&self) -> &[f64] {
        &self.latencies
    }

    /// Returns the mean number of calls that a trial took.
    pub(super) fn attempts(&self) -> f64 {
        float(self.attempts) / float(self.trials)
    }

    /// Returns what is known of the prompt cache; `None` if it kept nothing.
    pub(super) fn caching(&self) -> Option<Caching> {
        (self.cached > 0).then(|| Caching {
            tokens: float(self.cached_tokens) / float(self.cached),
            writers: self.written.div_ceil(self.runs.max(1)),
            share: float(self.written) / float(self.cached),
            for_an_hour: self.for_an_hour,
        })
    }
}

/// A line through sizes of questions and tokens of their prompts.
///
/// The mean of what was seen, and from there along the slope: the regression estimator, or the ratio estimator where sizes
/// do not tell a slope. Source: W. G. Cochran, "Sampling Techniques", 3rd ed., chapters 6 and 7.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Line {
    count: u64,
    n: f64,
    bytes: f64,
    tokens: f64,
    bytes_squared: f64,
    tokens_squared: f64,
    product: f64,
}

impl Line {
    /// Adds a question of so many bytes whose prompt had so many tokens.
    pub(super) fn add(&mut self, bytes: u64, tokens: u64) {
        let (bytes, tokens) = (float(bytes), float(tokens));
        self.count += 1;
        self.n += 1.0;
        self.bytes += bytes;
        self.tokens += tokens;
        self.bytes_squared += bytes * bytes;
        self.tokens_squared += tokens * tokens;
        self.product += bytes * tokens;
    }

    /// Returns how many questions were added.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Returns the tokens of a prompt of so many bytes, along the line's own slope, or else along that of `others`; `None` if
    /// nothing was added.
    pub(super) fn at(&self, bytes: u64, others: Option<f64>) -> Option<f64> {
        let (mean_bytes, mean_tokens) = self.means()?;
        let ratio = mean_tokens / mean_bytes;
        let slope = self.slope().or(others).unwrap_or(ratio);
        let slope = slope.clamp(0.0, ratio * STEEPEST);
        Some((mean_tokens + slope * (float(bytes) - mean_bytes)).max(0.0))
    }

    fn means(&self) -> Option<(f64, f64)> {
        (self.bytes > 0.0).then(|| (self.bytes / self.n, self.tokens / self.n))
    }

    /// Returns the slope of least squares, tokens for each byte, if the sizes tell one.
    pub(super) fn slope(&self) -> Option<f64> {
        let (mean_bytes, mean_tokens) = self.means()?;
        let spread = (self.bytes_squared / self.n - mean_bytes * mean_bytes).max(0.0);
        let of_tokens = (self.tokens_squared / self.n - mean_tokens * mean_tokens).max(0.0);
        let together = self.product / self.n - mean_bytes * mean_tokens;
        let tells = self.n >= ENOUGH_FOR_A_LINE
            && spread.sqrt() > SPREAD * mean_bytes
            && together * together >= EXPLAINED * spread * of_tokens;
        tells.then(|| together / spread)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below what a float tells apart"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(u64, u64)]) -> Line {
        let mut line = Line::default();
        for (bytes, tokens) in points {
            line.add(*bytes, *tokens);
        }
        line
    }

    #[track_caller]
    fn check(points: &[(u64, u64)], at: u64, expected: f64) {
        let found = line(points).at(at, None).unwrap();
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    }

    #[test]
    fn nothing_seen_tells_nothing() {
        assert_eq!(Line::default().at(100, None), None);
    }

    #[test]
    fn few_questions_give_a_ratio() {
        check(&[(100, 25)], 400, 100.0);
        check(&[(100, 30), (300, 70)], 400, 100.0);
        // The slope of others is used where there is none of its own.
        let few = line(&[(100, 40)]);
        assert_eq!(few.slope(), None);
        assert_eq!(few.at(1_100, Some(0.25)), Some(290.0));
    }

    #[test]
    fn sizes_that_spread_tell_what_is_added_to_every_prompt() {
        // 500 tokens of instructions for tools, and a token for every four bytes.
        let points: Vec<(u64, u64)> = (1..=10).map(|n| (n * 400, 500 + n * 100)).collect();
        check(&points, 40_000, 10_500.0);
        check(&points, 0, 500.0);
    }

    #[test]
    fn sizes_that_do_not_spread_and_tokens_that_do_not_follow_give_a_ratio() {
        let same: Vec<(u64, u64)> = (0..20).map(|n| (1_000 + n % 2, 250)).collect();
        let found = line(&same).at(2_000, None).unwrap();
        assert!((found - 500.0).abs() < 1.0, "{found}");
        let noise: Vec<(u64, u64)> = (0..20).map(|n| (500 + n * 50, 100 + n % 7 * 30)).collect();
        let (all, mean) = (line(&noise), 100.0 + 30.0 * 2.85);
        assert!((all.at(975, None).unwrap() - mean).abs() < 1e-6);
        assert!((all.at(1_950, None).unwrap() - 2.0 * mean).abs() < 1e-6);
    }
}
