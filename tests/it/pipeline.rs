//! The whole pipeline in process: suite text, plan, asking, journal, tally, report.

use std::io::Write;
use std::time::Duration;

use mcp_cli::journal::{JournalWriter, Record};
use mcp_cli::model::{ErrorKind, Json, Remedy};
use mcp_cli::report::{Comparing, Findings};
use mcp_cli::tally::RecordsError;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::run::{LITE, MICRO, Run, yaml};
use crate::scripted::{Scripted, answer, error, throttled};

const WORDS: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

/// A model that takes a second, throttles `two` once, refuses `three` for good, and is wrong about `four`.
fn moody() -> Scripted {
    let refused = || error(ErrorKind::Denied, Remedy::None).after(1);
    let wrong = || answer("wrong").after(1);
    Scripted::new(answer("ok").after(1))
        .on("two", [throttled(3)])
        .on("three", [refused(), refused()])
        .on("four", [wrong(), wrong()])
}

/// A runtime whose clock stands still, to be dropped in the middle of a run.
fn paused() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

fn report(run: &Run) -> Value {
    let findings = Findings::gather(&mut run.order(), &Comparing::default(), |_, _| {
        Ok::<_, RecordsError>(())
    })
    .unwrap();
    serde_json::to_value(findings.report).unwrap()
}

#[tokio::test(start_paused = true)]
async fn counts_what_happened() {
    let run = Run::of(&yaml(&[LITE, MICRO], &WORDS));
    run.sit(moody().shared()).await.result.unwrap();
    let report = report(&run);
    let row = |index: usize, names: &[&str]| -> Vec<Value> {
        let row = &report["models"][index];
        names.iter().map(|name| row[name].clone()).collect()
    };
    let names = [
        "planned",
        "trials",
        "passed",
        "failed",
        "undecided",
        "errors",
    ];
    let counts = [6, 6, 4, 1, 0, 1].map(Value::from);
    assert_eq!(row(0, &names), counts);
    assert_eq!(row(1, &names), counts);
    let names = ["attempts", "throttled", "retried"];
    let both: Vec<u64> = (0..3)
        .map(|at| {
            (0..2)
                .map(|model| row(model, &names)[at].as_u64().unwrap())
                .sum()
        })
        .collect();
    assert_eq!(both, [13, 1, 1], "one throttle in twelve trials");
    assert_eq!(report["run"]["complete"], json!(true));
    assert_eq!(report["run"]["planned"], json!(12));
}

/// Kills a run at some second, resumes it, and returns it with the calls of both sittings.
fn killed_at(seconds: f64, torn: &[u8]) -> (Run, usize) {
    let run = Run::of(&yaml(&[LITE, MICRO], &WORDS)).slots(2);
    let runtime = paused();
    let calls = runtime.block_on(async {
        let client = moody().shared();
        let sitting = run.sit(client.clone());
        let killed = timeout(Duration::from_secs_f64(seconds), sitting).await;
        assert!(killed.is_err(), "it was done before {seconds} s");
        client.asked().len()
    });
    // What the runtime still holds goes down with it: calls, records, the lock on the journal.
    drop(runtime);
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(run.journal())
        .unwrap();
    file.write_all(torn).unwrap();
    let done = run.records().len();
    let again = paused().block_on(async {
        let client = moody().shared();
        run.sit(client.clone()).await.result.unwrap();
        client.asked().len()
    });
    assert!(again >= 12 - done, "{again} calls for {} trials", 12 - done);
    (run, calls + again)
}

/// What a trial came to, whenever it was asked.
fn outcome(record: Record) -> (String, String, Option<Json>, &'static str) {
    (
        record.id,
        record.case,
        record.output,
        record.status.as_str(),
    )
}

#[test]
fn a_killed_run_that_is_resumed_counts_like_an_undisturbed_one() {
    let undisturbed = Run::of(&yaml(&[LITE, MICRO], &WORDS)).slots(2);
    paused()
        .block_on(undisturbed.sit(moody().shared()))
        .result
        .unwrap();
    let whole: Vec<_> = undisturbed.records().into_iter().map(outcome).collect();
    // The scripts of a new client begin anew, so the one throttled call may be counted again, or not at all.
    let comparable = |run: &Run| {
        let mut report = report(run);
        for row in report["models"].as_array_mut().unwrap() {
            let row = row.as_object_mut().unwrap();
            for name in ["attempts", "throttled", "retried", "prompts"] {
                row.remove(name);
            }
        }
        report
    };
    for (seconds, torn) in [
        (0.5, &b""[..]),
        (1.5, b"{\"trial\":{\"id\":\"\xc3"),
        (2.5, b"not even JSON"),
        (3.5, b"{\"trial\":{},\"sum\":\"00000000\"}\n"),
    ] {
        let (run, calls) = killed_at(seconds, torn);
        let records: Vec<_> = run.records().into_iter().map(outcome).collect();
        assert_eq!(records, whole, "killed at {seconds} s");
        assert_eq!(
            comparable(&run),
            comparable(&undisturbed),
            "killed at {seconds} s"
        );
        assert!(
            calls <= 13 + 4 + 1,
            "{calls} calls: four slots, and a throttle"
        );
    }
}

#[test]
fn a_run_that_is_done_asks_nothing_more() {
    let run = Run::of(&yaml(&[LITE], &WORDS));
    paused().block_on(run.sit(moody().shared())).result.unwrap();
    let before = report(&run);
    let client = paused().block_on(async {
        let client = moody().shared();
        run.sit(client.clone()).await.result.unwrap();
        client
    });
    assert_eq!(client.asked().len(), 0);
    assert_eq!(report(&run), before);
}

#[test]
fn trials_that_ask_the_same_are_still_trials_of_their_own() {
    let twins = format!(
        "prompts: [hello, hello]\n\
         models: [{{ id: '{LITE}', label: a }}, {{ id: '{LITE}', label: b }}]\n\
         tests:\n{}",
        "  - { description: same, assert: [{ type: equals, value: ok }] }\n".repeat(2)
    );
    let run = Run::of(&twins);
    let runtime = paused();
    let cut = runtime.block_on(async {
        let client = Scripted::new(answer("ok").after(1)).shared();
        timeout(Duration::from_secs_f64(3.5), run.sit(client)).await
    });
    assert!(cut.is_err());
    drop(runtime);
    assert_eq!(run.records().len(), 3);
    let again = paused().block_on(async {
        let client = Scripted::new(answer("ok")).shared();
        run.sit(client.clone()).await.result.unwrap();
        client.asked().len()
    });
    assert_eq!(again, 5);
    assert_eq!(run.records().len(), 8);
}

#[test]
fn two_cannot_write_one_run() {
    let run = Run::of(&yaml(&[LITE], &["hello"]));
    paused().block_on(run.sit(moody().shared())).result.unwrap();
    let first = JournalWriter::resume(&run.journal()).unwrap();
    let second = JournalWriter::resume(&run.journal()).unwrap_err();
    assert!(
        second
            .to_string()
            .ends_with("is being written by another mcp-cli"),
        "{second}"
    );
    drop(first);
    JournalWriter::resume(&run.journal()).unwrap();
}
