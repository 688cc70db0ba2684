//! The number that a text ends on: "… so the total is **$1,234.50**."

/// A number found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundNumber {
    /// Its value, finite. A percent sign does not change it: `45%` is 45.
    pub value: f64,
    /// The text that was read, with sign, currency and percent sign.
    pub text: String,
}

/// Returns the last number in `text`.
///
/// Reads signs, a currency sign (`$ € £ ¥`), groups of three digits parted by commas, apostrophes, underscores or
/// narrow spaces, decimals after a point, exponents (`1e6`, `3 × 10^8`) and a percent sign. A point without digits
/// after it ends a sentence. Digits glued to a Latin letter before them belong to a name (`H2O`, `gpt4`) and are no
/// number; a unit may follow (`5kg`). A dash between two numbers or after a word is no sign.
///
/// Fractions, dates and versions are not read as one: the last number of `3/4` is 4, that of `2024-05-17` is 17.
pub fn last_number(text: &str) -> Option<FoundNumber> {
    let mut last = None;
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_ascii_alphabetic() {
            at += name_length(rest);
        } else if let Some((length, value)) = number_at(rest, &text[..at]) {
            last = value.map(|value| (value, at, at + length)).or(last);
            at += length;
        } else {
            at += first.len_utf8();
        }
    }
    let (value, start, end) = last?;
    let (start, negative) = prefix(text, start);
    Some(FoundNumber {
        value: if negative { -value } else { value },
        text: text[start..end].to_owned(),
    })
}

/// Returns the length of the name that `rest` begins with.
fn name_length(rest: &str) -> usize {
    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len())
}

/// Returns length and value of the number that `rest` begins with; no value if it is too large.
fn number_at(rest: &str, before: &str) -> Option<(usize, Option<f64>)> {
    let whole = whole_length(rest);
    let may_begin_with_point = !before.ends_with(|c: char| c.is_ascii_digit());
    let fraction = fraction_length(&rest[whole..]);
    if whole == 0 && (fraction == 0 || !may_begin_with_point) {
        return None;
    }
    let mantissa = whole + fraction;
    let (exponent_length, exponent) = exponent(&rest[mantissa..]);
    let mut digits: String = rest[..mantissa]
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    if let Some(exponent) = exponent {
        digits = format!("{digits}e{exponent}");
    }
    let value = digits.parse().ok().filter(|value: &f64| value.is_finite());
    let length = mantissa + exponent_length;
    let percent = usize::from(rest[length..].starts_with('%'));
    Some((length + percent, value))
}

/// Returns how many ASCII digits `text` begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Returns the length of the whole part: digits, or one to three digits and groups of exactly three.
fn whole_length(text: &str) -> usize {
    const SEPARATORS: [char; 7] = [',', '\'', '’', '_', '\u{a0}', '\u{202f}', '\u{2009}'];
    let first = digits(text);
    let separator = text[first..]
        .chars()
        .next()
        .filter(|c| SEPARATORS.contains(c));
    let (1..=3, Some(separator)) = (first, separator) else {
        return first;
    };
    let mut length = first;
    while let Some(group) = text[length..].strip_prefix(separator) {
        match digits(group) {
            3 => length += separator.len_utf8() + 3,
            0 => break,
            // `1,2345` is two numbers, not one.
            _ => return first,
        }
    }
    length
}

/// Returns the length of a point and the digits after it, or 0.
fn fraction_length(text: &str) -> usize {
    match text.strip_prefix('.').map_or(0, digits) {
        0 => 0,
        count => count + 1,
    }
}

/// Returns length and digits of an exponent: `e-7`, ` × 10^8`, `\times 10^{23}`.
fn exponent(text: &str) -> (usize, Option<&str>) {
    let none = (0, None);
    if let Some(rest) = text.strip_prefix(['e', 'E']) {
        let length = signed_digits(rest);
        return if length == 0 {
            none
        } else {
            (1 + length, Some(&rest[..length]))
        };
    }
    let after_space = text.trim_start_matches(' ');
    let Some(rest) = ["×", "*", "x", "·", "\\times", "\\cdot"]
        .iter()
        .find_map(|sign| after_space.strip_prefix(sign))
    else {
        return none;
    };
    let Some(rest) = rest.trim_start_matches(' ').strip_prefix("10^") else {
        return none;
    };
    let (rest, brace) = match rest.strip_prefix('{') {
        Some(inside) => (inside, true),
        None => (rest, false),
    };
    let length = signed_digits(rest);
    if length == 0 || (brace && !rest[length..].starts_with('}')) {
        return none;
    }
    let consumed = text.len() - rest.len() + length + usize::from(brace);
    (consumed, Some(&rest[..length]))
}

