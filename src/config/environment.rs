//! The environment and `.env` files, and text that names their variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dotenv;
use crate::files::read_whole_text;

/// Where a variable's value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The environment of the process.
    Environment,
    /// A `.env` file.
    File(PathBuf),
}

/// Variables, by name. Those of the process win over those of files.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, (String, Origin)>,
}

/// Why a text could not be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lacking {
    /// A variable that is not set.
    Unset(String),
    /// One that must be set, with what its author says of it.
    Required(String, String),
    /// A `$` that begins no variable.
    Malformed(String),
}

impl Environment {
    /// Begins with the variables of the process.
    pub fn new(process: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables = process.into_iter();
        Self {
            variables: variables
                .map(|(name, value)| (name, (value, Origin::Environment)))
                .collect(),
        }
    }

    /// Adds what a `.env` file says of variables that are not set yet.
    ///
    /// # Errors
    ///
    /// In a sentence: it cannot be read, or a line is no assignment.
    pub fn add_file(&mut self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        let text =
            read_whole_text(path).map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
        let assignments = dotenv::parse(&text)
            .map_err(|line| format!("line {line} of `{shown}` is no `NAME=value`"))?;
        for (name, raw) in assignments {
            // What is not set stays empty, as in shells.
            let value = match self.expand(&raw) {
                Ok(value) => value,
                Err(Lacking::Malformed(_)) => raw,
                Err(Lacking::Unset(_) | Lacking::Required(..)) => String::new(),
            };
            let origin = Origin::File(path.to_owned());
            self.variables.entry(name).or_insert((value, origin));
        }
        Ok(())
    }

    /// Returns the value of a variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (value, _) = self.variables.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Returns the variables of the process, without those of files.
    pub fn of_process(&self) -> BTreeMap<String, String> {
        let all = self.variables.iter();
        let own = all.filter(|(_, (_, origin))| *origin == Origin::Environment);
        own.map(|(name, (value, _))| (name.clone(), value.clone()))
            .collect()
    }

    /// Returns where the value of a variable is from.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.variables.get(name).map(|(_, origin)| origin)
    }

    /// Puts variables into a text: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, and a whole text of `$NAME`. `$$` is `$`.
    pub(super) fn expand(&self, text: &str) -> Result<String, Lacking> {
        if let Some(name) = text.strip_prefix('$').filter(|name| dotenv::is_name(name)) {
            let value = self.get(name).map(str::to_owned);
            return value.ok_or_else(|| Lacking::Unset(name.to_owned()));
        }
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            whole.push_str(before);
            rest = if let Some(after) = after.strip_prefix('$') {
                whole.push('$');
                after
            } else if let Some(after) = after.strip_prefix('{') {
                let (inside, after) = after
                    .split_once('}')
                    .ok_or_else(|| Lacking::Malformed(text.to_owned()))?;
                whole.push_str(&self.one(inside, text)?);
                after
            } else {
                whole.push('$');
                after
            };
        }
        whole.push_str(rest);
        Ok(whole)
    }

    /// Returns what `${inside}` stands for.
    fn one(&self, inside: &str, text: &str) -> Result<String, Lacking> {
        let (name, otherwise) = match inside.split_once(':') {
            Some((name, otherwise)) => (name, Some(otherwise)),
            None => (inside, None),
        };
        if !dotenv::is_name(name) {
            return Err(Lacking::Malformed(text.to_owned()));
        }
        let set = self.get(name).map(str::to_owned);
        let name = name.to_owned();
        match otherwise {
            None => set.ok_or(Lacking::Unset(name)),
            Some(otherwise) => match (otherwise.strip_prefix('-'), otherwise.strip_prefix('?')) {
                (Some(default), _) => Ok(set.unwrap_or_else(|| default.to_owned())),
                (_, Some(message)) => set.ok_or(Lacking::Required(name, message.to_owned())),
                _ => Err(Lacking::Malformed(text.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::new([
            ("A".to_owned(), "a".to_owned()),
            ("EMPTY".to_owned(), String::new()),
        ])
    }

    #[test]
    fn variables_are_put_in() {
        for (text, expected) in [
            ("plain", Ok("plain")),
            ("$A", Ok("a")),
            ("x${A}y${A}", Ok("xaya")),
            ("${NONE:-b}", Ok("b")),
            ("${EMPTY:-b}", Ok("b")),
            ("${NONE:-}", Ok("")),
            ("$$A", Ok("$A")),
            ("costs 5$ or $A", Ok("costs 5$ or $A")),
            ("$NONE", Err(Lacking::Unset("NONE".to_owned()))),
            ("${NONE}", Err(Lacking::Unset("NONE".to_owned()))),
            (
                "${NONE:?say it}",
                Err(Lacking::Required("NONE".to_owned(), "say it".to_owned())),
            ),
            ("${A", Err(Lacking::Malformed("${A".to_owned()))),
            ("${A:+x}", Err(Lacking::Malformed("${A:+x}".to_owned()))),
        ] {
            let found = environment().expand(text);
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn the_process_wins_over_files_and_files_know_what_came_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "A=other\nB=${A}-${C}\nD='${A}'\n").unwrap();
        let mut environment = environment();
        environment.add_file(&path).unwrap();
        assert_eq!(environment.get("A"), Some("a"));
        assert_eq!(environment.get("B"), None, "what is not set leaves nothing");
        assert_eq!(environment.get("D"), Some("${A}"));
        assert_eq!(environment.origin("D"), Some(&Origin::File(path.clone())));
        std::fs::write(&path, "oops").unwrap();
        let error = environment.add_file(&path).unwrap_err();
        assert!(error.starts_with("line 1 of `"), "{error}");
    }
}
