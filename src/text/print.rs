//! JSON values as text, as JavaScript prints them.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Returns `value` as JSON text without white space; numbers as [`number_text`] prints them.
pub fn json_text(value: &Value) -> String {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, JavaScript));
    debug_assert!(
        written.is_ok(),
        "a JSON value always serialises into memory"
    );
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a number as JavaScript prints it: `2`, `0.5`, `1e+21`, `1.5e-7`.
///
/// Whole numbers have no point, numbers from 1e21 and below 1e-6 have an exponent, and minus zero is `0`.
///
/// Source: ECMA-262, `Number::toString`.
pub fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let exponent = exponent_of(number);
    if (-6..21).contains(&exponent) {
        return number.to_string();
    }
    let scientific = format!("{number:e}");
    if exponent > 0 {
        scientific.replace('e', "e+")
    } else {
        scientific
    }
}

/// Returns the decimal exponent of a number's shortest digits: 2 for 123.
fn exponent_of(number: f64) -> i32 {
    let scientific = format!("{number:e}");
    scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or_default()
}

/// Writes compact JSON whose floats look like JavaScript's.
struct JavaScript;

impl Formatter for JavaScript {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number_text(value).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_print_as_in_javascript() {
        for (number, expected) in [
            (2.0, "2"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (-1.50, "-1.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.25e21, "1.25e+21"),
            (0.000_001, "0.000001"),
            (0.000_000_15, "1.5e-7"),
            (123_456.789, "123456.789"),
        ] {
            assert_eq!(number_text(number), expected);
        }
    }

    #[test]
    fn json_has_no_white_space() {
        let value = json!({"b": [1, 2.0, null, true], "a": {"k": "é\n\""}, "n": 1e21});
        assert_eq!(
            json_text(&value),
            r#"{"b":[1,2,null,true],"a":{"k":"é\n\""},"n":1e+21}"#
        );
    }

    proptest! {
        #[test]
        fn a_printed_number_reads_back(number in proptest::num::f64::NORMAL) {
            prop_assert_eq!(number_text(number).parse::<f64>(), Ok(number));
        }
    }
}
