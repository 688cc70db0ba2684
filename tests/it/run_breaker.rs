//! Models that cannot be asked: given up once, told once, and no burden to the others.

use std::time::Duration;

use mcp_cli::journal::{Stopped, TrialStatus};
use mcp_cli::model::{ErrorKind, Remedy};
use mcp_cli::run::Event;
use tokio::time::Instant;

use crate::run::{LITE, MICRO, Run, yaml};
use crate::scripted::{Scripted, answer, error};

const WORDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Counts the records of each status for a model.
fn statuses(run: &Run, model: u32) -> (usize, usize) {
    let records = run.records();
    let of = |status| {
        records
            .iter()
            .filter(|record| record.at.model == model && record.status == status)
            .count()
    };
    (of(TrialStatus::Passed), of(TrialStatus::Error))
}

#[tokio::test(start_paused = true)]
async fn what_repeating_cannot_mend_is_asked_once_and_the_others_finish() {
    for (kind, remedy, reason) in [
        (ErrorKind::Denied, Remedy::OtherModel, Stopped::Denied),
        (ErrorKind::NotFound, Remedy::OtherModel, Stopped::Failures),
        (ErrorKind::Throttled, Remedy::Tomorrow, Stopped::DayQuota),
    ] {
        let run = Run::of(&yaml(&[LITE, MICRO], &WORDS));
        let client = Scripted::new(answer("ok").after(1))
            .on(LITE, [error(kind, remedy)])
            .shared();
        let sat = run.sit(client.clone()).await;
        sat.result.unwrap();
        assert_eq!(statuses(&run, 0), (0, 1), "{kind:?}");
        assert_eq!(statuses(&run, 1).0 + statuses(&run, 1).1, WORDS.len());
        assert_eq!(run.stopped(), Some(reason));
        let told = sat
            .events
            .iter()
            .filter(|event| matches!(event, Event::GivenUp { .. }));
        assert_eq!(told.count(), 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_always_throttles_is_given_up_and_delays_nobody() {
    let run = Run::of(&yaml(&[LITE, MICRO], &WORDS))
        .slots(4)
        .quota(None, None);
    let mut run = run;
    run.settings.policy.max_retries = 50;
    let throttled = error(ErrorKind::Throttled, Remedy::SlowDown);
    let client = Scripted::new(answer("ok").after(2))
        .on(LITE, std::iter::repeat_n(throttled, 500))
        .shared();
    let begun = Instant::now();
    let sat = run.sit(client).await;
    sat.result.unwrap();
    assert!(
        begun.elapsed() < Duration::from_mins(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(statuses(&run, 1).1, 0);
    assert_eq!(statuses(&run, 0).0, 0);
    let records = run.records();
    let errors = records.iter().filter_map(|record| record.error.as_ref());
    assert!(errors.clone().count() > 0);
    assert!(
        errors
            .into_iter()
            .all(|error| error.kind == ErrorKind::Throttled)
    );
    assert!(
        sat.events
            .iter()
            .any(|event| matches!(event, Event::Slow { .. }))
    );
}
