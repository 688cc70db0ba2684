//! The filters and tests that a template names: minijinja looks them up only when it gets there, and we want to know
//! before anything is asked.

use std::ops::Range;

use minijinja::{ErrorKind, Value};

use super::{ENVIRONMENT, TemplateError};

/// The most tokens of one tag, or of an expression.
const MOST_TOKENS: usize = 2_000;
/// The most `elif` of one template.
const MOST_ELIFS: usize = 500;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Text with `{{ … }}` and `{% … %}` in it.
    Template,
    /// An expression from its first to its last character.
    Expression,
}

/// The filters worth suggesting, of minijinja and our own.
const FILTERS: &str = "abs attr batch bool capitalize count default dictsort dump escape first float groupby \
    indent int items join json last length lines list lower map max min number pprint \
    regex_find reject rejectattr replace reverse round select selectattr slice sort split \
    string sum title tojson trim unique upper";

/// The tests worth suggesting.
const TESTS: &str = "boolean defined divisibleby endingwith eq even false ge gt in integer iterable le lower lt \
    mapping ne none number odd sequence startingwith string true undefined upper";

/// Finds the first name of a filter or of a test that does not exist.
///
/// # Errors
///
/// That name, with its place and the nearest one that does.
pub(super) fn check(source: &str, written: Written) -> Result<(), TemplateError> {
    let mut state = ENVIRONMENT.empty_state();
    for used in names(source, written) {
        let name = &source[used.range.clone()];
        let zero = [Value::from(0)];
        let (outcome, unknown, known) = match used.kind {
            Kind::Filter => (
                state.apply_filter(name, &zero).err(),
                ErrorKind::UnknownFilter,
                FILTERS,
            ),
            Kind::Test => (
                state.perform_test(name, &zero).err(),
                ErrorKind::UnknownTest,
                TESTS,
            ),
        };
        if outcome.is_some_and(|error| error.kind() == unknown) {
            let near = crate::text::nearest(name, known.split(' '));
            return Err(TemplateError {
                message: format!("{unknown} `{name}`"),
                range: Some(used.range),
                hint: near.map(|near| format!("did you mean `{near}`?")),
            });
        }
    }
    Ok(())
}

/// Finds what nests deeper than a stack holds: `{{ 1 + 1 + … }}` and `{% elif … %}` do so for each part, whatever limit the
/// parser has, and an overflow would be the end of the program.
///
/// # Errors
///
/// The first tag that is too long, or the first `elif` too many.
pub(super) fn measure(source: &str, written: Written) -> Result<(), TemplateError> {
    let too_long = |range: Range<usize>, message: String| TemplateError {
        message,
        range: Some(range),
        hint: None,
    };
    let (mut in_tag, mut elifs) = (0, 0);
    for range in tokens(source, written) {
        match &source[range.clone()] {
            "}}" | "%}" => in_tag = 0,
            token => {
                in_tag += 1;
                elifs += usize::from(token == "elif");
            }
        }
        if in_tag > MOST_TOKENS {
            let message = format!("more than {MOST_TOKENS} words and signs between two braces");
            return Err(too_long(range, message));
        }
        if elifs > MOST_ELIFS {
            return Err(too_long(
                range,
                format!("more than {MOST_ELIFS} times `elif`"),
            ));
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Filter,
    Test,
}

/// A name where it is used.
struct Used {
    kind: Kind,
    range: Range<usize>,
}

/// Returns the names after `|` and after `is`, in order.
fn names(source: &str, written: Written) -> Vec<Used> {
    let mut found = Vec::new();
    let mut before: &str = "";
    for range in tokens(source, written) {
        let token = &source[range.clone()];
        let kind = match before {
            "|" => Some(Kind::Filter),
            "is" => Some(Kind::Test),
            _ => None,
        };
        if before == "is" && token == "not" {
            continue;
        }
        if let Some(kind) = kind.filter(|_| token.starts_with(is_of_name)) {
            found.push(Used { kind, range });
        }
        before = token;
    }
    found
}

/// Returns the tokens of everything that is not plain text: names, texts as one each, other characters one by one.
fn tokens(source: &str, written: Written) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut is_code = written == Written::Expression;
    // Of brackets: a tag does not end within them.
    let mut open = 0_isize;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = if !is_code && let Some(raw) = raw_length(rest) {
            raw
        } else if !is_code {
            let start = ["{{", "{%"].iter().find(|mark| rest.starts_with(**mark));
            is_code = start.is_some();
            match rest.strip_prefix("{#") {
                Some(comment) => 2 + comment.find("#}").map_or(comment.len(), |end| end + 2),
                None if is_code => 2,
                None => first.len_utf8(),
            }
        } else if written == Written::Template
            && open == 0
            && (rest.starts_with("}}") || rest.starts_with("%}"))
        {
            is_code = false;
            // Names at the two ends of a text do not belong together.
            tokens.push(at..at + 2);
            2
        } else {
            let length = token_length(rest, first);
            open += match first {
                '(' | '[' | '{' => 1,
                ')' | ']' | '}' => -1,
                _ => 0,
            };
            if !first.is_whitespace() {
                tokens.push(at..at + length);
            }
            length
        };
        at += length;
    }
    tokens
}

