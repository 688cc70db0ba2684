//! The collection that vectors are kept in: whose it is, what it holds, and what is added.

use std::path::PathBuf;

use super::args::DbArgs;
use crate::cli::data_file::data_file;
use crate::cli::error::CliError;
use crate::cli::query::store_error;
use crate::store::{Collection, StoreError, Stored, Vectors};
use crate::vectors::Row;

/// A named collection in a file of them; it need not be there yet.
pub(super) struct Kept {
    pub(super) vectors: Vectors,
    pub(super) name: String,
    pub(super) collection: Option<Collection>,
}

/// Opens the file of collections that is named, or the one for all commands.
///
/// # Errors
///
/// There is no place for one, or it cannot be read.
pub(super) fn open(db: &DbArgs) -> Result<Vectors, CliError> {
    let path: Option<PathBuf> = db.db.clone().or_else(|| data_file("vectors.db"));
    let path = path.ok_or_else(|| {
        CliError::usage("there is no folder for collections").hint("name a file with --db")
    })?;
    Vectors::open(&path).map_err(|error| store_error(&error))
}

/// Why vectors are not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They could not be compared with those that are there.
    #[error("vectors of {0} numbers do not fit to those of {1} that are there")]
    Length(usize, usize),
}

impl Kept {
    /// Opens a collection.
    ///
    /// # Errors
    ///
    /// As for [`open`].
    pub(super) fn open(db: &DbArgs, name: &str) -> Result<Self, CliError> {
        let vectors = open(db)?;
        let collection = vectors.collection(name);
        Ok(Self {
            collection: collection.map_err(|error| store_error(&error))?,
            name: name.to_owned(),
            vectors,
        })
    }

    /// Refuses vectors that could not be compared with those that are there.
    ///
    /// # Errors
    ///
    /// Another model has made them, or they have another length.
    pub(super) fn fits(&self, model: &str, dimensions: Option<u32>) -> Result<(), CliError> {
        let Some(collection) = &self.collection else {
            return Ok(());
        };
        let other = if collection.model != model {
            format!("of `{}`, not of `{model}`", collection.model)
        } else if let Some(wanted) = dimensions
            && collection.length != wanted as usize
        {
            format!("of {} numbers, not of {wanted}", collection.length)
        } else {
            return Ok(());
        };
        let message = format!("the collection `{}` holds vectors {other}", self.name);
        let error = CliError::usage(message);
        Err(error.hint("vectors of different models cannot be compared: name another collection"))
    }

    /// Returns whether the collection holds this very text by this name.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn holds(&self, id: &str, chunk: usize, text: &str) -> Result<bool, CliError> {
        let Some(collection) = &self.collection else {
            return Ok(false);
        };
        let held = self.vectors.holds(collection, id, chunk, text);
        held.map_err(|error| store_error(&error))
    }

    /// Returns whether there is something left of a longer text by the same name.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn goes_on(&self, id: &str, chunks: usize) -> Result<bool, CliError> {
        let Some(collection) = &self.collection else {
            return Ok(false);
        };
        let goes_on = self.vectors.goes_on(collection, id, chunks);
        goes_on.map_err(|error| store_error(&error))
    }

    /// Removes what is left of a longer text by the same name.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn shorten(&self, id: &str, chunks: usize) -> Result<(), CliError> {
        let Some(collection) = &self.collection else {
            return Ok(());
        };
        let shortened = self.vectors.shorten(collection, id, chunks);
        shortened.map_err(|error| store_error(&error))
    }

    /// Adds vectors of a model, and makes the collection with the first of them.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn add(
        &mut self,
        model: &str,
        dimensions: Option<u32>,
        rows: &[Row],
    ) -> Result<(), Refused> {
        let Some(length) = rows.first().map(|row| row.vector.len()) else {
            return Ok(());
        };
        let collection = match &self.collection {
            Some(collection) => collection,
            None => {
                let made = self.vectors.create(&self.name, model, dimensions, length)?;
                self.collection.insert(made)
            }
        };
        if rows.iter().any(|row| row.vector.len() != collection.length) {
            return Err(Refused::Length(length, collection.length));
        }
        let rows: Vec<Stored> = rows
            .iter()
            .map(|row| Stored {
                id: row.id.clone(),
                chunk: row.chunk,
                text: row.text.clone(),
                vector: row.vector.clone(),
            })
            .collect();
        Ok(self.vectors.add(collection, &rows)?)
    }
}
