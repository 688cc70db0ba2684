//! Failed calls are repeated where that may help; what waiting costs is told apart from what the model takes.

use std::time::Duration;

use mcp_cli::journal::TrialStatus;
use mcp_cli::model::{ErrorKind, Remedy, Usage};
use mcp_cli::run::Event;

use crate::run::{LITE, Run, yaml};
use crate::scripted::{Scripted, answer, error, throttled};

#[tokio::test(start_paused = true)]
async fn latency_is_the_successful_attempt_alone() {
    let run = Run::of(&yaml(&[LITE], &["hello"]));
    let client = Scripted::new(answer("ok").after(2))
        .on("hello", [throttled(5).after(1), throttled(3).after(1)])
        .shared();
    let sat = run.sit(client.clone()).await;

    let record = run.records().pop().unwrap();
    assert_eq!(record.status, TrialStatus::Passed);
    let (latency, wait) = (record.latency_ms, Some(record.wait_ms));
    assert_eq!((latency, wait), (Some(2_000.0), Some(8_000.0)));
    let at: Vec<f64> = client.calls().into_iter().map(|(at, _)| at).collect();
    assert_eq!(at, [0.0, 6.0, 10.0]);
    let failed: Vec<_> = record.attempts.iter().map(|it| it.failed).collect();
    let throttled = Some(ErrorKind::Throttled);
    assert_eq!(failed, [throttled, throttled, None]);
    assert_eq!(record.usage(), Usage::new(10, 2));
    let waits = sat.events.iter().filter_map(|event| match event {
        Event::Retrying { wait, .. } => Some(*wait),
        Event::Finished { .. } | Event::Slow { .. } | Event::GivenUp { .. } | Event::Called(_) => {
            None
        }
    });
    let expected = [5, 3].map(Duration::from_secs);
    assert_eq!(waits.collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_slot_is_waiting() {
    let run = Run::of(&yaml(&[LITE], &["one", "two", "three"]));
    run.sit(Scripted::new(answer("ok").after(2)).shared()).await;
    let times: Vec<_> = run
        .records()
        .iter()
        .map(|it| (it.wait_ms, it.latency_ms))
        .collect();
    let latency = Some(2_000.0);
    assert_eq!(
        times,
        [(0.0, latency), (2_000.0, latency), (4_000.0, latency)]
    );
}

#[tokio::test(start_paused = true)]
async fn the_slot_is_given_back_during_back_off() {
    let run = Run::of(&yaml(&[LITE], &["first", "second"]));
    let client = Scripted::new(answer("ok").after(1))
        .on("first", [throttled(10)])
        .shared();
    run.sit(client.clone()).await;
    let expected = [(0.0, "first"), (0.0, "second"), (10.0, "first")];
    assert_eq!(
        client.calls(),
        expected.map(|(at, text)| (at, text.to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn what_repeating_cannot_mend_is_asked_once() {
    for (remedy, max_retries, attempts) in [
        (Remedy::None, 3, 1),
        (Remedy::Tomorrow, 3, 1),
        (Remedy::RepeatOnce, 9, 3),
        (Remedy::RepeatOnce, 1, 2),
        (Remedy::Repeat, 0, 1),
        (Remedy::Repeat, 3, 4),
        (Remedy::SlowDown, 3, 4),
        (Remedy::WarmUp, 3, 4),
    ] {
        let mut run = Run::of(&yaml(&[LITE], &["hello"]));
        run.settings.policy.max_retries = max_retries;
        let client = Scripted::new(error(ErrorKind::Unavailable, remedy)).shared();
        run.sit(client.clone()).await;
        let record = run.records().pop().unwrap();
        assert_eq!(client.asked().len(), attempts, "{remedy:?}, {max_retries}");
        assert_eq!(record.attempts.len(), attempts, "{remedy:?}, {max_retries}");
        assert_eq!(record.status, TrialStatus::Error);
        let kind = record.error.map(|error| error.kind);
        assert_eq!(kind, Some(ErrorKind::Unavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn broken_streams_are_billed_and_marked_as_estimated() {
    let run = Run::of(&yaml(&[LITE], &["hello"]));
    let broken = error(ErrorKind::Stream, Remedy::Repeat)
        .with_error(|it| it.billed = Some(Usage::new(7, 1)));
    let client = Scripted::new(answer("ok")).on("hello", [broken]);
    run.sit(client.shared()).await;
    let record = run.records().pop().unwrap();
    assert_eq!(record.usage(), Usage::new(17, 3));
    let estimated: Vec<bool> = record.attempts.iter().map(|it| it.estimated).collect();
    assert_eq!(estimated, [true, false]);
}