/// Returns the bytes of the raw block that `rest` begins with, up to its end or that of the source.
fn raw_length(rest: &str) -> Option<usize> {
    let tag = |rest: &str, word: &str| {
        let begin = rest.strip_prefix("{%")?;
        let begin = begin.strip_prefix(['-', '+']).unwrap_or(begin).trim_start();
        let end = begin.strip_prefix(word)?.trim_start();
        let end = end.strip_prefix(['-', '+']).unwrap_or(end);
        Some(rest.len() - end.strip_prefix("%}")?.len())
    };
    let begin = tag(rest, "raw")?;
    let mut ends = rest[begin..].match_indices("{%");
    let end = ends.find_map(|(at, _)| Some(begin + at + tag(&rest[begin + at..], "endraw")?));
    Some(end.unwrap_or(rest.len()))
}

/// Returns the bytes of the token that `rest` begins with.
fn token_length(rest: &str, first: char) -> usize {
    if is_of_name(first) {
        return rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
    }
    if first != '"' && first != '\'' {
        return first.len_utf8();
    }
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        if c == first && !escaped {
            return index + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(source: &str, written: Written) -> Option<(String, String)> {
        let error = check(source, written).err()?;
        Some((
            source[error.range?].to_owned(),
            error.hint.unwrap_or_default(),
        ))
    }

    #[test]
    fn unknown_filters_and_tests_are_found() {
        for (source, expected) in [
            ("{{ a | uper }}", Some(("uper", "did you mean `upper`?"))),
            ("a | uper", None),
            (
                "{{ a | upper | trimm }} b",
                Some(("trimm", "did you mean `trim`?")),
            ),
            (
                "{% if a is defind %}x{% endif %}",
                Some(("defind", "did you mean `defined`?")),
            ),
            (
                "{% if a is not nothingness %}x{% endif %}",
                Some(("nothingness", "")),
            ),
            ("{{ '| uper' }} {{ \"\\\"| uper\" }} {# a | uper #} é", None),
            (
                "{{ a | length > 3 and b is none }}{{ c | default('is x') }}",
                None,
            ),
            ("{{ a }} is uper | uper {{ b }}", None),
            ("{%- raw %}{{ a | uper }} \" {% endraw -%}{{ a }}", None),
            (
                "{{ {'k': {'l': 1}} | uper }}",
                Some(("uper", "did you mean `upper`?")),
            ),
            (
                "{% for k in m | dictsort %}{{ k | json }}{% endfor %}",
                None,
            ),
        ] {
            let expected = expected.map(|(name, hint)| (name.to_owned(), hint.to_owned()));
            assert_eq!(unknown(source, Written::Template), expected, "{source}");
        }
        let found = unknown("output | uper == 'a }}'", Written::Expression);
        assert_eq!(found.unwrap().0, "uper");
    }

    #[test]
    fn what_nests_as_deep_as_it_is_long_is_refused() {
        let long = |begin: &str, part: &str, count: usize, end: &str| {
            [begin, &part.repeat(count), end].concat()
        };
        for (begin, part, end) in [
            ("{{ 1", "+1", " }}"),
            ("{{ a", "|upper", " }}"),
            ("{{ ", "not ", "a }}"),
            ("{% raw %}\"{% endraw %}{{ ( }} ", "1+", "1 ) }}"),
            ("{% if a %}", "{% elif a %}", "{% endif %}"),
            ("{% if ", "-", "1 %}{% endif %}"),
        ] {
            let fits = long(begin, part, 400, end);
            assert_eq!(measure(&fits, Written::Template), Ok(()), "{fits}");
            let source = long(begin, part, 40_000, end);
            let error = crate::template::Template::parse(&source).unwrap_err();
            assert!(error.message.starts_with("more than"), "{error}");
        }
        let source = long("1", "+1", 40_000, "");
        assert!(crate::template::Expression::parse(&source).is_err());
        let text = long("", "a - b ", 40_000, "{{ a }}");
        assert!(crate::template::Template::parse(&text).is_ok());
    }

    #[test]
    fn what_is_suggested_exists() {
        for name in FILTERS.split(' ') {
            assert!(
                unknown(&format!("a | {name}"), Written::Expression).is_none(),
                "{name}"
            );
        }
        for name in TESTS.split(' ') {
            assert!(
                unknown(&format!("a is {name}"), Written::Expression).is_none(),
                "{name}"
            );
        }
    }
}
