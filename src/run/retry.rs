//! Whether to ask again, and when. Pure: the caller waits.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::model::{ModelError, Remedy};

/// How failed calls are repeated: exponential back-off with full jitter.
///
/// Full jitter draws each wait evenly from zero to the exponential bound, which spreads a crowd of callers best
/// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Repetitions after the first attempt.
    pub max_retries: u32,
    /// The bound of the first wait; it doubles with each attempt.
    pub base: Duration,
    /// No bound is longer than this; zero means not to wait at all, as where answers come from a recording.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 6,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
        }
    }
}

/// Repetitions that make sense where a model itself failed.
const FEW: u32 = 2;
/// How long a model that is being loaded takes at least.
const WARM_UP: Duration = Duration::from_secs(10);

impl RetryPolicy {
    /// Returns how long to wait before attempt `made` + 1, or `None` if asking again is of no use.
    ///
    /// `made` counts the attempts so far, at least 1; `draw` is an even draw from 0..1.
    pub fn next(&self, made: u32, error: &ModelError, draw: f64) -> Option<Duration> {
        let most = match error.remedy {
            Remedy::None | Remedy::OtherModel | Remedy::Tomorrow => 0,
            Remedy::RepeatOnce => self.max_retries.min(FEW),
            Remedy::Repeat | Remedy::SlowDown | Remedy::FewerTokens | Remedy::WarmUp => {
                self.max_retries
            }
        };
        if made > most {
            return None;
        }
        if self.cap.is_zero() {
            return Some(Duration::ZERO);
        }
        let base = if error.remedy == Remedy::WarmUp {
            WARM_UP.max(self.base)
        } else {
            self.base
        };
        let bound = base
            .saturating_mul(1 << made.saturating_sub(1).min(16))
            .min(self.cap.max(base));
        Some(
            bound
                .mul_f64(draw.clamp(0.0, 1.0))
                .max(error.retry_after.unwrap_or_default()),
        )
    }
}

/// Draws evenly from 0..1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a float exactly")]
pub(super) fn draw() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::ErrorKind;

    fn error(remedy: Remedy) -> ModelError {
        ModelError::new(ErrorKind::Unavailable, remedy, "no")
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let waits: Vec<_> = (1..=7)
            .map(|made| policy.next(made, &error(Remedy::Repeat), 1.0))
            .collect();
        let expected = [1, 2, 4, 8, 16, 30].map(|seconds| Some(Duration::from_secs(seconds)));
        assert_eq!(waits[..6], expected);
        assert_eq!(waits[6], None);
    }

    #[test]
    fn what_repeating_cannot_mend_is_not_repeated() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.next(1, &error(Remedy::None), 0.5), None);
        assert_eq!(policy.next(1, &error(Remedy::Tomorrow), 0.5), None);
        assert!(policy.next(2, &error(Remedy::RepeatOnce), 0.5).is_some());
        assert_eq!(policy.next(3, &error(Remedy::RepeatOnce), 0.5), None);
    }

    #[test]
    fn the_service_may_ask_for_more() {
        let told = ModelError {
            retry_after: Some(Duration::from_secs(45)),
            ..error(Remedy::SlowDown)
        };
        assert_eq!(
            RetryPolicy::default().next(1, &told, 0.0),
            Some(Duration::from_secs(45))
        );
    }

    proptest! {
        #[test]
        fn never_waits_longer_than_the_cap(made in 1_u32..40, draw in 0.0..1.0) {
            let policy = RetryPolicy { max_retries: 40, ..RetryPolicy::default() };
            prop_assert!(policy.next(made, &error(Remedy::Repeat), draw).unwrap() <= policy.cap);
        }
    }
}
