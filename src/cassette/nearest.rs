//! On a miss: the nearest recorded request, and what differs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use walkdir::WalkDir;

use super::exchange::Exchange;
use crate::files::read_whole;
use crate::model::Request;

/// Recordings beyond this number are not looked through.
const MOST: usize = 2_000;
/// Differences that are told.
const SHOWN: usize = 3;
/// Characters of a value that are shown around a difference.
const EXCERPT: usize = 60;
/// How far another model is: farther than most other prompts.
const OTHER_MODEL: usize = 10_000;

/// A recorded request.
pub(super) struct Recorded {
    path: PathBuf,
    fields: Vec<(String, String)>,
}

/// Reads every recorded request below `folder`; what cannot be read is passed over.
pub(super) fn read_all(folder: &Path) -> Vec<Recorded> {
    let files = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten();
    let json = files.filter(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "json")
    });
    json.take(MOST)
        .filter_map(|entry| {
            let text = read_whole(entry.path()).ok()?;
            let exchange = Exchange::parse(&text).ok()?;
            Some(Recorded {
                path: entry.path().to_owned(),
                fields: fields_of(&exchange.request),
            })
        })
        .collect()
}

/// Says how the request differs from the recorded one that comes nearest, and which that is.
pub(super) fn describe_miss(folder: &Path, request: &Request, all: &[Recorded]) -> String {
    let place = folder.display();
    let wanted = fields_of(request);
    let nearest = all
        .iter()
        .min_by_key(|recorded| distance(&wanted, &recorded.fields));
    let Some(nearest) = nearest else {
        return format!("`{place}` holds no recording that can be read");
    };
    let differences = differences(&wanted, &nearest.fields);
    let name = nearest
        .path
        .strip_prefix(folder)
        .unwrap_or(&nearest.path)
        .display();
    if differences.is_empty() {
        return format!(
            "sample {} of this request is not recorded; `{name}` in `{place}` holds another sample",
            request.sample
        );
    }
    let more = differences.len().saturating_sub(SHOWN);
    let mut told = differences
        .into_iter()
        .take(SHOWN)
        .collect::<Vec<_>>()
        .join("; ");
    if more > 0 {
        let places = if more == 1 { "place" } else { "places" };
        write!(told, "; and {more} more {places}").expect("writing to a string does not fail");
    }
    format!("{told}; the nearest recording is `{name}` in `{place}`")
}

/// Returns the request as paths and values: `messages[0].parts[0].text` → text.
fn fields_of(request: &Request) -> Vec<(String, String)> {
    fn walk(path: String, value: &Value, fields: &mut Vec<(String, String)>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let path = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    walk(path, value, fields);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    walk(format!("{path}[{index}]"), value, fields);
                }
            }
            Value::String(text) => fields.push((path, text.clone())),
            other => fields.push((path, other.to_string())),
        }
    }
    let mut fields = Vec::new();
    let value = serde_json::to_value(request).expect("a request is plain data");
    walk(String::new(), &value, &mut fields);
    fields
}

/// Returns how far two requests are apart: bytes from where their values begin to differ.
fn distance(wanted: &[(String, String)], recorded: &[(String, String)]) -> usize {
    let changed =
        wanted
            .iter()
            .enumerate()
            .map(|(index, (path, value))| match find(recorded, index, path) {
                Some(other) if other == value => 0,
                Some(_) if path == "model" => OTHER_MODEL,
                Some(other) => 1 + value.len().max(other.len()) - common_prefix(value, other),
                None => 1 + value.len(),
            });
    let only_recorded = recorded.iter().enumerate();
    changed.sum::<usize>()
        + only_recorded
            .filter(|(index, (path, _))| find(wanted, *index, path).is_none())
            .count()
}

fn differences(wanted: &[(String, String)], recorded: &[(String, String)]) -> Vec<String> {
    let mut differences = Vec::new();
    for (index, (path, value)) in wanted.iter().enumerate() {
        match find(recorded, index, path) {
            Some(other) if other == value => {}
            Some(other) => {
                let start = value[..common_prefix(value, other)].chars().count();
                let (asked, held) = (excerpt(value, start), excerpt(other, start));
                differences.push(format!("`{path}`: asked {asked}, recorded {held}"));
            }
            None => differences.push(format!(
                "`{path}`: asked {}, not recorded",
                excerpt(value, 0)
            )),
        }
    }
    for (index, (path, value)) in recorded.iter().enumerate() {
        if find(wanted, index, path).is_none() {
            let held = excerpt(value, 0);
            differences.push(format!("`{path}`: not asked, recorded {held}"));
        }
    }
    differences
}

/// Returns the value at `path`, which most likely stands at `index`.
fn find<'a>(fields: &'a [(String, String)], index: usize, path: &str) -> Option<&'a String> {
    let likely = fields.get(index).filter(|(name, _)| name == path);
    let found = likely.or_else(|| fields.iter().find(|(name, _)| name == path));
    found.map(|(_, value)| value)
}

/// Returns how many bytes of whole characters two texts begin with alike.
fn common_prefix(a: &str, b: &str) -> usize {
    // Prompts share long beginnings, and many are compared: whole chunks first.
    const CHUNK: usize = 64;
    let (one, other) = (a.as_bytes(), b.as_bytes());
    let chunks = one.chunks_exact(CHUNK).zip(other.chunks_exact(CHUNK));
    let same = CHUNK * chunks.take_while(|(one, other)| one == other).count();
    let bytes = one[same..].iter().zip(&other[same..]);
    let same = same + bytes.take_while(|(one, other)| one == other).count();
    a.floor_char_boundary(same)
}

/// Returns the part of a text around character `start`, quoted on one line.
fn excerpt(text: &str, start: usize) -> String {
    let from = start.saturating_sub(EXCERPT / 4);
    let piece: String = text.chars().skip(from).take(EXCERPT).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if text.chars().count() > from + EXCERPT {
        "…"
    } else {
        ""
    };
    format!("{:?}", format!("{before}{piece}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_between_characters() {
        let long = "ab".repeat(100);
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "abd", 2),
            ("abc", "abc", 3),
            ("ab", "abc", 2),
            ("aü", "aö", 1),
            (&format!("{long}x"), &format!("{long}y"), 200),
            (&long, &format!("{long}y"), 200),
            (
                &format!("{}🦀{long}", &long[..62]),
                &format!("{}🐙{long}", &long[..62]),
                62,
            ),
        ] {
            assert_eq!(common_prefix(a, b), expected, "{a} {b}");
        }
    }
}
