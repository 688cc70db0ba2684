//! A journal in the order of its plan: what is counted and printed never depends on which answer came first.

use jiff::Timestamp;

use crate::journal::{
    Brief, Header, JournalError, JournalReader, Place, Record, Stopped, TrialStatus,
};
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
    places: Vec<Place>,
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
        let mut places = Vec::with_capacity(planned.min(MOST_EXPECTED));
        while let Some((place, planned)) = reader.next_place()? {
            if !has_model(&header, planned.at) {
                return Err(RecordsError::NotInPlan { case: planned.case });
            }
            places.push(place);
        }
        places.sort_unstable();
        places.dedup_by(|later, kept| {
            let same = later.at == kept.at;
            if same {
                *kept = *later;
            }
            same
        });
        Ok(Self {
            header,
            reader,
            places,
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
        self.places.len()
    }

    /// Returns whether no trial has a record.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
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
        for place in &self.places {
            let record = self.reader.record_at(*place).map_err(RecordsError::from)?;
            see(&self.header, record)?;
        }
        Ok(())
    }

    /// Hands the trials of one model entry to `see`, in the order of the plan; reads no others, and little of those that passed.
    ///
    /// # Errors
    ///
    /// As for [`each`](Self::each).
    pub fn each_of<E: From<RecordsError>>(
        &mut self,
        suite: u32,
        model: u32,
        mut see: impl FnMut(&Header, Listed) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_of = |place: &&Place| (place.at.suite, place.at.model) == (suite, model);
        for place in self.places.iter().filter(is_of) {
            let brief = self.reader.brief_at(*place).map_err(RecordsError::from)?;
            let listed = if brief.status == TrialStatus::Passed {
                Listed::Passed(brief)
            } else {
                let record = self.reader.record_at(*place).map_err(RecordsError::from)?;
                Listed::Other(Box::new(record))
            };
            see(&self.header, listed)?;
        }
        Ok(())
    }
}

/// A trial as lists show it.
#[derive(Debug)]
pub enum Listed {
    /// It passed: there is little to say.
    Passed(Brief),
    /// It did not, for reasons that its record knows.
    Other(Box<Record>),
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

        let mut of_second = Vec::new();
        order
            .each_of(0, 1, |_, listed| {
                of_second.push(match listed {
                    Listed::Passed(brief) => (true, brief.case),
                    Listed::Other(record) => (false, record.case),
                });
                Ok::<_, RecordsError>(())
            })
            .unwrap();
        let expected = [(true, "case-1".to_owned()), (false, "case-2".to_owned())];
        assert_eq!(of_second, expected);
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
