//! The assertions about XML, HTML and SQL.

#![expect(dead_code, reason = "described to editors, never filled")]

use schemars::JsonSchema;

use super::assertion::{Common, negatable};

/// The answer is well-formed XML, or holds some, with the elements that it needs.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Xml {
    #[schemars(extend("enum" = negatable(&["is-xml", "contains-xml"])))]
    r#type: String,
    /// Paths such as `order.customer.name`: a list, or text with commas.
    value: Option<XmlValue>,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
enum XmlValue {
    Text(String),
    List(Vec<String>),
    Map(RequiredElements),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RequiredElements {
    /// Paths such as `order.customer.name`.
    #[schemars(rename = "requiredElements")]
    required_elements: Vec<String>,
}

/// The answer is HTML, or holds some.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Html {
    #[schemars(extend("enum" = negatable(&["is-html", "contains-html"])))]
    r#type: String,
    #[schemars(flatten)]
    common: Common,
}

/// The answer is SQL, or holds some.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Sql {
    #[schemars(extend("enum" = negatable(&["is-sql", "contains-sql"])))]
    r#type: String,
    /// The dialect, and what may be used.
    value: Option<SqlValue>,
    #[schemars(flatten)]
    common: Common,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SqlValue {
    /// The database whose dialect it is, such as `PostgreSQL`. Default: `MySQL`.
    database_type: Option<String>,
    /// Patterns of `action::database::table`, such as `select::null::users`.
    allowed_tables: Option<Vec<String>>,
    /// Patterns of `action::table::column`, such as `select::null::(id|name)`.
    allowed_columns: Option<Vec<String>>,
}
