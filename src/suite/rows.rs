//! What is wrong with the rows of datasets, said before anything is asked.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::case::Test;
use super::cases::MOST_CASES;
use super::dataset::{Dataset, Row};
use super::error::{Problems, SuiteError};
use super::reader::{listed, nearest};

/// Rows whose problems are shown one by one before the rest are only counted.
const SHOWN_ROWS: u64 = 3;

/// Reads every row of a test's dataset once: notes rows that cannot be read, miss a variable, or share their name with
/// another.
///
/// Holds eight bytes of each row.
pub(super) fn check(test: &Test, problems: &mut Problems) {
    let Some(dataset) = &test.dataset else {
        return;
    };
    let rows = match dataset.rows() {
        Ok(rows) => rows,
        Err(error) => return problems.push(error.at(&dataset.place)),
    };
    let mut read = Read::default();
    let mut bad = 0;
    for row in rows {
        let problem = match row {
            Ok(row) => read.note(test, dataset, &row),
            Err(error) => Some(error.at(&dataset.place)),
        };
        let Some(problem) = problem else { continue };
        bad += 1;
        if bad <= SHOWN_ROWS {
            problems.push(problem);
        }
    }
    if bad > SHOWN_ROWS {
        let more = bad - SHOWN_ROWS;
        let message = format!("`{}` has {more} more rows like these", dataset.name);
        problems.error(&dataset.place, message);
    }
    if bad == 0 && read.rows == 0 {
        let message = match &dataset.keep {
            Some(keep) => format!("`{}` keeps no row of `{}`", keep.source(), dataset.name),
            None => format!("`{}` has no rows", dataset.name),
        };
        problems.error(&dataset.place, message);
        return;
    }
    read.tell(dataset, problems);
}

/// What was read so far.
#[derive(Default)]
struct Read {
    rows: u64,
    /// Variables that rows lack: how many, and the first.
    lacking: BTreeMap<String, (u64, u64)>,
    /// The fields of any row.
    fields: BTreeSet<String>,
    /// Digests of names.
    names: BTreeSet<[u8; 8]>,
}

impl Read {
    /// Takes note of a row; returns what is wrong with its name.
    fn note(&mut self, test: &Test, dataset: &Dataset, row: &Row) -> Option<SuiteError> {
        self.rows += 1;
        for name in row.fields.keys() {
            if !self.fields.contains(name) {
                self.fields.insert(name.clone());
            }
        }
        let missing = test
            .needed
            .iter()
            .filter(|name| !row.fields.contains_key(*name));
        for name in missing {
            self.lacking
                .entry(name.clone())
                .or_insert((0, row.number))
                .0 += 1;
        }
        let combinations = test.combinations(Some(row));
        if combinations > MOST_CASES {
            let number = row.number;
            let message = format!(
                "row {number} of `{}` makes {combinations} cases of its lists, at most {MOST_CASES} are allowed",
                dataset.name
            );
            return Some(SuiteError::new(dataset.place.clone(), message));
        }
        let name = dataset.case_name(row);
        let mut key = [0; 8];
        key.copy_from_slice(&Sha256::digest(name.as_bytes())[..8]);
        if self.names.insert(key) {
            return None;
        }
        let number = row.number;
        let message = format!(
            "row {number} of `{}` has the name of an earlier one: `{name}`",
            dataset.name
        );
        let hint = "names of cases are unique: choose another field as `id`";
        Some(SuiteError::new(dataset.place.clone(), message).with_hint_if(Some(hint)))
    }

    /// Tells which fields are missing.
    fn tell(&self, dataset: &Dataset, problems: &mut Problems) {
        self.tell_special(dataset, problems);
        let named = [("id", &dataset.id), ("cluster", &dataset.cluster)];
        for (key, field) in named {
            if let Some(field) = field.as_ref().filter(|field| !self.fields.contains(*field)) {
                let message = format!(
                    "no row of `{}` has `{field}`, which is to be its `{key}`",
                    dataset.name
                );
                problems.error_with(&dataset.place, message, Some(self.hint(field)));
            }
        }
        for (variable, (rows, first)) in &self.lacking {
            let name = &dataset.name;
            let (message, hint) = if *rows == self.rows {
                let message = format!("no row of `{name}` has the variable `{variable}`");
                (message, self.hint(variable))
            } else {
                let others = match rows {
                    1 => String::new(),
                    2 => ", and so does another".to_owned(),
                    _ => format!(", and so do {} others", rows - 1),
                };
                let message =
                    format!("row {first} of `{name}` lacks the variable `{variable}`{others}");
                let hint =
                    format!("where it may be missing, write `{{{{ {variable} | default('') }}}}`");
                (message, hint)
            };
            problems.error_with(&dataset.place, message, Some(hint));
        }
    }

    /// Tells columns that mean something in promptfoo files: read as variables they would check nothing, silently.
    fn tell_special(&self, dataset: &Dataset, problems: &mut Problems) {
        let special = |name: &&String| name.starts_with("__") || name.as_str() == "_expected";
        for column in self.fields.iter().filter(special) {
            let instead = match column.trim_start_matches('_') {
                name if name.starts_with("expected") => {
                    "write the check as `assert:` of the test, with the column as a variable: `value: \"{{ answer }}\"`"
                }
                "threshold" => "write it as `threshold:` of the test",
                "description" => "call the column `description` or `id`, or name it with `id:`",
                _ => "rename it if it is a variable",
            };
            let message = format!(
                "the column `{column}` of `{}` is not supported by this version",
                dataset.name
            );
            problems.error_with(&dataset.place, message, Some(instead));
        }
    }

    fn hint(&self, name: &str) -> String {
        match nearest(name, self.fields.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the fields are {}", listed(&Vec::from_iter(&self.fields))),
        }
    }
}
