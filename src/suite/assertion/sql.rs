//! The types that read the output as SQL.

use super::super::reader::{MapReader, listed, nearest};
use super::super::source::{Node, Tree};
use super::fields::{Fields, Noted, Read};
use crate::check::{Kind, Sql};
use crate::text::{Dialect, Pattern};

pub(super) fn is_sql(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    sql(fields, true)
}

pub(super) fn contains_sql(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    sql(fields, false)
}

fn sql(fields: &mut Fields<'_, '_>, whole: bool) -> Read<Kind> {
    let mut sql = Sql {
        whole,
        dialect: Dialect::default(),
        tables: None,
        columns: None,
    };
    let Some(node) = fields.map.take("value") else {
        return Ok(Kind::Sql(sql));
    };
    let mut map = MapReader::new("what SQL may be", node, fields.problems).ok_or(Noted)?;
    let dialect = map.take("database_type");
    let tables = map.take("allowed_tables");
    let columns = map.take("allowed_columns");
    map.finish(fields.problems);
    if let Some(node) = dialect {
        sql.dialect = of_name(fields, node)?;
    }
    sql.tables = tables.map(|node| allowed(fields, node)).transpose()?;
    sql.columns = columns.map(|node| allowed(fields, node)).transpose()?;
    Ok(Kind::Sql(sql))
}

fn of_name(fields: &mut Fields<'_, '_>, node: &Node) -> Read<Dialect> {
    let name = node.as_text().unwrap_or_default();
    let found = Dialect::NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    if let Some((_, dialect)) = found {
        return Ok(*dialect);
    }
    let names = Dialect::NAMES.map(|(name, _)| name);
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the databases are {}", listed(&names)),
    };
    let message = format!("unknown `database_type` `{name}`");
    fields.problems.error_with(&node.place, message, Some(hint));
    Err(Noted)
}

/// Reads a list of patterns.
fn allowed(fields: &mut Fields<'_, '_>, node: &Node) -> Read<Vec<Pattern>> {
    let Tree::List(items) = &node.value else {
        return fields.error(
            &node.place,
            "this must be a list of patterns such as `select::null::users`",
        );
    };
    let mut patterns = Vec::new();
    for item in items {
        let pattern = Sql::allowed(item.as_text().unwrap_or_default());
        patterns.push(pattern.or_else(|message| fields.error(&item.place, message))?);
    }
    Ok(patterns)
}
