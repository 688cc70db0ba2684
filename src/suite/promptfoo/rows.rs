//! Files of tests: lists of whole tests, and CSV with special columns.
//!
//! A file whose rows are variables and nothing else is left to be a dataset, which is streamed.

use std::sync::Arc;

use super::super::dataset::DataFormat;
use super::super::error::Problems;
use super::super::file::{beside, read_beside};
use super::super::source::{Key, Node, Place, SourceFile, Tree};
use super::tree::{Entries, list, map, put, text};
use crate::check::comma_list;
use crate::suite::assertion::is_type;

/// Words of a test, of which one at least stands in each test of a list.
const WORDS: [&str; 6] = [
    "vars",
    "assert",
    "options",
    "metadata",
    "threshold",
    "providerOutput",
];
/// Types whose threshold is 0.75 where a cell names none.
const NEAR: [&str; 12] = [
    "rouge-n",
    "rouge-l",
    "bleu",
    "gleu",
    "meteor",
    "levenshtein",
    "g-eval",
    "answer-relevance",
    "context-recall",
    "context-relevance",
    "context-faithfulness",
    "conversation-relevance",
];

/// Returns the tests that `path` leads to; the node itself if it is a dataset, or no file at all.
pub(super) fn tests(path: &str, node: &Node, problems: &mut Problems) -> Vec<Node> {
    let path = path.strip_prefix("file://").unwrap_or(path);
    match DataFormat::of(&beside(path, &node.place)) {
        Some(DataFormat::Yaml | DataFormat::Json) => whole(path, node),
        Some(DataFormat::Jsonl) => lines(path, node, problems),
        Some(DataFormat::Csv) if is_special(path, node) => csv(path, b',', node, problems),
        Some(DataFormat::Tsv) if is_special(path, node) => csv(path, b'\t', node, problems),
        _ => vec![node.clone()],
    }
}

fn whole(path: &str, node: &Node) -> Vec<Node> {
    let mut unsaid = Problems::default();
    let file = read_beside(path, &node.place, &mut unsaid);
    // What cannot be read is said where datasets are read.
    match file.and_then(|file| Node::parse(&file).ok()) {
        Some(Node {
            value: Tree::List(items),
            ..
        }) if items.iter().any(is_test) => items,
        Some(single) if is_test(&single) => vec![single],
        _ => vec![node.clone()],
    }
}

fn lines(path: &str, node: &Node, problems: &mut Problems) -> Vec<Node> {
    let mut unsaid = Problems::default();
    let Some(file) = read_beside(path, &node.place, &mut unsaid) else {
        return vec![node.clone()];
    };
    let first = file.text.lines().find(|line| !line.trim().is_empty());
    let is_tests = first.is_some_and(|line| {
        WORDS
            .iter()
            .any(|word| line.contains(&format!("\"{word}\"")))
    });
    if !is_tests {
        return vec![node.clone()];
    }
    let mut tests = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let source = Arc::new(SourceFile {
            path: file.path.clone(),
            text: line.to_owned(),
        });
        match Node::parse(&source) {
            Ok(test) => tests.push(test.below(index, &file)),
            Err(mut error) => {
                error.place = error.place.below(index, &file);
                problems.push(error);
            }
        }
    }
    tests
}

fn is_test(node: &Node) -> bool {
    WORDS.iter().any(|word| node.get(word).is_some())
}

/// Returns whether a file's header has a column that means something.
fn is_special(path: &str, node: &Node) -> bool {
    let mut unsaid = Problems::default();
    let file = read_beside(path, &node.place, &mut unsaid);
    file.is_some_and(|file| file.text.lines().next().unwrap_or_default().contains("__"))
}

fn csv(path: &str, delimiter: u8, node: &Node, problems: &mut Problems) -> Vec<Node> {
    let Some(file) = read_beside(path, &node.place, problems) else {
        return Vec::new();
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(false)
        .from_reader(file.text.trim_start_matches('\u{feff}').as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => {
            problems.error(&node.place, format!("`{path}` cannot be read: {error}"));
            return Vec::new();
        }
    };
    let mut tests = Vec::new();
    for (number, record) in (1..).zip(reader.records()) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.error(
                    &node.place,
                    format!("row {number} of `{path}` cannot be read: {error}"),
                );
                continue;
            }
        };
        let line = record.position().map_or(1, csv::Position::line);
        let place = Place {
            line: usize::try_from(line).unwrap_or(1),
            ..Place::start_of(&file)
        };
        let mut row = Row::new(number, place);
        for (name, cell) in names.iter().zip(record.iter()) {
            row.add(name, cell, problems);
        }
        tests.push(row.into_test());
    }
    tests
}

