//! A model's quota as token buckets: reserve before a call, settle after it. Pure: told the time, never waits.
//!
//! Bedrock holds back the whole prompt and `max_tokens` when a request starts, and charges input, cache writes and
//! output times a burndown rate when it ends; cache reads are free. A bucket may go into debt at settlement, which delays
//! later admissions.

use std::time::{Duration, Instant};

use crate::catalog::Quota;
use crate::model::Usage;

/// Seconds of quota that may be used at once.
const BURST_SECONDS: f64 = 10.0;

/// A bucket that refills evenly.
#[derive(Debug, Clone)]
struct Bucket {
    per_second: f64,
    capacity: f64,
    level: f64,
    at: Instant,
}

/// The quota of one model in one region.
#[derive(Debug, Clone)]
pub(super) struct Limiter {
    tokens: Option<Bucket>,
    requests: Option<Bucket>,
    burndown: f64,
}

/// Tokens that are held back for a call in flight.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a reservation is settled when its call ends"]
pub(super) struct Reservation(f64);

impl Bucket {
    fn full(per_minute: u64, now: Instant) -> Self {
        let per_second = to_f64(per_minute) / 60.0;
        let capacity = (per_second * BURST_SECONDS).max(1.0);
        Self {
            per_second,
            capacity,
            level: capacity,
            at: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.capacity);
        self.at = self.at.max(now);
    }

    /// Returns how long until `amount` is there. An amount above the capacity waits for a full bucket, one that never
    /// comes for ever.
    fn wait_for(&self, amount: f64) -> Duration {
        let missing = amount.min(self.capacity) - self.level;
        if missing <= 0.0 {
            Duration::ZERO
        } else {
            Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(Duration::MAX)
        }
    }
}

impl Limiter {
    /// Returns the limiter of a quota, its buckets full; limits nothing if the quota names no limit.
    pub(super) fn new(quota: &Quota, now: Instant) -> Self {
        Self {
            tokens: quota
                .tokens_per_minute
                .map(|limit| Bucket::full(limit, now)),
            requests: quota
                .requests_per_minute
                .map(|limit| Bucket::full(limit, now)),
            burndown: f64::from(quota.output_burndown),
        }
    }

    /// Reserves one request and `tokens` of prompt and `max_tokens` together.
    ///
    /// # Errors
    ///
    /// How long to wait before trying again.
    pub(super) fn admit(&mut self, tokens: u64, now: Instant) -> Result<Reservation, Duration> {
        let amount = to_f64(tokens);
        let mut wait = Duration::ZERO;
        for (bucket, amount) in [(&mut self.tokens, amount), (&mut self.requests, 1.0)] {
            if let Some(bucket) = bucket {
                bucket.refill(now);
                wait = wait.max(bucket.wait_for(amount));
            }
        }
        if wait > Duration::ZERO {
            return Err(wait);
        }
        for (bucket, amount) in [(&mut self.tokens, amount), (&mut self.requests, 1.0)] {
            if let Some(bucket) = bucket {
                bucket.level -= amount;
            }
        }
        Ok(Reservation(amount))
    }

    /// Replaces a reservation by what the call really took; `None` if it was refused and took nothing.
    pub(super) fn settle(&mut self, reservation: Reservation, usage: Option<&Usage>, now: Instant) {
        let Some(bucket) = &mut self.tokens else {
            return;
        };
        let taken = usage.map_or(0.0, |usage| {
            to_f64(usage.input_tokens + usage.cache_write_tokens)
                + to_f64(usage.output_tokens) * self.burndown
        });
        bucket.refill(now);
        bucket.level = (bucket.level + reservation.0 - taken).min(bucket.capacity);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "token counts are far below 2^53"
)]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quota(tokens: Option<u64>, requests: Option<u64>, burndown: u32) -> Quota {
        Quota {
            tokens_per_minute: tokens,
            requests_per_minute: requests,
            output_burndown: burndown,
        }
    }

    #[test]
    fn a_reservation_that_does_not_fit_waits_for_the_refill() {
        let now = Instant::now();
        let mut limiter = Limiter::new(&quota(Some(6_000), None, 1), now);
        let reservation = limiter.admit(900, now).unwrap();
        assert_eq!(limiter.admit(200, now), Err(Duration::from_secs(1)));
        limiter.settle(reservation, Some(&Usage::new(100, 50)), now);
        assert!(limiter.admit(200, now).is_ok());
    }

    #[test]
    fn settlement_counts_output_by_its_burndown_and_may_leave_a_debt() {
        let now = Instant::now();
        let mut limiter = Limiter::new(&quota(Some(6_000), None, 5), now);
        let reservation = limiter.admit(1_000, now).unwrap();
        limiter.settle(reservation, Some(&Usage::new(100, 400)), now);
        assert_eq!(limiter.admit(100, now), Err(Duration::from_secs(12)));
    }

    #[test]
    fn refused_calls_give_their_tokens_back_but_not_their_request() {
        let now = Instant::now();
        let mut limiter = Limiter::new(&quota(Some(6_000), Some(6), 1), now);
        let reservation = limiter.admit(1_000, now).unwrap();
        limiter.settle(reservation, None, now);
        assert_eq!(limiter.admit(1_000, now), Err(Duration::from_secs(10)));
    }

    #[test]
    fn more_than_the_bucket_holds_is_admitted_when_it_is_full() {
        let now = Instant::now();
        let mut limiter = Limiter::new(&quota(Some(600), None, 1), now);
        assert!(limiter.admit(5_000, now).is_ok());
        assert!(limiter.admit(1, now).is_err());
    }

    #[test]
    fn a_quota_of_nothing_never_admits() {
        let now = Instant::now();
        let mut limiter = Limiter::new(&quota(None, Some(0), 1), now);
        assert!(limiter.admit(1, now).is_ok(), "the burst");
        assert_eq!(limiter.admit(1, now), Err(Duration::MAX));
    }

    #[test]
    fn time_told_out_of_order_refills_once() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut limiter = Limiter::new(&quota(Some(6_000), None, 1), start);
        let _ = limiter.admit(1_000, start).unwrap();
        for now in [later, start, later, start, later] {
            assert!(limiter.admit(101, now).is_err());
        }
        assert!(limiter.admit(100, later).is_ok());
    }

    proptest! {
        #[test]
        fn never_grants_more_than_burst_and_refill(steps in prop::collection::vec((0_u64..2_000, 1_u64..400), 1..200)) {
            let start = Instant::now();
            let mut limiter = Limiter::new(&quota(Some(60_000), None, 1), start);
            let (mut now, mut granted) = (start, 0.0);
            for (millis, tokens) in steps {
                now += Duration::from_millis(millis);
                if let Ok(reservation) = limiter.admit(tokens, now) {
                    granted += to_f64(tokens);
                    limiter.settle(reservation, Some(&Usage::new(tokens, 0)), now);
                }
            }
            let allowed = 1_000.0 * (BURST_SECONDS + (now - start).as_secs_f64());
            prop_assert!(granted <= allowed + 1e-6);
        }
    }
}
