//! Gates of made-up runs.

use super::*;
use crate::journal::Record;
use crate::model::ErrorKind;
use crate::tally::compare::{Chosen, Pairing, compared, contests};
use crate::tally::fixture::{broken, failed, header_of, record, suite};

/// A run of two models; the first passes all, the second all but some of its 40 cases.
fn run(fails: u64, gates: &[&str]) -> (Header, Vec<Record>) {
    let mut suite = suite("support", 40);
    suite.gates = gates.iter().map(|gate| gate.parse().unwrap()).collect();
    suite.baseline = Some("nova-lite".to_owned());
    suite.margin = Some(0.3);
    let mut records = Vec::new();
    for case in 0..40 {
        records.push(record(0, case, 0, 0));
        let second = record(0, case, 0, 1);
        records.push(if case < fails {
            failed(second, "no")
        } else {
            second
        });
    }
    (header_of(vec![suite]), records)
}

/// Returns status, label and observed number of each gate.
fn decide(header: &Header, records: &[Record]) -> Vec<(GateStatus, Option<String>, Option<f64>)> {
    let mut tally = Tally::default();
    let mut contests = contests(header, None, &Chosen::default());
    let made = contests.len();
    contests.extend(gate_contests(header, &contests));
    let mut pairing = Pairing::new(contests, None);
    for record in records {
        tally.add(header, record);
        pairing.add(header, record);
    }
    let sets = pairing.finish(header);
    let comparisons = compared(&sets[..made], |_| Some(0.3));
    decided(header, &tally, &sets, &comparisons)
        .into_iter()
        .map(|decided| (decided.status, decided.model, decided.observed))
        .collect()
}

#[track_caller]
fn status(fails: u64, gate: &str, expected: GateStatus) {
    let (header, records) = run(fails, &[gate]);
    let found = decide(&header, &records);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, expected, "{gate}: {found:?}");
}

#[test]
fn the_estimate_decides_unless_it_must_be_sure() {
    use GateStatus::{Failed, Passed, Undecided};
    for (fails, gate, expected) in [
        (4, "pass_rate>=0.9", Passed),
        (5, "pass_rate>=0.9", Failed),
        (4, "pass_rate>=0.9@0.95", Undecided),
        (0, "pass_rate>=0.9@0.95", Passed),
        (20, "pass_rate>=0.9@0.95", Failed),
        (0, "completeness>=1", Passed),
        (0, "latency_p50<=5s", Passed),
        (0, "latency_p50<=1", Failed),
        (0, "ttft_p50<=1", Undecided),
        (0, "metric:nothing>=1", Undecided),
        (0, "flaky_share<=1", Undecided),
        (40, "cost_per_pass<=1", Failed),
        (0, "cost_per_pass<=1", Passed),
        (0, "total_cost<=0.000001", Failed),
        (0, "no_worse_than", Passed),
        (20, "no_worse_than", Failed),
        (10, "no_worse_than", Undecided),
        (0, "better_than", Undecided),
        (20, "better_than", Failed),
    ] {
        status(fails, gate, expected);
    }
}

#[test]
fn the_declared_baseline_is_not_judged_unless_it_is_named() {
    let (mut header, records) = run(0, &["pass_rate>=0.9", "better_than=sonnet-4-6"]);
    let labels = |header: &Header| -> Vec<Option<String>> {
        let found = decide(header, &records).into_iter();
        found.map(|(_, label, _)| label).collect()
    };
    let some = |label: &str| Some(label.to_owned());
    assert_eq!(labels(&header), [some("sonnet-4-6"), some("nova-lite")]);
    header.suites[0].baseline = None;
    header.suites[0].gates.truncate(1);
    assert_eq!(labels(&header), [some("nova-lite"), some("sonnet-4-6")]);
    header.suites[0].gates[0].models = vec!["nova-lite".to_owned(), "gone".to_owned()];
    let found = decide(&header, &records);
    assert_eq!(found[1].0, GateStatus::Undecided);
}

#[test]
fn what_was_not_judged_decides_nothing() {
    let (header, mut records) = run(0, &["pass_rate>=0.9", "no_worse_than", "completeness>=0.9"]);
    for record in records.iter_mut().filter(|it| it.at.model == 1) {
        *record = broken(record.clone(), ErrorKind::Timeout, "too late");
    }
    let found: Vec<GateStatus> = decide(&header, &records)
        .into_iter()
        .map(|(status, ..)| status)
        .collect();
    let (open, fails) = (GateStatus::Undecided, GateStatus::Failed);
    assert_eq!(found, [open, open, fails]);
}
