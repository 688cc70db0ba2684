//! `$ref: '#/path'`: a map that stands for another part of the file.

use super::super::error::Problems;
use super::super::source::{Node, Place, Tree};

/// How deep references may lead to references.
const DEEPEST: usize = 32;
/// The word that files with references have.
const WORD: &str = "$ref";

/// Replaces every reference by what it names, and leaves out top-level keys that are only named by references.
pub(super) fn resolved(root: Node, problems: &mut Problems) -> Node {
    // Most files have none.
    if !root.place.file.text.contains(WORD) {
        return root;
    }
    let mut named = Vec::new();
    let Some(mut resolved) = resolve(&root, &root, 0, &mut named, problems) else {
        return root;
    };
    if let Tree::Map(entries) = &mut resolved.value {
        entries.retain(|(key, _)| !named.contains(&key.name) || is_ours(&key.name));
    }
    resolved
}

/// Whether a top-level key means something by itself.
fn is_ours(name: &str) -> bool {
    [
        "prompts",
        "models",
        "providers",
        "targets",
        "tests",
        "defaultTest",
        "default_test",
        "scenarios",
        "tools",
    ]
    .contains(&name)
}

/// Returns a node without references; `None` if it is one that leads nowhere, which is noted.
fn resolve(
    node: &Node,
    root: &Node,
    depth: usize,
    named: &mut Vec<String>,
    problems: &mut Problems,
) -> Option<Node> {
    let reference = node.get(WORD);
    let value = match &node.value {
        Tree::Map(entries) => {
            let path = reference.and_then(|at| Some((at.as_text()?, &at.place)));
            if let (1, Some((path, place))) = (entries.len(), path) {
                return follow(path, place, root, depth, named, problems);
            }
            let mut resolved = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let value = resolve(value, root, depth, named, problems);
                resolved.extend(value.map(|value| (key.clone(), value)));
            }
            Tree::Map(resolved)
        }
        Tree::List(items) => {
            let items = items.iter();
            Tree::List(
                items
                    .filter_map(|item| resolve(item, root, depth, named, problems))
                    .collect(),
            )
        }
        scalar => scalar.clone(),
    };
    Some(Node {
        value,
        place: node.place.clone(),
    })
}

fn follow(
    path: &str,
    place: &Place,
    root: &Node,
    depth: usize,
    named: &mut Vec<String>,
    problems: &mut Problems,
) -> Option<Node> {
    let Some(pointer) = path.strip_prefix("#/") else {
        let hint = "a reference names a part of this file: `$ref: '#/name'`";
        problems.error_with(place, format!("`{path}` leads out of the file"), Some(hint));
        return None;
    };
    if depth == DEEPEST {
        problems.error(place, format!("the references at `{path}` have no end"));
        return None;
    }
    let mut found = Some(root);
    for name in pointer.split('/') {
        let name = name.replace("~1", "/").replace("~0", "~");
        found = found.and_then(|node| match &node.value {
            Tree::List(items) => items.get(name.parse::<usize>().ok()?),
            _ => node.get(&name),
        });
    }
    let Some(found) = found else {
        problems.error(place, format!("the file has nothing at `{path}`"));
        return None;
    };
    named.extend(pointer.split('/').next().map(str::to_owned));
    resolve(found, root, depth + 1, named, problems)
}
