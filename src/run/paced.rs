//! Asking one model at its pace: a slot, the quota, the call, and again if that may help.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::breaker::{Breaker, Outlook};
use super::budget::Payer;
use super::call::Made;
use super::limiter::{Limiter, Reservation, Settlement};
use super::retry::{RetryPolicy, draw};
use super::stop::Stop;
use super::warm::Warm;
use crate::journal::{Attempt, Stopped};
use crate::model::{Completion, ErrorKind, ModelClient, ModelError, Remedy, Request};

/// A client with the slots, quota and retries of one model around it.
pub(super) struct Paced {
    client: Arc<dyn ModelClient>,
    slots: Arc<Semaphore>,
    quota: Option<Arc<SharedQuota>>,
    policy: RetryPolicy,
    breaker: Mutex<Breaker>,
    warm: Warm,
    /// Cancelled when the model is given up.
    given_up: CancellationToken,
}

/// What somebody who watches may want to know while a question is asked.
#[derive(Debug)]
pub(super) enum Notice<'a> {
    /// A call failed and is repeated after this time.
    Again(&'a ModelError, Duration),
    /// The model has answered nothing so far.
    Slow(&'a ModelError),
    /// The model is given up; nobody asks it any more.
    Over(&'a ModelError, Stopped),
    /// A call has ended.
    Made(Made<'a>),
    /// The question was not sent: its worst case does not fit into the budget.
    NoMoney,
}

/// A quota that callers are admitted to one after the other, so that a large request is not overtaken for ever.
struct SharedQuota {
    limiter: Mutex<Limiter>,
    /// Who holds it is the next to be admitted.
    turn: Semaphore,
    /// Rings when a call has been settled, which may give tokens back.
    settled: Notify,
}

/// A hold on the quota of a model that others ask as well.
#[derive(Clone)]
pub struct Share(Arc<SharedQuota>);

impl Share {
    /// Takes only a part of it from now on, above 0 and at most 1. A quota that is not known is found out as it is left.
    pub fn set(&self, part: f64) {
        self.0.lock().share(part, Instant::now().into_std());
        self.0.settled.notify_one();
    }
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
    /// The slot of the last attempt. Whoever holds it until the outcome is on disk makes sure that a kill loses no more
    /// answers than there are slots.
    pub slot: Option<Slot>,
}

/// One of the calls that a model may have in flight.
pub(super) type Slot = OwnedSemaphorePermit;

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
            slots: Arc::new(Semaphore::new(slots)),
            quota: limiter.map(SharedQuota::new).map(Arc::new),
            policy,
            breaker: Mutex::default(),
            warm: Warm::default(),
            given_up: CancellationToken::new(),
        }
    }

    /// Returns a hold on its quota; `None` where none is kept to.
    pub(super) fn share(&self) -> Option<Share> {
        self.quota.clone().map(Share)
    }

    /// Does some waiting, unless the model is given up or the run is stopped before it is over.
    ///
    /// What need not be waited for is had without a look at what could end the wait, which all trials share.
    async fn unless_closed<T>(
        &self,
        stop: &Stop,
        waiting: impl Future<Output = T>,
    ) -> Result<T, ModelError> {
        tokio::select! {
            biased;
            done = waiting => Ok(done),
            () = self.closed(stop) => Err(cancelled()),
        }
    }

    /// Waits until the model is given up or the run is stopped.
    pub(super) async fn closed(&self, stop: &Stop) {
        tokio::select! {
            () = stop.stopped() => {}
            () = self.given_up.cancelled() => {}
        }
    }

    /// Asks until there is a completion, nothing more can help, the model is given up, or `stop` says so.
    ///
    /// The slot is given back while waiting between attempts. `notify` hears of what others may want to know.
    pub(super) async fn ask(
        &self,
        request: &Request,
        payer: Option<Payer<'_>>,
        stop: &Stop,
        notify: impl Fn(Notice<'_>),
    ) -> Asked {
        let mut asked = Asked {
            result: Err(cancelled()),
            attempts: Vec::new(),
            waited: Duration::ZERO,
            slot: None,
        };
        // Recordings have nothing to keep.
        let _first = if self.quota.is_some() {
            let queued = Instant::now();
            let first = self.unless_closed(stop, self.warm.enter(request)).await;
            asked.waited += queued.elapsed();
            match first {
                Ok(first) => first,
                Err(cancelled) => return self.closing(asked, cancelled),
            }
        } else {
            None
        };
        let mut told = Duration::ZERO;
        loop {
            match self.attempt(request, payer, stop, &mut asked.waited).await {
                Ok((result, slot, sent)) => {
                    let billed = attempt_of(&result);
                    notify(Notice::Made(Made {
                        request,
                        result: &result,
                        billed: &billed,
                        attempt: asked.attempts.len() + 1,
                        sent,
                        waited: asked.waited.saturating_sub(told),
                        judge: None,
                    }));
                    told = asked.waited;
                    asked.attempts.push(billed);
                    asked.result = result;
                    asked.slot = Some(slot);
                }
                Err(unsent) => {
                    if unsent.kind == ErrorKind::Budget {
                        notify(Notice::NoMoney);
                    }
                    return self.closing(asked, unsent);
                }
            }
            let Err(error) = &asked.result else {
                self.lock_breaker().answered();
                return asked;
            };
            let outlook = self.lock_breaker().failed(error, Instant::now().into_std());
            match outlook {
                Outlook::Open => {}
                Outlook::Slow => notify(Notice::Slow(error)),
                Outlook::Over(reason) => {
                    notify(Notice::Over(error, reason));
                    self.given_up.cancel();
                }
            }
            let made = u32::try_from(asked.attempts.len()).unwrap_or(u32::MAX);
            let Some(wait) = self.policy.next(made, error, draw()) else {
                return asked;
            };
            asked.slot = None;
            notify(Notice::Again(error, wait));
            asked.waited += wait;
            if let Err(cancelled) = self.sleep(wait, stop).await {
                return self.closing(asked, cancelled);
            }
        }
    }

    /// Ends a question that is not sent: with the last error if the model is given up and did say something.
    fn closing(&self, mut asked: Asked, unsent: ModelError) -> Asked {
        if asked.attempts.is_empty() || !self.given_up.is_cancelled() {
            asked.result = Err(unsent);
        }
        asked
    }

    /// Waits for a slot, the money and the quota, then asks once.
    ///
    /// # Errors
    ///
    /// Nothing was sent: the run was stopped, the model given up, or the budget reached. What the call itself gives is
    /// the inner result; with it come the slot, and when the call was sent.
    async fn attempt(
        &self,
        request: &Request,
        payer: Option<Payer<'_>>,
        stop: &Stop,
        waited: &mut Duration,
    ) -> Result<(Result<Completion, ModelError>, Slot, Instant), ModelError> {
        let queued = Instant::now();
        let slots = Arc::clone(&self.slots);
        let slot = self.unless_closed(stop, slots.acquire_owned()).await?;
        let slot = slot.expect("the slots are never closed");
        if stop.is_stopped() || self.given_up.is_cancelled() {
            return Err(cancelled());
        }
        // What is at hand takes no part of a quota, and what it may cost was spent when it was ordered.
        let is_held = self.client.holds(request);
        let money = match payer.filter(|_| !is_held) {
            Some(payer) => {
                let reserved = self.unless_closed(stop, payer.reserve(request)).await?;
                Some((payer, reserved.ok_or_else(no_money)?))
            }
            None => None,
        };
        let reservation = match self.quota.as_ref().filter(|_| !is_held) {
            Some(quota) => {
                let reserved = self.unless_closed(stop, quota.reserve(request)).await;
                if let (Err(_), Some((payer, reserved))) = (&reserved, &money) {
                    payer.give_back(reserved);
                }
                Some((quota, reserved?))
            }
            None => None,
        };
        let sent = Instant::now();
        *waited += sent - queued;
        self.lock_breaker().sent();
        let result = tokio::select! {
            biased;
            () = stop.abandoned() => return Err(cancelled()),
            result = self.client.converse(request) => result,
        };
        if let Some((quota, reservation)) = reservation {
            quota.settle(reservation, &result);
        }
        if let Some((payer, reserved)) = money {
            payer.settle(&reserved, &result);
        } else if let Some(payer) = payer {
            payer.note(request, &result);
        }
        Ok((result, slot, sent))
    }

    /// Sleeps, unless the model is given up or the run is stopped first.
    async fn sleep(&self, wait: Duration, stop: &Stop) -> Result<(), ModelError> {
        if wait.is_zero() {
            return Ok(());
        }
        self.unless_closed(stop, tokio::time::sleep(wait)).await
    }

    fn lock_breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().expect("no holder of this lock panics")
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
    async fn reserve(&self, request: &Request) -> Reservation {
        let (bytes, max_tokens) = (request.text_bytes(), request.params.max_tokens);
        let _turn = self.turn.acquire().await.expect("the turn is never closed");
        loop {
            let now = Instant::now().into_std();
            let admitted = self.lock().admit(bytes, max_tokens, now);
            match admitted {
                Ok(reservation) => return reservation,
                Err(wait) => tokio::select! {
                    () = tokio::time::sleep(wait) => {}
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

fn attempt_of(result: &Result<Completion, ModelError>) -> Attempt {
    match result {
        Ok(completion) => Attempt {
            usage: Some(completion.usage),
            estimated: completion.estimated,
            recorded: completion.recorded,
            batched: completion.batched,
            failed: None,
        },
        Err(error) => Attempt {
            usage: error.billed,
            estimated: error.billed.is_some(),
            recorded: error.recorded,
            batched: false,
            failed: Some(error.kind),
        },
    }
}

fn no_money() -> ModelError {
    let message = "the call could cost more than is left of the budget";
    ModelError::new(ErrorKind::Budget, Remedy::None, message)
}

fn cancelled() -> ModelError {
    ModelError::new(ErrorKind::Cancelled, Remedy::None, "the run was stopped")
}
