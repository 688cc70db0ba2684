//! What every kind of check says of an answer, and what several say together.

mod grading;

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
        tool_calls: calls,
        stop_reason: Some("end_turn"),
        usage: Some(Usage {
            cache_read_tokens: 50,
            ..Usage::new(100, 20)
        }),
        latency_ms: Some(1_200.0),
        cost: Some(Usd::from_pico(250_000_000)),
        ..Subject::canned(output, vars)
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
    check.transform = Some(Transform::Expression(
        Expression::parse("json.answer").unwrap(),
    ));
    assert_eq!(
        check.judge(&subject(&output, &vars, &[])).status,
        Status::Failed
    );
    check.transform = Some(Transform::Expression(
        Expression::parse("json.answer.none.at_all").unwrap(),
    ));
    assert_eq!(
        check.judge(&subject(&output, &vars, &[])).status,
        Status::Undecided
    );
}

#[test]
fn variables_are_those_of_every_template() {
    let mut check = Check::new("contains", contains("{{ a }}"));
    check.metric = Some(template("{{ b }}"));
    check.transform = Some(Transform::Expression(
        Expression::parse("vars.c ~ output").unwrap(),
    ));
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

#[test]
fn guardrails_are_known_by_the_stop_reason() {
    let (output, vars) = (json!("x"), Map::new());
    for (stop_reason, passes) in [
        (Some("end_turn"), true),
        (None, true),
        (Some("guardrail_intervened"), false),
        (Some("content_filtered"), false),
    ] {
        let subject = Subject {
            stop_reason,
            ..subject(&output, &vars, &[])
        };
        for (type_name, expected) in [("guardrails", passes), ("not-guardrails", !passes)] {
            let result = Check::new(type_name, Kind::NotBlocked(NotBlocked)).judge(&subject);
            assert_eq!(result.status == Status::Passed, expected, "{stop_reason:?}");
        }
    }
}

#[test]
fn repetition_is_the_share_of_runs_that_are_not_new() {
    let check = |words, least| Kind::NoRepetition(NoRepetition { words, least });
    for (output, kind, score, status) in [
        ("a b c d e f", check(4, 0.8), 1.0, Status::Passed),
        ("a b", check(4, 0.8), 1.0, Status::Passed),
        ("a b A  b a b", check(2, 0.5), 0.4, Status::Failed),
        ("a b a b a b", check(2, 0.4), 0.4, Status::Passed),
    ] {
        let result = judge(kind, &json!(output));
        assert_eq!(
            (result.score, result.status),
            (Some(score), status),
            "{output}"
        );
    }
}

#[test]
fn called_tools_are_those_of_blocks_and_of_the_output() {
    let calls = [ToolCall {
        id: "1".to_owned(),
        name: "find".to_owned(),
        input: json!({}),
    }];
    let (output, vars) = (json!(r#"{"name": "pay", "input": {}}"#), Map::new());
    let subject = subject(&output, &vars, &calls);
    for (expected, score) in [("find, pay", 1.0), ("find", 2.0 / 3.0), ("other", 0.0)] {
        let expected = Prepared::ready(ToolCallF1::names(expected).unwrap());
        let kind = Kind::ToolCallF1(ToolCallF1 {
            expected,
            least: 0.5,
        });
        for type_name in ["tool-call-f1", "not-tool-call-f1"] {
            let result = Check::new(type_name, kind.clone()).judge(&subject);
            assert_eq!(result.score, Some(score), "{}", result.reason);
            let holds = (score >= 0.5) == (type_name == "tool-call-f1");
            assert_eq!(result.status == Status::Passed, holds, "{}", result.reason);
        }
    }
}
