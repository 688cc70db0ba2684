//! The values of `format` in a JSON Schema, as JavaScript validators check them in full.

use std::sync::LazyLock;

use crate::text::Pattern;

/// How a format is checked.
enum Format {
    /// By the schema package.
    BuiltIn,
    /// By a pattern.
    Like(LazyLock<Pattern>),
    /// By a function.
    Is(fn(&str) -> bool),
    /// Says something to people, and nothing to check.
    Anything,
}

macro_rules! like {
    ($flags:literal, $source:literal) => {
        Format::Like(LazyLock::new(|| {
            Pattern::parse($source, $flags).expect("a pattern of ours is valid")
        }))
    };
}

/// Every format there is. `int32` and `int64` constrain numbers, which the schema compiler sees to.
static FORMATS: [(&str, Format); 26] = [
    ("date", Format::BuiltIn),
    ("ipv4", Format::BuiltIn),
    ("ipv6", Format::BuiltIn),
    ("uri", Format::BuiltIn),
    ("uri-reference", Format::BuiltIn),
    ("uri-template", Format::BuiltIn),
    ("hostname", Format::BuiltIn),
    ("json-pointer", Format::BuiltIn),
    ("relative-json-pointer", Format::BuiltIn),
    ("email", Format::Is(is_email)),
    ("regex", Format::Is(is_regex)),
    ("time", Format::Is(|text| is_time(text, Zone::Needed))),
    ("iso-time", Format::Is(|text| is_time(text, Zone::Optional))),
    (
        "date-time",
        Format::Is(|text| is_date_time(text, Zone::Needed)),
    ),
    (
        "iso-date-time",
        Format::Is(|text| is_date_time(text, Zone::Optional)),
    ),
    (
        "duration",
        like!(
            "",
            r"^P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$"
        ),
    ),
    (
        "uuid",
        like!("i", r"^(urn:uuid:)?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$"),
    ),
    (
        "url",
        like!(
            "i",
            r"^(https?|ftp):\/\/([^\s\/?#@]+@)?[^\s\/?#:@]+\.[^\s\/?#:@.]{2,}(:\d{2,5})?([\/?#]\S*)?$"
        ),
    ),
    (
        "json-pointer-uri-fragment",
        like!("i", r"^#(\/([\w.!$&'()*+,;:=@~-]|%[\da-f]{2})*)*$"),
    ),
    (
        "byte",
        like!(
            "",
            r"^([A-Za-z\d+\/]{4})*([A-Za-z\d+\/]{2}==|[A-Za-z\d+\/]{3}=)?$"
        ),
    ),
    ("float", Format::Anything),
    ("double", Format::Anything),
    ("password", Format::Anything),
    ("binary", Format::Anything),
    ("int32", Format::Anything),
    ("int64", Format::Anything),
];

/// Returns whether a schema may say `format: name`.
pub(super) fn is_known(name: &str) -> bool {
    FORMATS.iter().any(|(known, _)| *known == name)
}

/// Teaches the schema package the formats that it lacks or reads otherwise.
pub(super) fn teach(
    mut options: jsonschema::ValidationOptions<'static>,
) -> jsonschema::ValidationOptions<'static> {
    for (name, format) in &FORMATS {
        options = match format {
            Format::BuiltIn => options,
            Format::Like(pattern) => {
                options.with_format(*name, |text: &str| pattern.is_match(text).unwrap_or(false))
            }
            Format::Is(check) => options.with_format(*name, *check),
            Format::Anything => options.with_format(*name, |_: &str| true),
        };
    }
    options
}

/// An address of plain atoms whose domain has at least one point.
fn is_email(text: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c))
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.split_once('@').is_some_and(|(local, domain)| {
        local.split('.').all(is_atom) && domain.contains('.') && domain.split('.').all(is_label)
    })
}

/// A pattern that JavaScript accepts with flag `u`.
fn is_regex(text: &str) -> bool {
    Pattern::parse(text, "u").is_ok()
}

