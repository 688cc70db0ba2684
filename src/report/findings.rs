//! What a run came to: all that formats for people and the document need, gathered in one pass over the records.

use super::document::Report;
use super::trouble::Troubles;
use crate::journal::Record;
use crate::tally::{PlanOrder, RecordsError, Tally};

/// What a run came to.
#[derive(Debug)]
pub struct Findings {
    /// The published document. Its exit code is 0 until the command that ends with another says so.
    pub report: Report,
    /// What went wrong, by name.
    pub(super) troubles: Troubles,
}

impl Findings {
    /// Reads every record once, in the order of the plan, and shows each to `see`.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub fn gather(
        records: &mut PlanOrder,
        mut see: impl FnMut(&Record),
    ) -> Result<Self, RecordsError> {
        let mut tally = Tally::default();
        let mut troubles = Troubles::new(records.header());
        records.each(|header, record| {
            tally.add(header, &record);
            troubles.add(header, &record);
            see(&record);
            Ok::<_, RecordsError>(())
        })?;
        troubles.finish(records.header());
        let end = records.end();
        Ok(Self {
            report: Report::of(records.header(), &tally, end),
            troubles,
        })
    }
}
