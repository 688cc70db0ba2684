//! Rows from CSV, TSV, JSON, JSONL and YAML files, one at a time.
//!
//! Only YAML is held in memory whole; of the others a row at a time, so that a million rows cost no more than one.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::SuiteError;
use super::file::unreadable;
use super::reader::{listed, nearest};
use super::row_source::{Found, JsonElements, json_lines, separated, yaml_items};
use super::source::{Place, SourceFile};
use crate::files::text_rows;
use crate::template::Expression;

/// A dataset as a test names it.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The file.
    pub path: PathBuf,
    /// Its name in case names: the file's name without folders.
    pub name: String,
    /// Where the suite names it.
    pub place: Place,
    /// How it is read.
    pub format: DataFormat,
    /// Which rows to keep: an expression over the row's fields.
    pub keep: Option<Expression>,
    /// Row numbers (from 1, among those kept) that were drawn by `sample`; all if `None`.
    pub drawn: Option<Arc<BTreeSet<u64>>>,
    /// At most this many rows.
    pub limit: Option<u64>,
    /// The field that names a case.
    pub id: Option<String>,
    /// The field whose equal values belong together.
    pub cluster: Option<String>,
}

/// A file format for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFormat {
    /// Separated by commas, with a header line.
    Csv,
    /// Separated by tabs, with a header line.
    Tsv,
    /// A list of objects.
    Json,
    /// An object a line.
    Jsonl,
    /// A list of maps.
    Yaml,
}

/// A row, with the number it has in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number in the file, from 1, headers not counted.
    pub number: u64,
    /// Its fields.
    pub fields: Map<String, Value>,
}

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row is not what its format asks for.
    #[error("row {row} of `{path}`: {message}", path = path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row, from 1.
        row: u64,
        /// Its line in the file and a column there, both from 1, where they are known.
        at: Option<(usize, usize)>,
        /// What is wrong with it.
        message: String,
    },
    /// The file is not what its format asks for.
    #[error("`{path}`: {message}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// A line in it and a column there, both from 1, where they are known.
        at: Option<(usize, usize)>,
        /// What is wrong with it.
        message: String,
    },
}

impl DataFormat {
    /// Returns the format that a file's extension says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

type RowResult = Result<Row, DatasetError>;

impl Dataset {
    /// Reads the chosen rows, in the order of the file.
    ///
    /// # Errors
    ///
    /// The file cannot be opened; each row may be an error of its own.
    pub fn rows(&self) -> Result<impl Iterator<Item = RowResult> + use<>, DatasetError> {
        let drawn = self.drawn.clone();
        let limit = self.limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        let mut kept = 0;
        let rows = self.kept_rows()?.filter(move |row| {
            kept += u64::from(row.is_ok());
            row.is_err() || drawn.as_ref().is_none_or(|drawn| drawn.contains(&kept))
        });
        Ok(rows.take(limit))
    }

    /// Draws `count` of the rows that `where` keeps, always the same ones for one `seed`.
    ///
    /// # Errors
    ///
    /// As for [`rows`](Self::rows).
    pub fn draw(&mut self, count: u64, seed: u64) -> Result<(), DatasetError> {
        let mut total = 0;
        for row in self.kept_rows()? {
            row?;
            total += 1;
        }
        let drawn = super::sample::draw(total, count, seed)
            .into_iter()
            .map(|index| index + 1);
        self.drawn = Some(Arc::new(drawn.collect()));
        Ok(())
    }

    /// Returns the fields of the first row, whatever `where` says of it; `None` if it cannot be read.
    pub(super) fn fields(&self) -> Option<Vec<String>> {
        let row = self.all_rows().ok()?.next()?.ok()?;
        Some(row.fields.keys().cloned().collect())
    }