/// Whether a time must say its zone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    Needed,
    Optional,
}

/// `10:20:30.5Z`, `10:20:30+01:00`; a leap second only at the end of a day in UTC.
fn is_time(text: &str, zone: Zone) -> bool {
    static TIME: LazyLock<Pattern> = LazyLock::new(|| {
        Pattern::parse(r"^\d\d:\d\d:\d\d(\.\d+)?(z|[+-]\d\d(:?\d\d)?)?$", "i")
            .expect("a pattern of ours is valid")
    });
    if !TIME.is_match(text).unwrap_or(false) {
        return false;
    }
    let two = |at: usize| text[at..at + 2].parse::<i32>().unwrap_or(99);
    let (hour, minute, second) = (two(0), two(3), two(6));
    let Some(sign) = text[8..].find(['+', '-']).map(|at| at + 8) else {
        let zoned = text.ends_with(['z', 'Z']);
        let leap = hour == 23 && minute == 59 && second == 60;
        return hour <= 23
            && minute <= 59
            && (second <= 59 || leap)
            && (zoned || zone == Zone::Optional);
    };
    let offset: Vec<char> = text[sign + 1..]
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let pair = |pair: &[char]| pair.iter().collect::<String>().parse().unwrap_or(0);
    let (zone_hour, zone_minute) = (pair(&offset[..2]), pair(&offset[2..]));
    let direction = if text[sign..].starts_with('-') { -1 } else { 1 };
    let utc = hour * 60 + minute - direction * (zone_hour * 60 + zone_minute);
    let leap = utc.rem_euclid(24 * 60) == 23 * 60 + 59 && second == 60;
    hour <= 23 && minute <= 59 && (second <= 59 || leap) && zone_hour <= 23 && zone_minute <= 59
}

/// A date and a time, parted by `T`, `t` or a blank.
fn is_date_time(text: &str, zone: Zone) -> bool {
    text.split_once(['T', 't', ' '])
        .is_some_and(|(date, time)| {
            date.parse::<jiff::civil::Date>().is_ok() && date.len() == 10 && is_time(time, zone)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::schema::Schema;

    #[test]
    fn checks_formats_in_full() {
        for (format, text, expected) in [
            ("date", "2024-02-29", true),
            ("date", "2023-02-29", false),
            ("date", "2024-2-9", false),
            ("date-time", "2024-01-02T03:04:05Z", true),
            ("date-time", "2024-01-02 03:04:05+01:00", true),
            ("date-time", "2024-01-02T03:04:05", false),
            ("date-time", "2024-13-02T03:04:05Z", false),
            ("iso-date-time", "2024-01-02T03:04:05", true),
            ("time", "03:04:05Z", true),
            ("time", "03:04:05", false),
            ("time", "23:59:60Z", true),
            ("time", "00:59:60+01:00", true),
            ("time", "12:59:60Z", false),
            ("time", "25:00:00Z", false),
            ("email", "a@b", false),
            ("email", "a.b+c@d-e.io", true),
            ("email", "a..b@d.io", false),
            ("uri", "/relative", false),
            ("uri", "https://a.b/c", true),
            ("url", "https://example.com/a?b#c", true),
            ("url", "mailto:a@b.c", false),
            ("ipv4", "1.2.3.4", true),
            ("ipv4", "1.2.3.400", false),
            ("ipv6", "::1", true),
            ("uuid", "123E4567-e89b-12d3-a456-426614174000", true),
            ("uuid", "123e4567", false),
            ("duration", "P1DT2H", true),
            ("duration", "P", false),
            ("byte", "aGk=", true),
            ("byte", "a", false),
            ("regex", "(?<a>b)", true),
            ("regex", "(", false),
            ("password", "x", true),
        ] {
            let schema = Schema::compile(&json!({"type": "string", "format": format})).unwrap();
            assert_eq!(
                schema.flaw(&json!(text)).is_none(),
                expected,
                "{format} {text}"
            );
        }
    }
}
