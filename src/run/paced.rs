//! Asking one model at its pace: a slot, the quota, the call, and again if that may help.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::limiter::{Limiter, Reservation, Settlement};
use super::retry::{RetryPolicy, draw};
use super::stop::Stop;
use crate::journal::Attempt;
use crate::model::{Completion, ErrorKind, ModelClient, ModelError, Remedy, Request};

/// A client with the slots, quota and retries of one model around it.
pub(super) struct Paced {
    client: Arc<dyn ModelClient>,
    slots: Semaphore,
    quota: Option<SharedQuota>,
    policy: RetryPolicy,
}

/// A quota that callers are admitted to one after the other, so that a large request is not overtaken for ever.
struct SharedQuota {
    limiter: Mutex<Limiter>,
    /// Who holds it is the next to be admitted.
    turn: Semaphore,
    /// Rings when a call has been settled, which may give tokens back.
    settled: Notify,
}

/// What asking gave in the end.
#[derive(Debug)]
pub(super) struct Asked {
    /// The completion, or the last error.
    pub result: Result<Completion, ModelError>,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
    /// Time spent waiting for a slot, the quota and back-off.
    pub waited: Duration,
}

impl Paced {
    /// Puts `slots` calls at a time, a limiter and a retry policy around `client`.
    pub(super) fn new(
        client: Arc<dyn ModelClient>,
        slots: usize,
        limiter: Option<Limiter>,
        policy: RetryPolicy,
    ) -> Self {
        Self {
            client,
            slots: Semaphore::new(slots),
            quota: limiter.map(SharedQuota::new),
            policy,
        }
    }

    /// Asks until there is a completion, nothing more can help, or `stop` says so.
    ///
    /// The slot is given back while waiting between attempts. `retrying` hears of each failure that is repeated.
    pub(super) async fn ask(
        &self,
        request: &Request,
        stop: &Stop,
        retrying: impl Fn(&ModelError, Duration),
    ) -> Asked {
        let mut asked = Asked {
            result: Err(cancelled()),
            attempts: Vec::new(),
            waited: Duration::ZERO,
        };
        loop {
            match self.attempt(request, stop, &mut asked.waited).await {
                Ok(result) => {
                    asked.attempts.push(attempt_of(&result));
                    asked.result = result;
                }
                Err(cancelled) => {
                    asked.result = Err(cancelled);
                    return asked;
                }
            }
            let Err(error) = &asked.result else {
                return asked;
            };
            let made = u32::try_from(asked.attempts.len()).unwrap_or(u32::MAX);
            let Some(wait) = self.policy.next(made, error, draw()) else {
                return asked;
            };
            retrying(error, wait);
            asked.waited += wait;
            if let Err(error) = sleep(wait, stop).await {
                asked.result = Err(error);
                return asked;
            }
        }
    }

    /// Waits for a slot and the quota, then asks once.
    ///
    /// # Errors
    ///
    /// The run was stopped before there was a result. What the call itself gives is the inner result.
    async fn attempt(
        &self,
        request: &Request,
        stop: &Stop,
        waited: &mut Duration,
    ) -> Result<Result<Completion, ModelError>, ModelError> {
        let queued = Instant::now();
        let slot = tokio::select! {
            biased;
            () = stop.stopped() => return Err(cancelled()),
            slot = self.slots.acquire() => slot.expect("the slots are never closed"),
        };
        let reservation = match &self.quota {
            Some(quota) => Some((quota, quota.reserve(request, stop).await?)),
            None => None,
        };
        *waited += queued.elapsed();
        let result = tokio::select! {
            biased;
            () = stop.abandoned() => return Err(cancelled()),
            result = self.client.converse(request) => result,
        };
        drop(slot);
        if let Some((quota, reservation)) = reservation {
            quota.settle(reservation, &result);
        }
        Ok(result)
    }
}

impl SharedQuota {
    fn new(limiter: Limiter) -> Self {
        Self {
            limiter: Mutex::new(limiter),
            turn: Semaphore::new(1),
            settled: Notify::new(),
        }
    }

    /// Waits for its turn, and then until the quota allows the request.
    ///
    /// # Errors
    ///
    /// The run was stopped first.
    async fn reserve(&self, request: &Request, stop: &Stop) -> Result<Reservation, ModelError> {
        let (bytes, max_tokens) = (request.text_bytes(), request.params.max_tokens);
        let _turn = tokio::select! {
            biased;
            () = stop.stopped() => return Err(cancelled()),
            turn = self.turn.acquire() => turn.expect("the turn is never closed"),
        };
        loop {
            let now = Instant::now().into_std();
            let admitted = self.lock().admit(bytes, max_tokens, now);
            match admitted {
                Ok(reservation) => return Ok(reservation),
                Err(wait) => tokio::select! {
                    biased;
                    slept = sleep(wait, stop) => slept?,
                    () = self.settled.notified() => {}
                },
            }
        }
    }

    fn settle(&self, reservation: Reservation, result: &Result<Completion, ModelError>) {
        let settlement = match result {
            Ok(completion) => Settlement::Used(&completion.usage),
            Err(error) => match (&error.billed, error.remedy) {
                (Some(usage), _) => Settlement::Used(usage),
                (None, Remedy::SlowDown) => Settlement::NoRequests,
                (None, Remedy::FewerTokens) => Settlement::NoTokens,
                (None, _) => Settlement::Failed,
            },
        };
        let now = Instant::now().into_std();
        self.lock().settle(reservation, settlement, now);
        self.settled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().expect("no holder of this lock panics")
    }
}

/// Sleeps, unless the run is stopped first.
async fn sleep(wait: Duration, stop: &Stop) -> Result<(), ModelError> {
    if wait.is_zero() {
        return Ok(());
    }
    tokio::select! {
        biased;
        () = stop.stopped() => Err(cancelled()),
        () = tokio::time::sleep(wait) => Ok(()),
    }
}

fn attempt_of(result: &Result<Completion, ModelError>) -> Attempt {
    match result {
        Ok(completion) => Attempt {
            usage: Some(completion.usage),
            estimated: false,
            recorded: completion.recorded,
            failed: None,
        },
        Err(error) => Attempt {
            usage: error.billed,
            estimated: error.billed.is_some(),
            recorded: error.recorded,
            failed: Some(error.kind),
        },
    }
}

fn cancelled() -> ModelError {
    ModelError::new(ErrorKind::Cancelled, Remedy::None, "the run was stopped")
}
