//! The files that an argument names: one, those of a folder, or those that a pattern means.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::error::CliError;

/// Returns the files that `written` names, in their order; of a folder all below it but hidden ones.
///
/// # Errors
///
/// There is none, or it is no pattern.
pub(super) fn named_files(written: &str) -> Result<Vec<PathBuf>, CliError> {
    let path = Path::new(written);
    let files: Vec<PathBuf> = if path.is_file() {
        vec![path.to_owned()]
    } else if path.is_dir() {
        let shown = |entry: &DirEntry| {
            entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
        };
        let entries = WalkDir::new(path).sort_by_file_name().into_iter();
        let entries = entries.filter_entry(shown).filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_type().is_file());
        files.map(DirEntry::into_path).collect()
    } else {
        let found = glob::glob(written)
            .map_err(|error| CliError::usage(format!("`{written}` is no pattern: {error}")))?;
        let files = found.filter_map(Result::ok);
        files.filter(|file| file.is_file()).collect()
    };
    if files.is_empty() {
        return Err(CliError::usage(format!("there is no file `{written}`")));
    }
    Ok(files)
}
