//! Comparisons of made-up runs.

use super::*;
use crate::journal::{Header, Record};
use crate::model::ErrorKind;
use crate::stats::Verdict;
use crate::tally::Method;
use crate::tally::fixture::{broken, failed, header, header_of, record, suite};

/// Pairs of a run with what is compared by default, or as chosen.
fn pairs_of(
    header: &Header,
    records: &[Record],
    earlier: Option<&Baseline>,
    chosen: &Chosen,
) -> Vec<(Contest, PairSet)> {
    let mut records = records.to_vec();
    records.sort_by_key(|record| record.at);
    let mut pairing = Pairing::new(contests(header, earlier, chosen), earlier);
    for record in &records {
        pairing.add(header, record);
    }
    pairing.finish(header)
}

/// The only comparison of a run, with a margin.
fn only(
    header: &Header,
    records: &[Record],
    margin: Option<f64>,
) -> (Contest, PairSet, Comparison) {
    let sets = pairs_of(header, records, None, &Chosen::default());
    let [comparison] = &compared(&sets, |_| margin)[..] else {
        panic!("{sets:?}");
    };
    let (contest, pairs) = sets[0].clone();
    (contest, pairs, comparison.clone())
}

/// A run of one suite of two models; `cases` says what baseline and candidate pass.
fn run(cases: &[(bool, bool)]) -> (Header, Vec<Record>) {
    let mut records = Vec::new();
    for (case, (baseline, candidate)) in (0u64..).zip(cases) {
        for (model, passes) in [(0, *baseline), (1, *candidate)] {
            let passed = record(0, case, 0, model);
            records.push(if passes { passed } else { failed(passed, "no") });
        }
    }
    (
        header_of(vec![suite("support", cases.len() as u64)]),
        records,
    )
}

/// So many cases of each sort: both pass, only the candidate, only the baseline, none.
fn table(both: usize, up: usize, down: usize, neither: usize) -> Vec<(bool, bool)> {
    let sorts = [
        (both, (true, true)),
        (up, (false, true)),
        (down, (true, false)),
        (neither, (false, false)),
    ];
    let cases = sorts.iter();
    cases
        .flat_map(|(count, sort)| std::iter::repeat_n(*sort, *count))
        .collect()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-7, "{found} {expected}");
}

/// Oracle: the worked examples `mcnemar_170_12_3_15` and `noninf_binary_170_7_9_14_0.05`.
#[test]
fn single_passes_are_compared_by_flips() {
    let (header, records) = run(&table(170, 12, 3, 15));
    let (contest, pairs, found) = only(&header, &records, None);
    assert_eq!(
        (&*contest.baseline_name, &*contest.candidate_name),
        ("nova-lite", "sonnet-4-6")
    );
    assert_eq!((pairs.fixed.len(), pairs.broken.len()), (12, 3));
    assert_eq!(pairs.fixed[0].case, "case-170");
    let difference = found.difference.unwrap();
    assert_eq!(difference.method, Method::Tango);
    near(difference.value, 0.045);
    near(difference.interval.unwrap().low, 0.008_060_575_810_283_074);
    let (p, test) = found.p_value.unwrap();
    near(p, 0.021_270_751_953_125);
    assert_eq!((test, found.adjusted), ("mcnemar_midp", Some(p)));
    assert_eq!(found.verdict, Verdict::Better);
    assert_eq!(found.needed, None);

    let (header, records) = run(&table(170, 7, 9, 14));
    let (_, _, found) = only(&header, &records, Some(0.05));
    assert_eq!(found.verdict, Verdict::NonInferior);
    let (_, _, found) = only(&header, &records, Some(0.02));
    assert_eq!(found.verdict, Verdict::Inconclusive);
    let needed = found.needed.unwrap();
    assert!(needed.is_margin && needed.cases > 200, "{needed:?}");
}

#[test]
fn repeats_are_averaged_inside_their_case() {
    let (header, _) = run(&table(6, 0, 0, 0));
    let mut records = Vec::new();
    for case in 0..6 {
        for model in 0..2 {
            for repeat in 0..4 {
                let mut trial = record(0, case, 0, model);
                trial.at.repeat = repeat;
                // The candidate fails one repeat of each case.
                let fails = model == 1 && u64::from(repeat) == case % 4;
                records.push(if fails { failed(trial, "no") } else { trial });
            }
        }
    }
    let (_, pairs, found) = only(&header, &records, None);
    assert_eq!((pairs.len(), pairs.table.both), (6, 6));
    let difference = found.difference.unwrap();
    assert_eq!(difference.method, Method::T);
    near(difference.value, -0.25);
    assert_eq!(found.p_value, Some((2.0 / 64.0, "sign_flip")));
    assert_eq!(found.verdict, Verdict::Inconclusive);
}

