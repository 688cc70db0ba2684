//! Several answers judged together. Who judges is a function of what it is shown.

use serde_json::{Map, Value, json};

use super::super::{Answer, Answers, Ask, ByPlace, CheckResult, Judge, Panel, Shape, Status};
use super::*;
use crate::model::{Completion, Params, Request, StopReason};
use crate::template::Template;

fn panel() -> Panel {
    let request: Request = serde_json::from_value(json!({
        "model": "j", "messages": [], "params": Params { max_tokens: 9, ..Params::default() },
    }))
    .unwrap();
    Panel {
        judges: vec![Judge {
            label: "j".to_owned(),
            request,
            shape: Shape::Text,
        }]
        .into(),
        votes: 1,
        labels: std::sync::Arc::default(),
    }
}

fn result(kind: &str, score: f64, weight: f64) -> CheckResult {
    CheckResult {
        kind: kind.to_owned(),
        status: if score > 0.5 {
            Status::Passed
        } else {
            Status::Failed
        },
        score: Some(score),
        reason: String::new(),
        metric: None,
        weight,
        opinions: Vec::new(),
        labels: Vec::new(),
    }
}

/// Judges answers of models `a`, `b`, `c`, …; `judge` sees the question and gives its answer.
fn judged(
    group: &Group,
    outputs: &[&str],
    results: &[Vec<CheckResult>],
    judge: impl Fn(&str) -> Value,
) -> Vec<(Option<Status>, Option<f64>, String)> {
    let verdicts = verdicts(group, outputs, results, judge).into_iter();
    let verdicts = verdicts.map(|verdict| match verdict {
        Ok(verdict) => (Some(verdict.status), verdict.score, verdict.reason),
        Err(reason) => (None, None, reason),
    });
    verdicts.collect()
}

fn verdicts(
    group: &Group,
    outputs: &[&str],
    results: &[Vec<CheckResult>],
    judge: impl Fn(&str) -> Value,
) -> Vec<Result<Verdict, String>> {
    let (vars, mut answers) = (Map::new(), Answers::default());
    let outputs: Vec<Value> = outputs.iter().map(|output| json!(output)).collect();
    let labels = ["a", "b", "c", "d"];
    let nothing: Vec<CheckResult> = Vec::new();
    loop {
        let member = |(index, output)| Member {
            label: labels[index],
            output,
            request: None,
            vars: &vars,
            results: results.get(index).map_or(&nothing[..], Vec::as_slice),
        };
        let members: Vec<Member<'_>> = outputs.iter().enumerate().map(member).collect();
        let verdicts = group.verdicts(&members, &answers);
        let wanted = answers.take_wanted();
        if wanted.is_empty() {
            return verdicts;
        }
        for ask in wanted {
            let Ask::Model { request, .. } = &ask else {
                panic!("a judge is asked")
            };
            let crate::model::Part::Text(text) = &request.messages[0].parts[0] else {
                panic!("it is text")
            };
            let completion = Completion {
                text: judge(text).to_string(),
                stop_reason: StopReason("end_turn".to_owned()),
                ..Completion::default()
            };
            answers.put(&ask, Answer::Model(Box::new(Ok(completion))));
        }
    }
}

