//! Whole reports from made-up journals, as snapshots.

use serde_json::json;

use super::*;
use crate::check::{ByPlace, Labelled, Opinion, Status};
use crate::journal::{Header, ModelRecord, Record, Stopped};
use crate::model::Json;
use crate::model::{ErrorKind, Usage};
use crate::tally::fixture::{
    attempt, broken, check, failed, header, header_of, journal, record, stopped_journal, suite,
    undecided,
};
use crate::tally::{PlanOrder, RecordsError};

/// Renders a journal; 80 columns, no colour.
fn rendered(format: Format, header: &Header, records: Vec<Record>) -> String {
    let (_folder, mut order) = journal(header, records);
    show(format, &mut order, Options::default())
}

fn show(format: Format, order: &mut PlanOrder, options: Options) -> String {
    let mut findings = Findings::gather(order, &Comparing::default(), |_, _| {
        Ok::<_, RecordsError>(())
    })
    .unwrap();
    findings.report.exit_code = 1;
    let mut out = Vec::new();
    render(format, order, &findings, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Both models over the six cases of `support`; `change` may replace the record of a case and model.
fn six_cases(change: impl Fn(u64, u32, Record) -> Record) -> Vec<Record> {
    let places = (0..6).flat_map(|case| [(case, 0), (case, 1)]);
    places
        .map(|(case, model)| change(case, model, record(0, case, 0, model)))
        .collect()
}

fn some_fail() -> Vec<Record> {
    six_cases(|case, model, record| match (case, model) {
        (1 | 4, 0) => failed(
            record,
            "expected `refund` in the output, found `I cannot help with that`",
        ),
        _ => record,
    })
}

#[test]
fn one_suite() {
    insta::assert_snapshot!(rendered(Format::Terminal, &header(), some_fail()));
}

#[test]
fn one_suite_wide() {
    let (_folder, mut order) = journal(&header(), some_fail());
    let options = Options {
        width: 120,
        ..Options::default()
    };
    insta::assert_snapshot!(show(Format::Terminal, &mut order, options));
}

#[test]
fn errors_and_undecided() {
    let records = six_cases(|case, model, record| match (case, model) {
        (0, 0) => undecided(record, "the judge gave no verdict twice"),
        (1..=3, 0) => broken(
            record,
            ErrorKind::Denied,
            "You don't have access to the model with the specified model ID.",
        ),
        (5, 1) => broken(record, ErrorKind::Timeout, "no answer within 60 s"),
        _ => record,
    });
    insta::assert_snapshot!(rendered(Format::Terminal, &header(), records));
}

/// Six cases with two judges who differ now and then, and labels of which they get some wrong.
fn with_judges() -> Vec<Record> {
    six_cases(|case, model, mut record| {
        let mut check = check(Status::Passed, "");
        check.kind = "llm-rubric".to_owned();
        check.metric = Some("tone".to_owned());
        check.opinions = [("opus", true), ("nova-pro", case != 0 && model == 0)]
            .map(|(judge, pass)| Opinion {
                judge: judge.to_owned(),
                pass: Some(pass),
                score: None,
                by_place: (judge == "opus").then_some(match case {
                    0 => ByPlace::No,
                    5 => ByPlace::Last,
                    _ => ByPlace::First,
                }),
            })
            .into();
        check.labels = [
            (true, Some(true)),
            (true, Some(true)),
            (false, Some(case == 0)),
        ]
        .map(|(human, judge)| Labelled {
            human,
            judge: judge.filter(|_| case != 5),
        })
        .into();
        if (case, model) == (3, 1) {
            check.status = Status::Failed;
        }
        record.checks = vec![check];
        record
    })
}

#[test]
fn judges_are_held_against_humans_and_each_other() {
    insta::assert_snapshot!(rendered(Format::Terminal, &header(), with_judges()));
    insta::assert_snapshot!(rendered(Format::Markdown, &header(), with_judges()));
    let json = rendered(Format::Json, &header(), with_judges());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["judges"]).unwrap());
}