#[test]
fn groups_and_prompts_hang_together() {
    let (header, mut records) = run(&table(8, 4, 0, 0));
    for record in &mut records {
        record.cluster = Some(format!("customer-{}", record.at.case % 4));
    }
    let (_, pairs, found) = only(&header, &records, None);
    assert_eq!(pairs.groups(), Some(4));
    assert_eq!(found.withheld, Some(Withheld::FewGroups));
    assert_eq!(found.verdict, Verdict::Inconclusive);

    let (mut header, records) = run(&table(8, 4, 0, 0));
    header.suites[0].prompts.push("short".to_owned());
    let again = records.iter().cloned().map(|mut record| {
        record.at.prompt = 1;
        record
    });
    let records: Vec<Record> = records.iter().cloned().chain(again).collect();
    let (_, pairs, found) = only(&header, &records, None);
    assert_eq!((pairs.len(), pairs.groups()), (24, Some(12)));
    assert_eq!(
        found.p_value,
        Some((2.0 * 2.0_f64.powi(8) / 2.0_f64.powi(12), "sign_flip"))
    );
}

#[test]
fn what_is_missing_is_told_and_decides_nothing() {
    let (header, mut records) = run(&table(95, 0, 0, 5));
    for record in records.iter_mut().filter(|it| it.at.model == 1).take(1) {
        *record = broken(record.clone(), ErrorKind::Timeout, "too late");
    }
    let (_, pairs, found) = only(&header, &records, Some(0.05));
    assert_eq!((pairs.len(), pairs.missing.count), (99, 1));
    near(pairs.completeness(), 0.99);
    assert_eq!(found.verdict, Verdict::NonInferior);
    let worst = found.worst_case.unwrap();
    near(worst.difference, -0.01);
    assert!(!worst.flips, "{worst:?}");
    for record in records.iter_mut().filter(|it| it.at.model == 1).take(5) {
        *record = broken(record.clone(), ErrorKind::Timeout, "too late");
    }
    let (_, _, found) = only(&header, &records, Some(0.05));
    assert_eq!(found.withheld, Some(Withheld::Incomplete));
    assert_eq!(found.verdict, Verdict::Inconclusive);
}

#[test]
fn several_candidates_are_adjusted_together() {
    let (mut header, mut records) = run(&table(80, 6, 0, 14));
    let third = header.suites[0].models[1].clone();
    header.suites[0].models.push(third);
    header.suites[0].models[2].label = "third".to_owned();
    let same = records.clone().into_iter().filter(|it| it.at.model == 0);
    records.extend(same.map(|mut record| {
        record.at.model = 2;
        record
    }));
    let sets = pairs_of(&header, &records, None, &Chosen::default());
    let found = compared(&sets, |_| None);
    near(
        found[0].adjusted.unwrap(),
        2.0 * found[0].p_value.unwrap().0,
    );
    near(found[1].adjusted.unwrap(), 1.0);
    assert_eq!(found[0].verdict, Verdict::Better);
}

#[test]
fn prompts_of_one_model_are_compared_like_models() {
    let (mut header, records) = run(&table(3, 0, 0, 1));
    header.suites[0].models.truncate(1);
    header.suites[0].prompts.push("short".to_owned());
    let records: Vec<Record> = records
        .into_iter()
        .map(|mut record| {
            record.at.prompt = record.at.model;
            record.at.model = 0;
            record
        })
        .collect();
    let (contest, pairs, _) = only(&header, &records, None);
    assert_eq!(contest.baseline_name, "nova-lite@plain");
    assert_eq!(contest.candidate_name, "nova-lite@short");
    assert_eq!((pairs.len(), pairs.groups()), (4, None));
    let chosen = Chosen {
        baseline: Some("nova-lite@short".to_owned()),
        candidates: Vec::new(),
    };
    let names = contests(&header, None, &chosen);
    assert_eq!(names[0].candidate_name, "nova-lite@plain");
}

#[test]
fn an_earlier_run_is_met_case_by_case() {
    let (header, records) = run(&table(2, 0, 1, 1));
    let mut earlier = Baseline::of(&header);
    for record in &records {
        earlier.add(&header, record);
    }
    let mut text = Vec::new();
    earlier.write(&mut text).unwrap();
    let earlier = Baseline::read(&text[..]).unwrap();
    assert_eq!(earlier.rows.len(), 4);
    assert_eq!(earlier.head.digest, earlier.digest());

    // One case is gone, one is new, one has another prompt, one got worse.
    let mut now: Vec<Record> = records
        .iter()
        .filter(|record| record.at.case != 3)
        .cloned()
        .collect();
    for record in &mut now {
        if record.at.case == 0 {
            record.case_hash = "another".to_owned();
            *record = failed(record.clone(), "no");
        }
    }
    now.push(record(0, 9, 0, 0));
    let sets = pairs_of(&header, &now, Some(&earlier), &Chosen::default());
    assert_eq!(sets.len(), 2);
    let (contest, pairs) = &sets[0];
    assert_eq!(contest.baseline, Opponent::Earlier("nova-lite".to_owned()));
    assert_eq!((pairs.len(), pairs.questions), (3, 3));
    assert_eq!((pairs.changed, pairs.new, pairs.gone), (1, 1, 1));
    let broken: Vec<&str> = pairs.broken.iter().map(|flip| &*flip.case).collect();
    assert_eq!(broken, ["case-0"]);
    near(
        compared(&sets, |_| None)[0].difference.unwrap().value,
        -1.0 / 3.0,
    );
}

