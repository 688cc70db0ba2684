//! A journal reads back, whatever happens to its end, and says where it was damaged.

mod made_up;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use self::made_up::any_record;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::model::Json;
use crate::plan::Position;

fn header() -> Header {
    Header {
        schema: SCHEMA,
        run: RunRecord {
            id: "2026-11-22T10-00-00-abcd".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            tool_version: "0.1.0".to_owned(),
            seed: u64::MAX,
            git_commit: None,
            graded: None,
        },
        options: RunOptions::default(),
        plan_digest: "d".to_owned(),
        suites: Vec::new(),
    }
}

/// A record that says `output`, at place `case`.
fn record(case: u64, output: &str) -> Record {
    Record {
        id: format!("{case:032x}"),
        at: Position {
            suite: 0,
            case,
            prompt: 0,
            model: 0,
            repeat: 0,
        },
        case: format!("#{case}"),
        case_id: "i".to_owned(),
        case_hash: "h".to_owned(),
        line: None,
        vars: Json::of(&json!({})),
        tags: Vec::new(),
        cluster: None,
        asked: None,
        prompt_bytes: None,
        turn: None,
        status: TrialStatus::Passed,
        score: None,
        output: Some(Json::of(&output)),
        tool_calls: Vec::new(),
        stop_reason: None,
        checks: Vec::new(),
        metrics: BTreeMap::new(),
        attempts: Vec::new(),
        judge_calls: Vec::new(),
        turns: Vec::new(),
        latency_ms: None,
        ttft_ms: None,
        service_latency_ms: None,
        wait_ms: 0.0,
        request_id: None,
        error: None,
    }
}

/// A journal in a folder of its own.
struct Journal {
    path: PathBuf,
    _folder: TempDir,
}

impl Journal {
    /// Writes a journal of `records`, without an end.
    fn of(records: &[Record]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut writer = JournalWriter::create(&path, &header()).unwrap();
        for record in records {
            writer.append(record.clone()).unwrap();
        }
        Self {
            path,
            _folder: folder,
        }
    }

    /// Reads it to its end: first in the order of writing, then each record again at its place.
    fn read(&self) -> Result<Vec<Record>, JournalError> {
        let mut reader = JournalReader::open(&self.path)?;
        let mut found = Vec::new();
        while let Some(record) = reader.next_record()? {
            found.push(record);
        }
        let mut again = JournalReader::open(&self.path)?;
        let mut places = Vec::new();
        while let Some((offset, planned)) = again.next_planned()? {
            places.push((offset, planned));
        }
        assert_eq!(places.len(), found.len());
        for ((offset, planned), record) in places.iter().zip(&found).rev() {
            assert_eq!(&again.record_at(*offset)?, record);
            assert_eq!((planned.at, &planned.case), (record.at, &record.case));
        }
        Ok(found)
    }

