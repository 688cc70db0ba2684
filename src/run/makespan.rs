//! How long a lane takes for so many calls: the lane's own limiter, in imagined time. Pure: nobody waits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::lane::LaneSettings;
use super::limiter::{Limiter, Reservation, Settlement};
use crate::catalog::Quota;
use crate::model::Usage;

/// Calls that are imagined one by one; what comes after goes on at the pace of their second half.
const IMAGINED: u64 = 20_000;
/// The shortest step of imagined time.
const STEP: Duration = Duration::from_micros(1);

/// Calls that a lane is to make, all of them alike but for how long they take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Load {
    /// How many.
    pub calls: u64,
    /// Bytes of text of each.
    pub bytes: usize,
    /// `max_tokens` of each.
    pub max_tokens: u32,
    /// Tokens of each, when it is over.
    pub usage: Usage,
    /// Latencies as they were seen or are expected, in no special order; calls take one after the other, again and again.
    pub latencies: Vec<Duration>,
}

/// Returns how long a lane takes from its first call to its last answer, if the quota is what is told and nothing fails.
pub fn makespan(load: &Load, quota: &Quota, settings: &LaneSettings) -> Duration {
    let imagined = load.calls.min(IMAGINED);
    let beginning = Instant::now();
    let mut lane = Imagined {
        limiter: settings
            .limited
            .then(|| Limiter::new(quota, settings.approach, beginning)),
        beginning,
        now: Duration::ZERO,
        flying: BTreeMap::new(),
        last: Duration::ZERO,
    };
    let (mut half, mut half_at) = (0, Duration::ZERO);
    for number in 0..imagined {
        lane.start(load, number, settings.slots.max(1));
        if number == imagined / 2 {
            (half, half_at) = (number, lane.now);
        }
    }
    let rest = load.calls - imagined;
    if rest == 0 {
        return lane.last;
    }
    let pace = lane.now.saturating_sub(half_at).as_secs_f64() / to_f64(imagined - 1 - half);
    let rest = Duration::try_from_secs_f64(pace * to_f64(rest)).unwrap_or(Duration::MAX);
    lane.last.saturating_add(rest)
}

/// A lane in imagined time.
struct Imagined {
    limiter: Option<Limiter>,
    beginning: Instant,
    /// Since the beginning.
    now: Duration,
    /// Calls in flight by when they end, with what they reserved.
    flying: BTreeMap<(Duration, u64), Option<Reservation>>,
    /// When the last answer is there.
    last: Duration,
}

impl Imagined {
    /// Lets time pass until the next call can start, and starts it.
    fn start(&mut self, load: &Load, number: u64, slots: usize) {
        while self.flying.len() >= slots {
            self.land(load);
        }
        let reservation = loop {
            match self.admit(load) {
                Ok(reservation) => break reservation,
                Err(wait) => {
                    let at = self.now + wait.max(STEP);
                    match self.flying.first_key_value() {
                        Some(((end, _), _)) if *end <= at => self.land(load),
                        _ => self.now = at,
                    }
                }
            }
        };
        let latency = match load.latencies.len() {
            0 => Duration::ZERO,
            several => load.latencies[usize::try_from(number).unwrap_or(0) % several],
        };
        let end = self.now + latency;
        self.last = self.last.max(end);
        self.flying.insert((end, number), reservation);
    }

    /// Reserves what a call needs now, or says how long to wait.
    fn admit(&mut self, load: &Load) -> Result<Option<Reservation>, Duration> {
        let now = self.beginning + self.now;
        let Some(limiter) = &mut self.limiter else {
            return Ok(None);
        };
        limiter.admit(load.bytes, load.max_tokens, now).map(Some)
    }

