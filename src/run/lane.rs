//! A model's lane: everything that one model needs to be asked at its own pace.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::limiter::Limiter;
use super::paced::{Paced, Share};
use super::retry::RetryPolicy;
use crate::catalog::Quota;
use crate::model::{ModelClient, Request};
use crate::suite::ModelEntry;

/// How lanes are driven.
#[derive(Debug, Clone)]
pub struct LaneSettings {
    /// Calls in flight for each model.
    pub slots: usize,
    /// How failed calls are repeated.
    pub policy: RetryPolicy,
    /// Whether quotas are kept to; not where answers come from a recording.
    pub limited: bool,
    /// Whether limits that nobody told are approached with care; not where the user says how many calls to have in flight.
    pub approach: bool,
}

impl LaneSettings {
    /// Returns settings for answers that come from a recording: nothing to wait for.
    pub fn without_waiting(slots: usize, max_retries: u32) -> Self {
        let policy = RetryPolicy {
            max_retries,
            base: Duration::ZERO,
            cap: Duration::ZERO,
        };
        Self {
            slots,
            policy,
            limited: false,
            approach: false,
        }
    }
}

/// The lane of one model in one region. Every entry and every judge with that model shares it, since they share its quota.
pub struct Lane {
    pub(super) model: String,
    pub(super) region: Option<String>,
    pub(super) paced: Paced,
    pub(super) slots: usize,
}

impl Lane {
    /// Makes the lane of a model in a region; `None` is the region of the run.
    pub fn new(
        model: &str,
        region: Option<&str>,
        client: Arc<dyn ModelClient>,
        quota: &Quota,
        settings: &LaneSettings,
    ) -> Self {
        let limiter = settings
            .limited
            .then(|| Limiter::new(quota, settings.approach, Instant::now().into_std()));
        Self {
            model: model.to_owned(),
            region: region.map(str::to_owned),
            paced: Paced::new(client, settings.slots, limiter, settings.policy),
            slots: settings.slots,
        }
    }

    /// Returns the model and the region that are asked; `None` is the region of the run.
    pub fn whom(&self) -> (&str, Option<&str>) {
        (&self.model, self.region.as_deref())
    }

    /// Returns a hold on its quota; `None` where none is kept to.
    pub fn share(&self) -> Option<Share> {
        self.paced.share()
    }

    /// Returns whether `entry` is asked in this lane.
    pub fn serves(&self, entry: &ModelEntry) -> bool {
        self.model == entry.id && self.region == entry.region
    }

    /// Returns whether `request` is put in this lane.
    pub fn takes(&self, request: &Request) -> bool {
        self.model == request.model && self.region == request.region
    }
}
