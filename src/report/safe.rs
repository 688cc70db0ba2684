//! Untrusted text made harmless: a model's answer may hold terminal escapes, invisible reordering or spreadsheet
//! formulas, and none of it may act in an output.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns `text` without what acts on a terminal: escape sequences, control characters but newline and tab, and the
/// invisible characters that change the direction of text.
pub fn safe_text(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| is_control(c) || is_bidi(c)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_parameters(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut chars),
            c if is_control(c) || is_bidi(c) => {}
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Returns `text` safe and on one line, runs of white space as one space.
pub fn one_line(text: &str) -> String {
    let words = safe_text(text);
    let words: Vec<&str> = words.split_whitespace().collect();
    defused(&words.join(" ")).into_owned()
}

/// Returns a name as [`one_line`], and harmless even where a table breaks it in two.
pub(super) fn name(text: &str) -> String {
    one_line(text).replace("::", ": :")
}

/// Returns `text` without commands to the program that runs a CI job and reads what is printed: GitHub's `::…` at the
/// beginning of a line, Azure's `##vso[` and the older `##[` anywhere.
fn defused(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let lines = text.split('\n').map(|line| {
        if line.trim_start().starts_with("::") {
            line.replacen("::", ": :", 1)
        } else {
            line.to_owned()
        }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    Cow::Owned(text.replace("##[", "# #[").replace("##vso[", "# #vso["))
}

/// Returns text of several lines in which nothing acts, on a terminal or in a CI job.
pub(super) fn block(text: &str) -> String {
    defused(&safe_text(text)).into_owned()
}

/// Returns JSON text in which nothing acts where it is shown: the control and direction characters that JSON allows as
/// they are, and the second `#` of two (which begin commands of CI jobs), become `\u…`. The value stays the same.
pub fn safe_json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| (c as u32 >= 0x7f && is_control(c)) || is_bidi(c);
    // Nearly all text is plain, which is told far faster than by looking at every character.
    let is_plain = json.is_ascii() && !json.as_bytes().contains(&0x7f);
    if (is_plain || !json.contains(acts)) && !json.contains("##") {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) || (c == '#' && safe.ends_with('#')) {
            // All of them lie in the basic plane, so one escape is enough. Writing to a String cannot fail.
            let _ = write!(safe, "\\u{:04x}", c as u32);
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Returns `text` as a spreadsheet cell that is text and no formula: safe, and with a `'` in front where a program
/// would begin to calculate.
pub(super) fn cell(text: &str) -> String {
    let safe = safe_text(text);
    let safe = defused(&safe);
    let formula = text.starts_with(['\r', '\n', '\t']) || safe.starts_with(['=', '+', '-', '@']);
    if formula {
        return format!("'{safe}");
    }
    safe.into_owned()
}

fn is_control(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Returns whether `c` changes the direction of what follows.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips what follows an ESC. Source: ECMA-48, sections 5.3 to 5.6.
fn skip_escape(chars: &mut Chars<'_>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_parameters(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        Some(' '..='/') => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
        Some('0'..='~') => {
            chars.next();
        }
        _ => {}
    }
}

/// Skips the rest of a control sequence: parameters, intermediates and the final character.
fn skip_parameters(chars: &mut Chars<'_>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

/// Skips a control string up to its terminator, but never past a line: an unterminated one must not swallow the rest.
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        match c {
            '\u{07}' | '\u{9c}' => return,
            '\u{1b}' if chars.next_if_eq(&'\\').is_some() => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_acts_on_a_terminal() {
        for (text, expected) in [
            ("plain\n\ttext", "plain\n\ttext"),
            ("a\u{1b}[31;1mred\u{1b}[0m b", "ared b"),
            ("\u{1b}]0;title\u{07}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}]never ended\nnext", "\nnext"),
            ("\u{9b}2Jgone", "gone"),
            ("\u{1b}(Bset\u{1b}c", "set"),
            ("back\u{8}space\u{7f}\r\u{0}", "backspace"),
            ("ab\u{202e}cd\u{2066}e\u{200f}", "abcde"),
            ("日本\u{85}語 é👍🏽", "日本語 é👍🏽"),
            ("\u{1b}", ""),
            ("\u{1b}\u{1b}[2Jx", "x"),
        ] {
            assert_eq!(safe_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn formulas_are_text() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'=1"),
            ("\u{1b}[0m=1", "'=1"),
            ("a=1", "a=1"),
            ("one\n ::error::two", "one\n : :error::two"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_line_commands_a_ci_job() {
        for (text, expected) in [
            ("::set-output name=a::b", ": :set-output name=a::b"),
            ("a\n\n  ::error::b", "a ::error::b"),
            ("see std::fs", "see std::fs"),
            ("x ##vso[task.complete]", "x # #vso[task.complete]"),
            ("###[group]", "## #[group]"),
        ] {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({"a": "\u{9b}2J \u{202e} \u{7f} é \u{1b} ###vso[x]"});
        let json = value.to_string();
        let safe = safe_json(&json);
        assert!(
            safe.contains("\\u009b2J \\u202e \\u007f é \\u001b #\\u0023#vso[x]"),
            "{safe}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }

    proptest! {
        #[test]
        fn no_control_is_left(text in any::<String>()) {
            let safe = safe_text(&text);
            prop_assert!(!safe.contains(|c: char| is_control(c) || is_bidi(c)));
            prop_assert_eq!(safe_text(&safe), safe.clone());
        }
    }
}