#[test]
fn several_suites() {
    let mut sql = suite("sql", 2);
    sql.models.truncate(1);
    let header = header_of(vec![suite("support", 2), suite("extraction", 2), sql]);
    let mut records = Vec::new();
    for (suite, models) in [(0, 2), (1, 2), (2, 1)] {
        for case in 0..2 {
            for model in 0..models {
                let record = record(suite, case, 0, model);
                records.push(match (suite, case, model) {
                    (1, 0, 1) => failed(record, "not JSON"),
                    (2, _, 0) => failed(record, "no SELECT"),
                    _ => record,
                });
            }
        }
    }
    insta::assert_snapshot!(rendered(Format::Terminal, &header, records));
}

#[test]
fn several_prompts_and_repeats() {
    let mut header = header();
    header.suites[0].prompts.push("step-by-step".to_owned());
    header.suites[0].cases = 3;
    let mut records = Vec::new();
    for model in &mut header.suites[0].models {
        model.planned = 12;
    }
    for case in 0..3 {
        for (prompt, model, repeat) in [(0, 0), (1, 0), (0, 1), (1, 1)]
            .into_iter()
            .flat_map(|(prompt, model)| [(prompt, model, 0), (prompt, model, 1)])
        {
            let mut record = record(0, case, prompt, model);
            record.at.repeat = repeat;
            if case == 2 && prompt == 0 && model == 0 {
                record = failed(record, "too long");
            }
            records.push(record);
        }
    }
    insta::assert_snapshot!(rendered(Format::Terminal, &header, records));
}

#[test]
fn unpriced_cut_off_and_stopped() {
    let mut header = header();
    header.suites[0].models[1].price = None;
    let records = six_cases(|case, model, mut record| {
        if case == 0 {
            record.stop_reason = Some("max_tokens".to_owned());
        }
        if case == 1 && model == 0 {
            record.attempts[0].estimated = true;
        }
        record
    });
    let asked = records.into_iter().take(7).collect();
    let (_folder, mut order) = stopped_journal(&header, asked, Some(Stopped::Interrupted));
    insta::assert_snapshot!(show(Format::Terminal, &mut order, Options::default()));
}

#[test]
fn nothing_asked() {
    let (_folder, mut order) = stopped_journal(&header(), Vec::new(), Some(Stopped::Denied));
    insta::assert_snapshot!(show(Format::Terminal, &mut order, Options::default()));
}

#[test]
fn many_failures_of_many_models() {
    let mut header = header_of(vec![suite("support", 20), suite("extraction", 20)]);
    for suite in &mut header.suites {
        suite.models.push(ModelRecord {
            label: "haiku".to_owned(),
            ..suite.models[0].clone()
        });
    }
    let mut records = Vec::new();
    for (case, model) in (0..20).flat_map(|case| [(case, 0), (case, 1), (case, 2)]) {
        let mut first = record(0, case, 0, model);
        first.metrics.insert("tone".to_owned(), 1.0);
        first
            .metrics
            .insert("brief".to_owned(), f64::from(model) / 2.0);
        let mut second = record(1, case, 0, model);
        if case == 3 && model > 0 {
            second.stop_reason = Some("max_tokens".to_owned());
            second = failed(
                second,
                "the output does not contain `x`; it is `a long answer that nobody needs to read in full`",
            );
        }
        records.push(failed(first, "expected `a`, found `b`"));
        records.push(second);
    }
    insta::assert_snapshot!(rendered(Format::Terminal, &header, records));
}

#[test]
fn a_single_model_goes_without_saying() {
    let mut header = header();
    header.suites[0].cases = 1;
    header.suites[0].models.truncate(1);
    header.suites[0].models[0].planned = 1;
    let records = vec![failed(record(0, 0, 0, 0), "expected `a`, found `b`")];
    insta::assert_snapshot!(rendered(Format::Terminal, &header, records));
}

