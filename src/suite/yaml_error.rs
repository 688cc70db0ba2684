//! What is wrong with a file that is no YAML, in the words of people who write suites.
//!
//! The parser's own messages speak of scalars, indicators and options of its API. Those that people run into are said
//! anew here, at the place where the mistake was made rather than where the parser noticed; the others pass as they are.

use std::sync::Arc;

use super::error::SuiteError;
use super::place::{Place, SourceFile};
use super::source::place_of;

/// What the parser says, in part; what we say; what to do.
const SAID_ANEW: [(&str, &str, &str); 11] = [
    (
        "expected string scalar",
        "a key must be text",
        "quote a value that begins with `{{`: \"{{ name }}\"",
    ),
    (
        "tabs disallowed",
        "a tab in the indentation",
        "YAML is indented with spaces",
    ),
    (
        "multiline quoted scalar",
        "the quote is not closed",
        "a text ends with the same quote that it begins with",
    ),
    (
        "while scanning a quoted scalar",
        "the quote is not closed",
        "a text ends with the same quote that it begins with",
    ),
    (
        "did not find expected ',' or '}'",
        "a `,` or `}` is missing before this",
        "quote a text that holds `: ` or `, `",
    ),
    (
        "did not find expected ',' or ']'",
        "a `,` or `]` is missing before this",
        "quote a text that holds `: ` or `, `",
    ),
    (
        "mapping values are not allowed",
        "a second `: ` in one line",
        "quote a text that holds a colon and a space",
    ),
    (
        "simple key expected ':'",
        "a key without a colon and a space",
        "write `key: value`",
    ),
    (
        "illegal placement of ':' indicator",
        "a key cannot stand here",
        "is a `[` or `{` above not closed?",
    ),
    (
        "multiple YAML documents",
        "a second document begins",
        "a file holds one suite: put the other into a file of its own",
    ),
    (
        "did not find expected '-' indicator",
        "this line is indented neither as the list's items nor as what stands in them",
        "align it with the lines that it belongs to",
    ),
];

/// Returns the mistake at its place.
pub(super) fn explained(error: &serde_saphyr::Error, file: &Arc<SourceFile>) -> SuiteError {
    let noticed = error
        .location()
        .map_or_else(|| Place::start_of(file), |at| place_of(at, file));
    if let Some(error) = json_error(file) {
        return error;
    }
    let text = message(error);
    if let Some((_, said, hint)) = SAID_ANEW.iter().find(|(part, ..)| text.contains(part)) {
        let place = made_at(&text, &noticed).unwrap_or(noticed);
        return SuiteError::new(place, *said).with_hint_if(Some(*hint));
    }
    if let Some(key) = text.strip_prefix("duplicate mapping key: ") {
        let key = key.split(", set ").next().unwrap_or(key);
        return SuiteError::new(
            noticed,
            format!("the key `{key}` stands here a second time"),
        )
        .with_hint_if(Some("keep one of the two, or write both values under it"));
    }
    let word = Place {
        width: word_at(&noticed).chars().count().max(1),
        ..noticed.clone()
    };
    if text.contains("unexpected character: `") {
        let first = word_at(&noticed).chars().next().unwrap_or(' ');
        let message = format!("a text cannot begin with `{first}`");
        return SuiteError::new(noticed, message).with_hint_if(Some("quote the text"));
    }
    if text.starts_with("budget breached: Depth") {
        let hint = "values may stand 64 levels deep";
        return SuiteError::new(noticed, "this is nested too deeply").with_hint_if(Some(hint));
    }
    if text.starts_with("budget breached") {
        let hint = "put large data into a `dataset`; aliases of aliases multiply";
        return SuiteError::new(noticed, "this is more than a file may hold")
            .with_hint_if(Some(hint));
    }
    if text.contains("unknown anchor") {
        let message = format!(
            "`{}` refers to an anchor that is not there",
            word_at(&noticed)
        );
        let hint = "an anchor, such as `&name`, stands before the value that it names";
        return SuiteError::new(word, message).with_hint_if(Some(hint));
    }
    if text.starts_with("unsupported tag") {
        let hint = "a text that begins with `!` must be quoted";
        return SuiteError::new(noticed, text).with_hint_if(Some(hint));
    }
    SuiteError::new(noticed, format!("this is no YAML: {text}"))
}