/// A row on its way to a test.
struct Row {
    place: Place,
    description: String,
    vars: Entries,
    checks: Vec<Entries>,
    /// The threshold that a column gives all checks, or one of them by its number.
    thresholds: Vec<(Option<usize>, Node)>,
    metric: Option<Node>,
    test: Entries,
    tags: Vec<Node>,
}

impl Row {
    fn new(number: usize, place: Place) -> Self {
        Self {
            place,
            description: format!("Row #{number}"),
            vars: Vec::new(),
            checks: Vec::new(),
            thresholds: Vec::new(),
            metric: None,
            test: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn key(&self, name: &str) -> Key {
        Key {
            name: name.to_owned(),
            place: self.place.clone(),
        }
    }

    fn add(&mut self, name: &str, cell: &str, problems: &mut Problems) {
        let value = text(cell, &self.place);
        match name {
            name if name.starts_with("__") && cell.trim().is_empty() => {}
            "__description" => cell.clone_into(&mut self.description),
            "__metric" => self.metric = Some(value),
            "__threshold" => {
                let key = self.key("threshold");
                self.test.push((key, number(cell, &self.place)));
            }
            "__providerOutput" => {
                let key = self.key("output");
                self.test.push((key, value));
            }
            name if name.starts_with("__expected") => self.expect(cell, problems),
            name if name.starts_with("__metadata:") => self.tag(&name["__metadata:".len()..], cell),
            name if name.starts_with("__config:") => {
                let config = &name["__config:".len()..];
                self.configure(config, cell, problems);
            }
            name if name.starts_with("__") => {
                let hint = "special columns are __expected, __description, __providerOutput, __metric, __threshold, \
                            __metadata:name and __config:__expected:threshold";
                let message = format!("the column `{name}` is not supported");
                problems.error_with(&self.place, message, Some(hint));
            }
            name => {
                let key = self.key(name);
                self.vars.push((key, value));
            }
        }
    }

    /// Adds the check that a cell names, if it names one.
    fn expect(&mut self, cell: &str, problems: &mut Problems) {
        let Expected {
            kind,
            value,
            threshold,
        } = Expected::parse(cell.trim());
        let mut check = vec![(self.key("type"), text(kind.clone(), &self.place))];
        if let Some(value) = value {
            let node = if kind.contains("contains-any") || kind.contains("contains-all") {
                match comma_list(&value) {
                    Ok(items) => {
                        let items = items.into_iter().map(|item| text(item, &self.place));
                        list(items.collect(), self.place.clone())
                    }
                    Err(error) => {
                        problems.error(&self.place, format!("`{cell}`: {error}"));
                        return;
                    }
                }
            } else {
                text(value, &self.place)
            };
            check.push((self.key("value"), node));
        }
        let base = kind.strip_prefix("not-").unwrap_or(&kind);
        let usual = NEAR.contains(&base).then(|| "0.75".to_owned());
        if let Some(threshold) = threshold.or(usual) {
            check.push((self.key("threshold"), number(&threshold, &self.place)));
        }
        self.checks.push(check);
    }

    fn tag(&mut self, name: &str, cell: &str) {
        let tag = |value: &str| {
            text(
                format!("{}={}", name.trim_end_matches("[]"), value.trim()),
                &self.place,
            )
        };
        let tags: Vec<Node> = if name.ends_with("[]") {
            split_unescaped(cell)
                .iter()
                .map(|value| tag(value))
                .collect()
        } else {
            vec![tag(cell)]
        };
        self.tags.extend(tags);
    }

    /// Reads `__config:__expected:threshold` and `__config:__expectedN:threshold`.
    fn configure(&mut self, config: &str, cell: &str, problems: &mut Problems) {
        let which = config
            .strip_suffix(":threshold")
            .and_then(|config| config.strip_prefix("__expected"));
        let number_of = match which {
            Some("") => Some(None),
            Some(number) => number.parse().ok().map(Some),
            None => None,
        };
        match number_of {
            Some(index) => self.thresholds.push((index, number(cell, &self.place))),
            None => {
                let message = format!("the column `__config:{config}` is not supported");
                let hint = "such as `__config:__expected1:threshold`";
                problems.error_with(&self.place, message, Some(hint));
            }
        }
    }

    fn into_test(mut self) -> Node {
        for (index, check) in self.checks.iter_mut().enumerate() {
            for (which, threshold) in &self.thresholds {
                if which.is_none_or(|which| which == index + 1) {
                    check.retain(|(key, _)| key.name != "threshold");
                    let key = Key {
                        name: "threshold".to_owned(),
                        place: self.place.clone(),
                    };
                    check.push((key, threshold.clone()));
                }
            }
            if let Some(metric) = &self.metric {
                let key = Key {
                    name: "metric".to_owned(),
                    place: self.place.clone(),
                };
                check.push((key, metric.clone()));
            }
        }
        let at = self.key("test");
        let checks = self.checks.into_iter();
        let checks = checks.map(|check| map(check, self.place.clone())).collect();
        put(
            &mut self.test,
            "description",
            &at,
            text(self.description, &self.place),
        );
        put(
            &mut self.test,
            "vars",
            &at,
            map(self.vars, self.place.clone()),
        );
        put(
            &mut self.test,
            "assert",
            &at,
            list(checks, self.place.clone()),
        );
        if !self.tags.is_empty() {
            put(
                &mut self.test,
                "tags",
                &at,
                list(self.tags, self.place.clone()),
            );
        }
        map(self.test, self.place)
    }
}

/// What a cell of `__expected` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) kind: String,
    pub(super) value: Option<String>,
    pub(super) threshold: Option<String>,
}

impl Expected {
    /// Reads a cell: a prefix, `type(threshold): value`, or a text that is to be equal.
    pub(super) fn parse(cell: &str) -> Self {
        let of = |kind: &str, value: &str| Self {
            kind: kind.to_owned(),
            value: Some(value.trim().to_owned()),
            threshold: None,
        };
        for (prefix, kind) in [
            ("javascript:", "javascript"),
            ("fn:", "javascript"),
            ("eval:", "javascript"),
            ("grade:", "llm-rubric"),
            ("llm-rubric:", "llm-rubric"),
            ("python:", "python"),
        ] {
            if let Some(value) = cell.strip_prefix(prefix) {
                return of(kind, value);
            }
        }
        if let Some(path) = cell.strip_prefix("file://") {
            let kind = if path.contains(".py") {
                "python"
            } else {
                "javascript"
            };
            return of(kind, cell);
        }
        Self::typed(cell).unwrap_or_else(|| Self {
            kind: "equals".to_owned(),
            value: Some(cell.to_owned()),
            threshold: None,
        })
    }