#[test]
fn nothing_judged() {
    let missing = |record| {
        broken(
            record,
            ErrorKind::ReplayMiss,
            "`messages[0].parts[0].text`: asked \"Where is my parcel?\", recorded \"Where is my order?\"; the nearest recording is `amazon.nova-lite-v1_0/abc.json` in `recordings`",
        )
    };
    let records = six_cases(|_, _, record| missing(record));
    insta::assert_snapshot!(rendered(Format::Terminal, &header(), records));
}

#[test]
fn junit_xml() {
    let (mut header, mut records) = nasty();
    header.suites[0].prompts.push("second".to_owned());
    records[4] = broken(records[4].clone(), ErrorKind::Connection, "reset by <peer>");
    records[6] = undecided(records[6].clone(), "the judge gave no verdict twice");
    records.truncate(9);
    let mut again = records[8].clone();
    again.at.repeat = 1;
    records.push(again);
    let (_folder, mut order) = stopped_journal(&header, records, Some(Stopped::Budget));
    insta::assert_snapshot!(show(Format::Junit, &mut order, Options::default()));
}

/// Names with wide characters, long ones, and ones that would like to do something.
fn nasty() -> (Header, Vec<Record>) {
    let mut header = header();
    header.suites[0].name = "\u{1b}[2Jサポート".to_owned();
    header.suites[0].models = vec![
        ModelRecord {
            label: "日本語モデル\u{1b}]0;pwned\u{07}".to_owned(),
            ..header.suites[0].models[0].clone()
        },
        ModelRecord {
            label: "us.anthropic.claude-sonnet-4-6-20260101-v1:0".to_owned(),
            ..header.suites[0].models[1].clone()
        },
    ];
    let records = six_cases(|case, model, mut record| {
        record.case = match case {
            0 => "返金のお願い".to_owned(),
            1 => "::error::a very long name of a case that goes on and on beyond all reason"
                .to_owned(),
            _ => record.case,
        };
        record.output = Some(Json::of(
            &"=HYPERLINK(\"http://evil\")\n::set-output name=x::y \u{9b}2J",
        ));
        record.tags = vec!["+tag".to_owned()];
        match (case, model) {
            (0..=1, 0) => failed(
                record,
                "expected <b>`bold`</b> | found ##vso[task.complete]\u{202e}\nand 日本語日本語日本語日本語日本語日本語",
            ),
            _ => record,
        }
    });
    (header, records)
}

#[test]
fn wide_and_nasty_names() {
    let (header, records) = nasty();
    insta::assert_snapshot!(rendered(Format::Terminal, &header, records));
}

#[test]
fn nothing_acts_in_any_format() {
    for format in Format::ALL {
        let (header, records) = nasty();
        let text = rendered(format, &header, records);
        let acts = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
        assert!(!text.contains(acts), "{format:?}:\n{text}");
        assert!(!text.contains("##vso["), "{format:?}:\n{text}");
        let commands = text
            .lines()
            .filter(|line| line.trim_start().starts_with("::"));
        assert_eq!(commands.count(), 0, "{format:?}:\n{text}");
    }
}

#[test]
fn every_line_of_the_terminal_fits() {
    let (header, records) = nasty();
    for width in [60, 80, 100, 140] {
        let (_folder, mut order) = journal(&header, records.clone());
        let options = Options {
            width,
            ..Options::default()
        };
        for line in show(Format::Terminal, &mut order, options).lines() {
            let columns = unicode_width::UnicodeWidthStr::width(line);
            assert!(
                columns <= usize::from(width),
                "{width}: {columns} in {line}"
            );
        }
    }
}

#[test]
fn colour_only_repeats_what_words_say() {
    let (_folder, mut order) = journal(&header(), some_fail());
    let plain = show(Format::Terminal, &mut order, Options::default());
    let colour = Options {
        colour: Colour::Ansi,
        ..Options::default()
    };
    let painted = show(Format::Terminal, &mut order, colour);
    assert_ne!(painted, plain);
    assert_eq!(safe_text(&painted), plain);
}

