//! Baselines: earlier runs, and the file that is committed.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::error::CliError;
use super::exit::Exit;
use super::outputs::{journal_error, records_of};
use super::run_folder::{RunFolder, cannot_write};
use crate::files::write_whole;
use crate::journal::JournalReader;
use crate::tally::{Baseline, RecordsError};

/// Where a run keeps the earlier one that it is compared with, so that its report never depends on another folder.
const KEPT: &str = "baseline.jsonl";

/// Reads a baseline file.
///
/// # Errors
///
/// It cannot be read, or is none.
pub(super) fn read_baseline(path: &Path) -> Result<Baseline, CliError> {
    let read = File::open(path)
        .map_err(crate::tally::BaselineError::from)
        .and_then(|file| Baseline::read(BufReader::new(file)));
    read.map_err(|error| {
        CliError::usage(format!(
            "`{}` cannot be used as a baseline: {error}",
            path.display()
        ))
        .hint("write it anew: mcp-cli baseline update")
    })
}

/// Writes a baseline file.
///
/// # Errors
///
/// It cannot be written.
pub(super) fn write_baseline(baseline: &Baseline, path: &Path) -> Result<(), CliError> {
    write_whole(path, |out| baseline.write(out)).map_err(|error| cannot_write(path, &error))
}

/// Finds a run and reduces it to a baseline.
///
/// # Errors
///
/// There is no such run, or its journal cannot be read.
pub(super) fn find_earlier(runs: &Path, name: &str) -> Result<Baseline, CliError> {
    let folder = RunFolder::find(runs, name)?;
    baseline_of(&folder)
}

/// Reduces a run to a baseline.
///
/// # Errors
///
/// Its journal cannot be read.
pub(super) fn baseline_of(folder: &RunFolder) -> Result<Baseline, CliError> {
    let header = JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
    let mut baseline = Baseline::of(header.header());
    let mut records = records_of(folder)?;
    records
        .each(|header, record| {
            baseline.add(header, &record);
            Ok::<_, RecordsError>(())
        })
        .map_err(|error| CliError::caused(Exit::Usage, &error))?;
    Ok(baseline)
}

/// Keeps the earlier run that a run is compared with in its folder.
///
/// # Errors
///
/// It cannot be written.
pub(super) fn keep(baseline: &Baseline, folder: &RunFolder) -> Result<(), CliError> {
    write_baseline(baseline, &folder.path.join(KEPT))
}

/// Returns the earlier run that a run is compared with, if it is.
///
/// # Errors
///
/// It cannot be read.
pub(super) fn kept(folder: &RunFolder) -> Result<Option<Baseline>, CliError> {
    let path = folder.path.join(KEPT);
    path.is_file().then(|| read_baseline(&path)).transpose()
}
