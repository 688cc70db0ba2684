//! What is there already, and is not asked again.

use std::cell::RefCell;

use super::kept::Kept;
use super::output::Rows;
use crate::cli::error::CliError;

/// Texts that have their vectors.
pub(super) enum Done {
    /// Those in a file that is gone on with: inputs with the number of their chunk.
    Rows(Rows),
    /// Those in a collection, known by what they say; and texts that were longer there, with how many chunks they have now.
    Collection(Box<Kept>, RefCell<Vec<(String, usize)>>),
}

impl Done {
    /// Returns whether there is none.
    pub(super) fn nothing() -> Self {
        Self::Rows(Rows::new())
    }

    /// Returns what a collection holds.
    pub(super) fn in_collection(kept: Kept) -> Self {
        Self::Collection(Box::new(kept), RefCell::default())
    }

    /// Returns whether a chunk is done.
    ///
    /// # Errors
    ///
    /// The collection cannot be read.
    pub(super) fn holds(&self, id: &str, chunk: usize, text: &str) -> Result<bool, CliError> {
        match self {
            Self::Rows(rows) => Ok(rows.contains(&(id.to_owned(), chunk))),
            Self::Collection(kept, _) => kept.holds(id, chunk, text),
        }
    }

    /// Notes that a text has so many chunks, and no more.
    ///
    /// # Errors
    ///
    /// The collection cannot be read.
    pub(super) fn ends(&self, id: &str, chunks: usize) -> Result<(), CliError> {
        if let Self::Collection(kept, stale) = self
            && kept.goes_on(id, chunks)?
        {
            stale.borrow_mut().push((id.to_owned(), chunks));
        }
        Ok(())
    }

    /// Removes what is left of texts that were longer, now that what they are is there.
    ///
    /// # Errors
    ///
    /// The collection cannot be written.
    pub(super) fn shorten(&self) -> Result<(), CliError> {
        if let Self::Collection(kept, stale) = self {
            for (id, chunks) in stale.take() {
                kept.shorten(&id, chunks)?;
            }
        }
        Ok(())
    }
}