#[test]
fn report_json() {
    let mut header = header();
    header.suites[0].cases = 2;
    header.suites[0].models.truncate(1);
    header.suites[0].models[0].planned = 3;
    let mut second = failed(record(0, 1, 0, 0), "no");
    second.metrics.insert("relevance".to_owned(), 0.25);
    second.attempts = vec![attempt(Usage {
        cache_read_tokens: 400,
        ..Usage::new(100, 10)
    })];
    let (_folder, mut order) = journal(&header, vec![record(0, 0, 0, 0), second]);
    let text = show(Format::Json, &mut order, Options::default());
    insta::assert_snapshot!(text);
    let report: Report = serde_json::from_str(&text).unwrap();
    let mut findings = Findings::gather(&mut order, &Comparing::default(), |_, _| {
        Ok::<_, RecordsError>(())
    })
    .unwrap();
    findings.report.exit_code = 1;
    assert_eq!(report, findings.report);
}

#[test]
fn results_jsonl() {
    let mut structured = record(0, 0, 0, 0);
    structured.output = Some(Json::of(&json!({"city": "Paris"})));
    structured.vars = Json::of(&json!({"question": "Where?", "n": 2}));
    structured.tool_calls = vec![crate::model::ToolCall {
        id: "c1".to_owned(),
        name: "look_up".to_owned(),
        input: json!({"q": "capital"}),
    }];
    structured.ttft_ms = Some(120.123_456);
    let records = vec![
        structured,
        broken(
            record(0, 0, 0, 1),
            ErrorKind::Throttled,
            "Too many requests",
        ),
    ];
    let text = rendered(Format::Jsonl, &header(), records);
    insta::assert_snapshot!(text);
    for line in text.lines() {
        let _: ResultLine = serde_json::from_str(line).unwrap();
    }
}

#[test]
fn trials_csv() {
    let (header, mut records) = nasty();
    records.truncate(2);
    records.push(broken(record(0, 1, 0, 0), ErrorKind::Stream, "-broken"));
    insta::assert_snapshot!(rendered(Format::Csv, &header, records));
}

#[test]
fn pull_request_markdown() {
    let (header, mut records) = nasty();
    records[10] = broken(records[10].clone(), ErrorKind::Connection, "reset by @peer");
    insta::assert_snapshot!(rendered(Format::Markdown, &header, records));
}

#[test]
fn what_is_written_fits_its_schema() {
    let (header, records) = nasty();
    let check = |schema: &serde_json::Value, text: &str| {
        let validator = jsonschema::validator_for(schema).unwrap();
        let value = serde_json::from_str(text).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    };
    check(
        &schema_report(),
        &rendered(Format::Json, &header, records.clone()),
    );
    for line in rendered(Format::Jsonl, &header, records).lines() {
        check(&schema_results(), line);
    }
}

#[test]
fn a_closed_pipe_is_known_as_one() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // More than a writer buffers.
    let many = (0..300).map(|case| record(0, case, 0, 0)).collect();
    let (_folder, mut order) = journal(&header(), many);
    let findings = Findings::gather(&mut order, &Comparing::default(), |_, _| {
        Ok::<_, RecordsError>(())
    })
    .unwrap();
    for format in Format::ALL {
        let error = render(
            format,
            &mut order,
            &findings,
            Options::default(),
            &mut Closed,
        );
        let error = std::io::Error::from(error.unwrap_err());
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format:?}");
    }
}

#[test]
fn the_same_recording_gives_the_same_report() {
    let backwards = some_fail().into_iter().rev().collect();
    for format in Format::ALL {
        let forwards = rendered(format, &header(), some_fail());
        let again = rendered(format, &header(), some_fail());
        assert_eq!(forwards, again, "{format:?}");
    }
    assert_eq!(
        rendered(Format::Terminal, &header(), some_fail()),
        rendered(Format::Terminal, &header(), backwards)
    );
}
