//! Stopping early: first no more questions, then no more waiting.

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::journal::Stopped;

/// A request to stop, shared by everyone who asks.
///
/// Stopping has two steps: [`stop`](Self::stop) ends admission, queueing and back-off, while calls in flight go on;
/// [`abandon`](Self::abandon) drops those too. The first reason given is kept.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    admitting: CancellationToken,
    in_flight: CancellationToken,
    reason: Arc<Mutex<Option<Stopped>>>,
}

impl Stop {
    /// Asks for nothing new from now on, because of `reason`.
    pub fn stop(&self, reason: Stopped) {
        self.note(reason);
        self.admitting.cancel();
    }

    /// Notes why a part of the run will stay unasked, while the rest goes on.
    pub fn note(&self, reason: Stopped) {
        let mut kept = self.reason.lock().expect("no holder of this lock panics");
        // That verdicts were there explains nothing that something else stopped.
        if kept.is_none_or(|kept| kept == Stopped::Early) {
            *kept = Some(reason);
        }
    }

    /// Drops calls in flight as well.
    pub fn abandon(&self) {
        self.admitting.cancel();
        self.in_flight.cancel();
    }

    /// Returns why the run was stopped, if it was.
    pub fn reason(&self) -> Option<Stopped> {
        *self.reason.lock().expect("no holder of this lock panics")
    }

    /// Returns whether nothing new is to be asked.
    pub fn is_stopped(&self) -> bool {
        self.admitting.is_cancelled()
    }

    /// Returns whether calls in flight are dropped.
    pub fn is_abandoned(&self) -> bool {
        self.in_flight.is_cancelled()
    }

    /// Returns the same for those who go on after [`stop`](Self::stop) and end with [`abandon`](Self::abandon) alone.
    pub(super) fn only_abandoning(&self) -> Self {
        Self {
            admitting: self.in_flight.clone(),
            ..self.clone()
        }
    }

    /// Waits until nothing new is to be asked.
    pub async fn stopped(&self) {
        self.admitting.cancelled().await;
    }

    /// Waits until calls in flight are to be dropped.
    pub async fn abandoned(&self) {
        self.in_flight.cancelled().await;
    }
}
