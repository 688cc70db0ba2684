//! What several checks say together: sets, combinations, thresholds, metrics.

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

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
        turns: Vec::new().into(),
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
        transform: Some(Transform::Expression(
            Expression::parse("json.a.b").unwrap(),
        )),
        turns: Vec::new().into(),
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
