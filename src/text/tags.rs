//! The tags in a text that may be XML, HTML, or neither.

/// A tag, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The element's name, as written.
    pub name: &'a str,
    /// What the tag does.
    pub kind: TagKind,
    /// Byte at which it begins.
    pub start: usize,
    /// Byte after its end.
    pub end: usize,
}

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    /// `<a>`
    Open,
    /// `</a>`
    Close,
    /// `<a/>`
    Empty,
    /// `<!-- … -->`, `<![CDATA[…]]>`, `<!…>` or `<?…?>`; it has no name.
    Other,
}

/// What begins with `<` and is no element, with its end.
const OTHERS: [(&str, &str); 4] = [
    ("<!--", "-->"),
    ("<![CDATA[", "]]>"),
    ("<?", "?>"),
    ("<!", ">"),
];

/// Returns the tags of a text from left to right. What looks like one and does not end is none.
pub fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find('<')?;
            match tag_at(text, start) {
                Some(tag) => {
                    from = tag.end;
                    return Some(tag);
                }
                None => from = start + 1,
            }
        }
    })
}

fn tag_at(text: &str, start: usize) -> Option<Tag<'_>> {
    let rest = &text[start..];
    if let Some((begin, finish)) = OTHERS.iter().find(|(begin, _)| rest.starts_with(begin)) {
        let length = begin.len() + rest[begin.len()..].find(finish)? + finish.len();
        return Some(Tag {
            name: "",
            kind: TagKind::Other,
            start,
            end: start + length,
        });
    }
    let (inner, closes) = match rest[1..].strip_prefix('/') {
        Some(inner) => (inner, true),
        None => (&rest[1..], false),
    };
    let name = name_of(inner)?;
    let length = unquoted_end(inner)?;
    let kind = match (closes, inner[..length].ends_with('/')) {
        (true, _) => TagKind::Close,
        (false, true) => TagKind::Empty,
        (false, false) => TagKind::Open,
    };
    let end = start + rest.len() - inner.len() + length + 1;
    Some(Tag {
        name,
        kind,
        start,
        end,
    })
}

/// Returns the name that a text begins with; names begin with a letter, `_` or `:`.
fn name_of(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    if !first.is_alphabetic() && !matches!(first, '_' | ':') {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'));
    Some(&text[..end.unwrap_or(text.len())])
}

/// Returns the place of the first `>` that stands in no quotes. Another `<` comes first where there is no tag.
fn unquoted_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'<') => return None,
            (None, b'>') => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_other_text() {
        let text = r#"1 < 2 <a b="x>y">t<br/></a><!-- <c> --><?xml?><é><1> <open <d>"#;
        let found: Vec<_> = tags(text).map(|tag| (tag.name, tag.kind)).collect();
        assert_eq!(
            found,
            [
                ("a", TagKind::Open),
                ("br", TagKind::Empty),
                ("a", TagKind::Close),
                ("", TagKind::Other),
                ("", TagKind::Other),
                ("é", TagKind::Open),
                ("d", TagKind::Open),
            ]
        );
        let first = tags(text).next().unwrap();
        assert_eq!(&text[first.start..first.end], r#"<a b="x>y">"#);
    }
}
