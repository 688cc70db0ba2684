//! Several texts in one, parted by commas: `refund, "a, b"`.

/// Why a text is no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommaError {
    /// A quote was opened and not closed.
    #[error("a quote is not closed")]
    Unclosed,
    /// Something other than a comma follows a closing quote.
    #[error("text follows a closing quote")]
    TextAfterQuote,
}

/// Splits a text at its commas.
///
/// A bare field is trimmed, and dropped if it is empty; a quote inside of it means nothing. A field that begins with
/// `"` runs to the closing quote, keeps its blanks and commas, and knows `\"`, `\\` and `""`.
///
/// # Errors
///
/// Quotes that do not match.
pub fn comma_list(text: &str) -> Result<Vec<String>, CommaError> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let begin = rest.trim_start();
        if let Some(inside) = begin.strip_prefix('"') {
            let (field, after) = quoted_field(inside)?;
            fields.push(field);
            match after.trim_start().strip_prefix(',') {
                Some(more) => rest = more,
                None if after.trim().is_empty() => return Ok(fields),
                None => return Err(CommaError::TextAfterQuote),
            }
            continue;
        }
        let (field, more) = match begin.split_once(',') {
            Some((field, more)) => (field, Some(more)),
            None => (begin, None),
        };
        let field = field.trim();
        if !field.is_empty() {
            fields.push(field.to_owned());
        }
        match more {
            Some(more) => rest = more,
            None => return Ok(fields),
        }
    }
}

/// Reads up to the closing quote; returns the field and what follows it.
fn quoted_field(text: &str) -> Result<(String, &str), CommaError> {
    let mut field = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                field.push(escaped);
                chars.next();
            }
            ('"', Some('"')) => {
                field.push('"');
                chars.next();
            }
            ('"', _) => return Ok((field, &text[at + 1..])),
            _ => field.push(c),
        }
    }
    Err(CommaError::Unclosed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_commas_and_respects_quotes() {
        for (text, expected) in [
            (" a , b ", vec!["a", "b"]),
            ("a,,b,", vec!["a", "b"]),
            (",", vec![]),
            (r#""a, b",z"#, vec!["a, b", "z"]),
            (r#"" a ""#, vec![" a "]),
            (
                r#""say \"hi\"","back\\slash","x""y""#,
                vec![r#"say "hi""#, r"back\slash", r#"x"y"#],
            ),
            (r#""",a"#, vec!["", "a"]),
            (r#"it's 5" long,b"#, vec![r#"it's 5" long"#, "b"]),
        ] {
            assert_eq!(
                comma_list(text),
                Ok(expected.into_iter().map(str::to_owned).collect()),
                "{text}"
            );
        }
        assert_eq!(comma_list(r#""open"#), Err(CommaError::Unclosed));
        assert_eq!(comma_list(r#""a"b,c"#), Err(CommaError::TextAfterQuote));
    }
}