#[test]
fn a_baseline_that_was_edited_is_refused() {
    let (header, records) = run(&table(2, 0, 0, 0));
    let mut earlier = Baseline::of(&header);
    for record in &records {
        earlier.add(&header, record);
    }
    let mut text = Vec::new();
    earlier.write(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let edited = text.replacen("\"passed\":1", "\"passed\":0", 1);
    let error = |text: &str| Baseline::read(text.as_bytes()).unwrap_err().to_string();
    assert!(error(&edited).contains("changed by hand"));
    assert!(error("{}").starts_with("line 1: missing field"));
    assert!(error(&text.replacen("\"baseline\":1", "\"baseline\":2", 1)).contains("version 2"));
    assert!(error("").starts_with("line 1"));
}

#[test]
fn suites_that_all_share_are_pooled() {
    let mut header = header_of(vec![suite("a", 2), suite("b", 2), suite("c", 2)]);
    header.suites[2].models.truncate(1);
    let mut records = Vec::new();
    for at in 0..3 {
        for case in 0..2 {
            records.push(record(at, case, 0, 0));
            if at < 2 {
                records.push(failed(record(at, case, 0, 1), "no"));
            }
        }
    }
    let sets = pairs_of(&header, &records, None, &Chosen::default());
    assert_eq!(sets.len(), 2);
    let all = pooled(&header, &sets);
    assert_eq!((all.len(), all[0].1.len()), (1, 4));
    near(compared(&all, |_| None)[0].difference.unwrap().value, -1.0);
    assert_eq!(pooled(&crate::tally::fixture::header(), &sets), []);
}

/// By hand, from the fixture's prices and latencies.
#[test]
fn money_and_time_are_ratios_of_pairs() {
    let (_, records) = run(&table(6, 0, 0, 0));
    let (_, _, found) = only(&header(), &records, None);
    let saving = found.cost_saving.unwrap();
    let expected = 1.0 - (1_002.5 * 3e-6 + 200.0 * 15e-6) / (1_002.5 * 6e-8 + 200.0 * 24e-8);
    assert!((saving.value - expected).abs() < 1e-9, "{saving:?}");
    let ends = saving.interval.unwrap();
    assert!(ends.low < saving.value && saving.value < ends.high);
    let ratio = found.latency_ratio.unwrap();
    assert!((ratio.value - 2.65).abs() < 0.05, "{ratio:?}");

    let mut unpriced = header();
    unpriced.suites[0].models[1].price = None;
    let (_, _, found) = only(&unpriced, &records, None);
    assert_eq!(found.cost_saving, None);
}

/// By hand: the candidate, which is cheaper here, settles 8 of 12, and the baseline 3 of the other 4.
#[test]
fn a_cheaper_candidate_first_is_worth_what_it_settles() {
    let (mut header, records) = run(&table(6, 2, 3, 1));
    let models = &mut header.suites[0].models;
    (models[0].price, models[1].price) = (models[1].price.clone(), models[0].price.clone());
    let (_, _, found) = only(&header, &records, None);
    let cascade = found.cascade.unwrap();
    near(cascade.accepted, 8.0 / 12.0);
    near(cascade.pass_rate, 11.0 / 12.0);
    let alone = found.cost_saving.unwrap().value;
    // All of the saving, less the third that is asked twice.
    assert!(
        (cascade.cost_saving.value - (alone - 4.0 / 12.0)).abs() < 0.01,
        "{cascade:?}"
    );
    let (header, records) = run(&table(6, 2, 3, 1));
    assert_eq!(only(&header, &records, None).2.cascade, None);
}

#[test]
fn a_model_is_beaten_only_where_that_is_sure() {
    // The candidate costs 55 times as much and is as good, on many cases and on few.
    for (cases, expected) in [(100, vec!["nova-lite".to_owned()]), (10, Vec::new())] {
        let (mut header, records) = run(&table(cases, 0, 0, 0));
        header.suites[0].margin = Some(0.05);
        let sets = pairs_of(&header, &records, None, &Chosen::default());
        let found = front(&header, &sets);
        assert_eq!(found[0].dominated_by, [] as [String; 0]);
        assert_eq!(
            (&*found[1].label, &found[1].dominated_by),
            ("sonnet-4-6", &expected)
        );
        header.suites[0].margin = None;
        assert_eq!(front(&header, &sets), []);
    }
    let (mut header, _) = run(&table(1, 0, 0, 0));
    let third = header.suites[0].models[1].clone();
    header.suites[0].models.push(third);
    header.suites[0].margin = Some(0.05);
    let made = contests(&header, None, &Chosen::default());
    let more = front_contests(&header, &made);
    assert_eq!(more.len(), 1, "the candidates with each other");
}
