//! What every kind of check says of an answer, and what several say together.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::catalog::Usd;
use crate::model::{ToolCall, Usage};
use crate::template::{Expression, Template};
use crate::text::Pattern;

/// An answer that took this and that.
fn subject<'a>(
    output: &'a Value,
    vars: &'a Map<String, Value>,
    calls: &'a [ToolCall],
) -> Subject<'a> {
    Subject {
        output,
        vars,
        tool_calls: calls,
        stop_reason: Some("end_turn"),
        usage: Some(Usage {
            cache_read_tokens: 50,
            ..Usage::new(100, 20)
        }),
        latency_ms: Some(1_200.0),
        ttft_ms: None,
        cost: Some(Usd::from_pico(250_000_000)),
    }
}

fn judge(kind: Kind, output: &Value) -> CheckResult {
    let vars = Map::from_iter([("city".to_owned(), json!("Paris"))]);
    Check::new("it", kind).judge(&subject(output, &vars, &[]))
}

fn template(source: &str) -> Template {
    Template::parse(source).unwrap()
}

fn expr(source: &str) -> Kind {
    Kind::Expr(Expr {
        expression: Expression::parse(source).unwrap(),
        threshold: None,
    })
}

fn contains(text: &str) -> Kind {
    Kind::Contains(Contains {
        needles: Needles::One(template(text)),
        all: true,
        case: LetterCase::Exact,
    })
}

fn number(value: f64, tolerance: f64, relative_tolerance: f64) -> Kind {
    Kind::Number(NumberIs {
        value: Prepared::ready(value),
        tolerance,
        relative_tolerance,
    })
}

fn path(source: &str, conditions: Vec<Condition>) -> Kind {
    Kind::JsonPath(JsonPath {
        path: Path::parse(source).unwrap(),
        exists: true,
        conditions,
    })
}

fn reasons(values: &[&str]) -> Kind {
    Kind::StopReason(StopReasonIs {
        values: values.iter().map(|value| template(value)).collect(),
    })
}

fn tokens(input: Bounds, output: Bounds) -> Kind {
    Kind::Limit(Limit::Tokens {
        input,
        output,
        total: Bounds::default(),
    })
}

