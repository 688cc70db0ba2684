//! Reading a map key by key: what is taken is known, what is left over is a mistake.

use serde_json::Number;

use super::error::Problems;
use super::source::{Key, Node, Place, Tree};
pub use crate::text::nearest;

/// A map being read. Keys are asked for in snake case; camel case spellings are accepted everywhere.
///
/// Every key that is asked for counts as known; [`finish`](Self::finish) reports the others with the nearest known.
pub(crate) struct MapReader<'a> {
    what: &'static str,
    place: &'a Place,
    entries: &'a [(Key, Node)],
    known: Vec<&'static str>,
    /// Keys that are understood but never suggested.
    unoffered: Vec<&'static str>,
    /// Keys that should be there, with what to say of it.
    missing: Vec<(&'static str, String)>,
    /// Whether the map was read without a mistake among its keys.
    is_sound: bool,
}

impl<'a> MapReader<'a> {
    /// Begins to read `node`, which should be a map that describes `what` ("a test").
    ///
    /// Notes a problem and returns `None` if it is no map.
    pub(crate) fn new(what: &'static str, node: &'a Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Tree::Map(entries) => Some(Self {
                what,
                place: &node.place,
                entries,
                known: Vec::new(),
                unoffered: Vec::new(),
                missing: Vec::new(),
                is_sound: true,
            }),
            _ => {
                problems.error(
                    &node.place,
                    format!("{what} must be a map, found {}", node.kind()),
                );
                None
            }
        }
    }

    /// Returns the place of the whole map.
    pub(crate) fn place(&self) -> &'a Place {
        self.place
    }

    /// Returns the value of `name`, if the map has it and it is not null.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        self.take_with_key(name)
            .map(|(_, node)| node)
            .filter(|node| node.value != Tree::Null)
    }

    /// Returns key and value of `name`, null included.
    pub(super) fn take_with_key(&mut self, name: &'static str) -> Option<(&'a Key, &'a Node)> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.find(name)
    }

    /// Returns the value of whichever of `names` the map has: words for the same thing. Two of them are a mistake.
    pub(crate) fn take_one_of(
        &mut self,
        names: &[&'static str],
        problems: &mut Problems,
    ) -> Option<&'a Node> {
        let found: Vec<_> = names
            .iter()
            .filter_map(|name| self.take_with_key(name))
            .collect();
        if let [(first, _), (second, _), ..] = found[..] {
            let message = format!("`{}` and `{}` say the same", first.name, second.name);
            problems.error_with(&second.place, message, Some("write one of them"));
        }
        found
            .first()
            .map(|(_, node)| *node)
            .filter(|node| node.value != Tree::Null)
    }

    /// Returns the key `name` if the map has it, understood from now on but never suggested.
    pub(super) fn tolerate(&mut self, name: &'static str) -> Option<&'a Key> {
        self.unoffered.push(name);
        self.find(name).map(|(key, _)| key)
    }

    fn find(&self, name: &str) -> Option<(&'a Key, &'a Node)> {
        let entry = self
            .entries
            .iter()
            .find(|(key, _)| is_spelling_of(&key.name, name));
        entry.map(|(key, node)| (key, node))
    }

    /// Returns the text of `name`; notes a problem if it is something else.
    pub(crate) fn text(&mut self, name: &'static str, problems: &mut Problems) -> Option<&'a str> {
        let node = self.take(name)?;
        let text = node.as_text();
        if text.is_none() {
            problems.error(
                &node.place,
                format!("`{name}` must be text, found {}", node.kind()),
            );
        }
        text
    }

    /// Returns the number of `name`; notes a problem if it is something else.
    pub(crate) fn number(&mut self, name: &'static str, problems: &mut Problems) -> Option<f64> {
        let node = self.take(name)?;
        let number = as_number(node).and_then(Number::as_f64);
        if number.is_none() {
            problems.error(
                &node.place,
                format!("`{name}` must be a number, found {}", node.kind()),
            );
        }
        number
    }

    /// Returns the whole number of `name`, at least `least`; notes a problem if it is something else.
    pub(crate) fn count(
        &mut self,
        name: &'static str,
        least: u64,
        problems: &mut Problems,
    ) -> Option<u64> {
        let node = self.take(name)?;
        let number = as_number(node)
            .and_then(Number::as_u64)
            .filter(|number| *number >= least);
        if number.is_none() {
            problems.error(
                &node.place,
                format!("`{name}` must be a whole number of at least {least}"),
            );
        }
        number
    }

    /// Returns the truth of `name`; notes a problem if it is something else.
    pub(crate) fn flag(&mut self, name: &'static str, problems: &mut Problems) -> Option<bool> {
        let node = self.take(name)?;
        if let Tree::Bool(value) = node.value {
            return Some(value);
        }
        problems.error(
            &node.place,
            format!("`{name}` must be true or false, found {}", node.kind()),
        );
        None
    }

    /// Returns the texts of `name`: one text, or a list of them.
    pub(crate) fn texts(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
    ) -> Option<Vec<String>> {
        let node = self.take(name)?;
        if let Some(text) = node.as_text() {
            return Some(vec![text.to_owned()]);
        }
        let Tree::List(items) = &node.value else {
            problems.error(
                &node.place,
                format!(
                    "`{name}` must be text or a list of texts, found {}",
                    node.kind()
                ),
            );
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.as_text() {
                Some(text) => texts.push(text.to_owned()),
                None => problems.error(
                    &item.place,
                    format!("`{name}` must hold texts, found {}", item.kind()),
                ),
            }
        }
        Some(texts)
    }

    /// Reports each of `names` that the map has: words of the format that this version cannot do yet.
    pub(super) fn later(&mut self, names: &[&'static str], problems: &mut Problems) {
        for name in names {
            self.unsupported(name, None, problems);
        }
    }

    /// Reports `name`, if the map has it, with what to write instead.
    pub(super) fn instead(
        &mut self,
        name: &'static str,
        hint: &'static str,
        problems: &mut Problems,
    ) {
        self.unsupported(name, Some(hint), problems);
    }

    fn unsupported(
        &mut self,
        name: &'static str,
        hint: Option<&'static str>,
        problems: &mut Problems,
    ) {
        if let Some(key) = self.tolerate(name) {
            let message = format!("`{}` is not supported by this version", key.name);
            problems.error_with(&key.place, message, hint);
            self.is_sound = false;
        }
    }

    /// Notes that `name` is missing. [`finish`](Self::finish) says so with `message`, unless a key that nobody knows is
    /// `name` misspelt.
    pub(crate) fn miss(&mut self, name: &'static str, message: impl Into<String>) {
        self.missing.push((name, message.into()));
    }

    /// Returns the keys nobody asked for so far, with their values.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'a Key, &'a Node)> + '_ {
        self.entries
            .iter()
            .filter(|(key, _)| {
                let mut understood = self.known.iter().chain(&self.unoffered);
                !understood.any(|name| is_spelling_of(&key.name, name))
            })
            .map(|(key, node)| (key, node))
    }

    /// Reports keys that nobody asked for, with the nearest one that is known; keys in two spellings; missing keys.
    ///
    /// Returns whether there was nothing to report.
    pub(crate) fn finish(self, problems: &mut Problems) -> bool {
        let mut is_sound = self.is_sound;
        for name in &self.known {
            let mut spellings = self
                .entries
                .iter()
                .filter(|(key, _)| is_spelling_of(&key.name, name));
            if let (Some((first, _)), Some((second, _))) = (spellings.next(), spellings.next()) {
                let message = format!("`{}` and `{}` are the same key", first.name, second.name);
                problems.error_with(&second.place, message, Some("write one of them"));
                is_sound = false;
            }
        }
        for (key, _) in self.rest() {
            let hint = match nearest(&key.name, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{} has the keys {}", self.what, listed(&self.known)),
            };
            let message = format!("unknown key `{}` in {}", key.name, self.what);
            problems.error_with(&key.place, message, Some(hint));
            is_sound = false;
        }
        for (name, message) in &self.missing {
            if !self
                .rest()
                .any(|(key, _)| nearest(&key.name, [*name]).is_some())
            {
                problems.error(self.place, message);
                is_sound = false;
            }
        }
        is_sound
    }
}

/// Returns the number of a node, if it is one.
pub(super) fn as_number(node: &Node) -> Option<&Number> {
    match &node.value {
        Tree::Number(number) => Some(number),
        _ => None,
    }
}

/// Returns names as a sentence lists them: "`a`, `b` and `c`".
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// Returns whether `written` is `name` (snake case) or its camel case spelling.
fn is_spelling_of(written: &str, name: &str) -> bool {
    written == name || (name.contains('_') && written == camel_case(name))
}

/// Returns the camel case spelling of a name in snake case: `defaultTest` of `default_test`.
pub(super) fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case_is_a_spelling() {
        assert!(is_spelling_of("defaultTest", "default_test"));
        assert!(is_spelling_of("default_test", "default_test"));
        assert!(!is_spelling_of("defaulttest", "default_test"));
    }
}
