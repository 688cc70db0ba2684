//! Parsing, and walking what was parsed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

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

/// Parses statements, at least one, and returns what they use.
///
/// # Errors
///
/// Says what is no SQL.
pub fn sql_uses(text: &str, dialect: Dialect) -> Result<SqlUse, String> {
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