    /// Lets time pass until the next call ends, and gives back what it did not use.
    fn land(&mut self, load: &Load) {
        let Some(((end, _), reservation)) = self.flying.pop_first() else {
            return;
        };
        self.now = self.now.max(end);
        if let (Some(limiter), Some(reservation)) = (&mut self.limiter, reservation) {
            let now = self.beginning + self.now;
            limiter.settle(reservation, Settlement::Used(&load.usage), now);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below what a float tells apart"
)]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds for `calls` of `seconds` each and a token in a byte; `quota` is tokens and requests per minute and the burndown.
    fn seconds(
        calls: u64,
        seconds: f64,
        slots: usize,
        quota: (Option<u64>, Option<u64>, u32),
        tokens: (u64, u64, u32),
    ) -> f64 {
        let (tokens_per_minute, requests_per_minute, output_burndown) = quota;
        let quota = Quota {
            tokens_per_minute,
            requests_per_minute,
            output_burndown,
        };
        let (input, output, max_tokens) = tokens;
        let load = Load {
            calls,
            bytes: usize::try_from(input * 4).unwrap(),
            max_tokens,
            usage: Usage::new(input, output),
            latencies: vec![Duration::from_secs_f64(seconds)],
        };
        let settings = LaneSettings {
            limited: true,
            ..LaneSettings::without_waiting(slots, 0)
        };
        makespan(&load, &quota, &settings).as_secs_f64()
    }

    /// By hand: nine seconds of a limit are there at the beginning.
    #[test]
    fn the_tightest_of_slots_requests_and_tokens_decides() {
        const NONE: (Option<u64>, Option<u64>, u32) = (None, None, 1);
        for (what, found, expected) in [
            ("nothing to do", seconds(0, 1.0, 4, NONE, (1, 1, 1)), 0.0),
            ("all at once", seconds(9, 2.0, 9, NONE, (1, 1, 1)), 2.0),
            (
                "ten at a time",
                seconds(100, 2.0, 10, NONE, (1, 1, 1)),
                20.0,
            ),
            (
                "one a second, nine at once",
                seconds(30, 1.0, 99, (None, Some(60), 1), (1, 1, 1)),
                22.0,
            ),
            // 100 tokens a second, 900 at once; 100 for each call, of which one is under way for the last.
            (
                "tokens",
                seconds(59, 0.5, 99, (Some(6_000), None, 1), (50, 50, 50)),
                50.5,
            ),
            // The same with output that counts ten times: 50 + 500.
            (
                "burndown",
                seconds(59, 0.5, 99, (Some(6_000), None, 10), (50, 50, 50)),
                316.0,
            ),
            // Reservations of 300, of which 100 are used: three at once and then one in three seconds, 13 until the first
            // end after 30; then five in nine seconds, the last of 30 at 57.
            (
                "max_tokens",
                seconds(30, 30.0, 99, (Some(6_000), None, 1), (50, 50, 250)),
                87.0,
            ),
        ] {
            assert!(
                (found - expected).abs() < 0.02 * expected + 0.01,
                "{what}: {found}, not {expected}"
            );
        }
    }

    #[test]
    fn a_limit_that_nobody_told_is_approached() {
        let load = Load {
            calls: 1_000,
            latencies: vec![Duration::from_millis(100)],
            ..Load::default()
        };
        let quota = Quota {
            tokens_per_minute: None,
            requests_per_minute: None,
            output_burndown: 1,
        };
        let settings = |approach| LaneSettings {
            limited: true,
            approach,
            ..LaneSettings::without_waiting(256, 0)
        };
        let at_once = makespan(&load, &quota, &settings(false));
        let with_care = makespan(&load, &quota, &settings(true));
        assert!(at_once < Duration::from_millis(450), "{at_once:?}");
        assert!(
            with_care > Duration::from_secs(1) && with_care < Duration::from_secs(3),
            "{with_care:?}"
        );
    }

    #[test]
    fn what_is_not_imagined_goes_on_at_the_same_pace() {
        let of = |calls| seconds(calls, 1.0, 100, (None, None, 1), (1, 1, 1));
        let (imagined, all) = (of(IMAGINED), of(IMAGINED * 10));
        assert!((all / imagined - 10.0).abs() < 0.15, "{all}, {imagined}");
    }
}
