//! Judges in a run: asked through lanes of their own, recorded with what they took, and never in anybody's way.

use std::fmt::Write as _;
use std::time::Duration;

use mcp_cli::journal::{Record, Stopped, TrialStatus};
use mcp_cli::model::{ErrorKind, Json, Remedy};
use mcp_cli::run::{Event, Stop};
use tokio::time::sleep;

use crate::run::{LITE, MICRO, Run};
use crate::scripted::{Scripted, answer, error, throttled};

const PASSES: &str = r#"{"reason": "fine", "pass": true, "score": 0.75}"#;
/// What every question to a judge holds, and none to a model under test.
const MATERIAL: &str = "<answer-";

/// A suite that puts words to the first model and has the answers judged by `judge`.
fn suite(judge: &str, words: &[&str], check: &str) -> String {
    let mut tests = String::new();
    for word in words {
        writeln!(
            tests,
            "  - {{ vars: {{ word: '{word}' }}, assert: [{check}] }}"
        )
        .unwrap();
    }
    format!("prompts: ['{{{{ word }}}}']\nmodels: ['{LITE}']\njudge: '{judge}'\ntests:\n{tests}")
}

const RUBRIC: &str = "{ type: llm-rubric, value: is kind }";

#[tokio::test(start_paused = true)]
async fn what_a_judge_says_and_takes_is_in_the_record() {
    let run = Run::of(&suite(
        MICRO,
        &["one"],
        "{ type: llm-rubric, value: is kind, votes: 2 }",
    ));
    let client =
        Scripted::new(answer("hello")).on(MATERIAL, [throttled(1), answer(PASSES), answer(PASSES)]);
    let client = client.shared();
    let sat = run.sit(client.clone()).await;
    sat.result.unwrap();
    let [record] = <[Record; 1]>::try_from(run.records()).unwrap();
    assert_eq!(
        (record.status, record.score),
        (TrialStatus::Passed, Some(0.75))
    );
    let attempts: Vec<usize> = record
        .judge_calls
        .iter()
        .map(|call| call.attempts.len())
        .collect();
    assert_eq!((attempts.len(), attempts.iter().sum::<usize>()), (2, 3));
    assert_eq!(
        record.attempts.len(),
        1,
        "the answer's own attempts stand apart"
    );
    let judges = &run.header().suites[0].judges;
    assert_eq!(judges.len(), 1);
    let price = judges[0].price.as_ref().unwrap();
    let one = price.cost(&mcp_cli::model::Usage::new(10, 2)).usd;
    assert_eq!(record.judge_cost(judges), Some(one + one));
    assert_eq!(record.judge_paid(judges), Some(one + one));
    let models: Vec<String> = client
        .asked()
        .into_iter()
        .map(|it| it.request.model)
        .collect();
    assert_eq!(models, [LITE, MICRO, MICRO, MICRO]);
    let Event::Finished { paid, .. } = sat.events.last().unwrap() else {
        panic!("the last event is the trial's end");
    };
    let answered = record
        .paid(run.header().suites[0].models[0].price.as_ref())
        .unwrap();
    assert_eq!(*paid, Some(answered + one + one));
}

