//! A journal in the order of its plan: what is counted and printed never depends on which answer came first.

use jiff::Timestamp;

use crate::journal::{Header, JournalError, JournalReader, Planned, Record, Stopped};
use crate::plan::Position;

/// Why the records of a journal could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record names a suite or a model that the header does not have.
    #[error("the record of case `{case}` belongs to no suite and model of its journal's header")]
    NotInPlan {
        /// The case's name.
        case: String,
    },
}

/// Records that room is made for at once.
pub(super) const MOST_EXPECTED: usize = 1 << 20;

/// A journal with an index of its records, sorted by their place in the plan.
///
/// Where two records have the same place, the later one counts.
#[derive(Debug)]
pub struct PlanOrder {
    header: Header,
    reader: JournalReader,
    /// The byte of the journal that each begins at.
    offsets: Vec<u64>,
}

impl PlanOrder {
    /// Reads the journal once from beginning to end, and keeps a few numbers per record.
    ///
    /// # Errors
    ///
    /// The journal is damaged, or holds a record that its header does not plan.
    pub fn read(mut reader: JournalReader) -> Result<Self, RecordsError> {
        let header = reader.header().clone();
        // A list that grows would hold twice what it needs; a header may be wrong, so that it is not simply believed.
        let models = header.suites.iter().flat_map(|suite| &suite.models);
        let planned: u64 = models.map(|model| model.planned).sum();
        let planned = usize::try_from(planned).unwrap_or_default();
        let mut places: Vec<(Position, u64)> = Vec::with_capacity(planned.min(MOST_EXPECTED));
        while let Some((offset, Planned { at, case })) = reader.next_planned()? {
            if !has_model(&header, at) {
                return Err(RecordsError::NotInPlan { case });
            }
            places.push((at, offset));
        }
        places.sort_unstable();
        places.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                *kept = *later;
            }
            same
        });
        Ok(Self {
            offsets: places.iter().map(|(_, offset)| *offset).collect(),
            header,
            reader,
        })
    }

    /// Returns the journal's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Declares anew what the run is held to: prices, margins, gates. What was asked stays what it is.
    pub fn redeclare(&mut self, change: impl FnOnce(&mut Header)) {
        change(&mut self.header);
    }

    /// Returns how many trials have a record.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns whether no trial has a record.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Returns when the last sitting ended and why; `None` if it was killed.
    pub fn end(&self) -> Option<(Timestamp, Option<Stopped>)> {
        self.reader.end()
    }

    /// Hands every record to `see`, in the order of the plan, one at a time.
    ///
    /// # Errors
    ///
    /// The first error of `see`, or the journal changed since it was indexed.
    pub fn each<E: From<RecordsError>>(
        &mut self,
        mut see: impl FnMut(&Header, Record) -> Result<(), E>,
    ) -> Result<(), E> {
        for offset in &self.offsets {
            let record = self.reader.record_at(*offset);
            let record = record.map_err(RecordsError::from)?;
            see(&self.header, record)?;
        }
        Ok(())
    }
}

/// Returns whether a place belongs to a model entry of the header.
fn has_model(header: &Header, at: Position) -> bool {
    let suite = header.suites.get(at.suite as usize);
    suite.is_some_and(|suite| suite.models.len() > at.model as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::fixture::{failed, header, journal, record};

    #[test]
    fn the_order_is_the_plans_and_the_last_of_equals_counts() {
        let mut late = record(0, 0, 0, 0);
        late.case = "again".to_owned();
        let (_folder, mut order) = journal(
            &header(),
            vec![
                record(0, 1, 0, 1),
                record(0, 0, 0, 0),
                record(0, 1, 0, 0),
                late,
                failed(record(0, 2, 0, 1), "no"),
            ],
        );
        let mut seen = Vec::new();
        order
            .each(|_, record| {
                seen.push((record.at.case, record.at.model, record.case));
                Ok::<_, RecordsError>(())
            })
            .unwrap();
        let expected = [
            (0, 0, "again"),
            (1, 0, "case-1"),
            (1, 1, "case-1"),
            (2, 1, "case-2"),
        ];
        let expected = expected.map(|(case, model, name)| (case, model, name.to_owned()));
        assert_eq!(seen, expected);
        assert_eq!(order.len(), 4);
    }

    #[test]
    fn a_record_outside_the_plan_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut writer = crate::journal::JournalWriter::create(&path, &header()).unwrap();
        writer.append(record(0, 0, 0, 9)).unwrap();
        let error = PlanOrder::read(JournalReader::open(&path).unwrap()).unwrap_err();
        assert!(error.to_string().contains("`case-0`"), "{error}");
    }
}
