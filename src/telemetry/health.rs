//! Whether what is told arrives, and what is told if not: once.

use std::sync::{Mutex, PoisonError};

/// What went wrong, from whichever thread sends.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What went wrong first, until somebody has been told.
    untold: Option<String>,
    told: bool,
}

impl Health {
    /// Notes that something could not be sent; `place` is whom it was for, where that is known.
    pub(super) fn note(&self, place: Option<&str>, why: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.told || state.untold.is_some() {
            return;
        }
        let place = place.map_or_else(
            || "the OpenTelemetry collector".to_owned(),
            |place| format!("`{place}`"),
        );
        state.untold = Some(format!(
            "telemetry does not all arrive at {place}: {why}; the run does not need it"
        ));
    }

    /// Returns what went wrong, to the first who asks after it did.
    pub(super) fn told_once(&self) -> Option<String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = state.untold.take()?;
        state.told = true;
        Some(untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_goes_wrong_is_told_once() {
        let health = Health::default();
        assert_eq!(health.told_once(), None);
        health.note(Some("http://a"), "first");
        health.note(None, "second");
        let told = health.told_once().unwrap();
        assert!(told.contains("`http://a`: first"), "{told}");
        health.note(None, "third");
        assert_eq!(health.told_once(), None);
    }
}
