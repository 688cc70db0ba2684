//! Conversations of several turns: each message after the answer to the one before, each answer judged by itself.

use mcp_cli::journal::{Record, TrialStatus};
use mcp_cli::model::{ErrorKind, Request, Role, Usage};

use crate::run::{LITE, Run};
use crate::scripted::{Scripted, answer};

const TURNS: &str = "turns:\n      - 'Where is {{ what }}?'\n      \
     - { user: 'You said {{ turns[0].output }}. When?', assert: [{ type: equals, value: soon, metric: m }, { type: latency, threshold: 5s }] }\n      \
     - Thanks.\n";

async fn only(test: &str, client: Scripted) -> (Record, Vec<Request>) {
    let run = Run::of(&format!(
        "prompts: [{{ system: Be brief., user: '> {{{{ turn }}}}' }}]\nmodels: ['{LITE}']\ntests:\n  - {test}"
    ));
    let client = client.shared();
    run.sit(client.clone()).await.result.unwrap();
    let [record] = <[Record; 1]>::try_from(run.records()).unwrap();
    let asked = client.asked().into_iter().map(|asked| asked.request);
    (record, asked.collect())
}

fn texts(request: &Request) -> Vec<(Role, String)> {
    let messages = request.messages.iter();
    messages
        .map(|message| (message.role, format!("{:?}", message.parts)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_message_follows_the_answer_before() {
    let test =
        format!("vars: {{ what: it }}\n    {TURNS}    assert: [{{ type: equals, value: Bye. }}]\n");
    let replies = [
        answer("here").after(1),
        answer("soon").after(2),
        answer("Bye.").after(4),
    ];
    let (record, asked) = only(&test, Scripted::new(answer("?")).on(LITE, replies)).await;
    assert_eq!(record.status, TrialStatus::Passed, "{:?}", record.checks);
    let reasons: Vec<&str> = record
        .checks
        .iter()
        .map(|check| check.reason.as_str())
        .collect();
    assert!(
        !reasons[0].starts_with("turn") && reasons[1].starts_with("turn 2: "),
        "{reasons:?}"
    );
    assert_eq!(
        (record.metrics["m"], record.latency_ms),
        (1.0, Some(7_000.0))
    );
    assert_eq!(
        (record.usage(), record.attempts.len()),
        (Usage::new(30, 6), 3)
    );
    let said: Vec<(&str, &str)> = record
        .turns
        .iter()
        .map(|turn| (turn.user.as_str(), turn.output.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("> Where is it?", "here"),
            ("You said here. When?", "soon"),
            ("Thanks.", "Bye.")
        ]
    );
    let last = texts(&asked[2]);
    assert_eq!(last.len(), 5);
    assert!(
        last[1].0 == Role::Assistant && last[1].1.contains("here"),
        "{last:?}"
    );
    assert!(last[4].1.contains("Thanks."), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_fails_its_checks_fails_the_trial() {
    let test = format!("vars: {{ what: it }}\n    {TURNS}");
    let replies = [answer("here"), answer("never"), answer("Bye.")];
    let (record, asked) = only(&test, Scripted::new(answer("?")).on(LITE, replies)).await;
    assert_eq!((record.status, asked.len()), (TrialStatus::Failed, 3));
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_cannot_go_on_is_an_error() {
    let test = format!("vars: {{ what: it }}\n    {TURNS}");
    let (record, asked) = only(&test, Scripted::new(answer(" "))).await;
    assert_eq!((record.status, asked.len()), (TrialStatus::Error, 1));
    let error = record.error.unwrap();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error.message.contains("answer to turn 1 is blank"),
        "{}",
        error.message
    );
}
