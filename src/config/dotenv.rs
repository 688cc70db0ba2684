//! `.env` files: `NAME=value`, one a line, as shells and other tools write them.

/// Reads the assignments of a `.env` file, in order. Values are raw: variables in them are not looked up yet, except that text in
/// single quotes has its `$` doubled, so that it stays.
///
/// # Errors
///
/// The number of the first line that is no assignment, from 1.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut found = Vec::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = assignment.split_once('=').ok_or(number)?;
        let name = name.trim();
        if !is_name(name) {
            return Err(number);
        }
        found.push((name.to_owned(), value_of(value.trim()).ok_or(number)?));
    }
    Ok(found)
}

/// Returns whether `name` can be a variable's.
pub(super) fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

/// Returns a value without its quotes or its comment; `None` if a quote is left open.
fn value_of(written: &str) -> Option<String> {
    if let Some(rest) = written.strip_prefix('\'') {
        let (value, after) = rest.split_once('\'')?;
        return is_comment(after).then(|| value.replace('$', "$$"));
    }
    let Some(rest) = written.strip_prefix('"') else {
        let bare = match written.find(" #") {
            Some(at) => &written[..at],
            None => written,
        };
        return Some(bare.trim_end().to_owned());
    };
    let mut value = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return is_comment(letters.as_str()).then_some(value),
            '\\' => match letters.next()? {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                '$' => value.push_str("$$"),
                other => value.push(other),
            },
            letter => value.push(letter),
        }
    }
}

fn is_comment(after: &str) -> bool {
    let after = after.trim_start();
    after.is_empty() || after.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_read_as_shells_write_them() {
        let text = "\u{feff}# keys\r\nexport A=1\r\nB = two words # why\nC=\"x # y\\n\" # z\nD='$HOME'\nE=a#b\nF=\n";
        let found = parse(text).unwrap();
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "x # y\n"),
            ("D", "$$HOME"),
            ("E", "a#b"),
            ("F", ""),
        ];
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_assignment_is_told_by_its_line() {
        for (text, line) in [
            ("A=1\nnonsense", 2),
            ("9A=1", 1),
            ("\nA=\"open", 2),
            ("A='x' y", 1),
        ] {
            assert_eq!(parse(text), Err(line), "{text}");
        }
    }
}
