//! Stopping: nothing new is asked, what is in flight may finish, and a trial without an outcome leaves no record.

use std::sync::Arc;
use std::time::Duration;

use mcp_cli::journal::{Stopped, TrialStatus};
use mcp_cli::model::{ErrorKind, Remedy};
use mcp_cli::plan::Trial;
use mcp_cli::run::{Lengths, RunError, Stop};
use tokio::time::{Instant, sleep};

use crate::run::{LITE, MICRO, Run, yaml};
use crate::scripted::{Reply, Scripted, answer, error, panic, throttled};

const THREE: [&str; 3] = ["one", "two", "three"];

/// What was left after an interruption at five seconds.
#[derive(Debug, PartialEq)]
struct Left {
    ended_at: f64,
    asked: usize,
    records: usize,
}

/// Interrupts a run of three trials at five seconds.
async fn interrupted(
    run: &Run,
    client: Scripted,
    how: impl FnOnce(&Stop) + Send + 'static,
) -> Left {
    let begun = Instant::now();
    let client = client.shared();
    let stop = Stop::default();
    let late = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        how(&late);
    });
    run.sit_until(client.clone(), &stop).await.result.unwrap();
    assert_eq!(run.stopped(), Some(Stopped::Interrupted));
    Left {
        ended_at: begun.elapsed().as_secs_f64(),
        asked: client.asked().len(),
        records: run.records().len(),
    }
}

fn stop(stop: &Stop) {
    stop.stop(Stopped::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_finishes_and_nothing_new_is_asked() {
    let run = Run::of(&yaml(&[LITE], &THREE));
    let left = interrupted(&run, Scripted::new(answer("ok").after(8)), stop).await;
    let expected = Left {
        ended_at: 8.0,
        asked: 1,
        records: 1,
    };
    assert_eq!(left, expected);
}

#[tokio::test(start_paused = true)]
async fn back_off_ends_at_once_and_leaves_no_record() {
    let run = Run::of(&yaml(&[LITE], &THREE));
    let left = interrupted(&run, Scripted::new(throttled(1_000)), stop).await;
    let expected = Left {
        ended_at: 5.0,
        asked: 3,
        records: 0,
    };
    assert_eq!(left, expected);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_quota_ends_at_once() {
    let run = Run::of(&yaml(&[LITE], &THREE))
        .slots(3)
        .quota(None, Some(1));
    let left = interrupted(&run, Scripted::new(answer("ok")), stop).await;
    let expected = Left {
        ended_at: 5.0,
        asked: 1,
        records: 1,
    };
    assert_eq!(left, expected);
}

#[tokio::test(start_paused = true)]
async fn abandoning_drops_what_is_in_flight() {
    let run = Run::of(&yaml(&[LITE], &THREE));
    let client = Scripted::new(answer("ok").after(1_000));
    let left = interrupted(&run, client, |it| {
        stop(it);
        it.abandon();
    })
    .await;
    let expected = Left {
        ended_at: 5.0,
        asked: 1,
        records: 0,
    };
    assert_eq!(left, expected);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_call_is_dropped_in_the_client_too() {
    let run = Run::of(&yaml(&[LITE], &["hello"]));
    let client = Scripted::new(answer("ok").after(1_000)).shared();
    let stop = Stop::default();
    let late = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        late.abandon();
    });
    run.sit_until(client.clone(), &stop).await.result.unwrap();
    assert_eq!(client.abandoned(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_before_it_begins_asks_nothing() {
    let run = Run::of(&yaml(&[LITE], &THREE));
    let client = Scripted::new(answer("ok")).shared();
    let early = Stop::default();
    stop(&early);
    run.sit_until(client.clone(), &early).await.result.unwrap();
    assert_eq!(client.asked().len(), 0);
}

/// Runs fifty trials that all get `reply`, and returns how many were asked.
async fn fifty(max_failures: Option<u64>, reply: Reply) -> (Run, usize) {
    let words: Vec<String> = (0..50).map(|number| format!("w{number}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut run = Run::of(&yaml(&[LITE], &words));
    run.max_failures = max_failures;
    let client = Scripted::new(reply.after(1)).shared();
    run.sit(client.clone()).await.result.unwrap();
    let asked = client.asked().len();
    assert_eq!(run.records().len(), asked, "every call has its record");
    (run, asked)
}

#[tokio::test(start_paused = true)]
async fn so_many_failures_stop_the_run() {
    for reply in [answer("no"), error(ErrorKind::Denied, Remedy::None)] {
        let (run, asked) = fifty(Some(3), reply).await;
        assert!((3..=4).contains(&asked), "{asked}");
        assert_eq!(run.stopped(), Some(Stopped::Failures));
    }
}

#[tokio::test(start_paused = true)]
async fn without_credentials_the_run_stops() {
    let (run, asked) = fifty(None, error(ErrorKind::Credentials, Remedy::None)).await;
    assert!((1..=2).contains(&asked), "{asked}");
    assert_eq!(run.stopped(), Some(Stopped::Denied));
}

#[tokio::test(start_paused = true)]
async fn other_errors_do_not_stop_the_run() {
    let (run, asked) = fifty(None, error(ErrorKind::Denied, Remedy::None)).await;
    assert_eq!(asked, 50);
    assert_eq!(run.stopped(), None);
}

#[tokio::test(start_paused = true)]
async fn one_denied_model_leaves_the_others_alone() {
    let run = Run::of(&yaml(&[LITE, MICRO], &["hello"]));
    let denied = error(ErrorKind::Denied, Remedy::None);
    run.sit(Scripted::new(answer("ok")).on(LITE, [denied]).shared())
        .await;
    let status: Vec<TrialStatus> = run.records().iter().map(|it| it.status).collect();
    assert_eq!(status, [TrialStatus::Error, TrialStatus::Passed]);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "a bug of the client")]
async fn a_bug_is_not_swallowed() {
    let run = Run::of(&yaml(&[LITE], &THREE));
    run.sit(Scripted::new(panic("a bug of the client")).shared())
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_dataset_that_is_gone_ends_the_run() {
    // What goes before the broken row is asked, whether or not somebody looks ahead.
    for lengths in [None, Some(Arc::new(|_: &Trial| None) as Lengths)] {
        let folder = tempfile::tempdir().unwrap();
        let rows = folder.path().join("rows.csv");
        std::fs::write(&rows, "word\nhi\n").unwrap();
        let yaml = yaml(&[LITE], &["hello"]) + &format!("  - {}\n", rows.display());
        let mut run = Run::of(&yaml);
        run.lengths = lengths;
        std::fs::remove_file(rows).unwrap();
        let result = run.sit(Scripted::new(answer("ok")).shared()).await.result;
        assert!(matches!(result, Err(RunError::Dataset(_))), "{result:?}");
        assert_eq!(run.records().len(), 1, "what was asked is kept");
    }
}
