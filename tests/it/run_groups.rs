//! Checks of several answers in a run: they wait for each other, and survive an interruption.

use std::time::Duration;

use mcp_cli::journal::{Stopped, TrialStatus};
use mcp_cli::run::Stop;
use serde_json::json;
use tokio::time::sleep;

use crate::run::{LITE, MICRO, Run};
use crate::scripted::{Scripted, answer};

const JUDGE: &str = "us.anthropic.claude-sonnet-4-6";

fn suite(check: &str) -> String {
    format!(
        "prompts: ['say {{{{ word }}}}']\nmodels: ['{LITE}', '{MICRO}']\njudge: '{JUDGE}'\nbaseline: '{LITE}'\n\
         tests:\n  - {{ vars: {{ word: one }}, assert: [{check}, {{ type: contains, value: long, metric: m }}] }}\n"
    )
}

/// Answers `short` and `a long one`; a judge finds the long one best wherever it stands.
fn client() -> Scripted {
    let prefers = |number: u32| answer(&json!({"reason": "r", "best": number}).to_string());
    Scripted::new(answer("?"))
        .on("\nshort\n</answer-1-", [prefers(2)])
        .on("\na long one\n</answer-1-", [prefers(1)])
        .on(LITE, [answer("short")])
        .on(MICRO, [answer("a long one")])
}

#[tokio::test(start_paused = true)]
async fn answers_are_judged_together_when_all_are_there() {
    let run = Run::of(&suite("{ type: select-best, value: is long, metric: m }"));
    let client = client().shared();
    run.sit(client.clone()).await.result.unwrap();
    let records = run.records();
    let statuses: Vec<_> = records.iter().map(|record| record.status).collect();
    let score = |index: usize| records[index].metrics["m"];
    assert_eq!(statuses, [TrialStatus::Failed, TrialStatus::Passed]);
    assert_eq!((score(0), score(1)), (0.0, 1.0));
    let calls: usize = records.iter().map(|record| record.judge_calls.len()).sum();
    assert_eq!((calls, client.asked().len()), (2, 4));
}

#[tokio::test(start_paused = true)]
async fn the_best_score_needs_no_judge() {
    let run = Run::of(&suite("{ type: max-score }"));
    let client = client().shared();
    run.sit(client.clone()).await.result.unwrap();
    let records = run.records();
    let statuses: Vec<_> = records.iter().map(|record| record.status).collect();
    assert_eq!(statuses, [TrialStatus::Failed, TrialStatus::Passed]);
    assert_eq!(records[1].score, Some(1.0));
    assert_eq!(client.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_judges_together_when_it_is_finished() {
    let run = Run::of(&suite("{ type: max-score }"));
    let slow = Scripted::new(answer("a long one"));
    let slow = slow
        .on(LITE, [answer("short").after(1)])
        .on(MICRO, [answer("?").after(99)]);
    let stop = Stop::default();
    let late = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(5)).await;
        late.stop(Stopped::Interrupted);
        late.abandon();
    });
    run.sit_until(slow.shared(), &stop).await.result.unwrap();
    assert_eq!(run.records().len(), 1);
    assert_eq!(run.records()[0].checks[0].reason, mcp_cli::check::WAITS);
    run.sit(client().shared()).await.result.unwrap();
    let statuses: Vec<_> = run.records().iter().map(|record| record.status).collect();
    assert_eq!(statuses, [TrialStatus::Failed, TrialStatus::Passed]);
}

#[tokio::test(start_paused = true)]
async fn repeats_are_judged_together_by_model() {
    let check = "{ type: pass_at_k, k: 2, threshold: 0.5, weight: 0 }";
    let yaml = suite(check) + "repeat: 2\n";
    let run = Run::of(&yaml);
    let client = Scripted::new(answer("long"))
        .on(LITE, [answer("short")])
        .shared();
    run.sit(client).await.result.unwrap();
    let scores: Vec<_> = run
        .records()
        .iter()
        .map(|record| record.checks[0].score)
        .collect();
    assert_eq!(scores, [Some(1.0); 4]);
}
