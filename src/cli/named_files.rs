//! The files that an argument names: one, those of a folder, or those that a pattern means.

use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::error::CliError;

/// Returns the files that `written` names, in their order; of a folder all below it but hidden ones, and those that
/// `.gitignore` and `.ignore` files name.
///
/// # Errors
///
/// There is none, or it is no pattern.
pub(super) fn named_files(written: &str) -> Result<Vec<PathBuf>, CliError> {
    let path = Path::new(written);
    let files: Vec<PathBuf> = if path.is_file() {
        vec![path.to_owned()]
    } else if path.is_dir() {
        let mut walk = WalkBuilder::new(path);
        // A folder need not be a repository for its `.gitignore` to mean something.
        walk.require_git(false)
            .sort_by_file_name(std::cmp::Ord::cmp);
        let entries = walk.build().filter_map(Result::ok);
        let is_file = |entry: &DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
        let files = entries.filter(is_file);
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
