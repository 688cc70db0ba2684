//! What the formats of datasets hold, one value at a time, with the line it stands at.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::source::{Node, Place, SourceFile, Tree};
use super::yaml_error::json_message;
use crate::files::{LONGEST_ROW, Metered, read_to_end, text_of, text_rows, too_long};

/// A value, or what is wrong with it.
pub(super) struct Found {
    pub(super) value: Result<Value, String>,
    /// Line and column, both from 1, where they are known.
    pub(super) at: Option<(usize, usize)>,
    /// Whether it is the file that is wrong, and not one value in it.
    pub(super) is_file: bool,
}

impl Found {
    fn new(value: Result<Value, String>, at: Option<(usize, usize)>) -> Self {
        Self {
            value,
            at,
            is_file: false,
        }
    }

    fn bad_file(message: impl Into<String>, at: Option<(usize, usize)>) -> Self {
        Self {
            value: Err(message.into()),
            at,
            is_file: true,
        }
    }
}

/// Reads records that are separated by `delimiter`, below a line of headers.
pub(super) fn separated(
    file: impl Read + Send + 'static,
    delimiter: u8,
) -> impl Iterator<Item = Found> + Send {
    let (file, meter) = Metered::new(file);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(file);
    let headers = reader.headers().cloned();
    let repeated = headers.as_ref().ok().and_then(repeated);
    let mut records = reader.into_records();
    let mut has_failed = false;
    std::iter::from_fn(move || {
        meter.next_row();
        if has_failed {
            return None;
        }
        let headers = match &headers {
            Ok(headers) => headers,
            Err(error) => {
                has_failed = true;
                return Some(unreadable(error));
            }
        };
        let record = records.next()?;
        if let Some(name) = &repeated {
            has_failed = true;
            return Some(Found::new(
                Err(format!("two columns are called `{name}`")),
                Some((1, 1)),
            ));
        }
        Some(match record {
            Err(error) => {
                // What could not be read once may be as long the second time.
                has_failed = error.is_io_error();
                unreadable(&error)
            }
            Ok(record) => {
                let names = headers
                    .iter()
                    .map(|name| name.trim_start_matches('\u{feff}'));
                let fields = names.zip(&record);
                let fields = fields.map(|(name, text)| (name.to_owned(), Value::from(text)));
                let value = Value::Object(fields.collect());
                Found::new(Ok(value), record.position().map(line_start))
            }
        })
    })
}

/// Returns a name that two columns have: one of them would be lost.
fn repeated(headers: &csv::StringRecord) -> Option<String> {
    let mut seen = BTreeSet::new();
    headers
        .iter()
        .find(|name| !seen.insert(*name))
        .map(str::to_owned)
}

fn unreadable(error: &csv::Error) -> Found {
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!(
                "{len} fields, where the header has {expected_len}; a text that holds the separator needs quotes"
            )
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    Found::new(Err(message), error.position().map(line_start))
}

fn line_start(position: &csv::Position) -> (usize, usize) {
    (usize::try_from(position.line()).unwrap_or(usize::MAX), 1)
}

/// Reads lines that each hold a JSON value. Blank lines go by.
pub(super) fn json_lines(
    file: impl BufRead + Send + 'static,
) -> impl Iterator<Item = Found> + Send {
    (1..).zip(text_rows(file)).filter_map(|(number, line)| {
        let line = match line {
            Ok(line) if line.trim().is_empty() => return None,
            Ok(line) => line,
            Err(error) => return Some(Found::bad_file(error.to_string(), Some((number, 1)))),
        };
        let parsed = serde_json::from_str(line.trim_start_matches('\u{feff}'));
        let column = parsed
            .as_ref()
            .map_or_else(serde_json::Error::column, |_| 1);
        let value = parsed.map_err(|error| json_message(&error));
        Some(Found::new(value, Some((number, column))))
    })
}

