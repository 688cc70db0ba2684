//! The pattern itself: alternatives, groups, assertions, quantifiers.

use std::fmt::Write;

use super::Refusal;
use super::class::{ANYTHING, NOTHING, class};
use super::cursor::Cursor;
use super::escape::{Escape, WORD, Within, escape};
use super::flags::{Flags, leading_flags};
use super::groups::Groups;

/// What ends a line in JavaScript, as members of a class.
const LINE_ENDS: &str = r"\x{a}\x{d}\x{2028}\x{2029}";

/// Translates a JavaScript pattern into one that means the same to the engine.
///
/// A group of flags at its beginning, `(?i)`, adds to `flags`.
///
/// # Errors
///
/// What JavaScript would refuse. What the engine cannot do shows only when the result is compiled.
pub(in crate::text) fn translate(source: &str, mut flags: Flags) -> Result<String, Refusal> {
    let mut source = source;
    if let Some((leading, rest)) = leading_flags(source) {
        source = rest;
        for flag in leading.chars() {
            flags.set(flag, true);
        }
    }
    let cursor = Cursor::new(source);
    let translator = Translator {
        groups: Groups::of(cursor.clone())?,
        cursor,
        flags,
        open: Vec::new(),
        last: Last::Nothing,
        out: String::new(),
    };
    let body = translator.run()?;
    let case = if flags.ignore_case { "(?i)" } else { "" };
    Ok(if flags.sticky {
        format!(r"{case}\A(?:{body})")
    } else {
        format!("{case}{body}")
    })
}

/// Writes `c` so that it means itself, in and outside of a class.
pub(super) fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_control()) {
        out.push(c);
    } else {
        write!(out, r"\x{{{:x}}}", u32::from(c)).expect("writing to a string cannot fail");
    }
}

/// What was written last, as far as a quantifier wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing that can be repeated.
    Nothing,
    /// An atom.
    Atom,
    /// A look-ahead that begins at this byte of the output: JavaScript may repeat it, the engine may not.
    LookAhead(usize),
}

/// A group that is still open.
struct Open {
    flags_outside: Flags,
    closes_as: Last,
}

struct Translator {
    cursor: Cursor,
    groups: Groups,
    flags: Flags,
    open: Vec<Open>,
    last: Last,
    out: String,
}

impl Translator {
    fn run(mut self) -> Result<String, Refusal> {
        while let Some(c) = self.cursor.next() {
            match c {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '|' => self.push("|", Last::Nothing),
                '^' => self.line_start(),
                '$' => self.line_end(),
                '.' if self.flags.dot_all => self.push(ANYTHING, Last::Atom),
                '.' => self.push(&format!("[^{LINE_ENDS}]"), Last::Atom),
                '[' => {
                    let class = class(&mut self.cursor, self.flags.unicode, &self.groups)?;
                    self.push(&class, Last::Atom);
                }
                '\\' => self.escape()?,
                '*' => self.quantifier("*", 0)?,
                '+' => self.quantifier("+", 1)?,
                '?' => self.quantifier("?", 0)?,
                '{' => self.brace()?,
                '}' | ']' if self.flags.unicode => return Err(format!("lone `{c}`")),
                c => self.literal(c),
            }
        }
        if !self.open.is_empty() {
            return Err("unterminated group".to_owned());
        }
        Ok(self.out)
    }

    fn push(&mut self, text: &str, last: Last) {
        self.out.push_str(text);
        self.last = last;
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.last = Last::Atom;
    }

    fn line_start(&mut self) {
        if self.flags.multi_line {
            self.push(&format!("(?<![^{LINE_ENDS}])"), Last::Nothing);
        } else {
            self.push(r"\A", Last::Nothing);
        }
    }

    fn line_end(&mut self) {
        if self.flags.multi_line {
            self.push(&format!("(?![^{LINE_ENDS}])"), Last::Nothing);
        } else {
            self.push(r"\z", Last::Nothing);
        }
    }