/// Returns the parser's first sentence, without its place and its snippet.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    let sentence = line.split(" at line ").next().unwrap_or(line);
    sentence.trim_end_matches([':', ' ']).to_owned()
}

/// Returns what the JSON parser says of a file that means to be JSON.
fn json_error(file: &Arc<SourceFile>) -> Option<SuiteError> {
    if file.path.extension()? != "json" {
        return None;
    }
    let error = serde_json::from_str::<serde::de::IgnoredAny>(&file.text).err()?;
    let place = Place {
        file: Arc::clone(file),
        line: error.line().max(1),
        column: error.column().max(1),
        width: 1,
    };
    Some(SuiteError::new(
        place,
        format!("this is no JSON: {}", json_message(&error)),
    ))
}

/// Returns what is wrong with JSON, without the place.
pub(super) fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// Returns where the mistake was made, if that is not where the parser noticed it.
fn made_at(text: &str, noticed: &Place) -> Option<Place> {
    if text.contains("quoted scalar") {
        return open_quote(noticed);
    }
    if text.contains("multiple YAML documents") {
        return line_before(noticed, |line| line.starts_with("---"));
    }
    if text.contains("illegal placement") {
        return Some(Place {
            column: 1,
            width: word_at(&Place {
                column: 1,
                ..noticed.clone()
            })
            .chars()
            .count()
            .max(1),
            ..noticed.clone()
        });
    }
    None
}

/// Returns the quote that stands open before `noticed`: the last line with an odd number of them has it.
fn open_quote(noticed: &Place) -> Option<Place> {
    let is_odd = |line: &str, quote: char| line.matches(quote).count() % 2 == 1;
    let (line, text) =
        lines_before(noticed).find(|(_, text)| is_odd(text, '"') || is_odd(text, '\''))?;
    let quote = if is_odd(text, '"') { '"' } else { '\'' };
    let byte = text.rfind(quote)?;
    Some(Place {
        file: Arc::clone(&noticed.file),
        line,
        column: text[..byte].chars().count() + 1,
        width: text[byte..].trim_end().chars().count(),
    })
}

fn line_before(noticed: &Place, is_it: impl Fn(&str) -> bool) -> Option<Place> {
    let (line, text) = lines_before(noticed).find(|(_, text)| is_it(text))?;
    Some(Place {
        line,
        column: 1,
        width: text
            .split(' ')
            .next()
            .unwrap_or(text)
            .chars()
            .count()
            .max(1),
        ..noticed.clone()
    })
}

/// Returns the lines from that of `place` upwards, with their numbers.
fn lines_before(place: &Place) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<(usize, &str)> = (1..)
        .zip(place.file.text.lines())
        .take(place.line)
        .collect();
    lines.into_iter().rev()
}

/// Returns the characters from `place` up to the next space or comma.
fn word_at(place: &Place) -> &str {
    let line = place
        .file
        .text
        .lines()
        .nth(place.line - 1)
        .unwrap_or_default();
    let start = line
        .char_indices()
        .nth(place.column - 1)
        .map_or(line.len(), |(byte, _)| byte);
    let rest = &line[start..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))
        .unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::super::source::Node;
    use super::*;

    /// Returns what is said of a text, read with the stack that the program has.
    fn said(text: String) -> String {
        let read = move || {
            let file = Arc::new(SourceFile {
                path: "suite.yaml".into(),
                text,
            });
            Node::parse(&file).map_or_else(|error| error.to_string(), |_| "good".to_owned())
        };
        let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(read);
        thread.unwrap().join().unwrap()
    }

    #[test]
    fn what_has_no_measure_is_told_in_words() {
        let deep = format!("a: {}1{}", "[".repeat(70), "]".repeat(70));
        assert_eq!(said(deep), "suite.yaml:1:67: this is nested too deeply");
        let often = format!("[&a 1{}]", ", *a".repeat(1_000));
        assert_eq!(said(often), "good");
        let many = format!("[&a 1{}]", ", *a".repeat(50_001));
        let message = said(many);
        assert!(
            message.ends_with("this is more than a file may hold"),
            "{message}"
        );
    }
}
