//! `is-sql`, `contains-sql`: SQL of a dialect, which uses nothing but the tables and columns that it may.

use super::reason::{listed, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::{Dialect, Pattern, SqlUse, sql_uses};

/// Parses the output, or what stands in its code fences, as SQL.
#[derive(Debug, Clone)]
pub struct Sql {
    /// Whether the whole output must be SQL; else a code fence of it will do.
    pub whole: bool,
    /// What it is parsed as.
    pub dialect: Dialect,
    /// Patterns of `action::database::table`; `None` where every table may be used.
    pub tables: Option<Vec<Pattern>>,
    /// Patterns of `action::table::column`; `None` where every column may be used.
    pub columns: Option<Vec<Pattern>>,
}

impl Sql {
    /// Makes the pattern of one allowed table or column: it must match from beginning to end, letter case aside.
    ///
    /// # Errors
    ///
    /// What is wrong with the pattern.
    pub fn allowed(pattern: &str) -> Result<Pattern, String> {
        Pattern::parse(&format!("^(?:{pattern})$"), "i").map_err(|error| error.to_string())
    }

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = text_of(subject.output);
        if self.whole {
            return Ok(match self.flaw(&output)? {
                None => Verdict::of(true, "the output is SQL"),
                Some(flaw) => Verdict::of(false, format!("the output is not SQL: {flaw}")),
            });
        }
        let mut first = None;
        for piece in pieces(&output) {
            match self.flaw(piece)? {
                None => return Ok(Verdict::of(true, "the output holds SQL")),
                Some(flaw) => first = first.or(Some(flaw)),
            }
        }
        let flaw = first.unwrap_or_else(|| "it is empty".to_owned());
        Ok(Verdict::of(
            false,
            format!("the output holds no SQL: {flaw}"),
        ))
    }

    /// Returns why a text is no SQL, or not such as it should be.
    fn flaw(&self, text: &str) -> Result<Option<String>, String> {
        let SqlUse { tables, columns } = match sql_uses(text, self.dialect) {
            Ok(uses) => uses,
            Err(error) => return Ok(Some(error)),
        };
        for (what, used, allowed) in [
            ("tables", tables, &self.tables),
            ("columns", columns, &self.columns),
        ] {
            let Some(allowed) = allowed else { continue };
            let mut forbidden = Vec::new();
            for name in used {
                if !matches_any(allowed, &name)? {
                    forbidden.push(name);
                }
            }
            if !forbidden.is_empty() {
                return Ok(Some(format!(
                    "it may not use the {what} {}",
                    listed(&forbidden)
                )));
            }
        }
        Ok(None)
    }
}

fn matches_any(patterns: &[Pattern], name: &str) -> Result<bool, String> {
    for pattern in patterns {
        if pattern.is_match(name).map_err(|error| error.to_string())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns what stands in code fences marked `sql` or not at all; the whole text where there is none.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("```") {
        let Some((inside, behind)) = after.split_once("```") else {
            break;
        };
        let (label, code) = inside.split_once('\n').unwrap_or(("", inside));
        if label.trim().is_empty() || label.trim().eq_ignore_ascii_case("sql") {
            pieces.push(code);
        }
        rest = behind;
    }
    if pieces.is_empty() {
        pieces.push(text);
    }
    pieces
}

#[cfg(all(test, feature = "sql"))]
mod tests {
    use serde_json::{Map, json};

    use super::super::Status;
    use super::*;

    fn passes(sql: &Sql, output: &str) -> bool {
        let (output, vars) = (json!(output), Map::new());
        let subject = Subject::canned(&output, &vars);
        sql.verdict(&subject)
            .is_ok_and(|verdict| verdict.status == Status::Passed)
    }

    fn sql(whole: bool, tables: Option<&str>, columns: Option<&str>) -> Sql {
        let pattern = |text: &str| vec![Sql::allowed(text).expect("a pattern")];
        Sql {
            whole,
            dialect: Dialect::default(),
            tables: tables.map(pattern),
            columns: columns.map(pattern),
        }
    }

    #[test]
    fn statements_are_parsed_whole_or_in_fences() {
        for (output, whole, within) in [
            ("SELECT * FROM users -- trailing", true, true),
            ("INSERT INTO t (a, b) VALUES (1, 2)", true, true),
            ("```sql\nSELECT 1\n```", false, true),
            ("Use this:\n```\nSELECT * FROM t\n```", false, true),
            ("```python\nSELECT 1\n```", false, false),
            ("hello world", false, false),
            ("  ", false, false),
        ] {
            assert_eq!(passes(&sql(true, None, None), output), whole, "{output}");
            assert_eq!(passes(&sql(false, None, None), output), within, "{output}");
        }
    }

    #[test]
    fn tables_and_columns_are_kept_to() {
        for (output, tables, columns, fine) in [
            (
                "SELECT * FROM users",
                Some("(select|update)::null::users"),
                None,
                true,
            ),
            (
                "SELECT * FROM secrets",
                Some("(select|update)::null::users"),
                None,
                false,
            ),
            (
                "DELETE FROM users",
                Some("(select|update)::null::users"),
                None,
                false,
            ),
            (
                "INSERT INTO users (id) SELECT id FROM other",
                Some("insert::null::users"),
                None,
                false,
            ),
            (
                "SELECT id, u.name FROM app.users u",
                Some("select::app::users"),
                Some("select::(null|users)::(id|name)"),
                true,
            ),
            (
                "SELECT id, secret FROM users",
                None,
                Some("select::null::id"),
                false,
            ),
            ("SELECT * FROM users", None, Some("select::null::id"), false),
            (
                "UPDATE users SET name = 'x' WHERE id = 1",
                None,
                Some("update::users::name|update::null::id"),
                true,
            ),
        ] {
            assert_eq!(
                passes(&sql(true, tables, columns), output),
                fine,
                "{output}"
            );
        }
    }
}
