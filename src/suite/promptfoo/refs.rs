//! `$ref: '#/path'`: a map that stands for another part of the file.

use std::collections::BTreeSet;

use super::super::error::Problems;
use super::super::source::{Node, Place, Tree};

/// How deep references may lead to references.
const DEEPEST: usize = 32;
/// The most values that references may put in the place of theirs: a reference to two references doubles with each step.
const MOST: usize = 100_000;
/// The word that files with references have.
const WORD: &str = "$ref";
/// Keys below which a reference may be one of a JSON Schema to a part of itself.
const SCHEMAS: [&str; 7] = [
    "value",
    "schema",
    "input_schema",
    "inputSchema",
    "parameters",
    "response_schema",
    "json",
];
/// Top-level keys that mean something by themselves, whoever refers to them.
const OURS: [&str; 9] = [
    "prompts",
    "models",
    "providers",
    "targets",
    "tests",
    "defaultTest",
    "default_test",
    "scenarios",
    "tools",
];

/// Replaces every reference by what it names, and leaves out top-level keys that are only named by references.
pub(super) fn resolved(root: Node, problems: &mut Problems) -> Node {
    // Most files have none.
    if !root.place.file.text.contains(WORD) {
        return root;
    }
    let mut following = Following {
        root: &root,
        named: BTreeSet::new(),
        made: 0,
        is_told: false,
        problems,
    };
    let found = following.resolve(&root, 0, false);
    let named = following.named;
    let Some(mut found) = found else {
        return root;
    };
    if let Tree::Map(entries) = &mut found.value {
        entries.retain(|(key, _)| !named.contains(&key.name) || OURS.contains(&&*key.name));
    }
    found
}

struct Following<'a> {
    root: &'a Node,
    /// Top-level keys that references have led to.
    named: BTreeSet<String>,
    /// Values that were put in the place of references.
    made: usize,
    /// Whether it was said that these are too many.
    is_told: bool,
    problems: &'a mut Problems,
}

impl<'a> Following<'a> {
    /// Returns a node without references; `None` if it is one that leads nowhere, which is noted.
    fn resolve(&mut self, node: &Node, depth: usize, in_schema: bool) -> Option<Node> {
        self.made += usize::from(depth > 0);
        if self.made > MOST {
            return None;
        }
        let value = match &node.value {
            Tree::Map(entries) => {
                let reference = node.get(WORD);
                let path = reference.and_then(|at| Some((at.as_text()?, &at.place)));
                match path {
                    Some((path, _)) if in_schema && self.find(path).is_none() => {
                        return Some(node.clone());
                    }
                    Some((path, place)) if entries.len() == 1 => {
                        return self.follow(path, place, depth, in_schema);
                    }
                    _ => {}
                }
                let mut resolved = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let in_schema = in_schema || SCHEMAS.contains(&&*key.name);
                    let value = self.resolve(value, depth, in_schema);
                    resolved.extend(value.map(|value| (key.clone(), value)));
                }
                Tree::Map(resolved)
            }
            Tree::List(items) => {
                let items = items.iter();
                let items = items.filter_map(|item| self.resolve(item, depth, in_schema));
                Tree::List(items.collect())
            }
            scalar => scalar.clone(),
        };
        Some(Node {
            value,
            place: node.place.clone(),
        })
    }

    fn follow(&mut self, path: &str, place: &Place, depth: usize, in_schema: bool) -> Option<Node> {
        if !path.starts_with("#/") {
            let hint = "a reference names a part of this file: `$ref: '#/name'`";
            let message = format!("`{path}` leads out of the file");
            self.problems.error_with(place, message, Some(hint));
            return None;
        }
        if depth == DEEPEST {
            let message = format!("the references at `{path}` have no end");
            self.problems.error(place, message);
            return None;
        }
        let Some(found) = self.find(path) else {
            let message = format!("the file has nothing at `{path}`");
            self.problems.error(place, message);
            return None;
        };
        let name = path[2..].split('/').next();
        self.named.extend(name.map(str::to_owned));
        let resolved = self.resolve(found, depth + 1, in_schema);
        if self.made > MOST && !self.is_told {
            self.is_told = true;
            let message = format!("the references at `{path}` unfold to more than {MOST} values");
            self.problems.error(place, message);
        }
        resolved
    }

    /// Returns what stands at a path such as `#/templates/0`.
    fn find(&self, path: &str) -> Option<&'a Node> {
        let mut found = self.root;
        for name in path.strip_prefix("#/")?.split('/') {
            let name = name.replace("~1", "/").replace("~0", "~");
            found = match &found.value {
                Tree::List(items) => items.get(name.parse::<usize>().ok()?)?,
                _ => found.get(&name)?,
            };
        }
        Some(found)
    }
}
