//! The filters and tests that a template names: minijinja looks them up only when it gets there, and we want to know
//! before anything is asked.

use std::ops::Range;

use minijinja::{ErrorKind, Value};

use super::{ENVIRONMENT, TemplateError};

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
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = if !is_code {
            let start = ["{{", "{%"].iter().find(|mark| rest.starts_with(**mark));
            is_code = start.is_some();
            match rest.strip_prefix("{#") {
                Some(comment) => 2 + comment.find("#}").map_or(comment.len(), |end| end + 2),
                None if is_code => 2,
                None => first.len_utf8(),
            }
        } else if written == Written::Template && (rest.starts_with("}}") || rest.starts_with("%}"))
        {
            is_code = false;
            // Names at the two ends of a text do not belong together.
            tokens.push(at..at + 2);
            2
        } else {
            let length = token_length(rest, first);
            if !first.is_whitespace() {
                tokens.push(at..at + length);
            }
            length
        };
        at += length;
    }
    tokens
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