/// Returns the number of the answer that a judge is shown with these words.
fn number_of(text: &str, words: &str) -> usize {
    let before = text.split(&format!(">\n{words}\n<")).next().unwrap();
    before
        .rsplit_once("<answer-")
        .unwrap()
        .1
        .split('-')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

fn best(choose: impl Fn(&str) -> usize) -> Vec<(Option<Status>, Option<f64>, String)> {
    let group = Group::SelectBest(SelectBest {
        panel: panel(),
        criterion: Template::parse("is long").unwrap(),
    });
    judged(
        &group,
        &["one", "two", "three"],
        &[],
        |text| json!({"best": choose(text), "reason": "r"}),
    )
}

#[test]
fn the_best_is_best_in_both_orders() {
    let found = best(|text| number_of(text, "two"));
    let statuses: Vec<_> = found
        .iter()
        .map(|(status, score, _)| (*status, *score))
        .collect();
    let (won, lost) = (
        (Some(Status::Passed), Some(1.0)),
        (Some(Status::Failed), Some(0.0)),
    );
    assert_eq!(statuses, [lost, won, lost]);
    assert_eq!(found[0].2, "`b` is the best: r");
    let by_place = best(|_| 1);
    assert!(
        by_place
            .iter()
            .all(|(status, _, reason)| *status == Some(Status::Undecided)
                && reason.contains("by place")),
        "{by_place:?}"
    );
    assert!(
        best(|_| 9)
            .iter()
            .all(|(status, ..)| *status == Some(Status::Undecided))
    );
}

fn pairwise(least: f64) -> Group {
    Group::Pairwise(Pairwise {
        panel: panel(),
        criterion: Template::parse("is good").unwrap(),
        baseline: "b".to_owned(),
        least,
    })
}

fn against(
    better: impl Fn(&str) -> &'static str,
    least: f64,
) -> Vec<(Option<Status>, Option<f64>, String)> {
    judged(
        &pairwise(least),
        &["good", "plain", "bad"],
        &[],
        |text| json!({"better": better(text), "reason": "r"}),
    )
}

#[test]
fn a_win_is_a_win_in_both_orders() {
    let by_word = |text: &str| {
        let place = |word: &str| text.find(&format!(">\n{word}\n<"));
        let (good, bad, plain) = (place("good"), place("bad"), place("plain"));
        let first = match (good, bad, plain) {
            (Some(good), _, Some(plain)) => good < plain,
            (_, Some(bad), Some(plain)) => bad > plain,
            _ => panic!("{text}"),
        };
        if first { "first" } else { "second" }
    };
    let statuses = |found: Vec<(Option<Status>, Option<f64>, String)>| {
        found
            .into_iter()
            .map(|(status, score, _)| (status, score))
            .collect::<Vec<_>>()
    };
    let (won, lost) = (
        (Some(Status::Passed), Some(1.0)),
        (Some(Status::Failed), Some(0.0)),
    );
    assert_eq!(statuses(against(by_word, 1.0)), [won, won, lost]);
    let tie = (Some(Status::Failed), Some(0.5));
    assert_eq!(statuses(against(|_| "first", 1.0)), [tie, won, tie]);
    assert!(
        against(|_| "first", 1.0)[0]
            .2
            .contains("prefers what stands first")
    );
    let enough = (Some(Status::Passed), Some(0.5));
    assert_eq!(statuses(against(|_| "tie", 0.5)), [enough, won, enough]);
}

#[test]
fn opinions_tell_whether_a_judge_goes_by_place() {
    let by_place = |better: &'static str| {
        let reply = |_: &str| json!({"better": better, "reason": "r"});
        let found = verdicts(&pairwise(1.0), &["good", "plain"], &[], reply);
        let opinions = found[0].as_ref().unwrap().opinions.iter();
        opinions.map(|opinion| opinion.by_place).collect::<Vec<_>>()
    };
    assert_eq!(by_place("first"), [Some(ByPlace::First)]);
    assert_eq!(by_place("second"), [Some(ByPlace::Last)]);
    assert_eq!(by_place("tie"), [Some(ByPlace::No)]);
}

#[test]
fn the_best_score_wins_and_the_first_of_equals() {
    let group = |sum, threshold| {
        Group::MaxScore(MaxScore {
            sum,
            weights: [("bleu".to_owned(), 0.0)].into(),
            threshold,
        })
    };
    let results = [
        vec![result("equals", 0.6, 1.0), result("bleu", 1.0, 1.0)],
        vec![result("equals", 0.8, 1.0), result("contains", 0.4, 1.0)],
        vec![result("equals", 0.6, 2.0)],
    ];
    let passed = |group: &Group, count: usize| {
        let outputs = ["x"; 3];
        let found = judged(group, &outputs[..count], &results, |_| Value::Null);
        found
            .iter()
            .map(|(status, ..)| *status == Some(Status::Passed))
            .collect::<Vec<_>>()
    };
    assert_eq!(passed(&group(false, None), 3), [true, false, false]);
    assert_eq!(passed(&group(true, None), 2), [false, true]);
    assert_eq!(passed(&group(false, Some(0.7)), 3), [false, false, false]);
    let found = judged(&group(false, None), &["x"], &[vec![]], |_| Value::Null);
    assert_eq!(found[0].0, None, "without other checks there is no score");
}

#[test]
fn repeats_are_counted_together() {
    let group = |k| Group::PassAtK(PassAtK { k, least: 0.9 });
    let results: Vec<_> = [1.0, 0.0, 1.0]
        .map(|score| vec![result("equals", score, 1.0)])
        .into();
    let of = |k| judged(&group(k), &["x", "y", "z"], &results, |_| Value::Null);
    let scores = |found: &[(Option<Status>, Option<f64>, String)]| {
        found
            .iter()
            .map(|it| it.1.map(|s| (s * 1e6).round() / 1e6))
            .collect::<Vec<_>>()
    };
    assert_eq!(scores(&of(1)), [Some(0.666_667); 3]);
    assert_eq!(of(1)[0].0, Some(Status::Failed));
    assert_eq!((of(2)[0].0, of(2)[0].1), (Some(Status::Passed), Some(1.0)));
    assert!(of(4)[0].2.contains("3 repeats were judged, 4 are needed"));
}
