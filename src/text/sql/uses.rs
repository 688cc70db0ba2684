//! Parsing, and walking what was parsed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::thread;

use sqlparser::ast::{
    AssignmentTarget, Expr, ObjectName, Query, Select, SelectItem, Statement, TableFactor, Visit,
    Visitor,
};
use sqlparser::dialect::{
    BigQueryDialect, ClickHouseDialect, DatabricksDialect, DuckDbDialect, HiveDialect,
    MsSqlDialect, MySqlDialect, PostgreSqlDialect, RedshiftSqlDialect, SQLiteDialect,
    SnowflakeDialect,
};
use sqlparser::parser::Parser;

use super::{Dialect, SqlUse};

/// Bytes of the longest text that is parsed.
const LONGEST: usize = 100_000;

/// The most joins: the parser goes down for each, and takes a hundred kilobytes of stack with it.
const MOST_JOINS: usize = 500;

/// The stack for it, in bytes: `1 + 1 + …` nests as deep as the text is long, whatever limit the parser has, and an overflow
/// would be the end of the program. What is not used of it takes no memory.
const STACK: usize = 256 << 20;

/// Parses statements, at least one, and returns what they use.
///
/// # Errors
///
/// Says what is no SQL.
pub fn sql_uses(text: &str, dialect: Dialect) -> Result<SqlUse, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    if text.to_ascii_uppercase().matches("JOIN").count() > MOST_JOINS {
        return Err(format!("it has more than {MOST_JOINS} joins"));
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let parsing = thread.spawn_scoped(scope, || parse(text, dialect));
        let parsed = parsing.map_err(|error| format!("it cannot be read: {error}"))?;
        let gave_up = |_| Err("it cannot be read".to_owned());
        parsed.join().unwrap_or_else(gave_up)
    })
}

fn parse(text: &str, dialect: Dialect) -> Result<SqlUse, String> {
    let dialect: Box<dyn sqlparser::dialect::Dialect> = match dialect {
        Dialect::MySql => Box::new(MySqlDialect {}),
        Dialect::PostgreSql => Box::new(PostgreSqlDialect {}),
        Dialect::Sqlite => Box::new(SQLiteDialect {}),
        Dialect::BigQuery => Box::new(BigQueryDialect),
        Dialect::Hive => Box::new(HiveDialect {}),
        Dialect::Redshift => Box::new(RedshiftSqlDialect {}),
        Dialect::Snowflake => Box::new(SnowflakeDialect),
        Dialect::SqlServer => Box::new(MsSqlDialect {}),
        Dialect::ClickHouse => Box::new(ClickHouseDialect {}),
        Dialect::DuckDb => Box::new(DuckDbDialect {}),
        Dialect::Databricks => Box::new(DatabricksDialect {}),
    };
    let statements = Parser::parse_sql(&*dialect, text).map_err(|error| error.to_string())?;
    if statements.is_empty() {
        return Err("it has no statement".to_owned());
    }
    let mut walk = Walk::default();
    let _ = statements.visit(&mut walk);
    Ok(walk.finish())
}

/// What was met so far.
#[derive(Default)]
struct Walk {
    /// What the statement does, outside of the queries in it.
    action: &'static str,
    /// Queries around the place.
    queries: usize,
    tables: BTreeSet<String>,
    /// Action, table or its other name, column.
    columns: BTreeSet<(&'static str, String, String)>,
    /// Tables by their other names.
    aliases: BTreeMap<String, String>,
}

impl Walk {
    fn action(&self) -> &'static str {
        if self.queries > 0 {
            "select"
        } else {
            self.action
        }
    }

    fn column(&mut self, table: &str, column: &str) {
        let column = (self.action(), table.to_owned(), column.to_owned());
        self.columns.insert(column);
    }

