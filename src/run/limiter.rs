//! A model's quota: reserve before a call, settle after it. Pure: told the time, never waits.
//!
//! Bedrock holds back the whole prompt and `max_tokens` when a request starts, and charges input, cache writes and
//! output times a burndown rate when it ends; cache reads are free. Settling may leave a debt, which delays later
//! admissions. Limits that the quota does not tell are found out: see [`Gauge`].
//!
//! Source: "Token burndown", quotas of Amazon Bedrock, Amazon Bedrock User Guide.

use std::time::{Duration, Instant};

use super::gauge::Gauge;
use crate::catalog::Quota;
use crate::model::Usage;

/// Tokens for each byte of a prompt, until answers tell better.
const TOKENS_PER_BYTE: f64 = 0.25;
/// How much of a new observation goes into the estimate of tokens for each byte.
const LEARNING: f64 = 0.1;
/// Calls a second at the beginning, where a limit has yet to be found out.
const FIRST_PACE: f64 = 50.0;
/// How often that pace doubles, a second.
const DOUBLINGS: f64 = 2.5;

/// The quota of one model in one region.
#[derive(Debug, Clone)]
pub(super) struct Limiter {
    requests: Gauge,
    tokens: Gauge,
    burndown: f64,
    tokens_per_byte: f64,
    /// Where limits have yet to be found out: when the first call was sent, and when the next may be.
    approach: Option<Approach>,
}

/// A careful beginning: a limit that nobody told is met with few calls too many.
#[derive(Debug, Clone)]
struct Approach {
    first: Option<Instant>,
    next: Option<Instant>,
}

/// What is held back for a call in flight.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a reservation is settled when its call ends"]
pub(super) struct Reservation {
    /// Tokens that were taken.
    tokens: f64,
    /// Bytes of the prompt.
    bytes: f64,
    /// When.
    sent: Instant,
}

/// How a call ended, for its quota.
#[derive(Debug, Clone, Copy)]
pub(super) enum Settlement<'a> {
    /// It was billed for this.
    Used(&'a Usage),
    /// It failed and used no tokens.
    Failed,
    /// There were too few requests left.
    NoRequests,
    /// There were too few tokens left.
    NoTokens,
}

impl Limiter {
    /// Returns the limiter of a quota, full. What the quota does not tell is found out, carefully if `approach`.
    pub(super) fn new(quota: &Quota, approach: bool, now: Instant) -> Self {
        Self {
            requests: Gauge::new(quota.requests_per_minute, now),
            tokens: Gauge::new(quota.tokens_per_minute, now),
            burndown: f64::from(quota.output_burndown),
            tokens_per_byte: TOKENS_PER_BYTE,
            approach: approach.then_some(Approach {
                first: None,
                next: None,
            }),
        }
    }

    /// Takes only a part of what the quota tells from now on.
    pub(super) fn share(&mut self, part: f64, now: Instant) {
        self.requests.share(part, now);
        self.tokens.share(part, now);
    }

    /// Reserves one request, and the tokens of a prompt of `bytes` and of `max_tokens`.
    ///
    /// # Errors
    ///
    /// How long to wait before trying again; less may do if a call is settled before.
    pub(super) fn admit(
        &mut self,
        bytes: usize,
        max_tokens: u32,
        now: Instant,
    ) -> Result<Reservation, Duration> {
        let bytes = to_f64(bytes as u64);
        let tokens = (bytes * self.tokens_per_byte).ceil() + f64::from(max_tokens);
        let for_requests = self.requests.wait_for(1.0, now);
        let for_tokens = self.tokens.wait_for(tokens, now);
        if for_requests > Duration::ZERO {
            self.requests.held_back(now);
        }
        if for_tokens > Duration::ZERO {
            self.tokens.held_back(now);
        }
        let wait = for_requests.max(for_tokens).max(self.approach_wait(now));
        if wait > Duration::ZERO {
            return Err(wait);
        }
        self.approach_step(now);
        self.requests.take(1.0);
        self.tokens.take(tokens);
        Ok(Reservation {
            tokens,
            bytes,
            sent: now,
        })
    }

