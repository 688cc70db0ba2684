//! A journal from a stranger. Each line is sealed with its checksum, as no fuzzer would find it; one that begins with
//! `!` stands as it is.

use std::path::Path;
use std::sync::LazyLock;

use mcp_cli::journal::JournalReader;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a folder for journals"));

pub(crate) fn take(bytes: &[u8]) {
    let path = FOLDER.path().join("journal.jsonl");
    std::fs::write(&path, sealed(bytes)).expect("room for a journal");
    in_order_of_finishing(&path);
    in_order_of_places(&path);
}

/// Gives each line the checksum of `src/journal/line.rs` in place of its last brace.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut journal = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line {
            [b'!', raw @ ..] => journal.extend(raw),
            [body @ .., b'}', b'\n'] => {
                let sum = crc32fast::hash(body);
                journal.extend(body);
                journal.extend(format!(",\"sum\":\"{sum:08x}\"}}\n").bytes());
            }
            other => journal.extend(other),
        }
    }
    journal
}

fn in_order_of_finishing(path: &Path) {
    let Ok(mut reader) = JournalReader::open(path) else {
        return;
    };
    while let Ok(Some(record)) = reader.next_record() {
        let _ = (record.usage(), record.is_recorded());
    }
    reader.end();
}

fn in_order_of_places(path: &Path) {
    let Ok(mut reader) = JournalReader::open(path) else {
        return;
    };
    let mut places = Vec::new();
    while let Ok(Some((offset, planned))) = reader.next_planned() {
        places.push((planned.at, offset));
    }
    places.sort_unstable();
    for (_, offset) in places {
        drop(reader.record_at(offset));
    }
}
