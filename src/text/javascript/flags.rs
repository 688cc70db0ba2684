//! The flags of a pattern.

/// What the flags after a pattern, or in a group at its beginning, say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "JavaScript's flags are independent of each other"
)]
pub(in crate::text) struct Flags {
    /// `i`: letter case does not matter.
    pub(in crate::text) ignore_case: bool,
    /// `m`: `^` and `$` match at line ends too.
    pub(in crate::text) multi_line: bool,
    /// `s`: `.` matches line ends too.
    pub(in crate::text) dot_all: bool,
    /// `u`: the strict grammar, with `\p{…}` and `\u{…}`.
    pub(in crate::text) unicode: bool,
    /// `y`: the match must begin where the text does.
    pub(in crate::text) sticky: bool,
}

impl Flags {
    /// Reads flags such as `im`. `g` and `d` are allowed and change nothing: one match is all that is looked for.
    ///
    /// # Errors
    ///
    /// Returns the flag that is unknown or repeated.
    pub(in crate::text) fn parse(text: &str) -> Result<Self, char> {
        let mut flags = Self::default();
        for (index, flag) in text.char_indices() {
            if text[..index].contains(flag) {
                return Err(flag);
            }
            match flag {
                'u' => flags.unicode = true,
                'y' => flags.sticky = true,
                'g' | 'd' => {}
                _ => flags.set(flag, true).ok_or(flag)?,
            }
        }
        Ok(flags)
    }

    /// Turns on or off a flag that groups may change: `i`, `m` or `s`. `None` for any other.
    pub(super) fn set(&mut self, flag: char, on: bool) -> Option<()> {
        match flag {
            'i' => self.ignore_case = on,
            'm' => self.multi_line = on,
            's' => self.dot_all = on,
            _ => return None,
        }
        Some(())
    }
}

/// Splits a group of flags such as `(?i)` from the beginning of a pattern.
///
/// No JavaScript, but what people who come from other engines write; anywhere else in a pattern it is refused.
pub(super) fn leading_flags(source: &str) -> Option<(&str, &str)> {
    let (flags, rest) = source.strip_prefix("(?")?.split_once(')')?;
    let all_known = flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's'));
    (!flags.is_empty() && all_known).then_some((flags, rest))
}
