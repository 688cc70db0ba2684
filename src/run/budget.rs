//! Spending caps: reserved before a call at the most that it can cost, settled after it. Pure but for one lock.
//!
//! A cap is never exceeded, because a call is sent only if its worst case fits beside what was paid and what calls in
//! flight may yet cost. Where it does not fit, but calls in flight may turn out cheaper, there is nothing to decide yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::catalog::{PriceRow, Usd};
use crate::model::{Completion, ErrorKind, ModelError, Request, Usage};

/// One cap.
#[derive(Debug, Clone)]
struct Cap {
    limit: Usd,
    paid: Usd,
    reserved: Usd,
    /// The most that answers of batch jobs may cost which are paid and not counted yet.
    ordered: Usd,
}

/// The caps of a run: its own, and those of its suites.
#[derive(Debug, Default)]
pub struct Budget {
    caps: Mutex<Caps>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Caps {
    run: Option<Cap>,
    /// By the index of the suite.
    suites: Vec<Option<Cap>>,
}

/// Whether a call may be paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    Yes,
    /// Not beside the calls in flight; perhaps when one of them is settled.
    NotYet,
    No,
}

/// Who pays for a call, and at what price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payer<'a> {
    pub(super) budget: &'a Budget,
    /// The index of the suite.
    pub(super) suite: usize,
    pub(super) price: Option<&'a PriceRow>,
}

/// What is held back for a call in flight: the most that it can cost.
#[derive(Debug)]
#[must_use = "a reservation is settled when its call ends"]
pub(super) struct Reserved(Usd);

impl Cap {
    fn grant(&self, worst: Usd) -> Grant {
        // What was ordered is paid for, whatever it turns out to cost: no call waits for it.
        let spent = self.paid + self.ordered;
        if spent + self.reserved + worst <= self.limit {
            Grant::Yes
        } else if self.reserved > Usd::ZERO && spent + worst <= self.limit {
            Grant::NotYet
        } else {
            Grant::No
        }
    }
}

impl Budget {
    /// Returns the caps of a run and of its suites, in the order of the plan; each with what earlier sittings have paid.
    pub fn new(run: Option<(Usd, Usd)>, suites: Vec<Option<(Usd, Usd)>>) -> Self {
        let cap = |(limit, paid)| Cap {
            limit,
            paid,
            reserved: Usd::ZERO,
            ordered: Usd::ZERO,
        };
        let caps = Caps {
            run: run.map(cap),
            suites: suites.into_iter().map(|suite| suite.map(cap)).collect(),
        };
        Self {
            caps: Mutex::new(caps),
            settled: Notify::new(),
        }
    }

    /// Takes back what was to be ordered for a suite and is not.
    pub(super) fn cancel(&self, suite: usize, worst: Usd) {
        for cap in self.caps().of(suite) {
            cap.ordered = cap.ordered - worst;
        }
    }

    fn caps(&self) -> MutexGuard<'_, Caps> {
        self.caps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caps {
    fn of(&mut self, suite: usize) -> impl Iterator<Item = &mut Cap> {
        let of_suite = self.suites.get_mut(suite).and_then(Option::as_mut);
        self.run.iter_mut().chain(of_suite)
    }
}

impl Payer<'_> {
    /// Waits until the worst case of a request fits, and holds it back; `None` if it never will.
    pub(super) async fn reserve(&self, request: &Request) -> Option<Reserved> {
        let worst = self.worst_case(request);
        loop {
            let settled = self.budget.settled.notified();
            match self.try_reserve(worst) {
                Grant::Yes => return Some(Reserved(worst)),
                Grant::No => return None,
                Grant::NotYet => settled.await,
            }
        }
    }

    fn try_reserve(&self, worst: Usd) -> Grant {
        let mut caps = self.budget.caps();
        let grants: Vec<Grant> = caps.of(self.suite).map(|cap| cap.grant(worst)).collect();
        if grants.contains(&Grant::No) {
            return Grant::No;
        }
        if grants.contains(&Grant::NotYet) {
            return Grant::NotYet;
        }
        for cap in caps.of(self.suite) {
            cap.reserved += worst;
        }
        Grant::Yes
    }

    /// Replaces a reservation by what the call cost.
    pub(super) fn settle(&self, reserved: &Reserved, result: &Result<Completion, ModelError>) {
        let paid = self.paid(reserved.0, result);
        for cap in self.budget.caps().of(self.suite) {
            cap.reserved = cap.reserved - reserved.0;
            cap.paid += paid;
        }
        self.budget.settled.notify_waiters();
    }

