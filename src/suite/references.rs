//! Files that a suite leads to, found without understanding it: so that a broken one is told apart from one that has not changed.
//!
//! Every text that can be the path of a file counts, whatever key it stands under, and `file://…` in files that are found so. A few
//! files too many do no harm, as whoever asks only wants to know what a change may touch.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::read;
use super::source::{Node, Tree};

/// What marks a path.
const MARK: &str = "file://";
/// Files in which marked paths are looked for, by extension.
const TEXTS: [&str; 9] = [
    "yaml", "yml", "json", "jsonl", "csv", "tsv", "txt", "md", "j2",
];
/// The largest of them.
const MOST_BYTES: u64 = 4 << 20;
/// How far files may lead to files.
const DEEPEST: u32 = 3;
/// The longest text that can be a path.
const LONGEST: usize = 300;

/// Returns the files that the suite at `path` names, whether they are there or not; those of a folder where a path has a `*` or a
/// template in it. The suite itself is not among them.
pub fn references(path: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let Ok(file) = read(path) else {
        return found;
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    match Node::parse(&file) {
        Ok(node) => of_node(&node, folder, &mut found),
        Err(_) => of_text(&file.text, &[folder], &mut found),
    }
    let mut fresh: Vec<PathBuf> = found.iter().cloned().collect();
    for _ in 0..DEEPEST {
        let mut more = BTreeSet::new();
        for path in fresh.drain(..).filter(|path| is_text(path)) {
            if let Ok(file) = read(&path) {
                let own = path.parent().unwrap_or(Path::new(""));
                of_text(&file.text, &[own, folder], &mut more);
            }
        }
        fresh.extend(more.into_iter().filter(|path| found.insert(path.clone())));
    }
    found.remove(path);
    found
}

fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_known = extension.is_some_and(|it| TEXTS.contains(&it.to_lowercase().as_str()));
    is_known && std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MOST_BYTES)
}

/// Adds what the texts of a tree name, keys aside.
fn of_node(node: &Node, folder: &Path, found: &mut BTreeSet<PathBuf>) {
    match &node.value {
        Tree::Text(text) if text.contains(MARK) => of_text(text, &[folder], found),
        Tree::Text(text) if may_be_path(text) => add(text, folder, found),
        Tree::List(items) => items.iter().for_each(|item| of_node(item, folder, found)),
        Tree::Map(entries) => entries
            .iter()
            .for_each(|(_, value)| of_node(value, folder, found)),
        _ => {}
    }
}

/// Adds what is marked as a path in a text; it may begin in several folders.
fn of_text(text: &str, folders: &[&Path], found: &mut BTreeSet<PathBuf>) {
    for rest in text.split(MARK).skip(1) {
        let ends =
            |c: char| c.is_control() || matches!(c, '"' | '\'' | ',' | ']' | ')' | '<' | '>');
        let path = rest.split(ends).next().unwrap_or_default();
        let path = if path.contains("{{") {
            path
        } else {
            path.split_whitespace().next().unwrap_or_default()
        };
        for folder in folders.iter().filter(|_| !path.is_empty()) {
            add(path, folder, found);
        }
    }
}

/// Returns whether a text has the form of a file's name: one word with an extension.
fn may_be_path(text: &str) -> bool {
    let extension = Path::new(text).extension().and_then(|it| it.to_str());
    let is_extension = |it: &str| it.len() <= 5 && it.bytes().all(|b| b.is_ascii_alphanumeric());
    text.len() <= LONGEST
        && !text.contains(char::is_whitespace)
        && extension.is_some_and(is_extension)
        && !text.contains("://")
}

fn add(path: &str, folder: &Path, found: &mut BTreeSet<PathBuf>) {
    if let Some(at) = path.find(['*', '{']) {
        let before = folder.join(&path[..at]);
        let named = if path[..at].ends_with('/') {
            Some(before.as_path())
        } else {
            before.parent()
        };
        let entries = named.and_then(|folder| std::fs::read_dir(folder).ok());
        let files = entries.into_iter().flatten().flatten();
        let files = files
            .map(|entry| entry.path())
            .filter(|path| path.is_file());
        found.extend(files);
        return;
    }
    let whole = folder.join(path);
    // A function may be named after the path.
    match path.rsplit_once(':') {
        Some((file, _)) if !whole.exists() && !file.is_empty() => found.insert(folder.join(file)),
        _ => found.insert(whole),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a suite of these files leads to, by the names below their folder.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found = references(&folder.path().join("suite.yaml"));
        let below = |path: &PathBuf| {
            let below = path.strip_prefix(folder.path()).unwrap();
            below.to_str().unwrap().replace('\\', "/")
        };
        found.iter().map(below).collect()
    }

    #[test]
    fn every_file_that_a_suite_names_is_found() {
        let suite = "prompts: [file://prompts/a.txt, b.j2, 'Say it. {{ word }}']\nmodels: [us.amazon.nova-lite-v1:0]\n\
            tests:\n  - dataset: {file: rows.csv}\n  - assert:\n    - {type: javascript, value: 'file://check.js'}\n    \
            - {type: python, value: 'file://check.py:grade'}\n    - {type: is-json, value: file://missing.json}\n";
        let rows = "id,picture\n1,file://pictures/one.png\n2,\"file://pictures/two.png\"\n";
        let files = [
            ("suite.yaml", suite),
            ("rows.csv", rows),
            ("prompts/a.txt", ""),
        ];
        let expected = [
            "b.j2",
            "check.js",
            "check.py",
            "missing.json",
            "pictures/one.png",
            "pictures/two.png",
            "prompts/a.txt",
            "rows.csv",
        ];
        let found = found(&files);
        let without: Vec<&String> = found.iter().filter(|it| !it.starts_with("us.")).collect();
        assert_eq!(without, expected);
    }

    #[test]
    fn a_folder_counts_where_a_path_is_made_up_later() {
        let suite = "prompts: [{id: p, messages: [{role: user, content: [{image: 'file://pictures/{{ n }}.png'}]}]}]\n\
            tests: file://tests/*.yaml\n";
        let files = [
            ("suite.yaml", suite),
            ("pictures/1.png", ""),
            ("pictures/2.png", ""),
            ("tests/a.yaml", ""),
        ];
        assert_eq!(
            found(&files),
            ["pictures/1.png", "pictures/2.png", "tests/a.yaml"]
        );
    }

    #[test]
    fn a_broken_suite_still_leads_to_what_it_marks() {
        let suite = "prompts: [file://a.txt\ntests: {{{ file://b.json\n";
        assert_eq!(found(&[("suite.yaml", suite)]), ["a.txt", "b.json"]);
    }
}