#[tokio::test(start_paused = true)]
async fn a_model_may_judge_itself_through_its_only_slot() {
    let run = Run::of(&suite(LITE, &["one", "two", "three"], RUBRIC));
    let judged = std::iter::repeat_with(|| answer(PASSES).after(1)).take(3);
    let client = Scripted::new(answer("hello").after(1))
        .on(MATERIAL, judged)
        .shared();
    run.sit(client.clone()).await.result.unwrap();
    assert!(
        run.records()
            .iter()
            .all(|record| record.status == TrialStatus::Passed)
    );
    assert_eq!((client.asked().len(), client.most_in_flight()), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn a_judge_that_fails_leaves_the_trial_undecided_and_the_answer_kept() {
    let run = Run::of(&suite(MICRO, &["one", "two"], RUBRIC));
    let denied = || error(ErrorKind::Denied, Remedy::OtherModel);
    let client = Scripted::new(answer("hello"))
        .on(MATERIAL, [denied(), denied()])
        .shared();
    run.sit(client.clone()).await.result.unwrap();
    for record in run.records() {
        assert_eq!(record.status, TrialStatus::Undecided);
        assert_eq!(record.output, Some(Json::of(&"hello")));
        assert!(
            record.checks[0].reason.contains("did not answer"),
            "{:?}",
            record.checks
        );
    }
}

#[tokio::test(start_paused = true)]
async fn steps_of_a_criterion_are_asked_for_once_in_a_run() {
    let run = Run::of(&suite(
        MICRO,
        &["one", "two", "three"],
        "{ type: g-eval, value: is kind }",
    ));
    let scores = std::iter::repeat_with(|| answer(r#"{"reason": "r", "score": 9}"#)).take(3);
    let steps = [answer(r#"{"steps": ["look"]}"#)];
    let client = Scripted::new(answer("hello"))
        .on(MATERIAL, scores)
        .on("<criterion-", steps);
    let client = client.shared();
    run.sit(client.clone()).await.result.unwrap();
    let records = run.records();
    assert!(
        records.iter().all(|record| record.score == Some(0.9)),
        "{records:#?}"
    );
    assert_eq!(client.asked().len(), 3 + 1 + 3);
    let calls: usize = records.iter().map(|record| record.judge_calls.len()).sum();
    assert_eq!(calls, 4, "who asked pays");
}

#[tokio::test(start_paused = true)]
async fn labelled_answers_are_judged_once_in_a_run_whatever_the_models_say() {
    let yaml = suite(
        MICRO,
        &["one"],
        "{ type: llm-rubric, value: is kind, human: [{ answer: labelled, pass: false }] }",
    );
    let run = Run::of(&format!("{yaml}repeat: 3\n"));
    let client = Scripted::new(answer("hello"))
        .on("labelled", [answer(PASSES)])
        .on(MATERIAL, std::iter::repeat_with(|| answer(PASSES)).take(3))
        .shared();
    run.sit(client.clone()).await.result.unwrap();
    assert_eq!(client.asked().len(), 3 + 1 + 3);
    let records = run.records();
    let calls: usize = records.iter().map(|record| record.judge_calls.len()).sum();
    assert_eq!(calls, 4, "who asked pays");
    for record in &records {
        let [labelled] = record.checks[0].labels[..] else {
            panic!("{:?}", record.checks);
        };
        assert_eq!((labelled.human, labelled.judge), (false, Some(true)));
    }
}

#[tokio::test(start_paused = true)]
async fn repeats_are_judged_each_on_their_own() {
    let yaml = suite(
        MICRO,
        &["one"],
        "{ type: llm-rubric, value: is kind, votes: 2 }",
    );
    let run = Run::of(&format!("{yaml}repeat: 2\n"));
    let judged = std::iter::repeat_with(|| answer(PASSES)).take(4);
    let client = Scripted::new(answer("hello")).on(MATERIAL, judged).shared();
    run.sit(client.clone()).await.result.unwrap();
    let asked = client
        .asked()
        .into_iter()
        .filter(|asked| asked.text.contains(MATERIAL));
    let mut samples: Vec<u32> = asked.map(|asked| asked.request.sample).collect();
    samples.sort_unstable();
    assert_eq!(samples, [0, 1, 25, 26]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_still_judges_what_was_answered() {
    for (abandon, records, asked) in [(false, 1, 2), (true, 0, 2)] {
        let run = Run::of(&suite(MICRO, &["one", "two"], RUBRIC));
        let client =
            Scripted::new(answer("hello").after(4)).on(MATERIAL, [answer(PASSES).after(9)]);
        let (client, stop) = (client.shared(), Stop::default());
        let late = stop.clone();
        tokio::spawn(async move {
            sleep(Duration::from_secs(2)).await;
            late.stop(Stopped::Interrupted);
            sleep(Duration::from_secs(5)).await;
            if abandon {
                late.abandon();
            }
        });
        run.sit_until(client.clone(), &stop).await.result.unwrap();
        assert_eq!(
            (run.records().len(), client.asked().len()),
            (records, asked)
        );
    }
}
