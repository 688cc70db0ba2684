//! The time that signatures bear: this machine's, put right by the service's where the two are far apart.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// How many milliseconds a signature's time may be from the service's. AWS allows five minutes; one is for the way.
const TOLERANCE: u64 = 4 * 60 * 1000;

/// A clock that is this machine's own until it is corrected.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Milliseconds to add to this machine's time.
    correction: AtomicI64,
}

impl Clock {
    /// Returns the time to sign with.
    pub(super) fn now(&self) -> SystemTime {
        shifted(SystemTime::now(), self.correction.load(Ordering::Relaxed))
    }

    /// Takes in the `Date` of an answer that refuses a call signed at `signed`. Returns whether that signature's time was too far
    /// from the service's, which is then this clock's.
    pub(super) fn correct(&self, date: &str, signed: SystemTime) -> bool {
        let date = DateTime::from_str(date, Format::HttpDate).ok();
        let Some(told) = date.and_then(|date| SystemTime::try_from(date).ok()) else {
            return false;
        };
        let is_far = millis(told).abs_diff(millis(signed)) > TOLERANCE;
        if is_far {
            let correction = millis(told) - millis(SystemTime::now());
            self.correction.store(correction, Ordering::Relaxed);
        }
        is_far
    }
}

fn shifted(time: SystemTime, millis: i64) -> SystemTime {
    let shift = Duration::from_millis(millis.unsigned_abs());
    let shifted = if millis < 0 {
        time.checked_sub(shift)
    } else {
        time.checked_add(shift)
    };
    shifted.unwrap_or(time)
}

/// Returns the milliseconds since 1970.
fn millis(time: SystemTime) -> i64 {
    let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since(time).as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_corrected_where_a_signature_was_too_far_off() {
        const DATE: &str = "Fri, 25 Sep 2020 16:00:00 GMT";
        let told = UNIX_EPOCH + Duration::from_hours(444_736);
        for (signed, expected) in [
            (told, false),
            (told + Duration::from_mins(3), false),
            (told - Duration::from_mins(3), false),
            (told + Duration::from_mins(6), true),
            (told - Duration::from_hours(1), true),
        ] {
            let clock = Clock::default();
            assert_eq!(clock.correct(DATE, signed), expected, "{signed:?}");
            let is_theirs = clock.now() < told + Duration::from_mins(4);
            assert_eq!(is_theirs, expected, "{signed:?}");
        }
        assert!(!Clock::default().correct("yesterday", told));
    }
}
