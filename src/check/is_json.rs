//! `is-json`: the whole output is JSON, perhaps of a schema.

use super::prepared::Prepared;
use super::reason::json_of;
use super::schema::Schema;
use super::subject::Subject;
use super::verdict::Verdict;

/// Parses the output strictly: no fences, comments or trailing commas. Any JSON value will do.
#[derive(Debug, Clone)]
pub struct IsJson {
    /// What the value must conform to.
    pub schema: Option<Prepared<Schema>>,
}

impl IsJson {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let value = match json_of(subject.output) {
            Ok(value) => value,
            Err(reason) => return Ok(Verdict::of(false, reason)),
        };
        let Some(schema) = &self.schema else {
            return Ok(Verdict::of(true, "the output is JSON"));
        };
        Ok(match schema.get(subject.vars)?.flaw(&value) {
            None => Verdict::of(true, "the output is JSON and conforms to the schema"),
            Some(flaw) => Verdict::of(
                false,
                format!("the output does not conform to the schema: {flaw}"),
            ),
        })
    }
}
