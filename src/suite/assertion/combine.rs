//! The types that hold other assertions.

use super::super::source::Tree;
use super::fields::{Fields, Read};
use super::{Within, list};
use crate::check::{AssertSet, Check, Combinator, Combine, Kind};

pub(super) fn assert_set(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let checks = checks(fields);
    let threshold = fields.number("threshold");
    if fields.within == Within::Check {
        let place = fields.map.place();
        return fields.error(place, "an `assert-set` can stand only in a test itself");
    }
    Ok(Kind::AssertSet(AssertSet {
        checks: checks?,
        threshold: threshold?,
    }))
}

pub(super) fn any_of(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    combine(fields, Combinator::Any)
}

pub(super) fn all_of(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    combine(fields, Combinator::All)
}

pub(super) fn none_of(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    combine(fields, Combinator::None)
}

fn combine(fields: &mut Fields<'_, '_>, combinator: Combinator) -> Read<Kind> {
    let node = fields.map.take("assert");
    if node.is_some_and(|node| node.value == Tree::List(Vec::new())) {
        let message = format!("`{}` needs at least one assertion", fields.type_name);
        let place = fields.map.place();
        return fields.error(place, message);
    }
    let checks = checks(fields)?;
    Ok(Kind::Combine(Combine { combinator, checks }))
}

/// Reads `assert`; what is wrong in it is noted there.
fn checks(fields: &mut Fields<'_, '_>) -> Read<Vec<Check>> {
    let Some(node) = fields.map.take("assert") else {
        return fields.missing("assert");
    };
    Ok(list(node, Within::Check, fields.judging, fields.problems))
}