    fn finish(self) -> SqlUse {
        let aliases = &self.aliases;
        let columns: BTreeSet<String> = self
            .columns
            .into_iter()
            .map(|(action, table, column)| {
                let table = aliases.get(&table).unwrap_or(&table);
                format!("{action}::{table}::{column}")
            })
            .collect();
        SqlUse {
            tables: self.tables.into_iter().collect(),
            columns: columns.into_iter().collect(),
        }
    }
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        self.action = match statement {
            Statement::Insert(_) => "insert",
            Statement::Update(_) => "update",
            Statement::Delete(_) => "delete",
            Statement::CreateTable(_) | Statement::CreateView(_) => "create",
            Statement::AlterTable(_) => "alter",
            Statement::Drop { .. } => "drop",
            Statement::Truncate(_) => "truncate",
            _ => "select",
        };
        match statement {
            Statement::Insert(insert) => {
                let (_, table) = parts(&insert.table.to_string());
                for column in &insert.columns {
                    self.column(&table, &bare(&column.to_string()));
                }
            }
            Statement::Update(update) => {
                let (_, table) = parts(&update.table.relation.to_string());
                for assignment in &update.assignments {
                    if let AssignmentTarget::ColumnName(name) = &assignment.target {
                        let (_, column) = parts(&name.to_string());
                        self.column(&table, &column);
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) => self.column("null", "(.*)"),
                SelectItem::QualifiedWildcard(of, _) => {
                    let of = of.to_string();
                    let (_, table) = parts(of.trim_end_matches(".*"));
                    self.column(&table, "(.*)");
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let (database, table) = parts(&relation.to_string());
        let action = self.action();
        self.tables.insert(format!("{action}::{database}::{table}"));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table {
            name,
            alias: Some(alias),
            ..
        } = factor
        {
            let (_, table) = parts(&name.to_string());
            self.aliases.insert(alias.name.value.clone(), table);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(column) => self.column("null", &column.value),
            Expr::CompoundIdentifier(names) => {
                if let [.., table, column] = names.as_slice() {
                    self.column(&table.value, &column.value);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Returns the last two parts of a dotted name, `null` for the first of them where there is but one.
fn parts(name: &str) -> (String, String) {
    match name.rsplit_once('.') {
        None => ("null".to_owned(), bare(name)),
        Some((before, last)) => {
            let before = before.rsplit('.').next().unwrap_or(before);
            (bare(before), bare(last))
        }
    }
}

/// Returns a name without the quotes around it.
fn bare(name: &str) -> String {
    let quotes = ['`', '"', '[', ']'];
    name.trim().trim_matches(quotes).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_as_deep_as_it_is_long_is_no_end_of_the_program() {
        let whole = |begin: &str, part: &str| {
            let parts = (LONGEST - begin.len()) / part.len();
            begin.to_owned() + &part.repeat(parts)
        };
        for (begin, part, parses) in [
            ("SELECT 1", "+1", true),
            ("SELECT 1", " OR 1", true),
            ("SELECT x", "::int", true),
            ("SELECT 1", " UNION SELECT 1", true),
            ("SELECT ", "(", false),
            ("SELECT ", "NOT ", false),
            ("", "SELECT (", false),
        ] {
            for dialect in [Dialect::PostgreSql, Dialect::Snowflake] {
                let uses = sql_uses(&whole(begin, part), dialect);
                assert!(!parses || uses.is_ok(), "{begin}{part}…: {uses:?}");
            }
        }
        let joins = |count| format!("SELECT * FROM a{}", " JOIN a".repeat(count));
        assert!(sql_uses(&joins(MOST_JOINS), Dialect::MySql).is_ok());
        let many = sql_uses(&joins(MOST_JOINS + 1), Dialect::Snowflake);
        assert_eq!(many.unwrap_err(), "it has more than 500 joins");
        let long = whole("SELECT 1", "+1") + "+1";
        let error = sql_uses(&long, Dialect::MySql).unwrap_err();
        assert_eq!(error, "it is longer than 100000 bytes");
    }
}
