//! Records made up by proptest, of everything that a record may hold.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::record;
use crate::check::{ByPlace, CheckResult, Labelled, Opinion, Status};
use crate::journal::{Attempt, ErrorRecord, JudgeCall, Record, TrialStatus};
use crate::model::{ErrorKind, Json, ToolCall, Usage};
use crate::plan::Position;

/// Any record.
pub(super) fn any_record() -> impl Strategy<Value = Record> {
    let names = (
        any::<String>(),
        any::<String>(),
        option::of(any::<String>()),
    );
    let numbers = (option::of(finite()), finite(), option::of(any::<u64>()));
    let values = (
        any_map(),
        option::of(any_value()),
        btree_map(any::<String>(), finite(), 0..3),
    );
    let lists = (
        vec(any_check(), 0..3),
        vec(any_attempt(), 0..3),
        vec((any::<String>(), any_value()), 0..2),
        vec(any::<String>(), 0..3),
        vec((any::<u32>(), vec(any_attempt(), 0..3)), 0..2),
    );
    let rest = (any_position(), any_status(), option::of(any_error()));
    (names, numbers, values, lists, rest).prop_map(|(names, numbers, values, lists, rest)| Record {
        at: rest.0,
        case: names.0,
        vars: Json::of(&values.0),
        tags: lists.3,
        cluster: names.2.clone(),
        status: rest.1,
        score: numbers.0,
        output: values.1.map(|output| Json::of(&output)),
        tool_calls: lists.2.into_iter().map(tool_call).collect(),
        stop_reason: names.2,
        checks: lists.0,
        metrics: values.2,
        attempts: lists.1,
        judge_calls: lists.4.into_iter().map(judge_call).collect(),
        latency_ms: numbers.0,
        ttft_ms: numbers.0,
        service_latency_ms: numbers.2,
        wait_ms: numbers.1,
        request_id: Some(names.1),
        error: rest.2,
        ..record(0, "")
    })
}

fn judge_call((judge, attempts): (u32, Vec<Attempt>)) -> JudgeCall {
    JudgeCall { judge, attempts }
}

fn tool_call((name, input): (String, Value)) -> ToolCall {
    ToolCall {
        id: "t".to_owned(),
        name,
        input,
    }
}

/// Every number that JSON has.
fn finite() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        finite().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn any_map() -> impl Strategy<Value = Map<String, Value>> {
    vec((any::<String>(), any_value()), 0..4).prop_map(|entries| entries.into_iter().collect())
}

fn any_position() -> impl Strategy<Value = Position> {
    any::<(u32, u64, u32, u32, u32)>().prop_map(|(suite, case, prompt, model, repeat)| Position {
        suite,
        case,
        prompt,
        model,
        repeat,
    })
}

fn any_status() -> impl Strategy<Value = TrialStatus> {
    proptest::sample::select(vec![
        TrialStatus::Passed,
        TrialStatus::Failed,
        TrialStatus::Undecided,
        TrialStatus::Error,
    ])
}

fn any_check() -> impl Strategy<Value = CheckResult> {
    let status = proptest::sample::select(vec![Status::Passed, Status::Failed, Status::Undecided]);
    let texts = (
        any::<String>(),
        any::<String>(),
        option::of(any::<String>()),
    );
    let place = proptest::sample::select(vec![ByPlace::No, ByPlace::First, ByPlace::Last]);
    let opinion = (
        any::<String>(),
        any::<Option<bool>>(),
        option::of(finite()),
        option::of(place),
    );
    let opinion = opinion.prop_map(|(judge, pass, score, by_place)| Opinion {
        judge,
        pass,
        score,
        by_place,
    });
    let numbers = (option::of(finite()), finite());
    let label = any::<(bool, Option<bool>)>();
    let label = label.prop_map(|(human, judge)| Labelled { human, judge });
    let judged = (vec(opinion, 0..3), vec(label, 0..3));
    let strategy = (texts, status, numbers, judged);
    strategy.prop_map(
        |(texts, status, (score, weight), (opinions, labels))| CheckResult {
            kind: texts.0,
            status,
            score,
            reason: texts.1,
            metric: texts.2,
            weight,
            opinions,
            labels,
        },
    )
}

fn any_kind() -> impl Strategy<Value = ErrorKind> {
    proptest::sample::select(vec![
        ErrorKind::Throttled,
        ErrorKind::ContextLength,
        ErrorKind::ReplayMiss,
    ])
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let usage = any::<(u64, u64)>().prop_map(|(input, output)| Usage::new(input, output));
    (
        option::of(usage),
        any::<[bool; 3]>(),
        option::of(any_kind()),
    )
        .prop_map(|(usage, [estimated, recorded, batched], failed)| Attempt {
            usage,
            estimated,
            recorded,
            batched,
            failed,
        })
}

fn any_error() -> impl Strategy<Value = ErrorRecord> {
    (any_kind(), any::<String>(), option::of(any::<u16>())).prop_map(
        |(kind, message, http_status)| ErrorRecord {
            kind,
            code: None,
            http_status,
            hint: Some(message.clone()),
            message,
            request_id: None,
        },
    )
}
