//! Values of flags that need reading.

use std::time::Duration;

/// Reads a duration: `3000` is milliseconds, `250ms`, `3s`, `2m`, `1h` say their unit.
///
/// # Errors
///
/// Anything else, in a sentence.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_per_unit = match unit {
        "" | "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("`{unit}` is no unit of time: use ms, s, m or h")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "expected a duration such as 3000, 3s or 2m".to_owned())?;
    let duration = Duration::try_from_secs_f64(number * seconds_per_unit);
    match duration.map_err(|error| error.to_string())? {
        Duration::ZERO => Err("expected a duration above zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Reads a count of at least one.
///
/// # Errors
///
/// Anything else, in a sentence.
pub(super) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("expected a number of at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number of at least 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_say_their_unit_or_are_milliseconds() {
        for (text, millis) in [
            ("3000", 3_000),
            ("250ms", 250),
            ("3s", 3_000),
            ("2m", 120_000),
            ("1.5s", 1_500),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "3 s", "3d", "-1s", "0"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
