//! Markdown as it streams onto a terminal: headings, lists, quotes, emphasis and code get styles. Nothing waits for more than the few
//! letters that decide what a mark is, and everything that is not known to be a mark is shown as it is: tables, links, formulas.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

const CODE: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// A text that is being shown.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is on or off by itself")]
pub(super) struct Markdown {
    /// What is not decided yet.
    held: String,
    at_start: bool,
    /// Within a fenced block.
    fenced: bool,
    /// On the line of a fence.
    on_fence: bool,
    heading: bool,
    bold: bool,
    italic: bool,
    /// Backticks that opened code within a line.
    ticks: usize,
    /// The letter before.
    before: char,
}

impl Default for Markdown {
    fn default() -> Self {
        Self {
            held: String::new(),
            at_start: true,
            fenced: false,
            on_fence: false,
            heading: false,
            bold: false,
            italic: false,
            ticks: 0,
            before: ' ',
        }
    }
}

impl Markdown {
    /// Returns what can be shown after another piece.
    pub(super) fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        self.show(false)
    }

    /// Returns what is left.
    pub(super) fn end(&mut self) -> String {
        let mut out = self.show(true);
        if !self.style().is_plain() {
            let _ = write!(out, "{:#}", self.style());
        }
        *self = Self::default();
        out
    }

    fn show(&mut self, is_last: bool) -> String {
        let held = std::mem::take(&mut self.held);
        let (mut rest, mut out) = (held.as_str(), String::new());
        while !rest.is_empty() {
            let taken = if self.at_start {
                self.begin_line(rest, is_last, &mut out)
            } else {
                self.within_line(rest, is_last, &mut out)
            };
            match taken {
                Some(bytes) => rest = &rest[bytes..],
                None => break,
            }
        }
        rest.clone_into(&mut self.held);
        out
    }

    /// Shows how a line begins, and returns the bytes that says; `None` if that is not known yet.
    fn begin_line(&mut self, rest: &str, is_last: bool, out: &mut String) -> Option<usize> {
        let text = rest.trim_start_matches(' ');
        let indent = rest.len() - text.len();
        let run = |mark: char| text.len() - text.trim_start_matches(mark).len();
        let after = |bytes: usize| text[bytes..].chars().next();
        let is_open = |bytes: usize| after(bytes).is_none() && !is_last;
        if is_open(0) {
            return None;
        }
        let spaces = &rest[..indent];
        let (ticks, hashes) = (run('`'), run('#'));
        if (1..3).contains(&ticks) && is_open(ticks) {
            return None;
        }
        let taken = if ticks >= 3 {
            (self.fenced, self.on_fence) = (!self.fenced, true);
            out.push_str(spaces);
            0
        } else if self.fenced {
            out.push_str(spaces);
            0
        } else if (1..=6).contains(&hashes) {
            if is_open(hashes) {
                return None;
            }
            if after(hashes) == Some(' ') {
                self.heading = true;
                let _ = write!(out, "{}", self.style());
                hashes + 1
            } else {
                out.push_str(spaces);
                0
            }
        } else if text.starts_with(['-', '*', '+']) {
            if is_open(1) {
                return None;
            }
            out.push_str(spaces);
            if after(1) == Some(' ') {
                out.push_str("• ");
                2
            } else {
                0
            }
        } else if text.starts_with('>') {
            if is_open(1) {
                return None;
            }
            let _ = write!(out, "{spaces}{DIM}│{DIM:#} ");
            1 + usize::from(after(1) == Some(' '))
        } else {
            out.push_str(spaces);
            0
        };
        self.at_start = false;
        self.before = ' ';
        Some(indent + taken)
    }

    /// Shows the next piece of a line, and returns its bytes; `None` if what it is is not known yet.
    fn within_line(&mut self, rest: &str, is_last: bool, out: &mut String) -> Option<usize> {
        let mut letters = rest.chars();
        let first = letters.next()?;
        if first == '\n' {
            self.end_line(out);
            return Some(1);
        }
        if self.on_fence || self.fenced {
            let line = rest.split('\n').next().unwrap_or(rest);
            let style = if self.on_fence { DIM } else { CODE };
            let _ = write!(out, "{style}{line}{style:#}");
            return Some(line.len());
        }
        let run = rest.len() - rest.trim_start_matches(first).len();
        let next = rest[run..].chars().next();
        let is_open = next.is_none() && !is_last;
        match first {
            '`' if is_open => None,
            '`' if self.ticks == 0 || self.ticks == run => {
                let before = self.style();
                self.ticks = if self.ticks == 0 { run } else { 0 };
                self.restyle(before, out);
                self.before = '`';
                Some(run)
            }
            '`' => Some(self.literal(&rest[..run], out)),
            '\\' if self.ticks == 0 => match letters.next() {
                None if !is_last => None,
                Some(next) if next.is_ascii_punctuation() => {
                    self.literal(&rest[1..2], out);
                    Some(2)
                }
                _ => Some(self.literal("\\", out)),
            },
            '*' | '_' if self.ticks == 0 && is_open => None,
            '*' | '_' if self.ticks == 0 && self.emphasis(first, run, next, out) => Some(run),
            '*' | '_' if self.ticks == 0 => Some(self.literal(&rest[..run], out)),
            _ => {
                let is_mark = |c: char| {
                    c == '\n' || c == '`' || (self.ticks == 0 && matches!(c, '*' | '_' | '\\'))
                };
                let plain = rest[first.len_utf8()..].find(is_mark);
                let plain = plain.map_or(rest.len(), |bytes| bytes + first.len_utf8());
                Some(self.literal(&rest[..plain], out))
            }
        }
    }

    /// Turns emphasis on or off where a run of marks does that; returns whether it does.
    fn emphasis(&mut self, mark: char, run: usize, next: Option<char>, out: &mut String) -> bool {
        let next = next.unwrap_or(' ');
        let inside_word = |side: char| mark == '_' && side.is_alphanumeric();
        let may_open = !next.is_whitespace() && !inside_word(self.before);
        let may_close = !self.before.is_whitespace() && !inside_word(next);
        let (bold, italic) = (run != 1, run != 2);
        let is_on = (!bold || self.bold) && (!italic || self.italic);
        let is_off = !(bold && self.bold || italic && self.italic);
        if run > 3 || !((is_on && may_close) || (is_off && may_open)) {
            return false;
        }
        let before = self.style();
        self.bold ^= bold;
        self.italic ^= italic;
        self.restyle(before, out);
        true
    }

    fn literal(&mut self, text: &str, out: &mut String) -> usize {
        out.push_str(text);
        self.before = text.chars().next_back().unwrap_or(self.before);
        text.len()
    }

    fn end_line(&mut self, out: &mut String) {
        let before = self.style();
        (self.heading, self.bold, self.italic, self.ticks) = (false, false, false, 0);
        (self.on_fence, self.at_start) = (false, true);
        self.restyle(before, out);
        out.push('\n');
    }

    fn style(&self) -> Style {
        let mut style = if self.ticks > 0 { CODE } else { Style::new() };
        if self.heading || self.bold {
            style = style.bold();
        }
        if self.italic {
            style = style.italic();
        }
        style
    }

    fn restyle(&self, before: Style, out: &mut String) {
        if before != self.style() {
            let _ = write!(out, "{before:#}{}", self.style());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Shows a text in pieces of these sizes, styles as `<b>`, `<i>`, `<c>`, `<d>` and `</>`.
    fn shown(text: &str, pieces: &[usize]) -> String {
        let letters: Vec<char> = text.chars().collect();
        let (mut markdown, mut out, mut at) = (Markdown::default(), String::new(), 0);
        for size in pieces.iter().chain([&letters.len()]) {
            let end = (at + size).min(letters.len());
            out += &markdown.push(&letters[at..end].iter().collect::<String>());
            at = end;
        }
        out += &markdown.end();
        [
            ("\u{1b}[1m", "<b>"),
            ("\u{1b}[3m", "<i>"),
            ("\u{1b}[36m", "<c>"),
            ("\u{1b}[2m", "<d>"),
            ("\u{1b}[0m", "</>"),
        ]
        .iter()
        .fold(out, |out, (code, tag)| out.replace(code, tag))
        // The same style twice is one.
        .replace("</><c>", "")
        .replace("</><d>", "")
    }

    #[test]
    fn marks_become_styles() {
        for (text, expected) in [
            ("# Title\ntext", "<b>Title</>\ntext"),
            (
                "a **bold** and *slanted* word",
                "a <b>bold</> and <i>slanted</> word",
            ),
            (
                "***both*** and __strong__",
                "<b><i>both</> and <b>strong</>",
            ),
            ("call `f(*x)` or ``a`b``", "call <c>f(*x)</> or <c>a`b</>"),
            ("- one\n  * two\n+ three", "• one\n  • two\n• three"),
            ("> said\n>more", "<d>│</> said\n<d>│</> more"),
            (
                "```rust\nlet a = *b;\n```\nend",
                "<d>```rust</>\n<c>let a = *b;</>\n<d>```</>\nend",
            ),
            ("1. **first**\n2. second", "1. <b>first</>\n2. second"),
            (r"\*not\* a \`mark\`", "*not* a `mark`"),
        ] {
            assert_eq!(shown(text, &[]), expected);
        }
    }

    #[test]
    fn what_is_no_mark_stays() {
        for text in [
            "5 * 3 = 15, 2 ** 3",
            "snake_case_name",
            "#hash, -flag, +1",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "[link](https://example.com)",
            "****",
            "日本語 🎉 é",
            "C:\\dir",
            "",
            "\n\n  \n",
        ] {
            assert_eq!(shown(text, &[]), text);
        }
    }

    #[test]
    fn text_waits_for_nothing() {
        let mut markdown = Markdown::default();
        assert_eq!(markdown.push("The"), "The");
        assert_eq!(markdown.push(" answer *"), " answer ");
        assert_eq!(markdown.push("is"), "\u{1b}[3mis");
        assert_eq!(markdown.push("*"), "");
        assert_eq!(markdown.push("."), "\u{1b}[0m.");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            text in "([-#>*_` a-c1.\\\\]|\n|```\n|é){0,40}",
            pieces in proptest::collection::vec(1usize..4, 0..40),
        ) {
            prop_assert_eq!(shown(&text, &pieces), shown(&text, &[]));
        }
    }
}