/// Reads the items of a YAML list. All of the file is held.
pub(super) fn yaml_items(path: &Path, file: impl Read) -> std::vec::IntoIter<Found> {
    let text = match read_to_end(file).and_then(text_of) {
        Ok(text) => text,
        Err(error) => return vec![Found::bad_file(error.to_string(), None)].into_iter(),
    };
    let source = Arc::new(SourceFile {
        path: path.to_owned(),
        text,
    });
    let at = |place: &Place| Some((place.line, place.column));
    let found = match Node::parse(&source) {
        Err(error) => vec![Found::bad_file(&*error.message, at(&error.place))],
        Ok(Node {
            value: Tree::List(items),
            ..
        }) => items
            .iter()
            .map(|item| Found::new(Ok(item.to_json()), at(&item.place)))
            .collect(),
        Ok(node) => vec![Found::bad_file(
            "the file must hold a list of maps",
            at(&node.place),
        )],
    };
    found.into_iter()
}

/// The elements of a JSON list, cut out one by one, so that the list is never held whole.
pub(super) struct JsonElements<R> {
    file: R,
    state: ListState,
    /// The line and column of the next byte, from 1.
    line: usize,
    column: usize,
}

#[derive(PartialEq)]
enum ListState {
    Before,
    Within,
    Done,
}

impl<R: BufRead> JsonElements<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            file,
            state: ListState::Before,
            line: 1,
            column: 1,
        }
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.file.fill_buf()?.first().copied();
        self.file.consume(usize::from(byte.is_some()));
        match byte {
            Some(b'\n') => (self.line, self.column) = (self.line + 1, 1),
            Some(_) => self.column += 1,
            None => {}
        }
        Ok(byte)
    }

    /// Reads up to the comma or bracket that ends the element; `None` at the end of the list.
    fn element(&mut self) -> Result<Option<Vec<u8>>, String> {
        let mut element = Vec::new();
        let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
        loop {
            let byte = self
                .next_byte()
                .map_err(|error| error.to_string())?
                .ok_or("the list is not closed")?;
            if in_text {
                in_text = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
            } else {
                match byte {
                    b'"' => in_text = true,
                    b'[' | b'{' => depth += 1,
                    b',' if depth == 0 => return Ok(Some(element)),
                    b']' if depth == 0 => {
                        self.state = ListState::Done;
                        return Ok((!element.trim_ascii().is_empty()).then_some(element));
                    }
                    b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if element.len() as u64 == LONGEST_ROW {
                return Err(too_long(LONGEST_ROW).to_string());
            }
            element.push(byte);
        }
    }

    fn open(&mut self) -> Result<(), String> {
        self.state = ListState::Within;
        loop {
            match self.next_byte().map_err(|error| error.to_string())? {
                Some(b'[') => return Ok(()),
                Some(byte) if byte.is_ascii_whitespace() || [0xef, 0xbb, 0xbf].contains(&byte) => {}
                _ => return Err("the file must hold a list of objects".to_owned()),
            }
        }
    }

    /// Parses an element that begins at `line` and `column`.
    fn parsed(element: &[u8], (line, column): (usize, usize)) -> Found {
        let blank = element.len() - element.trim_ascii_start().len();
        let breaks = element[..blank].split(|byte| *byte == b'\n').count() - 1;
        match serde_json::from_slice(element) {
            Ok(value) => Found::new(Ok(value), Some((line + breaks, 1))),
            Err(error) => {
                let at = match error.line() {
                    0 | 1 => (line, column + error.column().saturating_sub(1)),
                    below => (line + below - 1, error.column()),
                };
                Found::new(Err(json_message(&error)), Some(at))
            }
        }
    }
}

impl<R: BufRead> Iterator for JsonElements<R> {
    type Item = Found;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == ListState::Before
            && let Err(message) = self.open()
        {
            self.state = ListState::Done;
            return Some(Found::bad_file(message, Some((1, 1))));
        }
        if self.state == ListState::Done {
            return None;
        }
        let start = (self.line, self.column);
        match self.element() {
            Ok(None) => None,
            Ok(Some(element)) => Some(Self::parsed(&element, start)),
            Err(message) => {
                self.state = ListState::Done;
                let at = (self.line, self.column.saturating_sub(1));
                Some(Found::bad_file(message, Some(at)))
            }
        }
    }
}