    /// Orders an answer in a batch, if the most that it can cost fits; returns whether it did.
    pub(super) fn order(&self, worst: Usd) -> bool {
        let mut caps = self.budget.caps();
        let fits = caps
            .of(self.suite)
            .all(|cap| cap.grant(worst) == Grant::Yes);
        if fits {
            for cap in caps.of(self.suite) {
                cap.ordered += worst;
            }
        }
        fits
    }

    /// Counts an answer that a batch has given already, at the most that it can have cost.
    pub(super) fn ordered(&self, worst: Usd) {
        for cap in self.budget.caps().of(self.suite) {
            cap.ordered += worst;
        }
    }

    /// Returns the most that a request can cost in a batch.
    pub(super) fn worst_of_batch(&self, request: &Request) -> Usd {
        let price = self.price;
        price.map_or(Usd::ZERO, |price| price.batch_ceiling(request))
    }

    /// Counts an answer that was at hand: recorded and free, or ordered and paid for by then.
    pub(super) fn note(&self, request: &Request, result: &Result<Completion, ModelError>) {
        let is_recorded = match result {
            Ok(completion) => completion.recorded,
            Err(error) => error.recorded,
        };
        if is_recorded {
            return;
        }
        let worst = self.worst_of_batch(request);
        let paid = self.paid(Usd::ZERO, result);
        for cap in self.budget.caps().of(self.suite) {
            cap.ordered = cap.ordered - worst;
            cap.paid += paid;
        }
        self.budget.settled.notify_waiters();
    }

    /// Gives back what was held for a call that was not sent.
    pub(super) fn give_back(&self, reserved: &Reserved) {
        for cap in self.budget.caps().of(self.suite) {
            cap.reserved = cap.reserved - reserved.0;
        }
        self.budget.settled.notify_waiters();
    }

    /// Returns what a call counts for its caps. Where nobody can know whether Bedrock billed it, that is the most.
    fn paid(&self, worst: Usd, result: &Result<Completion, ModelError>) -> Usd {
        match result {
            Ok(completion) if completion.recorded => Usd::ZERO,
            Ok(completion) if completion.batched => self.batch_cost(&completion.usage),
            Ok(completion) => self.cost(&completion.usage),
            Err(error) if error.recorded => Usd::ZERO,
            Err(error) => match error.kind {
                ErrorKind::Timeout
                | ErrorKind::Connection
                | ErrorKind::Stream
                | ErrorKind::Malformed
                | ErrorKind::Cancelled => worst,
                _ => error.billed.map_or(Usd::ZERO, |usage| self.cost(&usage)),
            },
        }
    }

    /// Returns the most that a request can cost.
    fn worst_case(&self, request: &Request) -> Usd {
        self.price.map_or(Usd::ZERO, |price| price.ceiling(request))
    }

    /// Returns what an answer of batch inference costs; as much as any other where nobody says that it costs less.
    fn batch_cost(&self, usage: &Usage) -> Usd {
        let batch = self.price.and_then(|price| price.batch_cost(usage));
        batch.map_or_else(|| self.cost(usage), |cost| cost.usd)
    }

    fn cost(&self, usage: &Usage) -> Usd {
        self.price.map_or(Usd::ZERO, |price| price.cost(usage).usd)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cap(limit: i128) -> Cap {
        Cap {
            limit: Usd::from_pico(limit),
            paid: Usd::ZERO,
            reserved: Usd::ZERO,
            ordered: Usd::ZERO,
        }
    }

    #[test]
    fn what_does_not_fit_waits_for_calls_in_flight() {
        let mut cap = cap(100);
        assert_eq!(cap.grant(Usd::from_pico(100)), Grant::Yes);
        assert_eq!(cap.grant(Usd::from_pico(101)), Grant::No);
        cap.reserved = Usd::from_pico(60);
        assert_eq!(cap.grant(Usd::from_pico(50)), Grant::NotYet);
        cap.paid = Usd::from_pico(60);
        assert_eq!(cap.grant(Usd::from_pico(50)), Grant::No);
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_is_paid(
            limit in 0_i128..1_000,
            calls in prop::collection::vec((1_i128..100, 0.0_f64..=1.0), 1..100),
        ) {
            let mut cap = cap(limit);
            let mut open: Vec<(Usd, Usd)> = Vec::new();
            for (worst, share) in calls {
                #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers")]
                let cost = Usd::from_pico((worst as f64 * share) as i128);
                let worst = Usd::from_pico(worst);
                if cap.grant(worst) == Grant::Yes {
                    cap.reserved += worst;
                    open.push((worst, cost));
                }
                if open.len() > 3 {
                    let (worst, cost) = open.remove(0);
                    cap.reserved = cap.reserved - worst;
                    cap.paid += cost;
                }
                prop_assert!(cap.paid + cap.reserved <= cap.limit);
            }
        }
    }
}
