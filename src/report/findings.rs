//! What a run came to: all that formats for people and the document need, gathered in one pass over the records.

use super::document::Report;
use super::trouble::Troubles;
use crate::journal::{Header, Record};
use crate::tally::{Benches, PlanOrder, RecordsError, Tally};

/// What a run came to.
#[derive(Debug)]
pub struct Findings {
    /// The published document. Its exit code is 0 until the command that ends with another says so.
    pub report: Report,
    /// What went wrong, by name.
    pub(super) troubles: Troubles,
}

impl Findings {
    /// Reads every record once, in the order of the plan, and hands each to `see`.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or what `see` says.
    pub fn gather<E: From<RecordsError>>(
        records: &mut PlanOrder,
        mut see: impl FnMut(&Header, Record) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut tally = Tally::default();
        let mut benches = Benches::default();
        let mut troubles = Troubles::new(records.header());
        records.each(|header, record| {
            tally.add(header, &record);
            troubles.add(header, &record);
            benches.add(&record);
            see(header, record)
        })?;
        troubles.finish(records.header());
        let end = records.end();
        Ok(Self {
            report: Report::of(records.header(), &tally, &benches, end),
            troubles,
        })
    }
}
