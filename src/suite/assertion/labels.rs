//! `human`: answers that a human has judged by the text of an assertion.

use std::sync::Arc;

use super::super::error::Problems;
use super::super::reader::MapReader;
use super::super::source::{Node, Tree};
use super::Within;
use super::fields::{Fields, Noted, Read};
use crate::check::Label;

/// Takes the labels of an assertion; none is an empty list.
pub(super) fn take(fields: &mut Fields<'_, '_>) -> Read<Arc<[Label]>> {
    let Some(node) = fields.map.take("human") else {
        return Ok(Arc::default());
    };
    if fields.within == Within::Check {
        let message = "`human` stands on an assertion of a test, not within another";
        return fields.error(&node.place, message);
    }
    match &node.value {
        Tree::List(items) if !items.is_empty() => {
            let labels = items.iter().map(|item| label(item, fields.problems));
            labels.collect::<Vec<_>>().into_iter().collect()
        }
        _ => {
            let message = "`human` must be a list of answers that a human has judged";
            let hint = "such as `human: [{ answer: \"Gladly!\", pass: true }]`";
            fields.problems.error_with(&node.place, message, Some(hint));
            Err(Noted)
        }
    }
}

fn label(node: &Node, problems: &mut Problems) -> Read<Label> {
    let mut map = MapReader::new("a label", node, problems).ok_or(Noted)?;
    for (name, message) in [
        ("answer", "a label needs the `answer` that was judged"),
        ("pass", "a label needs `pass`: true or false"),
    ] {
        if map.take(name).is_none() {
            map.miss(name, message);
        }
    }
    let answer = map.text("answer", problems);
    let pass = map.flag("pass", problems);
    map.finish(problems);
    Ok(Label {
        answer: answer.ok_or(Noted)?.into(),
        pass: pass.ok_or(Noted)?,
    })
}
