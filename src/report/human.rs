//! Numbers as people read them; exact ones are in the machine formats.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::document::Rate;

/// Returns a share as percent with one decimal. Only what is really all or nothing reads `100.0 %` or `0.0 %`.
pub(super) fn percent(share: f64) -> String {
    let mut percent = (share * 1000.0).round() / 10.0;
    if share < 1.0 {
        percent = percent.min(99.9);
    }
    if share > 0.0 {
        percent = percent.max(0.1);
    }
    format!("{percent:.1} %")
}

/// Returns a share as whole percent: `94 %`. Only what is really all or nothing reads `100 %` or `0 %`.
pub(super) fn whole_percent(share: f64) -> String {
    let mut percent = (share * 100.0).round();
    if share < 1.0 {
        percent = percent.min(99.0);
    }
    if share > 0.0 {
        percent = percent.max(1.0);
    }
    format!("{percent:.0} %")
}

/// Returns a difference of shares in points with its sign: `+4.5 points`, `−1.0 points`.
pub(super) fn points(difference: f64) -> String {
    let shown = points_off(difference);
    let ending = if shown == "+1.0" || shown == "−1.0" {
        ""
    } else {
        "s"
    };
    format!("{shown} point{ending}")
}

/// Returns a difference of shares in points with its sign and one decimal: `+4.5`.
pub(super) fn points_off(difference: f64) -> String {
    let shown = format!("{:.1}", (difference * 100.0).abs());
    match shown.as_str() {
        "0.0" => "±0.0".to_owned(),
        shown if difference < 0.0 => format!("−{shown}"),
        shown => format!("+{shown}"),
    }
}

/// Returns the interval of a difference in whole points, `[−4, +9]`; `no interval` where there is none.
pub(super) fn points_within(rate: &Rate) -> String {
    let whole = |share: f64| {
        let points = (share * 100.0).round();
        match points {
            0.0 => "0".to_owned(),
            points if points < 0.0 => format!("−{:.0}", -points),
            points => format!("+{points:.0}"),
        }
    };
    match (rate.low, rate.high) {
        (Some(low), Some(high)) => format!("[{}, {}]", whole(low), whole(high)),
        _ => "no interval".to_owned(),
    }
}

/// Returns the interval of a rate in whole percent, `[61, 94]`; `no interval` where there is none.
pub(super) fn ends(rate: &Rate) -> String {
    match (rate.low, rate.high) {
        (Some(low), Some(high)) => format!("[{:.0}, {:.0}]", low * 100.0, high * 100.0),
        _ => "no interval".to_owned(),
    }
}

/// Returns a span of time as people say it: `42 s`, `4 min`, `1.5 h`.
pub fn span_of_time(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds < 90.0 {
        format!("{:.0} s", seconds.ceil())
    } else if seconds < 5_400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

/// Returns a count of tokens in three digits or so: `950`, `12.3k`, `4.56M`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(super) fn tokens(count: u64) -> String {
    let count = count as f64;
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if count >= unit * 0.9995 {
            return format!("{:.1}{name}", count / unit);
        }
    }
    format!("{count:.0}")
}

/// How the times of a table are written, so that they can be compared at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Whole milliseconds.
    Milliseconds,
    /// Seconds with one decimal.
    Seconds,
}

impl Times {
    /// Returns seconds if one of `times` (in milliseconds) reaches ten of them.
    pub(super) fn for_all(times: impl IntoIterator<Item = f64>) -> Self {
        if times.into_iter().any(|time| time >= 9_999.5) {
            Self::Seconds
        } else {
            Self::Milliseconds
        }
    }

    /// Returns the unit's sign.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        }
    }

    /// Returns a time in milliseconds as a number of this unit.
    pub(super) fn show(self, time: f64) -> String {
        match self {
            Self::Milliseconds => format!("{time:.0}"),
            Self::Seconds => format!("{:.1}", time / 1000.0),
        }
    }
}

/// How the dollars of a column are written: so many digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dollars {
    decimals: usize,
}

/// Nobody compares models by less than a thousandth of a cent.
const MOST_DECIMALS: usize = 5;

impl Dollars {
    /// Returns as many decimals as give the smallest amount two digits, at least two and at most five.
    pub(super) fn for_all(amounts: impl IntoIterator<Item = f64>) -> Self {
        let amounts = amounts.into_iter().filter(|amount| *amount > 0.0);
        let smallest = amounts.fold(1.0, f64::min);
        let decimals = (2..MOST_DECIMALS)
            .zip([0.0995, 0.00995, 0.000_995])
            .find(|(_, bound)| smallest >= *bound)
            .map_or(MOST_DECIMALS, |(decimals, _)| decimals);
        Self { decimals }
    }

    /// Returns an amount of dollars in at most three digits that tell something; cents are always told.
    pub(super) fn show(self, amount: f64) -> String {
        if amount > 0.0 && amount < 0.000_005 {
            return "<$0.00001".to_owned();
        }
        if amount == 0.0 {
            return "$0".to_owned();
        }
        let bounds = [99.95, 9.995, 0.9995, 0.099_95, 0.009_995];
        let three_digits = bounds.iter().take_while(|bound| amount < **bound).count();
        format!("${amount:.*}", three_digits.max(2).min(self.decimals))
    }

