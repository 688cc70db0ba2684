//! From paths to suites: every problem of every file is found before giving up.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::case::Suite;
use super::decode::{Surroundings, suite};
use super::error::{Problems, SuiteError};
use super::file::read;
use super::reader::nearest;
use super::source::{Node, Place, SourceFile, Tree};

/// Extensions of suite files, letter case aside.
const SUITE_FILES: [&str; 3] = ["yaml", "yml", "json"];

/// Words that stand at the top level of suites.
const WORDS: [&str; 6] = [
    "prompts",
    "models",
    "providers",
    "targets",
    "tests",
    "default_test",
];

/// What loading gave: the suites that can be run, and everything worth saying about all of them.
#[derive(Debug)]
pub struct Loaded {
    /// Suites without errors, in the order of the paths, those of a folder by name.
    pub suites: Vec<Suite>,
    /// Errors and warnings, in the order of files and lines.
    pub problems: Vec<SuiteError>,
    /// Suite files that were read.
    pub files: usize,
}

/// Why there was nothing to load.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A path leads nowhere.
    #[error("no such file or folder: `{}`", .0.display())]
    NoSuchPath(PathBuf),
    /// No suite file stands below the paths.
    #[error("no suite below {}", paths(.0))]
    NoSuites(Vec<PathBuf>),
}

/// Loads the suites at `paths`: files, or folders with suite files (`.yaml`, `.yml`, `.json`) below them.
///
/// In a folder, only files with words of a suite at their top level count: others are prompts and data. Hidden files
/// are passed over.
///
/// # Errors
///
/// A path leads nowhere, or no suite is found. Problems *of* suites are in [`Loaded::problems`].
pub fn load(paths: &[PathBuf], around: &Surroundings<'_>) -> Result<Loaded, LoadError> {
    let mut problems = Problems::default();
    let mut suites: Vec<Suite> = Vec::new();
    let mut files = 0;
    for (file, name) in suite_files(paths, &mut problems)? {
        files += 1;
        let Some(suite) = suite(&file, &name, around, &mut problems) else {
            continue;
        };
        if let Some(other) = suites.iter().find(|other| other.name == suite.name) {
            let message = format!(
                "two suites are called `{}`; the other is `{}`",
                suite.name,
                other.path.display()
            );
            problems.error_with(
                &Place::start_of(&file),
                message,
                Some("give each a `name` of its own"),
            );
            continue;
        }
        suites.push(suite);
    }
    if files == 0 && !problems.has_errors() {
        return Err(LoadError::NoSuites(paths.to_vec()));
    }
    Ok(Loaded {
        suites,
        problems: problems.into_sorted(),
        files,
    })
}

/// Returns every suite file with the name that its path gives it; a file that is named twice counts once.
fn suite_files(
    paths: &[PathBuf],
    problems: &mut Problems,
) -> Result<Vec<(Arc<SourceFile>, String)>, LoadError> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |path: &Path, name: String, only_suites: bool, problems: &mut Problems| {
        if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return;
        }
        match read(path) {
            Ok(file) if only_suites && !looks_like_suite(&file) => {}
            Ok(file) => files.push((file, name)),
            Err(message) => {
                let file = Arc::new(SourceFile {
                    path: path.to_owned(),
                    text: String::new(),
                });
                problems.error(&Place::start_of(&file), message);
            }
        }
    };
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|_| LoadError::NoSuchPath(path.clone()))?;
        if metadata.is_file() {
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            add(path, stem, false, problems);
            continue;
        }
        for found in below(path) {
            let below = found.strip_prefix(path).unwrap_or(&found);
            let name = below
                .with_extension("")
                .to_string_lossy()
                .replace('\\', "/");
            add(&found, name, true, problems);
        }
    }
    Ok(files)
}

/// Returns the paths of all suite files at `paths`, broken ones included, as [`load`] names them.
pub fn suite_paths(paths: &[PathBuf]) -> Vec<PathBuf> {
    // A path that leads nowhere has none.
    let there: Vec<PathBuf> = paths.iter().filter(|path| path.exists()).cloned().collect();
    let files = suite_files(&there, &mut Problems::default()).unwrap_or_default();
    files
        .into_iter()
        .map(|(file, _)| file.path.clone())
        .collect()
}

/// Returns every file at `paths` that is or could become a suite, by its name alone.
pub fn candidates(paths: &[PathBuf]) -> Vec<PathBuf> {
    let each = paths.iter().flat_map(|path| {
        if path.is_dir() {
            below(path)
        } else {
            vec![path.clone()]
        }
    });
    each.collect()
}

/// Returns the files below a folder that may be suites by their extension, by name.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_passed_over(entry.file_name()))
        .flatten();
    let may_be_suite = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| {
            SUITE_FILES
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
    };
    entries
        .filter(|entry| entry.file_type().is_file() && may_be_suite(entry.path()))
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Returns whether a file or folder below a folder is nobody's suite: hidden ones, and what packages leave behind.
fn is_passed_over(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || name == "node_modules"
}

/// Returns whether a file in a folder means to be a suite, even a broken or misspelt one: at its top level stand two
/// words that suites begin with.
fn looks_like_suite(file: &Arc<SourceFile>) -> bool {
    let keys = match Node::parse(file).map(|node| node.value) {
        Ok(Tree::Map(entries)) => entries.into_iter().map(|(key, _)| key.name).collect(),
        Ok(_) => Vec::new(),
        Err(_) => keys_of_lines(&file.text),
    };
    let means_word = |key: &&String| WORDS.contains(&key.as_str()) || nearest(key, WORDS).is_some();
    keys.iter().filter(means_word).count() >= 2
}

/// Returns what looks like a key at the beginning of a line, in a text that is no YAML.
fn keys_of_lines(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim_start_matches('\u{feff}').split_once(':'))
        .map(|(key, _)| key.trim_matches(['"', '\'', '{', ' ']).to_owned())
        .filter(|key| !key.is_empty() && !key.contains(char::is_whitespace))
        .collect()
}

fn paths(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    shown.join(", ")
}