    fn open_group(&mut self) -> Result<(), Refusal> {
        let flags_outside = self.flags;
        let mut closes_as = Last::Atom;
        let ahead = Last::LookAhead(self.out.len());
        if !self.cursor.eat("?") {
            self.out.push('(');
        } else if self.cursor.eat(":") {
            self.out.push_str("(?:");
        } else if self.cursor.eat("=") {
            self.out.push_str("(?=");
            closes_as = ahead;
        } else if self.cursor.eat("!") {
            self.out.push_str("(?!");
            closes_as = ahead;
        } else if self.cursor.eat("<=") {
            self.out.push_str("(?<=");
            closes_as = Last::Nothing;
        } else if self.cursor.eat("<!") {
            self.out.push_str("(?<!");
            closes_as = Last::Nothing;
        } else if self.cursor.eat("<") {
            self.cursor.take_until('>');
            self.out.push('(');
        } else {
            self.open_modifiers()?;
        }
        self.open.push(Open {
            flags_outside,
            closes_as,
        });
        self.last = Last::Nothing;
        Ok(())
    }

    /// `(?i:…)`, `(?s-i:…)`: flags for one group.
    fn open_modifiers(&mut self) -> Result<(), Refusal> {
        let mut on = true;
        loop {
            match self.cursor.next() {
                Some('-') if on => on = false,
                Some(':') => break,
                Some(flag) => self.flags.set(flag, on).ok_or("invalid group")?,
                None => return Err("invalid group".to_owned()),
            }
        }
        let case = if self.flags.ignore_case {
            "(?i:"
        } else {
            "(?-i:"
        };
        self.out.push_str(case);
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), Refusal> {
        let open = self.open.pop().ok_or("unmatched `)`")?;
        self.flags = open.flags_outside;
        // A look-ahead can be repeated only in the loose grammar.
        let closes_as = match open.closes_as {
            Last::LookAhead(_) if self.flags.unicode => Last::Nothing,
            other => other,
        };
        self.push(")", closes_as);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        match escape(
            &mut self.cursor,
            Within::Pattern,
            self.flags.unicode,
            &self.groups,
        )? {
            Escape::Char(c) => self.literal(c),
            Escape::Set(members) => self.push(&format!("[{members}]"), Last::Atom),
            Escape::Boundary => {
                let boundary = format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))");
                self.push(&boundary, Last::Nothing);
            }
            Escape::NoBoundary => {
                let inside = format!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))");
                self.push(&inside, Last::Nothing);
            }
            // A group that took no part matches nothing in JavaScript, and fails in the engine.
            Escape::Reference(number) => {
                self.push(&format!(r"(?:(?({number})\{number}|))"), Last::Atom);
            }
            Escape::Nothing => self.push(NOTHING, Last::Atom),
        }
        Ok(())
    }

    /// A count such as `{2,5}`, or in the loose grammar a brace that means itself.
    fn brace(&mut self) -> Result<(), Refusal> {
        let mark = self.cursor.mark();
        let least = self.cursor.take_while(usize::MAX, |c| c.is_ascii_digit());
        let comma = self.cursor.eat(",");
        let most = self.cursor.take_while(usize::MAX, |c| c.is_ascii_digit());
        let is_count = !least.is_empty() && (comma || most.is_empty()) && self.cursor.eat("}");
        if !is_count {
            if self.flags.unicode {
                return Err("incomplete quantifier".to_owned());
            }
            self.cursor.back_to(mark);
            self.literal('{');
            return Ok(());
        }
        let number = |digits: &str| digits.parse::<u64>().unwrap_or(u64::MAX);
        if !most.is_empty() && number(&most) < number(&least) {
            return Err("numbers out of order in quantifier".to_owned());
        }
        let comma = if comma { "," } else { "" };
        self.quantifier(&format!("{{{least}{comma}{most}}}"), number(&least))
    }

    fn quantifier(&mut self, written: &str, least: u64) -> Result<(), Refusal> {
        let lazy = if self.cursor.eat("?") { "?" } else { "" };
        match self.last {
            Last::Nothing => return Err("nothing to repeat".to_owned()),
            Last::Atom => {
                self.out.push_str(written);
                self.out.push_str(lazy);
            }
            Last::LookAhead(start) if least == 0 => {
                self.out.insert_str(start, "(?:");
                self.out.push_str("|)");
            }
            Last::LookAhead(_) => {}
        }
        self.last = Last::Nothing;
        Ok(())
    }
}
