//! Vectors as rows of text.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// One vector, and the text that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Names the input.
    pub id: String,
    /// Which chunk of the input it is, from 0.
    pub chunk: usize,
    /// Bytes of the input before it.
    pub start: usize,
    /// Characters of the input before it.
    pub start_char: usize,
    /// The text.
    pub text: String,
    /// The vector.
    pub vector: Vec<f32>,
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorFormat {
    /// One JSON object with all of them.
    Json,
    /// A JSON object for each.
    Jsonl,
    /// A row for each, after a row of names.
    Csv,
    /// A JSON list for each: the numbers alone.
    Compact,
    /// A matrix for `NumPy`.
    Npy,
    /// 32-bit floats, little-endian, one after the other.
    Raw,
}

impl FromStr for VectorFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "json" => Self::Json,
            "jsonl" => Self::Jsonl,
            "csv" => Self::Csv,
            "compact" => Self::Compact,
            "npy" => Self::Npy,
            "raw" => Self::Raw,
            _ => {
                return Err(format!(
                    "`{name}` is none of `json`, `jsonl`, `csv`, `compact`, `npy` and `raw`"
                ));
            }
        })
    }
}

/// How the numbers of a vector are written as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Digits behind the point; `None`: as many as tell the number from its neighbours.
    pub precision: Option<usize>,
    /// Whether the bytes of the floats are written in base64, in place of numbers.
    pub base64: bool,
}

impl Numbers {
    /// Returns a vector as a JSON value's text.
    fn text(self, vector: &[f32]) -> String {
        if self.base64 {
            let bytes: Vec<u8> = vector
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            return Value::from(STANDARD.encode(bytes)).to_string();
        }
        let mut text = String::with_capacity(vector.len() * 12);
        text.push('[');
        for (at, number) in vector.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let written = match self.precision {
                Some(digits) => write!(text, "{number:.digits$}"),
                None => write!(text, "{number:?}"),
            };
            written.expect("text takes text");
        }
        text.push(']');
        text
    }
}

impl Row {
    /// Returns the row as a JSON object's text.
    pub fn to_json(&self, numbers: Numbers, with_text: bool) -> String {
        let mut object = json!({
            "id": self.id,
            "chunk": self.chunk,
            "start": self.start,
            "end": self.start + self.text.len(),
            "start_char": self.start_char,
            "end_char": self.start_char + self.text.chars().count(),
        });
        if with_text {
            object["text"] = self.text.as_str().into();
        }
        let mut text = object.to_string();
        text.pop();
        format!("{text},\"vector\":{}}}", numbers.text(&self.vector))
    }
}

/// Writes a row as a line of its own. `Json` is written by whoever has all rows, and `Npy` as `Raw` behind its header.
///
/// # Errors
///
/// `out` cannot be written.
pub fn write_row(
    row: &Row,
    format: VectorFormat,
    numbers: Numbers,
    with_text: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        VectorFormat::Json => write!(out, "{}", row.to_json(numbers, with_text)),
        VectorFormat::Jsonl => writeln!(out, "{}", row.to_json(numbers, with_text)),
        VectorFormat::Compact => writeln!(out, "{}", numbers.text(&row.vector)),
        VectorFormat::Csv => {
            let text = if with_text { &*row.text } else { "" };
            let cells = [
                &*row.id,
                &row.chunk.to_string(),
                text,
                &numbers.text(&row.vector),
            ];
            let cells = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            write!(out, "{}\r\n", cells.join(","))
        }
        VectorFormat::Npy | VectorFormat::Raw => {
            let mut numbers = row.vector.iter();
            numbers.try_for_each(|number| out.write_all(&number.to_le_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: VectorFormat, numbers: Numbers) -> String {
        let row = Row {
            id: "a".to_owned(),
            chunk: 1,
            start: 3,
            start_char: 2,
            text: "é \"x\"".to_owned(),
            vector: vec![0.1, -1.0],
        };
        let mut out = Vec::new();
        write_row(&row, format, numbers, true, &mut out).unwrap();
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_row_in_every_format() {
        let plain = Numbers::default();
        assert_eq!(
            written(VectorFormat::Jsonl, plain),
            "{\"id\":\"a\",\"chunk\":1,\"start\":3,\"end\":9,\"start_char\":2,\"end_char\":7,\"text\":\"é \\\"x\\\"\",\"vector\":[0.1,-1.0]}\n"
        );
        assert_eq!(written(VectorFormat::Compact, plain), "[0.1,-1.0]\n");
        assert_eq!(
            written(VectorFormat::Csv, plain),
            "\"a\",\"1\",\"é \"\"x\"\"\",\"[0.1,-1.0]\"\r\n"
        );
        let short = Numbers {
            precision: Some(3),
            base64: false,
        };
        assert_eq!(written(VectorFormat::Compact, short), "[0.100,-1.000]\n");
        let packed = Numbers {
            precision: None,
            base64: true,
        };
        assert_eq!(written(VectorFormat::Compact, packed), "\"zczMPQAAgL8=\"\n");
        assert_eq!(
            written(VectorFormat::Raw, plain).len(),
            "\u{fffd}\u{fffd}\u{fffd}=\0\0\u{fffd}\u{fffd}".len()
        );
    }
}
