//! What stands after a backslash.

use super::Refusal;
use super::cursor::Cursor;
use super::groups::Groups;

/// What JavaScript's `\s` matches, as members of a class.
const SPACE: &str = r"\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}";

/// What `\w` matches, as members of a class.
pub(super) const WORD: &str = "0-9A-Za-z_";

/// An escape, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// One character.
    Char(char),
    /// A set of characters, as members of a class of the engine.
    Set(String),
    /// `\b`, outside of a class.
    Boundary,
    /// `\B`, outside of a class.
    NoBoundary,
    /// What group of this number matched.
    Reference(usize),
    /// Half of a surrogate pair: nothing that Unicode text can hold.
    Nothing,
}

/// Where an escape stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Between atoms.
    Pattern,
    /// Between `[` and `]`.
    Class,
}

/// Reads an escape; the backslash has been read.
pub(super) fn escape(
    cursor: &mut Cursor,
    within: Within,
    unicode: bool,
    groups: &Groups,
) -> Result<Escape, Refusal> {
    let c = cursor.next().ok_or("`\\` at the end of the pattern")?;
    let set = |members: &str| Ok(Escape::Set(members.to_owned()));
    let without = |members: &str| Ok(Escape::Set(format!("[^{members}]")));
    match c {
        'd' => set("0-9"),
        'D' => without("0-9"),
        'w' => set(WORD),
        'W' => without(WORD),
        's' => set(SPACE),
        'S' => without(SPACE),
        't' => Ok(Escape::Char('\t')),
        'n' => Ok(Escape::Char('\n')),
        'v' => Ok(Escape::Char('\u{b}')),
        'f' => Ok(Escape::Char('\u{c}')),
        'r' => Ok(Escape::Char('\r')),
        'b' if within == Within::Class => Ok(Escape::Char('\u{8}')),
        'b' => Ok(Escape::Boundary),
        'B' if within == Within::Pattern => Ok(Escape::NoBoundary),
        '-' if within == Within::Class => Ok(Escape::Char('-')),
        'c' => control(cursor, within, unicode),
        'x' => match cursor.hex(2) {
            Some(code) => Ok(char_of(code)),
            None => identity('x', unicode),
        },
        'u' => code_point(cursor, unicode),
        'p' | 'P' if unicode => property(cursor, c),
        'k' if within == Within::Pattern && (unicode || groups.has_names()) => {
            named(cursor, groups)
        }
        '0'..='9' => number(cursor, c, within, unicode, groups),
        _ => identity(c, unicode),
    }
}

/// An escape that means the character itself. With flag `u` only signs of the grammar may be escaped so.
fn identity(c: char, unicode: bool) -> Result<Escape, Refusal> {
    if unicode && !"^$\\.*+?()[]{}|/".contains(c) {
        return Err(format!("invalid escape `\\{c}`"));
    }
    Ok(Escape::Char(c))
}

fn char_of(code: u32) -> Escape {
    char::from_u32(code).map_or(Escape::Nothing, Escape::Char)
}

/// `\cJ` is a control character; `\c` before anything else is a backslash, and the `c` is read again.
fn control(cursor: &mut Cursor, within: Within, unicode: bool) -> Result<Escape, Refusal> {
    let is_letter = |c: char| {
        c.is_ascii_alphabetic()
            || (within == Within::Class && !unicode && (c.is_ascii_digit() || c == '_'))
    };
    match cursor.peek().filter(|c| is_letter(*c)) {
        Some(letter) => {
            cursor.next();
            Ok(char_of(u32::from(letter) % 32))
        }
        None if unicode => Err("invalid escape `\\c`".to_owned()),
        None => {
            cursor.back_to(cursor.mark() - 1);
            Ok(Escape::Char('\\'))
        }
    }
}

/// `\u0041`, a pair of surrogates `\ud83d\ude00`, and with flag `u` `\u{1f600}`.
fn code_point(cursor: &mut Cursor, unicode: bool) -> Result<Escape, Refusal> {
    if unicode && cursor.eat("{") {
        let digits = cursor.take_until('}').ok_or("unterminated `\\u{`")?;
        let code = u32::from_str_radix(&digits, 16)
            .ok()
            .filter(|code| *code <= 0x10_ffff);
        return code
            .map(char_of)
            .ok_or_else(|| format!("no such character: `\\u{{{digits}}}`"));
    }
    let Some(high) = cursor.hex(4) else {
        return identity('u', unicode);
    };
    if !(0xd800..0xdc00).contains(&high) {
        return Ok(char_of(high));
    }
    let mark = cursor.mark();
    if cursor.eat("\\u")
        && let Some(low @ 0xdc00..=0xdfff) = cursor.hex(4)
    {
        return Ok(char_of(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
    }
    cursor.back_to(mark);
    Ok(Escape::Nothing)
}

/// `\p{Lu}`, `\P{Script=Greek}`: the engine knows the names.
fn property(cursor: &mut Cursor, letter: char) -> Result<Escape, Refusal> {
    let invalid = || format!("invalid property name after `\\{letter}`");
    if !cursor.eat("{") {
        return Err(invalid());
    }
    let name = cursor.take_until('}').ok_or_else(invalid)?;
    let is_known_form = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '=';
    if name.is_empty() || !name.chars().all(is_known_form) {
        return Err(invalid());
    }
    Ok(Escape::Set(match letter {
        'p' => format!(r"\p{{{name}}}"),
        _ => format!(r"[^\p{{{name}}}]"),
    }))
}

/// `\k<name>`.
fn named(cursor: &mut Cursor, groups: &Groups) -> Result<Escape, Refusal> {
    let name = cursor.eat("<").then(|| cursor.take_until('>')).flatten();
    let name = name.ok_or("invalid named reference")?;
    match groups.number_of(&name) {
        Some(number) => Ok(Escape::Reference(number)),
        None => Err(format!("no group is named `{name}`")),
    }
}

/// `\1` refers to a group, if there is one; else digits are octal, or themselves.
fn number(
    cursor: &mut Cursor,
    first: char,
    within: Within,
    unicode: bool,
    groups: &Groups,
) -> Result<Escape, Refusal> {
    let mark = cursor.mark();
    let rest = cursor.take_while(usize::MAX, |c| c.is_ascii_digit());
    if first == '0' && rest.is_empty() {
        return Ok(Escape::Char('\0'));
    }
    let number = format!("{first}{rest}")
        .parse::<usize>()
        .unwrap_or(usize::MAX);
    if first != '0' && within == Within::Pattern && number <= groups.count {
        return Ok(Escape::Reference(number));
    }
    if unicode {
        return Err(format!("invalid escape `\\{first}{rest}`"));
    }
    cursor.back_to(mark);
    let Some(digit) = first.to_digit(8) else {
        return Ok(Escape::Char(first));
    };
    let more = cursor.take_while(if digit <= 3 { 2 } else { 1 }, |c| c.is_digit(8));
    let code = more
        .chars()
        .filter_map(|c| c.to_digit(8))
        .fold(digit, |code, c| code * 8 + c);
    Ok(char_of(code))
}