    /// Replaces a reservation by what the call really took.
    pub(super) fn settle(
        &mut self,
        reservation: Reservation,
        settlement: Settlement<'_>,
        now: Instant,
    ) {
        let Reservation {
            tokens,
            bytes,
            sent,
        } = reservation;
        match settlement {
            Settlement::Used(usage) => {
                self.calibrate(bytes, usage);
                let used = to_f64(usage.input_tokens + usage.cache_write_tokens)
                    + to_f64(usage.output_tokens) * self.burndown;
                self.tokens.give_back(tokens - used, now);
            }
            Settlement::Failed => self.tokens.give_back(tokens, now),
            Settlement::NoRequests => {
                self.tokens.give_back(tokens, now);
                self.requests.refused(1.0, sent, now);
            }
            Settlement::NoTokens => {
                self.requests.give_back(1.0, now);
                self.tokens.refused(tokens, sent, now);
            }
        }
    }

    /// Learns how many tokens a byte of this model's prompts makes. Never lower than an answer has shown, so that a
    /// reservation is rarely too small.
    fn calibrate(&mut self, bytes: f64, usage: &Usage) {
        if bytes < 1.0 || usage.prompt_tokens() == 0 {
            return;
        }
        let seen = to_f64(usage.prompt_tokens()) / bytes;
        let step = if seen > self.tokens_per_byte {
            1.0
        } else {
            LEARNING
        };
        self.tokens_per_byte += (seen - self.tokens_per_byte) * step;
    }

