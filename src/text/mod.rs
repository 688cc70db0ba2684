//! Reading text as people and JavaScript do: patterns, numbers, words, printed JSON, lenient YAML.
//!
//! The lowest floor: pure functions on strings that templates and checks share.

mod distance;
mod javascript;
mod nearest;
mod number;
mod pattern;
mod print;
mod sentences;
mod sql;
mod tags;
mod treebank;
mod words;
mod yaml;

pub use distance::distance_within;
pub use nearest::nearest;
pub use number::{FoundNumber, last_number};
pub use pattern::{Pattern, PatternError};
pub use print::{json_text, number_text};
pub use sentences::sentences;
pub use sql::{Dialect, SqlUse, sql_uses};
pub use tags::{Tag, TagKind, tags};
pub use treebank::treebank_tokens;
pub use words::{count_words, shortened};
pub use yaml::{YamlError, lenient_yaml};
