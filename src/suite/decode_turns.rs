//! YAML to turns: what the user says one after the other, and what each answer should be like.

use std::sync::Arc;

use serde_json::Value;

use super::assertion::assertions;
use super::decode_chat::template;
use super::decode_test::with_files;
use super::error::Problems;
use super::judging::Judging;
use super::reader::MapReader;
use super::source::{Node, Tree};
use crate::check::Check;
use crate::template::Template;

/// One turn as read.
pub(super) struct Turn {
    pub(super) message: Template,
    pub(super) checks: Vec<Check>,
}

/// All turns of a test, apart: what is said, and the checks of what is answered.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) messages: Arc<[Template]>,
    pub(super) checks: Arc<[Vec<Check>]>,
    /// As written, for digests.
    pub(super) written: Option<Value>,
}

impl Turns {
    pub(super) fn new(node: Option<&Node>, turns: Vec<Turn>) -> Self {
        let (messages, checks): (Vec<_>, Vec<_>) = turns
            .into_iter()
            .map(|turn| (turn.message, turn.checks))
            .unzip();
        Self {
            messages: messages.into(),
            checks: checks.into(),
            written: node.map(with_files),
        }
    }
}

/// Reads the value of `turns`.
pub(super) fn turns(node: &Node, judging: &Judging<'_>, problems: &mut Problems) -> Vec<Turn> {
    let Tree::List(items) = &node.value else {
        let message = format!("`turns` must be a list, found {}", node.kind());
        problems.error(&node.place, message);
        return Vec::new();
    };
    if items.is_empty() {
        problems.error(&node.place, "`turns` needs at least one");
    }
    items
        .iter()
        .filter_map(|item| one(item, judging, problems))
        .collect()
}

fn one(node: &Node, judging: &Judging<'_>, problems: &mut Problems) -> Option<Turn> {
    if let Some(text) = node.as_text() {
        return Some(Turn {
            message: template(text, &node.place, problems)?,
            checks: Vec::new(),
        });
    }
    let mut map = MapReader::new("a turn", node, problems)?;
    let user_node = map.take("user");
    let user = map.text("user", problems);
    let list = map.take("assert");
    if user_node.is_none() {
        map.miss("user", "a turn needs a `user`, who says something");
    }
    map.finish(problems);
    let checks = list.map(|list| assertions(list, judging, problems));
    Some(Turn {
        message: template(user?, &user_node?.place, problems)?,
        checks: checks.unwrap_or_default(),
    })
}
