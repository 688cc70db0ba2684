//! Places in files: where a value stands, and where a part of a text stands in the YAML that holds it.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A file that was read, for error messages that show its lines.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the user gave it.
    pub path: PathBuf,
    /// Its whole text.
    pub text: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters that the caret should underline, at least 1.
    pub width: usize,
}

impl Place {
    /// Returns the beginning of `file`.
    pub fn start_of(file: &Arc<SourceFile>) -> Self {
        Self {
            file: Arc::clone(file),
            line: 1,
            column: 1,
            width: 1,
        }
    }

    /// Returns the place of some bytes of `file`; of the first line of them, where they are several.
    pub fn of_bytes(file: &Arc<SourceFile>, bytes: Range<usize>) -> Self {
        let before = &file.text[..bytes.start];
        let start_of_line = before.rfind('\n').map_or(0, |at| at + 1);
        let within = file.text[bytes].lines().next().unwrap_or_default();
        Self {
            file: Arc::clone(file),
            line: before.matches('\n').count() + 1,
            column: before[start_of_line..].chars().count() + 1,
            width: within.chars().count().max(1),
        }
    }

    /// Returns the place in `file` of one that was found in a part of it, which begins `lines` lines below its beginning.
    #[must_use]
    pub(super) fn below(self, lines: usize, file: &Arc<SourceFile>) -> Self {
        Self {
            file: Arc::clone(file),
            line: self.line + lines,
            ..self
        }
    }

    /// Returns the bytes of the file that the place takes, on its one line.
    pub fn bytes(&self) -> Range<usize> {
        let start = self.start();
        let line = self.file.text[start..].lines().next().unwrap_or_default();
        let length: usize = line.chars().take(self.width).map(char::len_utf8).sum();
        start..start + line[..length].trim_end().len()
    }

    /// Returns where some bytes of `text` stand, if `text` is the value that YAML gives for what stands here.
    ///
    /// Knows quoted, plain, literal (`|`) and folded (`>`) texts. This place itself where the two cannot be matched.
    #[must_use]
    pub fn within(&self, text: &str, bytes: Range<usize>) -> Self {
        let Some(start) = self.byte_of(text, bytes.start) else {
            return self.clone();
        };
        let length = text
            .get(bytes)
            .and_then(|part| part.lines().next())
            .map_or(0, str::len);
        let rest = self.file.text[start..].lines().next().unwrap_or_default();
        let length = (0..=length.min(rest.len()))
            .rev()
            .find(|end| rest.is_char_boundary(*end))
            .unwrap_or_default();
        Self::of_bytes(&self.file, start..start + length)
    }

    /// Returns the byte of the file that became byte `wanted` of `text`, the end of `text` included.
    ///
    /// Walks through both and lets YAML's own characters go by: quotes, escapes, line breaks and indentation.
    fn byte_of(&self, text: &str, wanted: usize) -> Option<usize> {
        let start = self.start();
        let has_escapes = self.file.text[start..].starts_with('"');
        let mut written = self.file.text[start..].char_indices();
        let mut last = start;
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            let offset = loop {
                let (mut offset, mut found) = written.next()?;
                if has_escapes && found == '\\' {
                    (offset, found) = written.next()?;
                    if matches!(found, 'n' | 't' | 'r') {
                        continue;
                    }
                }
                if found == c {
                    break offset;
                }
                let goes_by = found.is_whitespace() || matches!(found, '"' | '\'');
                if !goes_by {
                    return None;
                }
            };
            if at >= wanted {
                return Some(start + offset);
            }
            last = start + offset + c.len_utf8();
        }
        (wanted >= text.trim_end().len()).then_some(last)
    }

    /// Returns the byte of the file at which the place begins.
    fn start(&self) -> usize {
        let text = &self.file.text;
        let line: usize = text
            .split_inclusive('\n')
            .take(self.line - 1)
            .map(str::len)
            .sum();
        let rest = text[line..].lines().next().unwrap_or_default();
        let column: usize = rest.chars().take(self.column - 1).map(char::len_utf8).sum();
        line + column
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::{Node, Tree};
    use super::*;

    /// Finds `{{ x }}` in the value of `a`; returns line and column.
    fn found(yaml: &str) -> (usize, usize) {
        let file = Arc::new(SourceFile {
            path: "suite.yaml".into(),
            text: yaml.to_owned(),
        });
        let root = Node::parse(&file).unwrap();
        let Tree::Map(entries) = &root.value else {
            panic!("{yaml}")
        };
        let node = &entries[0].1;
        let text = node.as_text().unwrap();
        let at = text.find("{{ x }}").unwrap();
        let place = node.place.within(text, at..at + 7);
        assert_eq!(place.width, 7, "{yaml}");
        (place.line, place.column)
    }

    #[test]
    fn finds_a_part_of_every_kind_of_text() {
        for (yaml, expected) in [
            ("a: so {{ x }}", (1, 7)),
            ("a: 'it''s {{ x }}'", (1, 11)),
            ("a: \"so \\\"é\\\" {{ x }}\"", (1, 14)),
            ("a: \"so\\n\\\\ {{ x }}\"", (1, 12)),
            ("a: so\n  long {{ x }}\n", (2, 8)),
            ("a: |\n  so\n\n    long {{ x }}\n", (4, 10)),
            ("a: |  # note\n\n  so {{ x }}\n", (3, 6)),
            ("a: >-\n  so\n  long\n  {{ x }} # 1\n", (4, 3)),
            ("a: |\n  c:\\dir {{ x }}\n", (2, 10)),
        ] {
            assert_eq!(found(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn what_cannot_be_matched_is_the_place_itself() {
        let file = Arc::new(SourceFile {
            path: "suite.yaml".into(),
            text: "a: \"\\u0041 b\"".to_owned(),
        });
        let place = Place {
            column: 4,
            ..Place::start_of(&file)
        };
        assert_eq!(place.within("A b", 2..3), place);
    }
}