    /// Reads `type`, `type: value`, `type(0.8)` and `type(0.8): value`, where there is such a type.
    fn typed(cell: &str) -> Option<Self> {
        let end = cell.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let (name, rest) = cell.split_at(end.unwrap_or(cell.len()));
        // `similar:cosine` is a type of its own.
        let longer = ["cosine", "dot", "euclidean"].iter().find_map(|word| {
            let rest = rest.strip_prefix(':')?.strip_prefix(word)?;
            Some((format!("{name}:{word}"), rest))
        });
        let (name, rest) = match longer {
            Some(found) if name.ends_with("similar") => found,
            _ => (name.to_owned(), rest),
        };
        if !is_type(&name) {
            return None;
        }
        let (threshold, rest) = match rest.strip_prefix('(') {
            None => (None, rest),
            Some(inner) => {
                let (number, rest) = inner.split_once(')')?;
                number.trim().parse::<f64>().ok()?;
                (Some(number.trim().to_owned()), rest)
            }
        };
        let value = match rest.strip_prefix(':') {
            Some(value) => Some(value.trim().to_owned()).filter(|value| !value.is_empty()),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self {
            kind: name,
            value,
            threshold,
        })
    }
}

/// Returns a cell as a number, or as the text that it is, which is refused where a number is needed.
fn number(cell: &str, place: &Place) -> Node {
    let value = match serde_json::from_str::<serde_json::Number>(cell.trim()) {
        Ok(number) => Tree::Number(number),
        Err(_) => Tree::Text(cell.to_owned()),
    };
    Node {
        value,
        place: place.clone(),
    }
}

/// Splits a cell at its commas, but for those after a backslash.
fn split_unescaped(cell: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = cell.chars().peekable();
    while let Some(c) = letters.next() {
        let last = parts.len() - 1;
        match c {
            '\\' if letters.peek() == Some(&',') => parts[last].extend(letters.next()),
            ',' => parts.push(String::new()),
            other => parts[last].push(other),
        }
    }
    parts
}
