//! One line of a journal: JSON and a checksum of it, so that a damaged line is never mistaken for a record.
//!
//! `{"trial":{…},"sum":"1f2e3d4c"}`: the sum is the CRC-32 (that of ISO 3309, as in gzip) of everything before the comma in
//! front of it. It guards against accidents, which is all that a file of one's own needs.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserializer as _, Serialize};

use super::header::{Header, Stopped};
use super::reader::Planned;
use super::record::Record;
use crate::plan::Position;

/// What a line may be; `T` is what is read of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<T = Record> {
    /// The first line.
    Header(Box<Header>),
    /// A trial.
    Trial(Box<T>),
    /// The end of one sitting: when, and why if not because everything was done.
    End {
        /// When the run, or this part of it, ended.
        at: jiff::Timestamp,
        /// Why it ended early.
        stopped: Option<Stopped>,
    },
}

/// Why a line could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineError {
    /// It is cut off, or its checksum does not fit.
    Damaged,
    /// It is whole, but says something that this version does not know.
    Unknown(String),
}

/// What stands between the content of a line and its sum.
const MARK: &str = ",\"sum\":\"";
/// What ends a line.
const END: &str = "\"}";
/// Hex digits of a sum.
const DIGITS: usize = 8;

/// Returns `value` as a whole line, newline included.
pub(super) fn encode(value: &Line) -> String {
    let mut text = serde_json::to_string(value).expect("journal lines are plain data");
    text.pop();
    seal(text)
}

/// Makes a line of JSON text without its last brace.
pub(super) fn seal(mut body: String) -> String {
    let tail = tail(body.as_bytes());
    body.push_str(&tail);
    body.push('\n');
    body
}

/// Reads one line, without its newline. It is the same afterwards; meanwhile its content gets its last brace back, in
/// place of a copy.
pub(super) fn decode<T: DeserializeOwned>(line: &mut [u8]) -> Result<T, LineError> {
    body(line).ok_or(LineError::Damaged)?;
    decode_again(line)
}

/// Reads a line that was found to be as it was written before: its sum is not made again.
pub(super) fn decode_again<T: DeserializeOwned>(line: &mut [u8]) -> Result<T, LineError> {
    let length = content_length(line).ok_or(LineError::Damaged)?;
    line[length] = b'}';
    // Checked once here, text is not checked again string by string.
    let read = match std::str::from_utf8(&line[..=length]) {
        Ok(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    line[length] = MARK.as_bytes()[0];
    read.map_err(LineError::Unknown)
}

/// Reads where a trial belongs, and no further: what comes after is longer than all the rest. `None` for what is no trial, or
/// does not begin as we write it.
///
/// # Errors
///
/// The line is cut off, or its checksum does not fit.
pub(super) fn decode_planned(line: &[u8]) -> Result<Option<Planned>, LineError> {
    const BEGINNING: &[u8] = b"{\"trial\":";
    body(line).ok_or(LineError::Damaged)?;
    let Some(trial) = line.strip_prefix(BEGINNING) else {
        return Ok(None);
    };
    let mut beginning = Beginning::default();
    let mut json = serde_json::Deserializer::from_slice(trial);
    // An error is how reading ends before the end.
    let _ = json.deserialize_map(&mut beginning);
    let found = beginning.at.zip(beginning.case);
    Ok(found.map(|(at, case)| Planned { at, case }))
}

/// What is read of a trial until both are known.
#[derive(Default)]
struct Beginning {
    at: Option<Position>,
    case: Option<String>,
}

impl<'de> Visitor<'de> for &mut Beginning {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a trial")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "at" => self.at = Some(map.next_value()?),
                "case" => self.case = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            if self.at.is_some() && self.case.is_some() {
                return Err(serde::de::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

/// Returns whether a line, without its newline, is as it was written.
pub(super) fn is_whole(line: &[u8]) -> bool {
    body(line).is_some()
}

/// Returns what the sum of a line was made of, if it fits.
fn body(line: &[u8]) -> Option<&[u8]> {
    let (body, found) = line.split_at(content_length(line)?);
    (found == tail(body).as_bytes()).then_some(body)
}

fn content_length(line: &[u8]) -> Option<usize> {
    line.len().checked_sub(MARK.len() + DIGITS + END.len())
}

/// Returns the end of a line that begins with `body`.
fn tail(body: &[u8]) -> String {
    format!("{MARK}{:08x}{END}", crc32fast::hash(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end() -> Line {
        Line::End {
            at: jiff::Timestamp::UNIX_EPOCH,
            stopped: Some(Stopped::Budget),
        }
    }

    #[test]
    fn the_beginning_of_a_trial_says_where_it_belongs() {
        let body = r#"{"trial":{"id":"a","at":{"suite":1,"case":2,"prompt":3,"model":4,"repeat":5},"case":"a \"b\"","rest":[{}]}"#;
        let mut line = seal(body.to_owned()).into_bytes();
        line.pop();
        let planned = decode_planned(&line).unwrap().unwrap();
        assert_eq!((planned.at.case, &*planned.case), (2, "a \"b\""));
        line[30] ^= 1;
        assert_eq!(decode_planned(&line), Err(LineError::Damaged));
        let other = encode(&end());
        assert_eq!(decode_planned(other.trim_end().as_bytes()), Ok(None));
    }

    #[test]
    fn a_line_is_json_with_a_sum_at_its_end() {
        let text = encode(&end());
        insta::assert_snapshot!(
            text.trim_end(),
            @r#"{"end":{"at":"1970-01-01T00:00:00Z","stopped":"budget"},"sum":"2c98603c"}"#
        );
        let mut line = text.trim_end().as_bytes().to_vec();
        assert_eq!(decode(&mut line), Ok(end()));
        assert_eq!(line, text.trim_end().as_bytes());
    }

    #[test]
    fn no_byte_of_a_line_can_change_unnoticed() {
        let text = encode(&end());
        let line = text.trim_end().as_bytes();
        for at in 0..line.len() {
            let mut changed = line.to_vec();
            changed[at] ^= 1;
            assert!(!is_whole(&changed), "byte {at}");
            assert!(!is_whole(&line[..at]), "cut at {at}");
        }
    }

    #[test]
    fn what_is_whole_but_unknown_is_told_apart() {
        let body = br#"{"verdict":{"group":1}"#;
        let mut line = [body, tail(body).as_bytes()].concat();
        let Err(LineError::Unknown(message)) = decode::<Line>(&mut line) else {
            panic!("read a kind that does not exist");
        };
        assert!(message.contains("unknown variant `verdict`"), "{message}");
    }
}
