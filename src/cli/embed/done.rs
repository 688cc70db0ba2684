//! What is there already, and is not asked again.

use super::kept::Kept;
use super::output::Rows;
use crate::cli::error::CliError;

/// Texts that have their vectors.
pub(super) enum Done {
    /// Those in a file that is gone on with: inputs with the number of their chunk.
    Rows(Rows),
    /// Those in a collection, known by what they say.
    Collection(Box<Kept>),
}

impl Done {
    /// Returns whether there is none.
    pub(super) fn nothing() -> Self {
        Self::Rows(Rows::new())
    }

    /// Returns whether a chunk is done.
    ///
    /// # Errors
    ///
    /// The collection cannot be read.
    pub(super) fn holds(&self, id: &str, chunk: usize, text: &str) -> Result<bool, CliError> {
        match self {
            Self::Rows(rows) => Ok(rows.contains(&(id.to_owned(), chunk))),
            Self::Collection(kept) => kept.holds(id, chunk, text),
        }
    }

    /// Notes that a text has so many chunks, and no more.
    ///
    /// # Errors
    ///
    /// The collection cannot be written.
    pub(super) fn ends(&self, id: &str, chunks: usize) -> Result<(), CliError> {
        match self {
            Self::Rows(_) => Ok(()),
            Self::Collection(kept) => kept.shorten(id, chunks),
        }
    }
}
