//! Words as JavaScript's white space separates them, and texts cut short for reading.

/// Returns whether `c` is white space for JavaScript's `\s`.
///
/// Unlike Unicode's property it has the byte order mark and lacks U+0085.
///
/// Source: ECMA-262, `WhiteSpace` and `LineTerminator`.
fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// Returns how many pieces white space separates the text into.
pub fn count_words(text: &str) -> usize {
    text.split(is_space).filter(|word| !word.is_empty()).count()
}

/// Returns the text, or its beginning and `…` if it has more than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_javascript_splits() {
        for (text, expected) in [
            ("", 0),
            (" \n", 0),
            ("one", 1),
            ("a\tb - c", 4),
            ("a\u{a0}b\u{3000}c\u{feff}d", 4),
            ("a\u{200b}b\u{85}c", 1),
        ] {
            assert_eq!(count_words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("héllo", 5), "héllo");
        assert_eq!(shortened("héllo wörld", 6), "héllo…");
    }
}
