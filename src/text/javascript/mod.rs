//! JavaScript regular expressions, translated for the engine that runs them.
//!
//! The engine reads the same signs with other meanings: its `\w`, `\d` and `\b` are Unicode's, its `.` and `$` differ
//! at line ends, and escapes such as `\A` or `\h` are its own, where JavaScript means a letter. So nothing is passed
//! on as written: a pattern is parsed by JavaScript's grammar and every part is written anew.
//!
//! Matching is by code point, where JavaScript without flag `u` matches UTF-16 units; letter case is folded as
//! JavaScript does with flag `u`. Names of groups are replaced by their numbers.
//!
//! Source: ECMA-262, "Regular Expression Objects" and annex B.1.2 (patterns without flag `u`).

mod class;
mod cursor;
mod escape;
mod flags;
mod groups;
mod translate;

pub(super) use flags::Flags;
pub(super) use translate::translate;

/// What JavaScript would refuse, in words.
pub(super) type Refusal = String;
