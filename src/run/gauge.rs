//! One limit of a quota, requests or tokens per minute: what is known of it, and what is left of it. Pure.
//!
//! A limit that is known is a token bucket. One that is not is found out: nothing is held back until the service refuses
//! a call. What it granted until then, and the depth that such buckets have, give a first estimate; what it grants between
//! one refusal and the next gives a better one, whatever the depth. While nothing is refused an estimate is raised a little
//! now and then, ever more rarely if that leads to refusals, so that it settles just below the limit.

use std::time::{Duration, Instant};

/// Seconds of a limit that are taken to be there at the beginning. Bedrock does not publish the depth of its buckets; a
/// sixth of a minute is the burst that its users see.
const DEPTH: f64 = 10.0;
/// The part of the depth that is used, so that calls that travel unevenly do not bunch into refusals.
const SAFE: f64 = 0.9;
/// Two refusals at least this far apart, with so many calls between them, say what the limit is; closer ones only that
/// it is lower.
const TELLING: (Duration, u32) = (Duration::from_secs(1), 10);
/// Calls that must have been granted since the last refusal before an estimate is raised.
const STEADY: u32 = 30;
/// How long after a refusal an estimate is raised; doubled each time that raising it led to a refusal.
const QUIET: Duration = Duration::from_secs(4);
/// The longest such time.
const QUIETEST: Duration = Duration::from_mins(1);
/// By which part an estimate is raised, once two refusals have confirmed it.
const CREEP: f64 = 0.04;
/// By which part it is raised before.
const LEAP: f64 = 0.2;
/// Each time that nobody refuses the raised rate, the next part is larger by this factor, up to the whole: a service
/// that was merely busy for a moment is soon asked at full speed again.
const BOLDER: f64 = 2.0;
/// A limit is never taken to be lower than one call in so many seconds, or it would not be tried again.
const SLOWEST: f64 = 25.0;
/// The first estimate is never lower than one call in so many seconds: hardly anything was granted that it could rest on,
/// and a small run must not wait half a minute because its first call met a busy moment.
const FIRST_SLOWEST: f64 = 3.0;

/// One limit.
#[derive(Debug, Clone)]
pub(super) struct Gauge {
    /// `None`: there is none as far as is known.
    limit: Option<Limit>,
    /// What is left; below zero it is a debt.
    level: f64,
    /// When `level` was right.
    at: Instant,
    /// What was granted since `since`, less what was given back.
    granted: f64,
    /// Calls that were granted since.
    calls: u32,
    /// The last refusal, or the beginning.
    since: Instant,
    /// What the first estimate rests on: what was granted, in how many seconds. Calls that were on their way then and
    /// are refused too correct it.
    first: Option<(f64, f64)>,
}

/// A limit that is known, or believed.
#[derive(Debug, Clone)]
struct Limit {
    /// Per second.
    rate: f64,
    /// What the quota says, per second; never exceeded. `None` where the limit was found out.
    told: Option<f64>,
    /// What it says for all who share it.
    whole: f64,
    /// Seconds of the rate that may be used at once.
    depth: f64,
    /// Whether two refusals have said what the rate is.
    confirmed: bool,
    /// How long to stay at a rate that nobody refuses.
    quiet: Duration,
    /// When the rate may be raised.
    raise_at: Instant,
    /// By which part it will be.
    growth: f64,
    /// Whether the rate was raised since the last refusal.
    raised: bool,
}

impl Gauge {
    /// Returns the gauge of a limit that a quota tells, full; `None`: it tells none.
    pub(super) fn new(per_minute: Option<u64>, now: Instant) -> Self {
        let limit = per_minute.map(|limit| {
            let rate = to_f64(limit) / 60.0;
            Limit {
                told: Some(rate),
                confirmed: true,
                ..Limit::guessed(rate, now)
            }
        });
        let level = limit.as_ref().map_or(0.0, Limit::capacity);
        Self {
            limit,
            level,
            at: now,
            granted: 0.0,
            calls: 0,
            since: now,
            first: None,
        }
    }