    /// Reads it and returns what is wrong with it.
    fn problem(&self) -> String {
        let error = self.read().unwrap_err().to_string();
        error.replace(&self.path.display().to_string(), "journal.jsonl")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    fn replace(&self, bytes: &[u8]) {
        fs::write(&self.path, bytes).unwrap();
    }
}

fn three() -> Vec<Record> {
    vec![record(0, "plain"), record(1, "naïve 🦀"), record(2, "")]
}

#[test]
fn a_torn_end_is_passed_over_and_cut_off_wherever_it_tears() {
    let records = three();
    let journal = Journal::of(&records);
    let whole = journal.bytes();
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let first = ends[0] + 1;
    for length in first..=whole.len() {
        journal.replace(&whole[..length]);
        let kept = ends.iter().filter(|end| **end < length).count() - 1;
        assert_eq!(journal.read().unwrap(), records[..kept], "{length} bytes");

        let mut writer = JournalWriter::resume(&journal.path).unwrap();
        writer.append(record(9, "more")).unwrap();
        let mut expected = records[..kept].to_vec();
        expected.push(record(9, "more"));
        assert_eq!(journal.read().unwrap(), expected, "{length} bytes, resumed");
    }
}

#[test]
fn without_a_whole_header_it_is_no_journal_and_stays_as_it_is() {
    let journal = Journal::of(&[]);
    let whole = journal.bytes();
    for length in 0..whole.len() {
        journal.replace(&whole[..length]);
        assert_eq!(
            journal.problem(),
            "`journal.jsonl` does not begin with a journal's header",
            "{length} bytes"
        );
        assert!(JournalWriter::resume(&journal.path).is_err());
        assert_eq!(journal.bytes(), whole[..length], "nothing was cut");
    }
}

#[test]
fn a_changed_byte_in_the_middle_is_reported_with_its_line() {
    let journal = Journal::of(&three());
    let whole = journal.bytes();
    let mut line = 1;
    for at in 0..whole.len() {
        // Without its newline, a line is one with the next.
        if whole[at] == b'\n' {
            line += 1;
            continue;
        }
        let mut changed = whole.clone();
        changed[at] ^= 0x80;
        journal.replace(&changed);
        let expected = match line {
            1 => "`journal.jsonl` does not begin with a journal's header".to_owned(),
            4 => {
                assert_eq!(journal.read().unwrap(), three()[..2], "the last line");
                continue;
            }
            line => format!("`journal.jsonl` is damaged at line {line}: its checksum does not fit"),
        };
        assert_eq!(journal.problem(), expected, "byte {at}");
    }
}

#[test]
fn a_damaged_last_line_is_cut_off_too() {
    let journal = Journal::of(&three());
    let mut bytes = journal.bytes();
    let at = bytes.len() - 30;
    bytes[at] ^= 1;
    journal.replace(&bytes);
    let mut writer = JournalWriter::resume(&journal.path).unwrap();
    writer.append(record(9, "more")).unwrap();
    let expected = [record(0, "plain"), record(1, "naïve 🦀"), record(9, "more")];
    assert_eq!(journal.read().unwrap(), expected);
}

#[test]
fn a_last_line_longer_than_a_block_is_found() {
    let long = "x".repeat(200_000);
    for torn in [&b""[..], b"{\"trial\""] {
        let journal = Journal::of(&[record(0, &long), record(1, &long)]);
        let mut bytes = journal.bytes();
        bytes.extend_from_slice(torn);
        journal.replace(&bytes);
        let mut writer = JournalWriter::resume(&journal.path).unwrap();
        writer.append(record(2, "more")).unwrap();
        assert_eq!(journal.read().unwrap().len(), 3);
    }
}

#[test]
fn a_later_schema_is_refused_by_its_number() {
    let journal = Journal::of(&[]);
    // A later version may have changed everything but this number.
    let later = json!({ "header": { "schema": 7, "people": ["Ada"] } });
    journal.replace(&line(&later));
    insta::assert_snapshot!(
        journal.problem(),
        @"`journal.jsonl` has schema 7, this version reads up to 1"
    );
}

#[test]
fn lines_that_this_version_does_not_know_are_told_with_their_number() {
    let at = "1970-01-01T00:00:00Z";
    for (unknown, expected) in [
        (json!({ "group": { "case": 1 } }), "unknown variant `group`"),
        (json!({ "trial": { "id": "x" } }), "missing field `at`"),
        (
            json!({ "end": { "at": at, "stopped": "boredom" } }),
            "unknown variant `boredom`",
        ),
    ] {
        let journal = Journal::of(&three());
        let mut bytes = journal.bytes();
        bytes.extend(line(&unknown));
        journal.replace(&bytes);
        let problem = journal.problem();
        let begin = "line 5 of `journal.jsonl` cannot be understood: ";
        assert!(problem.starts_with(begin), "{problem}");
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn what_only_the_whole_record_shows_is_told_with_its_line_too() {
    let journal = Journal::of(&three());
    let mut bytes = journal.bytes();
    let mut late = serde_json::to_value(record(9, "late")).unwrap();
    late["status"] = json!("perhaps");
    bytes.extend(line(&json!({ "trial": late })));
    journal.replace(&bytes);
    let mut reader = JournalReader::open(&journal.path).unwrap();
    let mut last = None;
    while let Some((offset, _)) = reader.next_planned().unwrap() {
        last = Some(offset);
    }
    let error = reader.record_at(last.unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("line 5 of "), "{error}");
    assert!(error.contains("unknown variant `perhaps`"), "{error}");
}

#[test]
fn a_second_header_is_damage() {
    let journal = Journal::of(&[]);
    journal.replace(&journal.bytes().repeat(2));
    assert_eq!(
        journal.problem(),
        "`journal.jsonl` is damaged at line 2: a second header"
    );
}

#[test]
fn there_is_one_writer() {
    let journal = Journal::of(&[]);
    let first = JournalWriter::resume(&journal.path).unwrap();
    let second = JournalWriter::resume(&journal.path).unwrap_err();
    assert!(matches!(second, WriteError::Locked(_)), "{second}");
    drop(first);
    JournalWriter::resume(&journal.path).unwrap();
    assert!(JournalWriter::create(&journal.path, &header()).is_err());
}

#[test]
fn the_end_is_that_of_the_last_sitting() {
    let journal = Journal::of(&three());
    let end = || {
        let mut reader = JournalReader::open(&journal.path).unwrap();
        while reader.next_record().unwrap().is_some() {}
        reader.end()
    };
    let at = Timestamp::UNIX_EPOCH;
    assert_eq!(end(), None, "it was killed");

    let writer = JournalWriter::resume(&journal.path).unwrap();
    writer.finish(at, Some(Stopped::Interrupted)).unwrap();
    assert_eq!(end(), Some((at, Some(Stopped::Interrupted))));

    let mut writer = JournalWriter::resume(&journal.path).unwrap();
    writer.append(record(9, "more")).unwrap();
    assert_eq!(end(), None, "it goes on");

    writer.finish(at, None).unwrap();
    assert_eq!(end(), Some((at, None)));
}

/// Returns any JSON as a whole line.
fn line(content: &Value) -> Vec<u8> {
    let mut text = content.to_string();
    text.pop();
    super::line::seal(text).into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_record_reads_back(records in vec(any_record(), 1..4)) {
        prop_assert_eq!(Journal::of(&records).read().unwrap(), records);
    }
}