    fn kept_rows(&self) -> Result<Box<dyn Iterator<Item = RowResult> + Send>, DatasetError> {
        let rows = self.all_rows()?;
        let Some(keep) = self.keep.clone() else {
            return Ok(rows);
        };
        let path = self.path.clone();
        let needed = keep.variables();
        Ok(Box::new(rows.filter_map(move |row| {
            let row = match row {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            if let Some(name) = needed.iter().find(|name| !row.fields.contains_key(*name)) {
                return Some(Err(DatasetError::Row {
                    path: path.clone(),
                    row: row.number,
                    at: None,
                    message: unknown_field(name, &row.fields),
                }));
            }
            match keep.evaluate(&row.fields) {
                Ok(value) => is_true(&value).then_some(Ok(row)),
                Err(error) => Some(Err(DatasetError::Row {
                    path: path.clone(),
                    row: row.number,
                    at: None,
                    message: format!("`where` cannot be evaluated: {error}"),
                })),
            }
        })))
    }

    fn all_rows(&self) -> Result<Box<dyn Iterator<Item = RowResult> + Send>, DatasetError> {
        let path = self.path.clone();
        let file = File::open(&path).map_err(|source| DatasetError::Read {
            path: path.clone(),
            source,
        })?;
        let file = BufReader::with_capacity(1 << 16, file);
        let found: Box<dyn Iterator<Item = Found> + Send> = match self.format {
            DataFormat::Csv => Box::new(separated(file, b',')),
            DataFormat::Tsv => Box::new(separated(file, b'\t')),
            DataFormat::Jsonl => Box::new(json_lines(file)),
            DataFormat::Json => Box::new(JsonElements::new(file)),
            DataFormat::Yaml => Box::new(yaml_items(&path, file)),
        };
        let numbered = (1..).zip(found);
        Ok(Box::new(numbered.map(move |(number, found)| {
            let message = match found.value {
                Ok(Value::Object(fields)) => return Ok(Row { number, fields }),
                Ok(_) => "a row must be an object".to_owned(),
                Err(message) => message,
            };
            let (path, at) = (path.clone(), found.at);
            Err(if found.is_file {
                DatasetError::File { path, at, message }
            } else {
                let row = number;
                DatasetError::Row {
                    path,
                    row,
                    at,
                    message,
                }
            })
        })))
    }
}

impl DatasetError {
    /// Returns the error at its line of the data, or at `named`, where the suite names the dataset.
    pub(super) fn at(&self, named: &Place) -> SuiteError {
        let (path, at, message) = match self {
            Self::Row {
                path,
                row,
                at,
                message,
            } => (path, *at, format!("row {row}: {message}")),
            Self::File { path, at, message } => (path, *at, message.clone()),
            Self::Read { path, source } => {
                return SuiteError::new(named.clone(), unreadable(path, source));
            }
        };
        let text = at.and_then(|(line, _)| line_of(path, line));
        let (Some((line, column)), Some(text)) = (at, text) else {
            return SuiteError::new(named.clone(), self.to_string());
        };
        // Blank lines before it keep the line numbers of the file.
        let file = SourceFile {
            path: path.clone(),
            text: "\n".repeat(line - 1) + &text,
        };
        let place = Place {
            file: Arc::new(file),
            line,
            column: column.max(1),
            width: 1,
        };
        SuiteError::new(place, message)
    }
}

/// Returns a line of a file, from 1.
fn line_of(path: &Path, line: usize) -> Option<String> {
    let file = BufReader::new(File::open(path).ok()?);
    text_rows(file).nth(line - 1)?.ok()
}

/// Says that `where` uses a field that a row does not have.
fn unknown_field(name: &str, fields: &Map<String, Value>) -> String {
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => {
            format!("`where` uses `{name}`, which it does not have; did you mean `{near}`?")
        }
        None => format!(
            "`where` uses `{name}`, which it does not have; its fields are {}",
            listed(&names)
        ),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn rows(extension: &str, text: &str, with: impl Fn(&mut Dataset)) -> Result<Vec<Row>, String> {
        let mut file = tempfile::Builder::new()
            .suffix(&format!(".{extension}"))
            .tempfile()
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut dataset = Dataset {
            path: file.path().to_owned(),
            name: "data".into(),
            format: DataFormat::of(file.path()).unwrap(),
            keep: None,
            drawn: None,
            limit: None,
            id: None,
            cluster: None,
            place: Place::start_of(&Arc::new(SourceFile {
                path: "suite.yaml".into(),
                text: String::new(),
            })),
        };
        with(&mut dataset);
        let rows = dataset.rows().map_err(|error| error.to_string())?;
        rows.map(|row| {
            row.map_err(|error| {
                error
                    .to_string()
                    .replace(file.path().to_str().unwrap(), "FILE")
            })
        })
        .collect()
    }

    #[test]
    fn every_format_gives_the_same_rows() {
        for (extension, text) in [
            ("csv", "\u{feff}q,a\n\"1,\n2\",x\n3,y\n"),
            ("tsv", "q\ta\n\"1,\n2\"\tx\n3\ty\n"),
            (
                "jsonl",
                "{\"q\": \"1,\\n2\", \"a\": \"x\"}\n\n{\"q\":\"3\",\"a\":\"y\"}",
            ),
            (
                "json",
                " [ {\"q\":\"1,\\n2\",\"a\":\"x\"} ,\n{\"a\":\"y\",\"q\":\"3\"} ] ",
            ),
            ("yaml", "- {q: \"1,\\n2\", a: x}\n- {q: '3', a: y}\n"),
        ] {
            let rows = rows(extension, text, |_| {}).unwrap();
            let fields: Vec<_> = rows
                .iter()
                .map(|row| (&row.fields["q"], &row.fields["a"], row.number))
                .collect();
            assert_eq!(
                fields,
                [
                    (&"1,\n2".into(), &"x".into(), 1),
                    (&"3".into(), &"y".into(), 2)
                ],
                "{extension}"
            );
        }
    }

    #[test]
    fn a_bad_row_is_named() {
        for (extension, text, expected) in [
            (
                "jsonl",
                "{\"a\":1}\n{oops}\n",
                "row 2 of `FILE`: key must be a string",
            ),
            (
                "json",
                "[{\"a\":1},{\"a\":",
                "`FILE`: the list is not closed",
            ),
            (
                "json",
                "{\"a\":1}",
                "`FILE`: the file must hold a list of objects",
            ),
            ("jsonl", "[1]", "row 1 of `FILE`: a row must be an object"),
            (
                "csv",
                "a,b\n1\n",
                "row 1 of `FILE`: 1 fields, where the header has 2",
            ),
        ] {
            let error = rows(extension, text, |_| {}).unwrap_err();
            assert!(error.starts_with(expected), "{extension}: {error}");
        }
    }

    #[test]
    fn a_row_without_end_is_told() {
        let long = "x".repeat(17 << 20);
        for (extension, before, after, expected) in [
            ("csv", "a\n1\n\"", "\"\n2\n", "row 2 of `FILE`: "),
            ("tsv", "a\n1\n", "\n2\n", "row 2 of `FILE`: "),
            ("csv", "a,", "", "row 1 of `FILE`: "),
            (
                "jsonl",
                "{\"a\":1}\n{\"a\":\"",
                "\"}\n{\"a\":2}\n",
                "`FILE`: ",
            ),
            ("json", "[{\"a\":1},{\"a\":\"", "\"},{\"a\":2}]", "`FILE`: "),
        ] {
            let text = [before, &long, after].concat();
            let error = rows(extension, &text, |_| {}).unwrap_err();
            let expected = format!("{expected}it is longer than 16 MiB");
            assert_eq!(error, expected, "{extension}");
        }
    }

    #[test]
    fn rows_are_kept_drawn_and_limited_in_that_order() {
        let text = "n\n".to_owned()
            + &(1..=100)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join("\n");
        let chosen = rows("csv", &text, |dataset| {
            dataset.keep = Some(Expression::parse("n | int > 50").unwrap());
            dataset.draw(10, 7).unwrap();
            dataset.limit = Some(4);
        })
        .unwrap();
        assert_eq!(chosen.len(), 4);
        assert!(chosen.iter().all(|row| row.number > 50), "{chosen:?}");
    }
}
