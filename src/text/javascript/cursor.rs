//! Reading a pattern character by character.

/// A pattern and a position in it.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    chars: Vec<char>,
    at: usize,
}

impl Cursor {
    pub(super) fn new(source: &str) -> Self {
        Self {
            chars: source.chars().collect(),
            at: 0,
        }
    }

    /// Returns the next character and moves past it.
    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Returns the next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Returns the character after the next.
    pub(super) fn peek_second(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    /// Moves past `text` if it comes next, and says whether it did.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let comes = self.chars[self.at..]
            .iter()
            .copied()
            .take(length)
            .eq(text.chars());
        if comes {
            self.at += length;
        }
        comes
    }

    /// Moves past the text up to `end`, and past `end`; `None`, and no move, if it never comes.
    pub(super) fn take_until(&mut self, end: char) -> Option<String> {
        let length = self.chars[self.at..].iter().position(|c| *c == end)?;
        let text = self.chars[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    /// Moves past as many characters as `wanted` allows, at most `most`.
    pub(super) fn take_while(&mut self, most: usize, wanted: impl Fn(char) -> bool) -> String {
        let text: String = self.chars[self.at..]
            .iter()
            .copied()
            .take(most)
            .take_while(|c| wanted(*c))
            .collect();
        self.at += text.chars().count();
        text
    }

    /// Moves past exactly `count` hex digits and returns their value; `None`, and no move, if there are fewer.
    pub(super) fn hex(&mut self, count: usize) -> Option<u32> {
        let start = self.at;
        let digits = self.take_while(count, |c| c.is_ascii_hexdigit());
        if digits.len() < count {
            self.at = start;
            return None;
        }
        u32::from_str_radix(&digits, 16).ok()
    }

    /// Returns a mark of the position, for [`back_to`](Self::back_to).
    pub(super) fn mark(&self) -> usize {
        self.at
    }

    /// Goes back to a mark.
    pub(super) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }
}
