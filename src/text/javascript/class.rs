//! Character classes: `[a-z\d]`, `[^"]`, and JavaScript's own `[]` and `[^]`.

use super::Refusal;
use super::cursor::Cursor;
use super::escape::{Escape, Within, escape};
use super::groups::Groups;
use super::translate::push_literal;

/// A class that matches nothing, and one that matches everything.
pub(super) const NOTHING: &str = "(?!)";
pub(super) const ANYTHING: &str = "(?s:.)";

/// One end of a range, or a member of its own.
enum Member {
    Char(char),
    /// Written for the engine; empty for what matches nothing.
    Set(String),
}

/// Reads a class and writes it for the engine; the opening bracket has been read.
pub(super) fn class(
    cursor: &mut Cursor,
    unicode: bool,
    groups: &Groups,
) -> Result<String, Refusal> {
    let negated = cursor.eat("^");
    let mut members = String::new();
    while let Some(first) = member(cursor, unicode, groups)? {
        let is_range = cursor.peek() == Some('-') && cursor.peek_second() != Some(']');
        if !is_range {
            push_member(&mut members, &first);
            continue;
        }
        cursor.next();
        let last = member(cursor, unicode, groups)?.ok_or(UNTERMINATED)?;
        match (&first, &last) {
            (Member::Char(from), Member::Char(to)) if from <= to => {
                push_literal(&mut members, *from);
                members.push('-');
                push_literal(&mut members, *to);
            }
            (Member::Char(from), Member::Char(to)) => {
                return Err(format!("range out of order in class: `{from}-{to}`"));
            }
            _ if unicode => return Err("a range in a class must lie between characters".to_owned()),
            _ => {
                push_member(&mut members, &first);
                push_literal(&mut members, '-');
                push_member(&mut members, &last);
            }
        }
    }
    Ok(match (members.is_empty(), negated) {
        (true, false) => NOTHING.to_owned(),
        (true, true) => ANYTHING.to_owned(),
        (false, false) => format!("[{members}]"),
        (false, true) => format!("[^{members}]"),
    })
}

const UNTERMINATED: &str = "unterminated character class";

/// Reads a member; `None` at the closing bracket.
fn member(cursor: &mut Cursor, unicode: bool, groups: &Groups) -> Result<Option<Member>, Refusal> {
    let member = match cursor.next().ok_or(UNTERMINATED)? {
        ']' => return Ok(None),
        '\\' => match escape(cursor, Within::Class, unicode, groups)? {
            Escape::Char(c) => Member::Char(c),
            Escape::Set(members) => Member::Set(members),
            Escape::Boundary | Escape::NoBoundary | Escape::Reference(_) | Escape::Nothing => {
                Member::Set(String::new())
            }
        },
        c => Member::Char(c),
    };
    Ok(Some(member))
}

fn push_member(members: &mut String, member: &Member) {
    match member {
        Member::Char(c) => push_literal(members, *c),
        Member::Set(set) => members.push_str(set),
    }
}