fn at_most(most: f64) -> Bounds {
    Bounds {
        least: None,
        most: Some(most),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_kind_judges_and_says_why() {
    let pattern = Pattern::parse("^P", "").unwrap();
    for (kind, output, expected, reason) in [
        (
            Kind::Equals(Equals::parse(json!("{{ city }}")).unwrap()),
            json!("Paris!"),
            Status::Failed,
            "expected `Paris`, found `Paris!`",
        ),
        (
            Kind::Equals(Equals::parse(json!(["{{ city }}", 1])).unwrap()),
            json!(r#"["Paris", 1.0]"#),
            Status::Passed,
            r#"the output equals `["Paris",1]`"#,
        ),
        (
            contains("Lyon"),
            json!("Paris"),
            Status::Failed,
            "the output does not contain `Lyon`; it is `Paris`",
        ),
        (
            contains("{{ missing }}"),
            json!("x"),
            Status::Undecided,
            "the check's value does not render",
        ),
        (
            Kind::Ends(Ends {
                end: End::Finish,
                value: template("."),
            }),
            json!("Paris"),
            Status::Failed,
            "the output does not end with `.`; it is `Paris`",
        ),
        (
            Kind::Regex(RegexMatch {
                pattern: Prepared::ready(pattern),
            }),
            json!("Lyon"),
            Status::Failed,
            "the output does not match `^P`; it is `Lyon`",
        ),
        (
            Kind::IsJson(IsJson { schema: None }),
            json!("{'a': 1}"),
            Status::Failed,
            "the output is not JSON (key must be a string at line 1 column 2): `{'a': 1}`",
        ),
        (
            number(1234.5, 0.0, 0.0),
            json!("It is $1,234.50."),
            Status::Passed,
            "expected 1234.5, found `$1,234.50`",
        ),
        (
            number(0.3, 0.1, 0.0),
            json!("0.4"),
            Status::Passed,
            "expected 0.3 give or take 0.1, found `0.4`",
        ),
        (
            number(200.0, 0.0, 0.01),
            json!("203"),
            Status::Failed,
            "expected 200 give or take 2, found `203`",
        ),
        (
            number(7.0, 0.0, 0.0),
            json!("seven"),
            Status::Failed,
            "expected 7, found no number in `seven`",
        ),
        (
            path("$.items[*].n", vec![Condition::AtLeast(2.0)]),
            json!(r#"{"items": [{"n": 2}, {"n": 1}]}"#),
            Status::Failed,
            "`$.items[*].n` is `1`, not at least 2",
        ),
        (
            path("$.a", vec![]),
            json!("{}"),
            Status::Failed,
            "nothing stands at `$.a` in `{}`",
        ),
        (
            path(
                "a",
                vec![
                    Condition::Type(JsonType::Integer),
                    Condition::Contains(Item::Value(json!("x"))),
                ],
            ),
            json!({"a": 1.0}),
            Status::Failed,
            r#"`a` is `1`, which does not contain `"x"`"#,
        ),
        (
            Kind::WordCount(WordCount::Within(at_most(1.0))),
            json!("two words"),
            Status::Failed,
            "the output has 2 words; the bound is at most 1",
        ),
        (
            Kind::Limit(Limit::Latency(1_000.0)),
            json!(""),
            Status::Failed,
            "the answer took 1200 ms; at most 1000 ms is allowed",
        ),
        (
            Kind::Limit(Limit::FirstToken(1_000.0)),
            json!(""),
            Status::Undecided,
            "no time to the first token was measured",
        ),
        (
            Kind::Limit(Limit::Cost(Usd::from_pico(250_000_000))),
            json!(""),
            Status::Passed,
            "the answer cost $0.00025; at most $0.00025 is allowed",
        ),
        (
            tokens(at_most(150.0), at_most(10.0)),
            json!(""),
            Status::Failed,
            "150 input tokens where at most 150 are allowed, 20 output tokens where at most 10 are allowed",
        ),
        (
            reasons(&["length", "stop"]),
            json!(""),
            Status::Passed,
            "the model stopped with `end_turn`",
        ),
        (
            reasons(&["max_tokens"]),
            json!(""),
            Status::Failed,
            "the model stopped with `end_turn`, not with `max_tokens`",
        ),
        (
            Kind::Refusal(Refusal),
            json!("I can't help with that."),
            Status::Passed,
            "the output refuses: it says `can't help`",
        ),
        (
            expr("vars.city in output"),
            json!("Lyon"),
            Status::Failed,
            "`vars.city in output` is false",
        ),
        (
            expr("json.score"),
            json!(r#"{"score": 0.5}"#),
            Status::Passed,
            "`json.score` is 0.5; more than 0 passes",
        ),
        (
            expr("output"),
            json!("x"),
            Status::Undecided,
            r#"`output` gives `"x"`, neither true or false nor a number"#,
        ),
    ] {
        let result = judge(kind, &output);
        assert_eq!(result.status, expected, "{}", result.reason);
        assert!(result.reason.starts_with(reason), "{}", result.reason);
    }
}

#[test]
fn not_turns_the_verdict_and_the_score() {
    let vars = Map::new();
    for (kind, output, status, score) in [
        (contains("a"), json!("a"), Status::Failed, Some(0.0)),
        (contains("a"), json!("b"), Status::Passed, Some(1.0)),
        (contains("{{ x }}"), json!("b"), Status::Undecided, None),
        (expr("0.25"), json!(""), Status::Failed, Some(0.25)),
        (
            Kind::Refusal(Refusal),
            json!(" "),
            Status::Failed,
            Some(0.0),
        ),
        (
            Kind::Refusal(Refusal),
            json!("Sure"),
            Status::Passed,
            Some(1.0),
        ),
    ] {
        let check = Check::new("not-it", kind);
        let result = check.judge(&subject(&output, &vars, &[]));
        assert_eq!(
            (result.status, result.score),
            (status, score),
            "{}",
            result.reason
        );
    }
}

#[test]
fn a_transform_comes_before_the_check() {
    let vars = Map::new();
    let output = json!(r#"{"answer": "Paris"}"#);
    let mut check = Check::new("contains", contains("answer"));
    assert_eq!(
        check.judge(&subject(&output, &vars, &[])).status,
        Status::Passed
    );
    check.transform = Some(Expression::parse("json.answer").unwrap());
    assert_eq!(
        check.judge(&subject(&output, &vars, &[])).status,
        Status::Failed
    );
    check.transform = Some(Expression::parse("json.answer.none.at_all").unwrap());
    assert_eq!(
        check.judge(&subject(&output, &vars, &[])).status,
        Status::Undecided
    );
}

#[test]
fn variables_are_those_of_every_template() {
    let mut check = Check::new("contains", contains("{{ a }}"));
    check.metric = Some(template("{{ b }}"));
    check.transform = Some(Expression::parse("vars.c ~ output").unwrap());
    let set = Check::new(
        "assert-set",
        Kind::AssertSet(AssertSet {
            checks: vec![check, Check::new("expr", expr("vars.d == 1"))],
            threshold: None,
        }),
    );
    assert_eq!(
        set.variables().into_iter().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );
}

/// A check of this status, with a weight.
fn of(status: Status, weight: f64) -> Check {
    let mut check = Check::new(
        "expr",
        match status {
            Status::Passed => expr("true"),
            Status::Failed => expr("false"),
            Status::Undecided => expr("'neither'"),
        },
    );
    check.weight = weight;
    check
}

fn grade(checks: Vec<Check>, threshold: Option<f64>) -> Grade {
    let grading = Grading {
        checks: checks.into(),
        threshold,
        transform: None,
    };
    grading.grade(&subject(&json!("x"), &Map::new(), &[]))
}

const P: Status = Status::Passed;
const F: Status = Status::Failed;
const U: Status = Status::Undecided;

#[test]
fn a_trial_is_undecided_only_where_it_matters() {
    for (checks, threshold, status, score) in [
        (vec![], Some(0.5), P, Some(1.0)),
        (vec![(P, 1.0), (F, 1.0)], None, F, Some(0.5)),
        (vec![(P, 1.0), (F, 1.0)], Some(0.5), P, Some(0.5)),
        (vec![(P, 1.0), (F, 2.0)], Some(0.5), F, Some(1.0 / 3.0)),
        (vec![(P, 1.0), (F, 0.0)], None, P, Some(1.0)),
        (vec![(F, 0.0)], None, P, Some(0.0)),
        (vec![(F, 0.0)], Some(0.1), F, Some(0.0)),
        (vec![(P, 1.0), (U, 1.0)], None, U, None),
        (vec![(F, 1.0), (U, 1.0)], None, F, None),
        (vec![(P, 1.0), (U, 0.0)], None, P, Some(1.0)),
        (vec![(P, 1.0), (U, 1.0)], Some(0.5), P, None),
        (vec![(F, 1.0), (U, 1.0)], Some(0.6), F, None),
        (vec![(P, 1.0), (U, 1.0)], Some(0.6), U, None),
    ] {
        let made = checks
            .iter()
            .map(|(status, weight)| of(*status, *weight))
            .collect();
        let grade = grade(made, threshold);
        assert_eq!(
            (grade.status, grade.score),
            (status, score),
            "{checks:?} {threshold:?}"
        );
    }
}

#[test]
fn a_failed_transform_leaves_every_check_undecided() {
    let grading = Grading {
        checks: vec![of(P, 1.0)].into(),
        threshold: None,
        transform: Some(Expression::parse("json.a.b").unwrap()),
    };
    let grade = grading.grade(&subject(&json!("x"), &Map::new(), &[]));
    assert_eq!(grade.status, U);
    assert!(
        grade.checks[0].reason.starts_with("the transform failed: "),
        "{}",
        grade.checks[0].reason
    );
}

#[test]
fn sets_are_graded_inside_and_weighed_outside() {
    let set = |checks: Vec<(Status, f64)>, threshold, weight| {
        let checks = checks
            .into_iter()
            .map(|(status, weight)| of(status, weight))
            .collect();
        let mut set = Check::new(
            "assert-set",
            Kind::AssertSet(AssertSet { checks, threshold }),
        );
        set.weight = weight;
        set
    };
    for (check, status, score) in [
        (set(vec![], None, 1.0), P, Some(0.0)),
        (set(vec![(P, 1.0), (F, 1.0)], None, 1.0), F, Some(0.5)),
        (set(vec![(P, 1.0), (F, 1.0)], Some(0.5), 1.0), P, Some(0.5)),
        (set(vec![(F, 1.0)], None, 0.0), F, Some(0.0)),
        (set(vec![(U, 1.0)], None, 1.0), U, None),
    ] {
        let grade = grade(vec![check.clone()], None);
        assert_eq!((grade.status, grade.score), (status, score), "{check:?}");
    }
}

#[test]
fn combinators_decide_as_soon_as_they_can() {
    for (combinator, statuses, status, score) in [
        (Combinator::Any, vec![F, P], P, Some(1.0)),
        (Combinator::Any, vec![F, F], F, Some(0.0)),
        (Combinator::Any, vec![U, P], P, Some(1.0)),
        (Combinator::Any, vec![U, F], U, None),
        (Combinator::All, vec![P, P], P, Some(1.0)),
        (Combinator::All, vec![U, F], F, Some(0.0)),
        (Combinator::All, vec![U, P], U, None),
        (Combinator::None, vec![F, F], P, Some(1.0)),
        (Combinator::None, vec![U, P], F, Some(0.0)),
        (Combinator::None, vec![U, F], U, None),
    ] {
        let checks = statuses.iter().map(|status| of(*status, 1.0)).collect();
        let kind = Kind::Combine(Combine { combinator, checks });
        let result = judge(kind, &json!("x"));
        assert_eq!(
            (result.status, result.score),
            (status, score),
            "{combinator:?} {statuses:?}"
        );
    }
}

#[test]
fn a_combination_begins_with_what_decided_it() {
    let named = |name: &str, value: &str| Check::new(name, contains(value));
    let checks = || vec![named("contains", "a"), named("not-contains", "b")];
    let of = |combinator| {
        Kind::Combine(Combine {
            combinator,
            checks: checks(),
        })
    };
    let set = |threshold| {
        Kind::AssertSet(AssertSet {
            checks: checks(),
            threshold,
        })
    };
    let missing = "contains: the output does not contain `a`; it is `b`";
    let present = "not-contains: the output contains `b`";
    let both = format!("{missing}; {present}");
    for (kind, output, expected) in [
        (of(Combinator::Any), "b", both.as_str()),
        (of(Combinator::All), "b", &both),
        (
            of(Combinator::None),
            "a",
            "`contains` holds: the output contains `a`",
        ),
        (
            of(Combinator::Any),
            "a",
            "`contains` holds: the output contains `a`",
        ),
        (of(Combinator::All), "a", "every check holds"),
        (of(Combinator::None), "b", "no check holds"),
        (set(None), "b", &both),
        (set(None), "a", "every check holds"),
        (
            set(Some(0.4)),
            "ab",
            "the set scores 0.5 where 0.4 passes; not-contains: the output contains `b`",
        ),
        (
            set(Some(0.6)),
            "ab",
            "not-contains: the output contains `b`; the set scores 0.5 where 0.6 passes",
        ),
    ] {
        let result = judge(kind.clone(), &json!(output));
        assert_eq!(result.reason, expected, "{kind:?}");
    }
}

#[test]
fn metrics_are_weighted_means_by_name() {
    let named = |status, weight, name: &str| {
        let mut check = of(status, weight);
        check.metric = Some(template(name));
        check
    };
    let mut set = Check::new(
        "assert-set",
        Kind::AssertSet(AssertSet {
            checks: vec![
                named(P, 1.0, "inner"),
                named(F, 1.0, "inner"),
                named(F, 1.0, "set"),
            ],
            threshold: Some(0.0),
        }),
    );
    set.weight = 2.0;
    set.metric = Some(template("set"));
    let grade = grade(
        vec![
            named(P, 3.0, "acc"),
            named(F, 1.0, "acc"),
            named(P, 0.0, "none"),
            named(U, 1.0, "unknown"),
            named(P, 1.0, ""),
            named(P, 4.0, "inner"),
            set,
        ],
        None,
    );
    let metrics: Vec<_> = grade
        .metrics
        .iter()
        .map(|(name, mean)| (name.as_str(), *mean))
        .collect();
    assert_eq!(
        metrics,
        [
            ("acc", 0.75),
            ("inner", 0.75),
            ("none", 0.0),
            ("set", 1.0 / 3.0)
        ]
    );
}

proptest! {
    #[test]
    fn scores_stay_within_bounds(checks in prop::collection::vec((0usize..3, 0.0f64..5.0), 0..6), threshold in prop::option::of(0.0f64..1.0)) {
        let statuses = [P, F, U];
        let made = checks.iter().map(|(status, weight)| of(statuses[*status], *weight)).collect();
        let grade = grade(made, threshold);
        prop_assert!(grade.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
        prop_assert_eq!(grade.checks.len(), checks.len());
    }

    #[test]
    fn an_undecided_check_leaves_its_neighbours_alone(status in 0usize..2) {
        let status = [P, F][status];
        let alone = grade(vec![of(status, 1.0)], None);
        let beside = grade(vec![of(U, 1.0), of(status, 1.0)], None);
        prop_assert_eq!(&alone.checks[0], &beside.checks[1]);
    }
}
