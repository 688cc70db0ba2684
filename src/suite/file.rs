//! Files that a suite names, relative to itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Problems;
use super::reader::nearest;
use super::source::{Place, SourceFile};
use crate::files::{LARGEST, read_whole};

/// Returns where `path`, as written at `place`, leads: relative paths begin at the suite's folder.
pub(super) fn beside(path: &str, place: &Place) -> PathBuf {
    let path = path.strip_prefix("file://").unwrap_or(path);
    place.file.path.parent().unwrap_or(Path::new("")).join(path)
}

/// Reads a text file that is named at `place`; notes a problem there if it cannot be read.
pub(super) fn read_beside(
    path: &str,
    place: &Place,
    problems: &mut Problems,
) -> Option<Arc<SourceFile>> {
    let path = beside(path, place);
    match read(&path) {
        Ok(file) => Some(file),
        Err(message) => {
            problems.error_with(place, message, near_file(&path));
            None
        }
    }
}

/// Reads a text file.
///
/// # Errors
///
/// Says in a sentence why it could not be read.
pub(crate) fn read(path: &Path) -> Result<Arc<SourceFile>, String> {
    let shown = path.display();
    let bytes = read_whole(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        format!("`{shown}` is not UTF-8 text (line {line})")
    })?;
    Ok(Arc::new(SourceFile {
        path: path.to_owned(),
        text,
    }))
}

/// Says that a file cannot be read, and why.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("no such file: `{path}`"),
        io::ErrorKind::FileTooLarge => format!(
            "`{path}` is larger than {} MiB; put large data into a `dataset`",
            LARGEST >> 20
        ),
        _ => format!("cannot read `{path}`: {error}"),
    }
}

/// Returns a hint at the file beside `path` whose name is nearest, where `path` itself is not there.
pub(super) fn near_file(path: &Path) -> Option<String> {
    if path.exists() {
        return None;
    }
    let entries = path.parent()?.read_dir().ok()?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    let name = path.file_name()?.to_str()?;
    let near = nearest(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean `{near}`?"))
}