/// Returns the length of an optional sign and the digits after it, or 0.
fn signed_digits(text: &str) -> usize {
    let sign = usize::from(text.starts_with(['+', '-']));
    match digits(&text[sign..]) {
        0 => 0,
        count => sign + count,
    }
}

/// Returns where sign and currency before a number begin, and whether the sign is a minus.
fn prefix(text: &str, start: usize) -> (usize, bool) {
    let mut begin = start;
    let mut negative = false;
    let mut signed = false;
    for _ in 0..2 {
        let before = &text[..begin];
        let Some(c) = before.chars().next_back() else {
            break;
        };
        let is_sign = matches!(c, '-' | '+' | '−');
        if is_sign && (signed || !may_be_signed(&before[..before.len() - c.len_utf8()])) {
            break;
        }
        if !is_sign && !matches!(c, '$' | '€' | '£' | '¥') {
            break;
        }
        signed |= is_sign;
        negative |= is_sign && c != '+';
        begin -= c.len_utf8();
    }
    (begin, negative)
}

/// Returns whether a dash after `before` is a sign and not a hyphen or a subtraction.
fn may_be_signed(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | ']' | '-' | '−'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_last_number() {
        for (text, value, found) in [
            ("72", 72.0, "72"),
            ("#### 72", 72.0, "72"),
            ("the answer is **72**.", 72.0, "72"),
            ("It is 72.", 72.0, "72"),
            ("first 3, then 5 apples", 5.0, "5"),
            ("$1,234,567.89 in all", 1_234_567.89, "$1,234,567.89"),
            ("-$5", -5.0, "-$5"),
            ("€-5.50", -5.5, "€-5.50"),
            ("x = -3", -3.0, "-3"),
            ("−3 °C", -3.0, "−3"),
            ("10-20", 20.0, "20"),
            ("GPT-4", 4.0, "4"),
            ("45%", 45.0, "45%"),
            ("6.02e23", 6.02e23, "6.02e23"),
            ("about 3.0 × 10^8 m/s", 3e8, "3.0 × 10^8"),
            (r"\boxed{6.0 \times 10^{-7}}", 6e-7, r"6.0 \times 10^{-7}"),
            ("3/4", 4.0, "4"),
            ("2024-05-17", 17.0, "17"),
            (".5", 0.5, ".5"),
            ("version 1.2.3", 3.0, "3"),
            ("1,2345", 2345.0, "2345"),
            ("1, 2, 3", 3.0, "3"),
            ("1,2,3", 3.0, "3"),
            ("42 litres of H2O", 42.0, "42"),
            ("5kg", 5.0, "5"),
            ("_72_", 72.0, "72"),
            ("答案是72", 72.0, "72"),
            ("12\u{202f}500 €", 12_500.0, "12\u{202f}500"),
            ("1'000'000", 1e6, "1'000'000"),
            ("007", 7.0, "007"),
        ] {
            let expected = FoundNumber {
                value,
                text: found.to_owned(),
            };
            assert_eq!(last_number(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn finds_nothing_where_there_is_none() {
        for text in ["", "none", "H2O", "...", "$", "1e999"] {
            assert_eq!(last_number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_prints(number in -1e12f64..1e12, before in "[a-z ,.]{0,8}[ :]") {
            let text = format!("{before}{number}.");
            prop_assert_eq!(last_number(&text).map(|found| found.value), Some(number));
        }

        #[test]
        fn never_panics_and_quotes_the_text(text in "[0-9a-zé$€,.'×^{}% +−-]{0,24}") {
            if let Some(found) = last_number(&text) {
                prop_assert!(text.contains(&found.text));
                prop_assert!(found.value.is_finite());
            }
        }
    }
}
