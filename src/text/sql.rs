//! SQL: whether a text is some, and which tables and columns it uses. The only place that names its parser (by the
//! feature `sql`).

#[cfg(feature = "sql")]
mod uses;
#[cfg(not(feature = "sql"))]
#[path = "sql/without.rs"]
mod uses;

pub use uses::sql_uses;

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names of the products")]
pub enum Dialect {
    #[default]
    MySql,
    PostgreSql,
    Sqlite,
    BigQuery,
    Hive,
    Redshift,
    Snowflake,
    SqlServer,
    ClickHouse,
    DuckDb,
    Databricks,
}

impl Dialect {
    /// Every dialect, by the name that suites write, letter case aside.
    pub const NAMES: [(&str, Self); 15] = [
        ("MySQL", Self::MySql),
        ("MariaDB", Self::MySql),
        ("PostgreSQL", Self::PostgreSql),
        ("Postgres", Self::PostgreSql),
        ("SQLite", Self::Sqlite),
        ("BigQuery", Self::BigQuery),
        ("Hive", Self::Hive),
        ("Athena", Self::Hive),
        ("Redshift", Self::Redshift),
        ("Snowflake", Self::Snowflake),
        ("TransactSQL", Self::SqlServer),
        ("MSSQL", Self::SqlServer),
        ("ClickHouse", Self::ClickHouse),
        ("DuckDB", Self::DuckDb),
        ("Databricks", Self::Databricks),
    ];
}

/// What SQL uses, each once and sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqlUse {
    /// `action::database::table`; `null` stands for a database that is not named.
    pub tables: Vec<String>,
    /// `action::table::column`; `null` stands for a table that is not named, `(.*)` for all columns.
    pub columns: Vec<String>,
}
