//! Whether a model can be asked at all. Pure.
//!
//! What repeating cannot mend is asked once: a model that may not be used, is not there, or has used up its day. A model
//! that answers nothing for a while, though asked again and again, is given up as well.

use std::time::{Duration, Instant};

use crate::journal::Stopped;
use crate::model::{ErrorKind, ModelError, Remedy};

/// How long a model may answer nothing at all.
const PATIENCE: Duration = Duration::from_secs(45);

/// What is known of a model's willingness.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    in_flight: usize,
    /// The first failure since the last answer.
    failing_since: Option<Instant>,
    answered: bool,
    warned: bool,
    given_up: bool,
}

/// What a failure means for the model's other questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Nothing: go on.
    Open,
    /// Nothing was answered yet; worth telling, once.
    Slow,
    /// The model is given up, for this reason.
    Over(Stopped),
}

impl Breaker {
    /// Notes that a call is sent.
    pub(super) fn sent(&mut self) {
        self.in_flight += 1;
    }

    /// Notes that a call was answered.
    pub(super) fn answered(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.answered = true;
        self.failing_since = None;
    }

    /// Notes that a call failed, and says what that means.
    pub(super) fn failed(&mut self, error: &ModelError, now: Instant) -> Outlook {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.given_up {
            return Outlook::Open;
        }
        let since = *self.failing_since.get_or_insert(now);
        let over = match error.remedy {
            Remedy::OtherModel if error.kind == ErrorKind::Denied => Some(Stopped::Denied),
            Remedy::OtherModel => Some(Stopped::Failures),
            Remedy::Tomorrow => Some(Stopped::DayQuota),
            // A question that is refused says nothing of the model.
            Remedy::None => None,
            // Calls in flight may yet be answered: long answers take their time.
            _ => (self.in_flight == 0 && now.saturating_duration_since(since) >= PATIENCE)
                .then_some(Stopped::Failures),
        };
        if let Some(reason) = over {
            self.given_up = true;
            return Outlook::Over(reason);
        }
        let first = !self.answered && !self.warned && error.remedy != Remedy::None;
        self.warned |= first;
        if first { Outlook::Slow } else { Outlook::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, remedy: Remedy) -> ModelError {
        ModelError::new(kind, remedy, "no")
    }

    fn throttled() -> ModelError {
        error(ErrorKind::Throttled, Remedy::SlowDown)
    }

    #[test]
    fn what_repeating_cannot_mend_is_over_at_once_and_told_once() {
        for (kind, remedy, expected) in [
            (ErrorKind::Denied, Remedy::OtherModel, Stopped::Denied),
            (ErrorKind::NotFound, Remedy::OtherModel, Stopped::Failures),
            (ErrorKind::Throttled, Remedy::Tomorrow, Stopped::DayQuota),
        ] {
            let mut breaker = Breaker::default();
            let now = Instant::now();
            assert_eq!(
                breaker.failed(&error(kind, remedy), now),
                Outlook::Over(expected)
            );
            assert_eq!(breaker.failed(&error(kind, remedy), now), Outlook::Open);
        }
    }

    #[test]
    fn a_refused_question_says_nothing_of_the_model() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for seconds in 0..1_000 {
            let now = start + Duration::from_secs(seconds);
            let outlook = breaker.failed(&error(ErrorKind::Invalid, Remedy::None), now);
            assert_eq!(outlook, Outlook::Open);
        }
    }

    #[test]
    fn a_model_that_answers_nothing_is_told_and_then_given_up() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        assert_eq!(breaker.failed(&throttled(), start), Outlook::Slow);
        let later = start + Duration::from_secs(44);
        assert_eq!(breaker.failed(&throttled(), later), Outlook::Open);
        let later = start + Duration::from_secs(45);
        assert_eq!(
            breaker.failed(&throttled(), later),
            Outlook::Over(Stopped::Failures)
        );
    }

    #[test]
    fn one_answer_begins_the_patience_anew() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        let _ = breaker.failed(&throttled(), start);
        breaker.answered();
        let later = start + Duration::from_mins(2);
        assert_eq!(breaker.failed(&throttled(), later), Outlook::Open);
    }

    #[test]
    fn long_answers_in_flight_are_waited_for() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        breaker.sent();
        breaker.sent();
        let _ = breaker.failed(&throttled(), start);
        breaker.sent();
        let later = start + Duration::from_mins(2);
        assert_eq!(breaker.failed(&throttled(), later), Outlook::Open);
    }
}
