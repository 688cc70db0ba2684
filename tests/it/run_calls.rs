//! Calls of a run before the eyes of somebody who watches closely.

use std::time::Duration;

use mcp_cli::model::{ErrorKind, Usage};
use mcp_cli::run::{Call, Event, Watch};

use crate::run::{LITE, MICRO, Run, yaml};
use crate::scripted::{Scripted, answer, throttled};

/// Returns the calls that were told, in order.
async fn calls(run: &Run, client: Scripted) -> Vec<Call> {
    let sat = run.sit(client.shared()).await;
    sat.result.unwrap();
    let calls = sat.events.into_iter().filter_map(|event| match event {
        Event::Called(call) => Some(*call),
        _ => None,
    });
    calls.collect()
}

fn watched(yaml: &str, watch: Watch) -> Run {
    let mut run = Run::of(yaml);
    run.watch = watch;
    run
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_told_with_what_it_took_and_what_it_waited() {
    let run = watched(&yaml(&[LITE], &["hello"]), Watch::Calls);
    let model = Scripted::new(answer("ok").after(2)).on("hello", [throttled(5).after(1)]);
    let told = calls(&run, model).await;
    let [failed, answered] = told.as_slice() else {
        panic!("two calls: {told:?}");
    };
    let times = |call: &Call| (call.attempt, call.took, call.waited);
    let seconds = Duration::from_secs;
    assert_eq!(times(failed), (1, seconds(1), Duration::ZERO));
    assert_eq!(times(answered), (2, seconds(2), seconds(5)));
    let error = failed.outcome.as_ref().unwrap_err();
    assert_eq!(
        (error.kind, failed.cost),
        (ErrorKind::Throttled, Some(mcp_cli::catalog::Usd::ZERO))
    );
    assert_eq!(answered.billed.usage, Some(Usage::new(10, 2)));
    let price = run.header().suites[0].models[0].price.as_ref().unwrap();
    assert_eq!(answered.cost, Some(price.cost(&Usage::new(10, 2)).usd));
    let trial = &run.trials()[0];
    for call in &told {
        assert_eq!(
            (&*call.model, &call.judge, &call.content),
            (LITE, &None, &None)
        );
        let name = &call.trial;
        assert_eq!((&name.id, &name.suite), (&trial.id, &trial.suite.name));
        assert_eq!(
            (&name.case, &name.label),
            (&trial.case.name, &trial.entry.label)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_look_closely_hears_of_outcomes_alone() {
    let run = watched(&yaml(&[LITE], &["hello"]), Watch::Outcomes);
    let sat = run.sit(Scripted::new(answer("ok")).shared()).await;
    let [Event::Finished { more: None, .. }] = sat.events.as_slice() else {
        panic!("one outcome and nothing more: {:?}", sat.events);
    };
}

#[tokio::test(start_paused = true)]
async fn a_judge_is_told_apart_from_the_model_under_test_and_has_its_own_price() {
    let suite = format!(
        "prompts: ['{{{{ word }}}}']\nmodels: ['{LITE}']\njudge: '{MICRO}'\ntests:\n  \
         - {{ vars: {{ word: hi }}, assert: [{{ type: llm-rubric, value: is kind }}] }}\n"
    );
    let run = watched(&suite, Watch::Calls);
    let verdict = r#"{"reason": "fine", "pass": true, "score": 1}"#;
    let model = Scripted::new(answer("hello")).on("<answer-", [answer(verdict)]);
    let told = calls(&run, model).await;
    let judges: Vec<Option<&str>> = told.iter().map(|call| call.judge.as_deref()).collect();
    let judge = &run.header().suites[0].judges[0];
    assert_eq!(judges, [None, Some(&*judge.label)]);
    let price = judge.price.as_ref().unwrap();
    assert_eq!(told[1].cost, Some(price.cost(&Usage::new(10, 2)).usd));
    assert_ne!(told[0].cost, told[1].cost);
    assert_eq!(told[0].trial, told[1].trial);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_is_told_without_what_comes_from_the_environment() {
    let suite = format!(
        "env: [SECRET]\nprompts: ['the word is {{{{ env.SECRET }}}}']\nmodels: ['{LITE}']\n\
         tests: [{{ assert: [{{ type: contains, value: word }}] }}]\n"
    );
    let run = watched(&suite, Watch::Content);
    let told = calls(&run, Scripted::new(answer("hunter2 is the word"))).await;
    let content = told[0].content.as_ref().unwrap();
    let answer = content.answer.as_ref().unwrap();
    assert_eq!(content.masked(&answer.text), "${SECRET} is the word");
    let asked = serde_json::to_value(&content.request.messages).unwrap();
    assert!(asked.to_string().contains("hunter2"));
    assert!(!content.masked_value(&asked).to_string().contains("hunter2"));
    assert!(!format!("{:?}", told[0]).contains("hunter2"));
}
