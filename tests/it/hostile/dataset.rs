//! A dataset from a stranger: the first byte says its format, the rest is the file.

use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::suite;

/// The formats, by the byte that chooses them.
const FORMATS: [(u8, &str); 5] = [
    (b'c', "csv"),
    (b't', "tsv"),
    (b'j', "json"),
    (b'l', "jsonl"),
    (b'y', "yaml"),
];

/// A folder with a suite for each format.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for datasets");
    for (_, format) in FORMATS {
        let suite = format!(
            "prompts: ['{{{{ a }}}}']\nmodels: [amazon.nova-lite-v1:0]\ntests:\n  - dataset: {{ file: data.{format}, where: 'a != \"-\"', cluster: b }}\n"
        );
        std::fs::write(suite_of(folder.path(), format), suite).expect("a suite");
    }
    folder
});

pub(crate) fn take(bytes: &[u8]) {
    let Some((first, data)) = bytes.split_first() else {
        return;
    };
    let Some((_, format)) = FORMATS.iter().find(|(byte, _)| byte == first) else {
        return;
    };
    let folder = FOLDER.path();
    std::fs::write(folder.join(format!("data.{format}")), data).expect("room for a dataset");
    suite::read(suite_of(folder, format));
}

fn suite_of(folder: &Path, format: &str) -> std::path::PathBuf {
    folder.join(format!("{format}-suite.yaml"))
}