    /// Returns how long the careful beginning asks to wait. It is over with the first refusal.
    fn approach_wait(&self, now: Instant) -> Duration {
        let unknown = self.requests.is_open() || self.tokens.is_open();
        self.approach
            .as_ref()
            .filter(|_| unknown)
            .and_then(|approach| approach.next)
            .map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    fn approach_step(&mut self, now: Instant) {
        let Some(approach) = &mut self.approach else {
            return;
        };
        let first = *approach.first.get_or_insert(now);
        let passed = now.saturating_duration_since(first).as_secs_f64();
        let pace = FIRST_PACE * (DOUBLINGS * passed).min(30.0).exp2();
        approach.next = Some(now + Duration::from_secs_f64(pace.recip()));
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

    fn limiter(tokens: Option<u64>, requests: Option<u64>, burndown: u32, now: Instant) -> Limiter {
        let quota = Quota {
            tokens_per_minute: tokens,
            requests_per_minute: requests,
            output_burndown: burndown,
        };
        Limiter::new(&quota, false, now)
    }

    /// Admits a call without a prompt.
    fn admit(limiter: &mut Limiter, tokens: u32, now: Instant) -> Result<Reservation, Duration> {
        limiter.admit(0, tokens, now)
    }

    #[test]
    fn a_reservation_that_does_not_fit_waits_for_the_refill() {
        let now = Instant::now();
        let mut limiter = limiter(Some(6_000), None, 1, now);
        let reservation = admit(&mut limiter, 800, now).unwrap();
        assert_eq!(
            admit(&mut limiter, 200, now),
            Err(Duration::from_secs(1)),
            "nine seconds of the limit are used at once"
        );
        limiter.settle(reservation, Settlement::Used(&Usage::new(100, 50)), now);
        assert!(admit(&mut limiter, 200, now).is_ok());
    }

    #[test]
    fn settlement_counts_output_by_its_burndown_and_may_leave_a_debt() {
        let now = Instant::now();
        let mut limiter = limiter(Some(6_000), None, 5, now);
        let reservation = admit(&mut limiter, 900, now).unwrap();
        limiter.settle(reservation, Settlement::Used(&Usage::new(100, 400)), now);
        assert_eq!(
            admit(&mut limiter, 100, now),
            Err(Duration::from_secs(13)),
            "900 less 2100 used, and 100 more"
        );
    }

    /// By hand, from the user guide: input and `max_tokens` are reserved, input and five times the output are settled.
    #[test]
    fn a_lower_max_tokens_lets_more_calls_in_and_settles_the_same() {
        let now = Instant::now();
        for max_tokens in [1_000, 64_000] {
            let mut limiter = limiter(Some(2_000_000), None, 5, now);
            // The estimate of the prompt is none of this test's business.
            let reservation = admit(&mut limiter, 500 + max_tokens, now).unwrap();
            assert!((reservation.tokens - f64::from(500 + max_tokens)).abs() < 1e-9);
            limiter.settle(reservation, Settlement::Used(&Usage::new(500, 200)), now);
            let left = limiter.tokens.wait_for(300_000.0 - 1_500.0, now);
            let over = limiter.tokens.wait_for(300_000.0 - 1_499.0, now);
            assert!(
                left == Duration::ZERO && over > Duration::ZERO,
                "{left:?} {over:?}"
            );
        }
    }

    #[test]
    fn cache_reads_are_free_and_writes_are_not() {
        let now = Instant::now();
        let mut limiter = limiter(Some(6_000), None, 1, now);
        let reservation = admit(&mut limiter, 900, now).unwrap();
        let usage = Usage {
            cache_read_tokens: 5_000,
            cache_write_tokens: 300,
            ..Usage::new(100, 100)
        };
        limiter.settle(reservation, Settlement::Used(&usage), now);
        assert!(admit(&mut limiter, 400, now).is_ok());
        assert!(admit(&mut limiter, 1, now).is_err());
    }

    #[test]
    fn failed_calls_give_their_tokens_back_but_not_their_request() {
        let now = Instant::now();
        let mut limiter = limiter(Some(6_000), Some(6), 1, now);
        let reservation = admit(&mut limiter, 900, now).unwrap();
        limiter.settle(reservation, Settlement::Failed, now);
        assert_eq!(admit(&mut limiter, 900, now), Err(Duration::from_secs(10)));
    }

    #[test]
    fn more_than_the_limit_ever_holds_is_admitted_when_it_is_full() {
        let now = Instant::now();
        let mut limiter = limiter(Some(600), None, 1, now);
        assert!(admit(&mut limiter, 5_000, now).is_ok());
        assert!(admit(&mut limiter, 1, now).is_err());
    }

    #[test]
    fn a_quota_of_nothing_never_admits() {
        let now = Instant::now();
        let mut limiter = limiter(None, Some(0), 1, now);
        assert!(admit(&mut limiter, 1, now).is_ok(), "the burst");
        assert_eq!(admit(&mut limiter, 1, now), Err(Duration::MAX));
    }

    #[test]
    fn time_told_out_of_order_refills_once() {
        let start = Instant::now();
        let later = start + Duration::from_secs(1);
        let mut limiter = limiter(Some(6_000), None, 1, start);
        let _ = admit(&mut limiter, 900, start).unwrap();
        for now in [later, start, later, start, later] {
            assert!(admit(&mut limiter, 101, now).is_err());
        }
        assert!(admit(&mut limiter, 100, later).is_ok());
    }

    #[test]
    fn prompts_are_estimated_as_answers_have_shown() {
        let now = Instant::now();
        let mut limiter = limiter(Some(60_000), None, 1, now);
        let reservation = limiter.admit(4_000, 0, now).unwrap();
        assert_eq!(reservation.tokens.to_bits(), 1_000.0_f64.to_bits());
        limiter.settle(reservation, Settlement::Used(&Usage::new(2_000, 0)), now);
        let reservation = limiter.admit(4_000, 0, now).unwrap();
        assert_eq!(reservation.tokens.to_bits(), 2_000.0_f64.to_bits());
    }

    #[test]
    fn an_unknown_limit_is_approached_and_a_known_one_is_not() {
        let now = Instant::now();
        let open = Quota {
            tokens_per_minute: None,
            requests_per_minute: None,
            output_burndown: 1,
        };
        let mut careful = Limiter::new(&open, true, now);
        assert!(admit(&mut careful, 1, now).is_ok());
        assert_eq!(admit(&mut careful, 1, now), Err(Duration::from_millis(20)));
        let mut bold = Limiter::new(&open, false, now);
        assert!((0..1_000).all(|_| admit(&mut bold, 1, now).is_ok()));
    }

    proptest! {
        #[test]
        fn never_grants_more_than_burst_and_refill(steps in prop::collection::vec((0_u64..2_000, 1_u32..400), 1..200)) {
            let start = Instant::now();
            let mut limiter = limiter(Some(60_000), None, 1, start);
            let (mut now, mut granted) = (start, 0.0);
            for (millis, tokens) in steps {
                now += Duration::from_millis(millis);
                if let Ok(reservation) = admit(&mut limiter, tokens, now) {
                    granted += f64::from(tokens);
                    let usage = Usage::new(u64::from(tokens), 0);
                    limiter.settle(reservation, Settlement::Used(&usage), now);
                }
            }
            let allowed = 1_000.0 * (10.0 + (now - start).as_secs_f64());
            prop_assert!(granted <= allowed + 1e-6);
        }
    }
}
