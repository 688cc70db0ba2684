//! What failures say, as text for people: bodies and chains of causes, on one line and without control characters.

use std::error::Error;

use serde_json::Value;

/// The most characters kept of the service's own words.
pub(super) const MESSAGE_CHARS: usize = 2_000;

/// The most characters kept of a body without any, of a code or of an id.
pub(super) const SHORT_CHARS: usize = 300;

/// What links of a chain of causes say that has no meaning to a reader.
const NOISE: [&str; 6] = [
    "",
    "io error",
    "other",
    "dispatch failure",
    "service error",
    "unhandled error",
];

/// Returns `error` and its causes on one line, each said once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for error in std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| {
        (*error).source()
    }) {
        let part = error.to_string();
        if NOISE.contains(&part.as_str()) || text.contains(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    one_line(&text, MESSAGE_CHARS)
}

/// Returns what a body says: its message if it is JSON with one, else its text without markup.
pub(super) fn text_of(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let message = serde_json::from_str::<Value>(&text)
        .ok()
        .and_then(|value| {
            let error = value.get("error").cloned();
            [Some(value), error]
                .into_iter()
                .flatten()
                .find_map(|value| {
                    ["message", "Message", "errorMessage"]
                        .iter()
                        .find_map(|key| value.get(key)?.as_str().map(str::to_owned))
                })
        })
        .unwrap_or_else(|| without_markup(&text));
    let line = one_line(&message, SHORT_CHARS);
    (!line.is_empty()).then_some(line)
}

/// Returns the text between the tags, if `text` is HTML or XML.
fn without_markup(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.to_owned();
    }
    text.split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns `text` on one line, without control characters and secrets, in at most `most` characters.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let line = without_secrets(line);
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Returns `line` with tokens covered. The service quotes a request's headers when it cannot verify its signature.
fn without_secrets(mut line: String) -> String {
    /// What stands before a token, in lower case.
    const MARKS: [&str; 4] = [
        "x-amz-security-token:",
        "bearer ",
        "signature=",
        "session_token=",
    ];
    /// Shorter words are words.
    const TOKEN: usize = 16;

    for mark in MARKS {
        let mut from = 0;
        while let Some(found) = line[from..].to_ascii_lowercase().find(mark) {
            let start = from + found + mark.len();
            let rest = &line[start..];
            let end = start + rest.find(' ').unwrap_or(rest.len());
            from = start;
            if end - start >= TOKEN {
                line.replace_range(start..end, "***");
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_say_what_they_can() {
        for (body, expected) in [
            (r#"{"message":"no"}"#, Some("no")),
            (r#"{"Message":"No"}"#, Some("No")),
            (r#"{"error":{"message":"deep"}}"#, Some("deep")),
            (r#"{"detail":"odd"}"#, Some(r#"{"detail":"odd"}"#)),
            (
                "<html><body><h1>502</h1>\n Bad gateway</body></html>",
                Some("502 Bad gateway"),
            ),
            ("plain\r\n text\u{1b}[31m", Some("plain text [31m")),
            ("", None),
            (" \n", None),
        ] {
            assert_eq!(text_of(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(one_line("ääää", 3), "äää…");
        assert_eq!(one_line("äää", 3), "äää");
    }

    #[test]
    fn quoted_tokens_are_covered() {
        for (text, expected) in [
            (
                "The Canonical String should have been 'POST\nhost:h\nX-Amz-Security-Token:FwoGZXIvYXdzEBYaDH\n\n'",
                "The Canonical String should have been 'POST host:h X-Amz-Security-Token:*** '",
            ),
            (
                "missing equal-sign in Authorization header: 'Bearer ABSKQmVkcm9ja0FQSUtleS0x'",
                "missing equal-sign in Authorization header: 'Bearer ***",
            ),
            (
                "The bearer token is invalid, bearer ABSKQmVkcm9ja0FQSUtleS0x",
                "The bearer token is invalid, bearer ***",
            ),
        ] {
            assert_eq!(one_line(text, 200), expected);
        }
    }

    #[test]
    fn causes_are_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("inner"));
        assert_eq!(chain(&error), "outer: inner");
    }
}