    /// Takes only a part of what the quota tells; what is found out is what others leave anyway.
    ///
    /// Who joins others finds the bucket as they left it: taken to be empty.
    pub(super) fn share(&mut self, part: f64, now: Instant) {
        self.refill(now);
        let Some(limit) = &mut self.limit else { return };
        let Some(before) = limit.told else { return };
        let told = limit.whole * part;
        if told.to_bits() == before.to_bits() {
            return;
        }
        limit.told = Some(told);
        limit.rate = if told > before {
            told
        } else {
            limit.rate.min(told)
        };
        let is_joining = self.calls == 0 && told < before;
        self.level = if is_joining {
            0.0
        } else {
            self.level.min(limit.capacity())
        };
    }

    /// Returns whether no limit is known and none was met yet.
    pub(super) fn is_open(&self) -> bool {
        self.limit.is_none()
    }

    /// Returns how long until `amount` is there. More than the limit ever holds waits until it is full.
    pub(super) fn wait_for(&mut self, amount: f64, now: Instant) -> Duration {
        self.refill(now);
        let Some(limit) = &self.limit else {
            return Duration::ZERO;
        };
        let missing = amount.min(limit.capacity()) - self.level;
        if missing <= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(missing / limit.rate).unwrap_or(Duration::MAX)
    }

    /// Takes `amount` for a call that is about to be sent.
    pub(super) fn take(&mut self, amount: f64) {
        self.level -= amount;
        self.granted += amount;
        self.calls += 1;
    }

    /// Gives back what a call did not use after all; below zero, takes what it used beyond.
    pub(super) fn give_back(&mut self, amount: f64, now: Instant) {
        self.refill(now);
        self.level += amount;
        self.granted -= amount;
        if let Some(limit) = &self.limit {
            self.level = self.level.min(limit.capacity());
        }
    }

    /// Learns that a call, which took `amount` when it was sent at `sent`, was refused for this limit. It used nothing.
    pub(super) fn refused(&mut self, amount: f64, sent: Instant, now: Instant) {
        self.refill(now);
        if sent < self.since {
            self.refused_as_well(amount);
            return;
        }
        let granted = self.granted - amount;
        let passed = now.saturating_duration_since(self.since);
        let slowest = amount / SLOWEST;
        match &mut self.limit {
            None => {
                let seconds = DEPTH + passed.as_secs_f64();
                self.first = Some((granted, seconds));
                let rate = (granted / seconds).max(amount / FIRST_SLOWEST);
                self.limit = Some(Limit::guessed(rate, now));
            }
            Some(limit) => {
                if self.level >= amount {
                    // There should have been more than enough: the bucket is less deep.
                    limit.depth = (limit.depth * 0.6).max(1.0);
                }
                let nothing_yet =
                    self.calls <= 1 && self.first.is_some_and(|(granted, _)| granted < amount);
                // Something less than the call was left, half of it as a rule.
                let granted = granted + amount / 2.0;
                let is_telling = passed >= TELLING.0 && self.calls >= TELLING.1;
                let measured = if nothing_yet {
                    limit.rate / 2.0
                } else if is_telling {
                    granted / passed.as_secs_f64()
                } else {
                    limit.rate * 0.95
                };
                limit.learn(measured, slowest, now);
                self.first = self.first.filter(|_| nothing_yet);
            }
        }
        self.level = 0.0;
        self.granted = 0.0;
        self.calls = 0;
        self.since = now;
    }

    /// Learns that a call was refused together with the one that we have learned from: the first estimate took it for
    /// granted.
    fn refused_as_well(&mut self, amount: f64) {
        if let (Some((granted, seconds)), Some(limit)) = (&mut self.first, &mut self.limit) {
            *granted -= amount;
            let corrected = (*granted / *seconds).max(amount / FIRST_SLOWEST);
            limit.rate = limit.rate.min(corrected);
        }
    }

    /// Notes that calls are being held back by this limit, which is the time to try whether it is higher.
    pub(super) fn held_back(&mut self, now: Instant) {
        let Some(limit) = &mut self.limit else { return };
        if self.calls >= STEADY && now >= limit.raise_at {
            limit.raise(now);
        }
    }

    fn refill(&mut self, now: Instant) {
        if let Some(limit) = &self.limit {
            let passed = now.saturating_duration_since(self.at).as_secs_f64();
            self.level = (self.level + passed * limit.rate).min(limit.capacity());
        }
        self.at = self.at.max(now);
    }
}

impl Limit {
    fn guessed(rate: f64, now: Instant) -> Self {
        Self {
            rate,
            told: None,
            whole: rate,
            depth: DEPTH * SAFE,
            confirmed: false,
            quiet: QUIET,
            raise_at: now + QUIET / 2,
            growth: LEAP,
            raised: false,
        }
    }

