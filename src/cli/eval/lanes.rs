//! Lanes of a run: one for every model and judge, with the part of its quota that the run may take.

use std::sync::Arc;

use crate::catalog::{Catalog, Quota};
use crate::journal::RunOptions;
use crate::model::{ModelClient, ModelId};
use crate::plan::Plan;
use crate::run::{Lane, LaneSettings, RetryPolicy};

/// Calls in flight for each model, unless told otherwise: far more than are needed, since the quota, known or found out,
/// is what holds calls back.
const SLOTS: usize = 256;

/// The same where a run may stop before its end: what is in flight then was asked for nothing.
const EARLY_SLOTS: usize = 16;

/// Makes a lane for every model and every judge of the plan.
pub(super) fn lanes(
    plan: &Plan,
    client: &Arc<dyn ModelClient>,
    catalog: &Catalog,
    options: &RunOptions,
) -> Vec<Lane> {
    let settings = settings(options);
    let lane = |(model, region): (&str, Option<&str>)| {
        let quota = quota_of(model, region, catalog, options);
        Lane::new(model, region, Arc::clone(client), &quota, &settings)
    };
    plan.models().into_iter().map(lane).collect()
}

/// Returns how every lane of a run is driven.
pub(super) fn settings(options: &RunOptions) -> LaneSettings {
    let usual = if options.stop_early {
        EARLY_SLOTS
    } else {
        SLOTS
    };
    let slots = options.concurrency.unwrap_or(usual);
    let defaults = RetryPolicy::default();
    let max_retries = options.max_retries.unwrap_or(defaults.max_retries);
    match options.replay {
        Some(_) => LaneSettings::without_waiting(slots, max_retries),
        None => LaneSettings {
            slots,
            policy: RetryPolicy {
                max_retries,
                ..defaults
            },
            limited: true,
            approach: options.concurrency.is_none(),
        },
    }
}

/// Returns the quota that a run keeps to with a model; `region` is the one that its entry names.
pub(super) fn quota_of(
    model: &str,
    region: Option<&str>,
    catalog: &Catalog,
    options: &RunOptions,
) -> Quota {
    quota(&catalog.quota(&ModelId::parse(model), region), options)
}

/// Returns the part of a model's quota that a run may take: all that a flag names, else all that is known; of that the share that a
/// flag names. Shards share what is known evenly.
fn quota(known: &Quota, options: &RunOptions) -> Quota {
    let by_shard = options.shard.map_or(1.0, |shard| 1.0 / f64::from(shard.of));
    let of = |named: Option<u64>, known: Option<u64>| {
        let share = match (options.quota_share, named) {
            (Some(share), _) => share,
            (None, Some(_)) => 1.0,
            (None, None) => by_shard,
        };
        named.or(known).map(|quota| part(quota, share))
    };
    Quota {
        requests_per_minute: of(options.requests_per_minute, known.requests_per_minute),
        tokens_per_minute: of(options.tokens_per_minute, known.tokens_per_minute),
        ..*known
    }
}

/// Returns a share of a quota, at least 1.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "quotas are far below what a float tells apart"
)]
fn part(quota: u64, share: f64) -> u64 {
    ((quota as f64 * share) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_takes_its_part_of_a_quota() {
        let known = Quota {
            requests_per_minute: Some(100),
            tokens_per_minute: None,
            output_burndown: 1,
        };
        let take = |options: &RunOptions| {
            let taken = quota(&known, options);
            (taken.requests_per_minute, taken.tokens_per_minute)
        };
        let plain = RunOptions::default();
        assert_eq!(take(&plain), (Some(100), None));
        let half = RunOptions {
            quota_share: Some(0.5),
            tokens_per_minute: Some(7),
            ..plain.clone()
        };
        assert_eq!(take(&half), (Some(50), Some(3)));
        let shard = RunOptions {
            shard: Some("1/3".parse().unwrap()),
            tokens_per_minute: Some(7),
            ..plain.clone()
        };
        assert_eq!(take(&shard), (Some(33), Some(7)));
        let tiny = RunOptions {
            quota_share: Some(0.001),
            ..plain
        };
        assert_eq!(take(&tiny), (Some(1), None));
    }
}
