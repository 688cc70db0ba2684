//! A journal in the order of its plan: what is counted and printed never depends on which answer came first.

use jiff::Timestamp;

use crate::journal::{
    Brief, Header, JournalError, JournalReader, Planned, Record, Stopped, TrialStatus,
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
    stands: Vec<Stand>,
    /// Where the records of each suite begin in that list.
    suites: Vec<usize>,
}

/// Where a record stands in its journal, and the index of its model entry: a word for each, since there may be millions.
#[derive(Debug, Clone, Copy)]
struct Stand(u64);

impl Stand {
    /// Bits of the entry's index; those of the place in the file are four terabytes.
    const MODEL_BITS: u32 = 22;

    /// Packs both; `None` where one is beyond what any run has.
    fn new(offset: u64, model: u32) -> Option<Self> {
        let fits = offset.leading_zeros() >= Self::MODEL_BITS && model >> Self::MODEL_BITS == 0;
        fits.then(|| Self((offset << Self::MODEL_BITS) | u64::from(model)))
    }

    /// Returns the byte of the journal at which the record begins.
    fn offset(self) -> u64 {
        self.0 >> Self::MODEL_BITS
    }

    /// Returns whether it is a record of this model entry.
    fn is_of(self, model: u32) -> bool {
        self.0 & ((1 << Self::MODEL_BITS) - 1) == u64::from(model)
    }
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
        let mut places: Vec<(Position, Stand)> = Vec::with_capacity(planned.min(MOST_EXPECTED));
        while let Some((offset, Planned { at, case })) = reader.next_planned()? {
            let stand = has_model(&header, at)
                .then(|| Stand::new(offset, at.model))
                .flatten();
            places.push((at, stand.ok_or(RecordsError::NotInPlan { case })?));
        }
        places.sort_unstable_by_key(|(at, stand)| (*at, stand.0));
        places.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                *kept = *later;
            }
            same
        });
        let suites = (0..=header.suites.len())
            .map(|suite| places.partition_point(|(at, _)| (at.suite as usize) < suite));
        Ok(Self {
            suites: suites.collect(),
            stands: places.iter().map(|(_, stand)| *stand).collect(),
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
        self.stands.len()
    }

    /// Returns whether no trial has a record.
    pub fn is_empty(&self) -> bool {
        self.stands.is_empty()
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
        for stand in &self.stands {
            let record = self.reader.record_at(stand.offset());
            let record = record.map_err(RecordsError::from)?;
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
        let suite = suite as usize;
        let of_suite = match (self.suites.get(suite), self.suites.get(suite + 1)) {
            (Some(begin), Some(end)) => &self.stands[*begin..*end],
            _ => &[],
        };
        for stand in of_suite.iter().filter(|stand| stand.is_of(model)) {
            let brief = self.reader.brief_at(stand.offset());
            let brief = brief.map_err(RecordsError::from)?;
            let listed = if brief.status == TrialStatus::Passed {
                Listed::Passed(brief)
            } else {
                let record = self.reader.record_at(stand.offset());
                Listed::Other(Box::new(record.map_err(RecordsError::from)?))
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
