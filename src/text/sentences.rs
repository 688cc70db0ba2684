//! Sentences: lines, cut where a full stop, a question mark or an exclamation mark stands before white space.

/// Returns the sentences of a text, without white space around them; blank ones are left out.
pub fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let (mut from, mut ends) = (0, false);
        for (at, c) in line.char_indices() {
            if ends && c.is_whitespace() {
                push(&line[from..at], &mut found);
                from = at;
            }
            // Closing quotes and brackets belong to the sentence that they end.
            ends = matches!(c, '.' | '!' | '?' | '。' | '！' | '？')
                || (ends && matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»'));
        }
        push(&line[from..], &mut found);
    }
    found
}

fn push(sentence: &str, found: &mut Vec<String>) {
    let sentence = sentence.trim();
    if !sentence.is_empty() {
        found.push(sentence.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_before_white_space_and_with_their_line() {
        for (text, expected) in [
            ("One. Two!  Three?", vec!["One.", "Two!", "Three?"]),
            ("It is 3.5 long\nand new", vec!["It is 3.5 long", "and new"]),
            (
                "He said \"no.\" She left.",
                vec!["He said \"no.\"", "She left."],
            ),
            (" \n \n", vec![]),
        ] {
            assert_eq!(sentences(text), expected);
        }
    }
}
