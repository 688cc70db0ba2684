//! The capture groups of a pattern, counted before it is translated: `\2` and `\k<name>` may come before their group.

use super::Refusal;
use super::cursor::Cursor;

/// How many groups capture, and which of them have names.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The number of capture groups.
    pub(super) count: usize,
    names: Vec<(String, usize)>,
}

impl Groups {
    /// Counts the groups of a pattern.
    ///
    /// # Errors
    ///
    /// A name that is none, or is used twice.
    pub(super) fn of(mut cursor: Cursor) -> Result<Self, Refusal> {
        let mut groups = Self::default();
        let mut in_class = false;
        while let Some(c) = cursor.next() {
            match c {
                '\\' => {
                    cursor.next();
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => groups.open(&mut cursor)?,
                _ => {}
            }
        }
        Ok(groups)
    }

    fn open(&mut self, cursor: &mut Cursor) -> Result<(), Refusal> {
        if !cursor.eat("?") {
            self.count += 1;
            return Ok(());
        }
        if !cursor.eat("<") || matches!(cursor.peek(), Some('=' | '!')) {
            return Ok(());
        }
        let name = cursor.take_until('>').ok_or("unterminated group name")?;
        if !is_name(&name) {
            return Err(format!("invalid group name `{name}`"));
        }
        if self.number_of(&name).is_some() {
            return Err(format!("two groups are named `{name}`"));
        }
        self.count += 1;
        self.names.push((name, self.count));
        Ok(())
    }

    /// Returns whether any group has a name.
    pub(super) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Returns the number of a named group.
    pub(super) fn number_of(&self, name: &str) -> Option<usize> {
        self.names
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, number)| *number)
    }
}

fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_alphanumeric())
}
