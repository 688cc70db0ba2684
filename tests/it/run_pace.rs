//! Each model at its own pace: slots, quotas, and nobody waits for another model.

use std::sync::Arc;
use std::time::Duration;

use mcp_cli::model::{ErrorKind, Remedy, Usage};
use mcp_cli::run::{Lengths, Load, makespan};

use crate::run::{LITE, MICRO, Run, yaml};
use crate::scripted::{Scripted, answer, error};

const FOUR: [&str; 4] = ["1111", "2222", "3333", "4444"];

fn seconds(client: &Scripted) -> Vec<f64> {
    client.calls().into_iter().map(|(at, _)| at).collect()
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_in_flight_than_slots() {
    for slots in [1, 3, 9] {
        let words: Vec<String> = (0..12).map(|number| format!("w{number}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = Run::of(&yaml(&[LITE], &words)).slots(slots);
        let client = Scripted::new(answer("ok").after(1)).shared();
        run.sit(client.clone()).await;
        assert_eq!(client.most_in_flight(), slots);
        assert_eq!(run.records().len(), 12);
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_of_the_last_do_not_come_last() {
    let words: Vec<String> = (0..40).map(|number| format!("w{number}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_long = |text: &str| text == "w38" || text == "w39";
    let lengths: Lengths = Arc::new(move |trial| {
        let word = trial.case.vars["word"].as_str()?;
        Some(if is_long(word) { 1000.0 } else { 50.0 })
    });
    let mut took = Vec::new();
    for lengths in [None, Some(lengths)] {
        let mut run = Run::of(&yaml(&[LITE], &words)).slots(4);
        run.lengths = lengths;
        let client = Scripted::new(answer("ok").after(1))
            .on("w38", [answer("ok").after(10)])
            .on("w39", [answer("ok").after(10)]);
        let started = tokio::time::Instant::now();
        run.sit(client.shared()).await;
        took.push(started.elapsed().as_secs());
        assert_eq!(run.records().len(), 40);
    }
    // 38 short ones on four slots, then ten seconds for two; or those begun among the last thirty-two.
    assert_eq!(took, [19, 15]);
}

#[tokio::test(start_paused = true)]
async fn requests_per_minute_space_the_calls() {
    let run = Run::of(&yaml(&[LITE], &FOUR)).slots(4).quota(None, Some(6));
    let client = Scripted::new(answer("ok")).shared();
    run.sit(client.clone()).await;
    assert_eq!(seconds(&client), [0.0, 10.0, 20.0, 30.0]);
    let waited: Vec<f64> = run.records().iter().map(|it| it.wait_ms).collect();
    assert_eq!(waited, [0.0, 10_000.0, 20_000.0, 30_000.0]);
}

#[tokio::test(start_paused = true)]
async fn tokens_per_minute_space_the_calls_by_what_they_used() {
    // Ten tokens a second, a hundred at once. Each call reserves one of prompt and 99 of max_tokens.
    for (used, expected) in [
        (100, [0.0, 10.0, 20.0, 30.0]),
        (50, [0.0, 5.0, 10.0, 15.0]),
        (0, [0.0, 0.0, 0.0, 0.0]),
    ] {
        let run = Run::of(&yaml(&[LITE], &FOUR))
            .slots(4)
            .quota(Some(600), None);
        let all_used = answer("ok").with(|it| it.usage = Usage::new(used, 0));
        let client = Scripted::new(all_used).shared();
        run.sit(client.clone()).await;
        assert_eq!(seconds(&client), expected, "{used} tokens each");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_call_gives_back_lets_the_next_go_when_it_ends() {
    let run = Run::of(&yaml(&[LITE], &FOUR))
        .slots(4)
        .quota(Some(600), None);
    let frugal = answer("ok")
        .after(1)
        .with(|it| it.usage = Usage::new(10, 0));
    let client = Scripted::new(frugal).shared();
    run.sit(client.clone()).await;
    assert_eq!(seconds(&client), [0.0, 1.0, 2.0, 3.0]);
}

#[tokio::test(start_paused = true)]
async fn a_large_request_is_not_overtaken() {
    let large = "x".repeat(4_000);
    let words = ["1111", &large, "2222", "3333", "4444"];
    let run = Run::of(&yaml(&[LITE], &words))
        .slots(5)
        .quota(Some(600), None);
    let client = Scripted::new(answer("ok").with(|it| it.usage = Usage::new(20, 0))).shared();
    run.sit(client.clone()).await;
    let texts: Vec<String> = client.calls().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, words);
}

#[tokio::test(start_paused = true)]
async fn a_slow_model_never_delays_another() {
    let run = Run::of(&yaml(&[LITE, MICRO], &FOUR));
    let slow = || answer("ok").after(100);
    let client = Scripted::new(answer("ok").after(1))
        .on(LITE, [slow(), slow(), slow(), slow()])
        .shared();
    run.sit(client.clone()).await;
    let times_of = |model: &str| -> Vec<f64> {
        let asked = client.asked().into_iter();
        let asked = asked.filter(|asked| asked.request.model == model);
        asked.map(|asked| asked.at).collect()
    };
    assert_eq!(times_of(MICRO), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(times_of(LITE), [0.0, 100.0, 200.0, 300.0]);
}

#[tokio::test(start_paused = true)]
async fn one_call_warms_the_cache_that_the_others_read() {
    let cached = |suite: String| {
        let suite = suite.replace("'{{ word }}'", "{system: rules, user: '{{ word }}'}");
        suite.replace("params:", "cache: 5m, params:")
    };
    for (suite, expected) in [
        (yaml(&[LITE], &FOUR), [0.0, 0.0, 0.0, 0.0]),
        (cached(yaml(&[LITE], &FOUR)), [0.0, 2.0, 2.0, 2.0]),
    ] {
        let run = Run::of(&suite).slots(4).quota(Some(60_000), None);
        let client = Scripted::new(answer("ok").after(2)).shared();
        run.sit(client.clone()).await;
        assert_eq!(seconds(&client), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_call_that_fails_holds_nobody_back_for_long() {
    let suite = yaml(&[LITE], &FOUR).replace("'{{ word }}'", "{system: rules, user: '{{ word }}'}");
    let suite = suite.replace("params:", "cache: 5m, params:");
    let run = Run::of(&suite).slots(4).quota(Some(60_000), None);
    let refused = || error(ErrorKind::Invalid, Remedy::None);
    let client = Scripted::new(answer("ok").after(2))
        .on(LITE, [refused()])
        .shared();
    run.sit(client.clone()).await;
    assert_eq!(seconds(&client), [0.0, 0.0, 0.0, 0.0]);
    assert_eq!(run.records().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_lane_takes_is_known_beforehand() {
    let words: Vec<String> = (0..60).map(|number| format!("w{number:02}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for (slots, tokens, requests) in [
        (7, None, None),
        (60, None, Some(60)),
        (60, Some(6_000), None),
        (4, Some(6_000), Some(120)),
    ] {
        let run = Run::of(&yaml(&[LITE], &words))
            .slots(slots)
            .quota(tokens, requests);
        let usage = Usage::new(1, 40);
        let reply = answer("ok").after(3).with(|it| it.usage = usage);
        let client = Scripted::new(reply).shared();
        run.sit(client.clone()).await;
        let took = seconds(&client).into_iter().fold(0.0, f64::max) + 3.0;
        let load = Load {
            calls: 60,
            bytes: 3,
            max_tokens: 99,
            usage,
            latencies: vec![Duration::from_secs(3)],
        };
        let expected = makespan(&load, &run.quota, &run.settings).as_secs_f64();
        assert!(
            (expected / took - 1.0).abs() < 0.02,
            "{slots} slots: {expected}, not {took}"
        );
    }
}
