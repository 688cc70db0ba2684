//! One trial, from question to record: what is asked, what is judged, and what is an error.

use std::sync::mpsc;

use mcp_cli::journal::{Record, TrialStatus};
use mcp_cli::model::{ErrorKind, Json, StopReason};
use mcp_cli::run::{Event, Stop};
use serde_json::json;

use crate::run::{LITE, Run, yaml};
use crate::scripted::{Scripted, answer};

/// A suite with one test, written in YAML.
fn suite(prompt: &str, test: &str) -> String {
    format!("env: [SECRET]\nprompts: ['{prompt}']\nmodels: ['{LITE}']\ntests:\n  - {test}\n")
}

/// Runs a suite of one trial and returns its record, and how often the model was asked.
async fn only(yaml: &str, client: Scripted) -> (Record, usize) {
    let run = Run::of(yaml);
    let client = client.shared();
    run.sit(client.clone()).await.result.unwrap();
    let [record] = <[Record; 1]>::try_from(run.records()).unwrap();
    (record, client.asked().len())
}

#[tokio::test(start_paused = true)]
async fn a_canned_answer_is_judged_without_asking() {
    let test = "{ vars: { q: x }, output: 'canned ok', assert: [{ type: contains, value: ok }] }";
    let (record, asked) = only(&suite("{{ q }}", test), Scripted::new(answer("no"))).await;
    assert_eq!((record.status, asked), (TrialStatus::Passed, 0));
    assert_eq!(record.output, Some(Json::of(&"canned ok")));
    assert_eq!((record.attempts.len(), record.latency_ms), (0, None));
    assert_eq!(record.cost(None).unwrap().to_string(), "0");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_cannot_be_put_is_an_error_of_its_own() {
    for (prompt, test, expected) in [
        (
            "{{ q.deep }}",
            "{ vars: { q: { other: 1 } } }",
            "cannot be rendered",
        ),
        (
            "{{ q }}",
            "{ vars: { q: '  ' } }",
            "renders to a blank message",
        ),
    ] {
        let (record, asked) = only(&suite(prompt, test), Scripted::new(answer("ok"))).await;
        assert_eq!((record.status, asked), (TrialStatus::Error, 0), "{prompt}");
        let error = record.error.unwrap();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.message.contains(expected), "{}", error.message);
        assert_eq!(record.score, None);
    }
}

#[tokio::test(start_paused = true)]
async fn the_stop_reason_tells_answers_from_errors() {
    for (reason, status, kind) in [
        ("end_turn", TrialStatus::Passed, None),
        ("max_tokens", TrialStatus::Passed, None),
        ("content_filtered", TrialStatus::Passed, None),
        ("guardrail_intervened", TrialStatus::Passed, None),
        (
            "malformed_model_output",
            TrialStatus::Error,
            Some(ErrorKind::Malformed),
        ),
        (
            "malformed_tool_use",
            TrialStatus::Error,
            Some(ErrorKind::Malformed),
        ),
        (
            "model_context_window_exceeded",
            TrialStatus::Error,
            Some(ErrorKind::ContextLength),
        ),
        ("something_new", TrialStatus::Passed, None),
    ] {
        let given = answer("ok").with(|it| it.stop_reason = StopReason(reason.to_owned()));
        let (record, _) = only(&yaml(&[LITE], &["hello"]), Scripted::new(given)).await;
        assert_eq!(record.status, status, "{reason}");
        assert_eq!(record.error.map(|error| error.kind), kind, "{reason}");
        assert_eq!(record.stop_reason.as_deref(), Some(reason));
        assert_eq!(
            record.output,
            Some(Json::of(&"ok")),
            "{reason}: what was said is kept"
        );
        assert_eq!(
            record.attempts.len(),
            1,
            "{reason}: what was billed is kept"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_is_what_the_suite_says() {
    let yaml = format!(
        "prompts:\n  - system: 'Speak {{{{ how }}}}.'\n    user: 'Hi'\n\
         models: [{{ id: '{LITE}', params: {{ max_tokens: 7, temperature: 0.5 }} }}]\n\
         tests:\n  - {{ vars: {{ how: low }}, repeat: 2, assert: [] }}\n"
    );
    let run = Run::of(&yaml);
    let client = Scripted::new(answer("ok")).shared();
    run.sit(client.clone()).await.result.unwrap();
    let asked: Vec<_> = client
        .asked()
        .into_iter()
        .map(|asked| asked.request)
        .collect();
    let samples: Vec<u32> = asked.iter().map(|request| request.sample).collect();
    assert_eq!(samples, [0, 1]);
    let expected = json!({
        "model": LITE,
        "system": [{ "text": "Speak low." }],
        "messages": [{ "role": "user", "parts": [{ "text": "Hi" }] }],
        "params": { "max_tokens": 7, "temperature": 0.5 },
    });
    for request in asked {
        assert_eq!(serde_json::to_value(request).unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_environment_is_asked_with_but_never_recorded() {
    let test = "{ assert: [{ type: equals, value: ok }] }";
    let run = Run::of(&suite("the word is {{ env.SECRET }}", test));
    let client = Scripted::new(answer("ok")).shared();
    run.sit(client.clone()).await.result.unwrap();
    assert_eq!(client.asked()[0].text, "the word is hunter2");
    let journal = std::fs::read_to_string(run.journal()).unwrap();
    assert!(!journal.contains("hunter2"), "{journal}");
    assert!(journal.contains("the word is ${SECRET}"), "{journal}");
}

#[tokio::test(start_paused = true)]
async fn a_record_is_on_disk_before_its_event() {
    let words: Vec<String> = (0..40).map(|number| format!("w{number}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = Run::of(&yaml(&[LITE], &words)).slots(3);
    let (watcher, events) = mpsc::channel();
    let journal = run.journal();
    let watching = std::thread::spawn(move || {
        let mut announced = 0;
        for event in events {
            assert!(matches!(event, Event::Finished { .. }));
            announced += 1;
            let text = std::fs::read_to_string(&journal).unwrap();
            let durable = text.matches("{\"trial\":").count();
            assert!(
                durable >= announced,
                "{announced} announced, {durable} on disk"
            );
        }
        announced
    });
    let client = Scripted::new(answer("ok").after(1)).shared();
    let result = run.watched(client, &Stop::default(), watcher).await;
    result.unwrap();
    assert_eq!(watching.join().unwrap(), 40);
}
