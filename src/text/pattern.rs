//! JavaScript regular expressions, run within limits.

use fancy_regex::{Error as EngineError, Regex, RegexBuilder};

use super::javascript::{Flags, translate};

/// Steps back that one search may take. A harmless pattern takes one or two for each character.
const BACKTRACKS: usize = 4_000_000;

/// Bytes of the longest text that is searched.
const LONGEST_TEXT: usize = 1_000_000;

/// A JavaScript regular expression, ready to search texts with.
///
/// Cheap to clone. Means what it means to JavaScript but for two things: it matches by code point, not by UTF-16 unit,
/// and it may begin with flags, `(?i)`.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// Why a pattern is none, or could not be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// JavaScript, or our engine, refuses the pattern.
    #[error("invalid regular expression: {0}")]
    Invalid(String),
    /// Not a flag, or one that is given twice.
    #[error("invalid flag `{0}` of a regular expression")]
    Flag(char),
    /// The search was given up: nothing is known.
    #[error("the regular expression takes too many steps on this text")]
    TooManySteps,
    /// The search was not begun: nothing is known.
    #[error("the text is too long for a regular expression (more than {LONGEST_TEXT} bytes)")]
    TextTooLong,
}

impl Pattern {
    /// Compiles a pattern with JavaScript's flags: any of `i m s u g y d`, each once.
    ///
    /// # Errors
    ///
    /// [`Invalid`](PatternError::Invalid) and [`Flag`](PatternError::Flag): what JavaScript would refuse, and the little
    /// that cannot be translated (flag `v`, sizes in the millions, hundreds of nested groups).
    pub fn parse(source: &str, flags: &str) -> Result<Self, PatternError> {
        let flags = Flags::parse(flags).map_err(PatternError::Flag)?;
        let translated = translate(source, flags).map_err(PatternError::Invalid)?;
        let regex = RegexBuilder::new(&translated)
            .backtrack_limit(BACKTRACKS)
            .build()
            .map_err(|error| PatternError::Invalid(error.to_string()))?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    /// Returns the pattern as it was written, without flags.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether the pattern matches anywhere in `text`.
    ///
    /// # Errors
    ///
    /// A limit was breached, and nothing is known.
    pub fn is_match(&self, text: &str) -> Result<bool, PatternError> {
        within_limit(text)?;
        self.regex.is_match(text).map_err(given_up)
    }

    /// Returns what the first group of the first match holds, or the whole match if no group took part.
    ///
    /// # Errors
    ///
    /// A limit was breached, and nothing is known.
    pub fn find(&self, text: &str) -> Result<Option<String>, PatternError> {
        within_limit(text)?;
        let captures = self.regex.captures(text).map_err(given_up)?;
        let found = captures.and_then(|captures| captures.get(1).or_else(|| captures.get(0)));
        Ok(found.map(|found| found.as_str().to_owned()))
    }
}

fn within_limit(text: &str) -> Result<(), PatternError> {
    if text.len() > LONGEST_TEXT {
        return Err(PatternError::TextTooLong);
    }
    Ok(())
}

/// The engine fails at run time only where a limit stops it.
fn given_up(_: EngineError) -> PatternError {
    PatternError::TooManySteps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(source: &str, flags: &str, text: &str) -> Result<bool, PatternError> {
        Pattern::parse(source, flags)?.is_match(text)
    }

    #[test]
    fn means_what_it_means_to_javascript() {
        for (source, text, expected) in [
            ("a.b", "a\u{85}b", true),
            ("a.b", "a\rb", false),
            ("^b", "a\nb", false),
            ("a$", "a\n", false),
            ("^$", "\n", false),
            (r"^\s*$", " \n\t\u{a0}\u{feff}", true),
            (r"\s", "\u{85}", false),
            (r"\w", "é", false),
            (r"\W", "é", true),
            (r"\d", "٣", false),
            (r"\bé\b", "caf é x", false),
            (r"\bcat\b", "a cat.", true),
            (r"\Bat", "cat", true),
            (r"(?<y>\d{4})-\k<y>", "2024-2024", true),
            (r"(?<y>\d{4})-\k<y>", "2024-2025", false),
            (r"\k", "k", true),
            (r"^(?:(a)|b)\1$", "b", true),
            (r"^\1(a)$", "a", true),
            (r"^(a)\1$", "aa", true),
            (r"[^]", "\n", true),
            (r"[]", "a", false),
            (r"[]a]", "a]", false),
            (r"\cJ", "\n", true),
            (r"\c1", r"\c1", true),
            (r"\u0041\x42", "AB", true),
            (r"\u{3}", "uuu", true),
            (r"\ud83d\ude00", "😀", true),
            (r"[\ud83d\ude00]", "😀", true),
            (r"\ud83d", "😀", false),
            (r"^\p{L}$", "p{L}", true),
            (r"^\A\z\h\Q$", "AzhQ", true),
            (r"a{,3}", "a{,3}", true),
            (r"^a{,3}$", "aa", false),
            (r"x{y", "x{y", true),
            (r"]", "]", true),
            (r"[\b]", "\u{8}", true),
            (r"\-", "-", true),
            (r"[a-\d]", "-", true),
            (r"[\d-x]", "-", true),
            (r"\0", "\0", true),
            (r"\101", "A", true),
            (r"\8", "8", true),
            (r"(?=a)*b", "b", true),
            (r"(?=b)+b", "b", true),
            (r"(?<=\$\d+)x", "$12x", true),
            (r"(?<!a)b", "ab", false),
            (r"a(?i:b)c", "aBc", true),
            (r"a(?i:b)c", "aBC", false),
            (r"^a|b$", "xb", true),
            ("#[&&]~", "#&~", true),
            (r"^[\w.-]+@\w+\.[a-z]{2,}$", "a.b-c@d.io", true),
        ] {
            assert_eq!(
                matches(source, "", text),
                Ok(expected),
                "/{source}/ on {text:?}"
            );
        }
    }

    #[test]
    fn flags_are_given_beside_or_before_the_pattern() {
        for (source, flags, text, expected) in [
            ("hello", "i", "HELLO", true),
            ("(?i)hello", "", "HELLO", true),
            ("(?is)a.b", "", "A\nB", true),
            ("a.b", "s", "a\nb", true),
            ("^b$", "m", "a\r\nb\u{2028}c", true),
            ("^b$", "gm", "ab", false),
            ("b", "y", "ab", false),
            ("a|b", "y", "b", true),
            (r"^\u{1F600}\p{Lu}$", "u", "😀Ä", true),
            (r"^\P{Lu}[^\p{Lu}]$", "u", "äö", true),
            ("ÄÖ", "i", "äö", true),
        ] {
            assert_eq!(
                matches(source, flags, text),
                Ok(expected),
                "/{source}/{flags}"
            );
        }
    }

    #[test]
    fn refuses_what_javascript_refuses() {
        for (source, flags) in [
            ("[", ""),
            ("(", ""),
            (")", ""),
            ("a**", ""),
            ("a*+", ""),
            ("*a", ""),
            ("a|?", ""),
            ("^*", ""),
            (r"\b+", ""),
            ("(?<=a)*", ""),
            ("{1}", ""),
            ("a{2,1}", ""),
            ("[b-a]", ""),
            (r"[a-", ""),
            ("a\\", ""),
            ("(?>a)", ""),
            ("(?P<x>a)", ""),
            ("a(?i)b", ""),
            ("(?x)a", ""),
            ("(?#c)", ""),
            ("(?<a>x)(?<a>y)", ""),
            (r"(?<a>x)\k<b>", ""),
            ("(?<1>x)", ""),
            ("a{", "u"),
            ("]", "u"),
            (r"\-", "u"),
            (r"\A", "u"),
            (r"\1", "u"),
            (r"[\d-x]", "u"),
            (r"\p{Nonsense}", "u"),
            (r"\u{110000}", "u"),
        ] {
            let error = matches(source, flags, "a");
            assert!(
                matches!(error, Err(PatternError::Invalid(_))),
                "/{source}/{flags}: {error:?}"
            );
        }
        assert_eq!(matches("a", "x", "a"), Err(PatternError::Flag('x')));
        assert_eq!(matches("a", "ii", "a"), Err(PatternError::Flag('i')));
    }

    #[test]
    fn finds_the_first_group_or_the_whole() {
        for (source, expected) in [
            (r"is (\w+)", Some("big")),
            (r"is \w+", Some("is big")),
            (r"(huge)|is", Some("is")),
            ("no", None),
        ] {
            let found = Pattern::parse(source, "").unwrap().find("Lyon is big");
            assert_eq!(found, Ok(expected.map(str::to_owned)), "{source}");
        }
    }

    #[test]
    fn gives_up_instead_of_hanging() {
        let hostile = format!("{}!", "a".repeat(40));
        assert_eq!(
            matches(r"^(a|a)+(?!b)$", "", &hostile),
            Err(PatternError::TooManySteps)
        );
        let long = "a".repeat(LONGEST_TEXT + 1);
        assert_eq!(matches("b", "", &long), Err(PatternError::TextTooLong));
    }

    #[test]
    fn a_harmless_pattern_may_search_the_longest_text() {
        let long = "ab ".repeat(LONGEST_TEXT / 3);
        assert_eq!(matches(r"(?<=\W)foo\b", "", &long), Ok(false));
    }

    proptest! {
        #[test]
        fn any_pattern_is_read_or_refused(source in r"[ab\[\](){}|^$.*+?\\dwbkup<>=!:,0-9-]{0,16}", flags in "[imsu]?") {
            if let Ok(pattern) = Pattern::parse(&source, &flags) {
                let _ = pattern.is_match("ab 12");
            }
        }

        #[test]
        fn an_escaped_text_finds_itself(text in r"[ -~é😀]{1,12}") {
            let escaped: String = text
                .chars()
                .flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c]))
                .collect();
            prop_assert_eq!(matches(&escaped, "", &text), Ok(true));
        }
    }
}
