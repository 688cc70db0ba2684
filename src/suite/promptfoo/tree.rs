//! Taking located trees apart and putting them together.

use super::super::source::{Key, Node, Place, Tree};

/// The entries of a map, in order.
pub(super) type Entries = Vec<(Key, Node)>;

/// Returns the entries of a map, or the node itself if it is none.
pub(super) fn entries(node: Node) -> Result<(Entries, Place), Node> {
    match node.value {
        Tree::Map(entries) => Ok((entries, node.place)),
        _ => Err(node),
    }
}

/// Returns a map of entries that stands at `place`.
pub(super) fn map(entries: Entries, place: Place) -> Node {
    Node {
        value: Tree::Map(entries),
        place,
    }
}

/// Returns a list that stands at `place`.
pub(super) fn list(items: Vec<Node>, place: Place) -> Node {
    Node {
        value: Tree::List(items),
        place,
    }
}

/// Returns a text that stands at `place`.
pub(super) fn text(text: impl Into<String>, place: &Place) -> Node {
    Node {
        value: Tree::Text(text.into()),
        place: place.clone(),
    }
}

/// Takes the entry of whichever of these names comes first.
pub(super) fn take(entries: &mut Entries, names: &[&str]) -> Option<(Key, Node)> {
    let at = entries
        .iter()
        .position(|(key, _)| names.contains(&key.name.as_str()))?;
    Some(entries.remove(at))
}

/// Returns the value of a name.
pub(super) fn get<'a>(entries: &'a Entries, names: &[&str]) -> Option<&'a Node> {
    let found = entries
        .iter()
        .find(|(key, _)| names.contains(&key.name.as_str()));
    found.map(|(_, node)| node)
}

/// Adds an entry under our name, at the place of the key that it had.
pub(super) fn put(entries: &mut Entries, name: &str, key: &Key, node: Node) {
    let key = Key {
        name: name.to_owned(),
        place: key.place.clone(),
    };
    entries.push((key, node));
}

/// Adds an entry to the map that stands under `name`, which is made if there is none.
pub(super) fn put_within(entries: &mut Entries, name: &str, inner: &str, key: &Key, node: Node) {
    let at = entries.iter().position(|(key, _)| key.name == name);
    let at = at.unwrap_or_else(|| {
        put(entries, name, key, map(Vec::new(), key.place.clone()));
        entries.len() - 1
    });
    if let Tree::Map(within) = &mut entries[at].1.value {
        put(within, inner, key, node);
    }
}

/// Changes every item of a list, or the one that stands for it.
pub(super) fn each(node: Node, mut change: impl FnMut(Node) -> Vec<Node>) -> Node {
    let place = node.place.clone();
    let items = match node.value {
        Tree::List(items) => items,
        _ => vec![node],
    };
    list(items.into_iter().flat_map(&mut change).collect(), place)
}

/// Changes the value of a name, if there is one.
pub(super) fn change(entries: &mut Entries, names: &[&str], with: impl FnOnce(Node) -> Node) {
    let at = entries
        .iter()
        .position(|(key, _)| names.contains(&key.name.as_str()));
    if let Some(at) = at {
        let (key, node) = entries.remove(at);
        entries.insert(at, (key, with(node)));
    }
}
