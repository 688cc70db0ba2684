//! What is said where the program was built without the feature `sql`.

use super::{Dialect, SqlUse};

/// Says that there is no parser.
///
/// # Errors
///
/// Always.
pub fn sql_uses(_text: &str, _dialect: Dialect) -> Result<SqlUse, String> {
    Err(
        "this mcp-cli was built without a parser of SQL: build it with the feature `sql`"
            .to_owned(),
    )
}