    /// Returns what the bucket holds when it is full; at least one call.
    fn capacity(&self) -> f64 {
        (self.rate * self.depth).max(1.0)
    }

    /// Corrects the rate after a refusal to what it seems to be.
    fn learn(&mut self, measured: f64, slowest: f64, now: Instant) {
        self.rate = measured
            .clamp(self.rate * 0.3, self.rate * 1.1)
            .max(slowest)
            .min(self.told.unwrap_or(f64::INFINITY));
        if self.raised && self.confirmed {
            self.quiet = (self.quiet * 2).min(QUIETEST);
        }
        self.confirmed = true;
        self.growth = CREEP;
        self.raised = false;
        self.raise_at = now + self.quiet;
    }

    fn raise(&mut self, now: Instant) {
        self.rate = (self.rate * (1.0 + self.growth)).min(self.told.unwrap_or(f64::INFINITY));
        self.growth = (self.growth * BOLDER).min(1.0);
        self.raised = true;
        self.raise_at = now
            + if self.confirmed {
                self.quiet
            } else {
                QUIET / 2
            };
    }
}

#[expect(clippy::cast_precision_loss, reason = "quotas are far below 2^53")]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service whose bucket is full at the beginning.
    struct Service {
        rate: f64,
        capacity: f64,
        level: f64,
        at: Instant,
    }

    impl Service {
        fn new(per_minute: f64, depth: f64, now: Instant) -> Self {
            let rate = per_minute / 60.0;
            Self {
                rate,
                capacity: rate * depth,
                level: rate * depth,
                at: now,
            }
        }

        fn takes(&mut self, now: Instant) -> bool {
            let passed = (now - self.at).as_secs_f64();
            self.level = (self.level + passed * self.rate).min(self.capacity);
            self.at = now;
            let fits = self.level >= 1.0;
            if fits {
                self.level -= 1.0;
            }
            fits
        }
    }

    #[test]
    fn a_part_is_taken_of_what_is_told() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut gauge = Gauge::new(Some(600), start);
        gauge.share(0.5, start);
        // Who joins others begins with nothing, at half the rate: five a second.
        assert_eq!(gauge.wait_for(10.0, start), Duration::from_secs(2));
        assert_eq!(gauge.wait_for(10.0, later(2)), Duration::ZERO);
        gauge.take(10.0);
        // The others are gone.
        gauge.share(1.0, later(2));
        assert_eq!(gauge.wait_for(10.0, later(2)), Duration::from_secs(1));
        // They are back, and what there is too much is given up: nine seconds of the half are the most.
        gauge.share(0.5, later(100));
        assert_eq!(gauge.wait_for(45.0, later(100)), Duration::ZERO);
        assert!(gauge.level <= 45.0);
        // Who waits saves, however often the others are counted.
        let mut waiting = Gauge::new(Some(60), start);
        for second in 0..3 {
            waiting.share(0.5, later(second));
        }
        assert_eq!(waiting.wait_for(1.0, later(2)), Duration::ZERO);
        let mut open = Gauge::new(None, start);
        open.share(0.5, start);
        assert_eq!(open.wait_for(1_000.0, start), Duration::ZERO);
    }

    /// Asks until `calls` were taken, and returns the seconds that took and how many were refused.
    fn ask(told: Option<u64>, per_minute: f64, depth: f64, calls: u32) -> (f64, u32) {
        let start = Instant::now();
        let (mut gauge, mut service) = (
            Gauge::new(told, start),
            Service::new(per_minute, depth, start),
        );
        let (mut now, mut taken, mut refused) = (start, 0, 0);
        while taken < calls {
            let wait = gauge.wait_for(1.0, now);
            if wait > Duration::ZERO {
                gauge.held_back(now);
                now += wait + Duration::from_micros(1);
                continue;
            }
            gauge.take(1.0);
            if service.takes(now + Duration::from_millis(1)) {
                taken += 1;
            } else {
                refused += 1;
                gauge.refused(1.0, now, now + Duration::from_millis(2));
            }
            now += Duration::from_millis(5);
        }
        ((now - start).as_secs_f64(), refused)
    }

    /// The least time in which a bucket gives so many.
    fn floor(per_minute: f64, depth: f64, calls: u32) -> f64 {
        (f64::from(calls) * 60.0 / per_minute - depth).max(0.0)
    }

    #[test]
    fn a_told_limit_is_used_up_and_never_exceeded() {
        for per_minute in [60, 600, 6_000] {
            let calls = per_minute * 3;
            let (seconds, refused) = ask(
                Some(u64::from(per_minute)),
                f64::from(per_minute),
                10.0,
                calls,
            );
            let floor = floor(f64::from(per_minute), 10.0, calls);
            assert_eq!(refused, 0, "{per_minute}");
            assert!(
                seconds < floor * 1.02,
                "{per_minute}: {seconds} s, floor {floor} s"
            );
        }
    }

    #[test]
    fn an_unknown_limit_is_found_out_with_few_refusals() {
        for (per_minute, depth, calls, slower, refusals) in [
            (600.0, 10.0, 1_200, 1.1, 0.01),
            (60.0, 10.0, 40, 1.1, 0.05),
            (6_000.0, 10.0, 6_000, 1.2, 0.01),
            (600.0, 3.0, 1_200, 1.25, 0.02),
            (600.0, 60.0, 1_200, 1.3, 0.05),
        ] {
            let (seconds, refused) = ask(None, per_minute, depth, calls);
            let floor = floor(per_minute, depth, calls);
            assert!(
                seconds < floor * slower,
                "{per_minute}/{depth}: {seconds} s, floor {floor} s"
            );
            let share = f64::from(refused) / f64::from(calls);
            assert!(
                share <= refusals,
                "{per_minute}/{depth}: {refused} of {calls} refused"
            );
        }
    }

    #[test]
    fn a_refusal_out_of_the_blue_is_soon_forgotten() {
        let start = Instant::now();
        let mut gauge = Gauge::new(None, start);
        let (mut now, mut asked) = (start, 0);
        while asked < 3_000 {
            let wait = gauge.wait_for(1.0, now);
            if wait > Duration::ZERO {
                gauge.held_back(now);
                now += wait + Duration::from_micros(1);
                continue;
            }
            gauge.take(1.0);
            asked += 1;
            if asked == 20 {
                gauge.refused(1.0, now, now);
            }
            now += Duration::from_millis(10);
        }
        let seconds = (now - start).as_secs_f64();
        assert!(seconds < 60.0, "{seconds} s for what takes 30 s");
    }

    #[test]
    fn a_told_limit_that_is_wrong_is_corrected() {
        let (seconds, refused) = ask(Some(6_000), 600.0, 10.0, 1_200);
        assert!(seconds < floor(600.0, 10.0, 1_200) * 1.25, "{seconds} s");
        assert!(refused < 60, "{refused}");
    }

    #[test]
    fn a_first_call_that_is_refused_is_soon_repeated() {
        let start = Instant::now();
        let mut gauge = Gauge::new(None, start);
        gauge.take(1.0);
        gauge.refused(1.0, start, start);
        let wait = gauge.wait_for(1.0, start);
        assert!(wait <= Duration::from_secs(3), "{wait:?}");
        let later = start + wait;
        gauge.take(1.0);
        gauge.refused(1.0, later, later);
        let longer = gauge.wait_for(1.0, later);
        assert!(longer > wait * 3 / 2, "{wait:?}, then {longer:?}");
    }

    #[test]
    fn a_service_that_refuses_everything_is_tried_now_and_then() {
        let start = Instant::now();
        let mut gauge = Gauge::new(None, start);
        let mut now = start;
        for _ in 0..5 {
            gauge.take(1.0);
            gauge.refused(1.0, now, now);
            let wait = gauge.wait_for(1.0, now);
            assert!(wait <= Duration::from_secs(26), "{wait:?}");
            now += wait;
        }
        assert!(now - start >= Duration::from_mins(1));
    }

    #[test]
    fn calls_refused_together_teach_once() {
        let start = Instant::now();
        let mut gauge = Gauge::new(Some(600), start);
        let later = start + Duration::from_mins(1);
        for _ in 0..5 {
            gauge.take(1.0);
        }
        let sent = start + Duration::from_secs(59);
        gauge.refused(1.0, sent, later);
        let wait = gauge.wait_for(1.0, later);
        for _ in 0..4 {
            gauge.refused(1.0, sent, later);
        }
        assert_eq!(gauge.wait_for(1.0, later), wait);
    }
}
