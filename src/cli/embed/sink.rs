//! Where vectors go: into a file or to stdout, or into a collection.

use std::io::{self, Write as _};

use serde_json::Value;

use super::args::EmbedArgs;
use super::done::Done;
use super::kept::Kept;
use super::output::Output;
use crate::cli::error::CliError;
use crate::cli::ui::plural;
use crate::vectors::Row;

/// Takes vectors.
pub(super) enum Sink {
    /// Writes them.
    Output(Output),
    /// Keeps them.
    Kept {
        /// The collection.
        kept: Box<Kept>,
        /// Whose vectors they are.
        model: String,
        /// How long they are, where that was asked for.
        dimensions: Option<u32>,
        /// How many came.
        rows: u64,
    },
}

impl Sink {
    /// Opens what the arguments name, and returns what it holds.
    ///
    /// # Errors
    ///
    /// It cannot be written, or is nothing that can be gone on with.
    pub(super) fn open(
        args: &EmbedArgs,
        kept: Option<Kept>,
        model: &str,
        dimensions: Option<u32>,
    ) -> Result<(Self, Done), CliError> {
        let Some(kept) = kept else {
            let (output, rows) = Output::open(args)?;
            return Ok((Self::Output(output), Done::Rows(rows)));
        };
        // Texts are read while others are written.
        let reading = Kept::open(&args.db, &kept.name)?;
        let sink = Self::Kept {
            kept: Box::new(kept),
            model: model.to_owned(),
            dimensions,
            rows: 0,
        };
        Ok((sink, Done::in_collection(reading)))
    }

    /// Writes what comes before all vectors.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn begin(&mut self, provider: &str, model: &str) -> io::Result<()> {
        match self {
            Self::Output(output) => output.begin(provider, model),
            Self::Kept { .. } => Ok(()),
        }
    }

    /// Takes the vectors of a request.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub(super) fn add(&mut self, added: &[Row]) -> io::Result<()> {
        match self {
            Self::Output(output) => output.add(added),
            Self::Kept {
                kept,
                model,
                dimensions,
                rows,
            } => {
                *rows += added.len() as u64;
                let added = kept.add(model, *dimensions, added);
                added.map_err(io::Error::other)
            }
        }
    }

    /// Ends, with what is known of all vectors.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn end(self, totals: &Value) -> io::Result<()> {
        match self {
            Self::Output(output) => output.end(totals),
            Self::Kept { kept, rows, .. } => {
                let (added, name) = (plural(rows, "vector"), &kept.name);
                writeln!(io::stdout(), "{added} added to the collection `{name}`")
            }
        }
    }
}