    /// Returns the same with spaces for the decimals left out, so that the points of a column stand below each other.
    pub(super) fn aligned(self, amount: f64) -> String {
        let shown = self.show(amount);
        let decimals = shown.find('.').map_or(0, |point| shown.len() - point - 1);
        let missing = self.decimals.saturating_sub(decimals);
        shown + &" ".repeat(missing)
    }
}

/// Returns `1 case`, `2 cases`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Returns names as a list: `a`, `a and b`, `a, b and c`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns `text` cut to `width` columns, with `…` in place of what is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut kept = String::new();
    for c in text.chars() {
        let Some(rest) = room.checked_sub(c.width().unwrap_or(0)) else {
            break;
        };
        room = rest;
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Returns `text` in lines of at most `width` columns, broken between words, with `indent` before all but the first. A
/// longer word stays whole.
pub(super) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut lines = String::new();
    let words = text.trim_start_matches(' ');
    let mut line = text[..text.len() - words.len()].to_owned();
    for (index, word) in words.split(' ').enumerate() {
        if index > 0 && line.width() + 1 + word.width() > width {
            lines.push_str(&line);
            lines.push('\n');
            line = format!("{indent}{word}");
            continue;
        }
        if index > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines + &line
}

/// Returns `text` in at most `most` lines of at most `width` columns, broken between words, and within those that are
/// longer; what does not fit is `…`.
pub(super) fn folded(text: &str, width: usize, most: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        let space = usize::from(!line.is_empty());
        if line.width() + space + word.width() <= width {
            if space > 0 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if space > 0 {
            lines.push(String::new());
        }
        for c in word.chars() {
            let line = lines.last_mut().expect("there is a first line");
            if line.width() + c.width().unwrap_or(0) <= width {
                line.push(c);
            } else {
                lines.push(c.to_string());
            }
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last}…"), width);
        }
    }
    lines
}

/// Returns `text` with spaces up to `width` columns.
pub(super) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_a_hundred_percent() {
        for (share, expected) in [
            (1.0, "100.0 %"),
            (0.9999, "99.9 %"),
            (0.8333, "83.3 %"),
            (0.0001, "0.1 %"),
            (0.0, "0.0 %"),
        ] {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn dollars_of_a_column_are_short_and_aligned() {
        for (amounts, expected) in [
            (vec![12.3, 0.5], vec!["$12.30", "$0.50"]),
            (vec![1234.56, 0.0123], vec!["$1234.56 ", "$0.012"]),
            (vec![12.3, 0.0123, 0.0], vec!["$12.30 ", "$0.012", "$0   "]),
            (vec![0.00123, 0.00062], vec!["$0.00123", "$0.00062"]),
            (
                vec![0.0501, 0.015_63, 0.00047],
                vec!["$0.0501 ", "$0.0156 ", "$0.00047"],
            ),
            (vec![0.999_96, 0.000_62], vec!["$1.00   ", "$0.00062"]),
            (vec![4e-7, 0.0], vec!["<$0.00001", "$0     "]),
            (vec![1.2e-5], vec!["$0.00001"]),
        ] {
            let dollars = Dollars::for_all(amounts.clone());
            let shown: Vec<_> = amounts
                .iter()
                .map(|amount| dollars.aligned(*amount))
                .collect();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn tokens_and_times_are_short() {
        for (count, expected) in [(0, "0"), (950, "950"), (12_345, "12.3k"), (999_999, "1.0M")] {
            assert_eq!(tokens(count), expected);
        }
        assert_eq!(Times::for_all([851.0, 1668.2]).show(1668.2), "1668");
        assert_eq!(Times::for_all([851.0, 12_000.0]).show(851.0), "0.9");
    }

    #[test]
    fn wide_characters_are_cut_and_padded_by_columns() {
        for (text, width, expected) in [
            ("plain", 5, "plain"),
            ("plainer", 5, "plai…"),
            ("日本語", 6, "日本語"),
            ("日本語です", 6, "日本…"),
        ] {
            assert_eq!(cut(text, width), expected);
            assert!(cut(text, width).width() <= width);
        }
        assert_eq!(padded("日本", 6), "日本  ");
    }

    #[test]
    fn what_does_not_fit_says_so() {
        for (text, width, most, expected) in [
            ("one two three", 8, 2, vec!["one two", "three"]),
            ("one two three four", 8, 2, vec!["one two", "three…"]),
            ("one two six", 8, 1, vec!["one two…"]),
            ("unbreakable a", 4, 4, vec!["unbr", "eaka", "ble", "a"]),
            ("日本語です", 5, 9, vec!["日本", "語で", "す"]),
            ("", 5, 2, vec![""]),
        ] {
            let lines = folded(text, width, most);
            assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            assert_eq!(lines, expected, "{text}");
        }
    }

    #[test]
    fn sentences_break_between_words() {
        assert_eq!(wrapped("one two three", 8, "  "), "one two\n  three");
        assert_eq!(
            wrapped("    hint: ab cd", 12, "    "),
            "    hint: ab\n    cd"
        );
        assert_eq!(wrapped("unbreakable", 4, "  "), "unbreakable");
        assert_eq!(wrapped("日本 語 です", 7, ""), "日本 語\nです");
    }
}
