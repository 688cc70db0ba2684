//! Where runs live: `reports/<run-id>/`, and `reports/latest`, which names the newest.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::CliError;
use super::exit::Exit;
use crate::files::write_whole;

/// The folder of one run.
#[derive(Debug, Clone)]
pub(super) struct RunFolder {
    /// The run's id.
    pub id: String,
    /// Its folder.
    pub path: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a new run that begins `now`: its id is the time to the second, and a number if that is taken.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub(super) fn create(runs: &Path, now: Timestamp) -> Result<Self, CliError> {
        std::fs::create_dir_all(runs).map_err(|error| cannot_write(runs, &error))?;
        let time = now.strftime("%Y%m%d-%H%M%S").to_string();
        for number in 1.. {
            let id = if number == 1 {
                time.clone()
            } else {
                format!("{time}-{number}")
            };
            let path = runs.join(&id);
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { id, path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot_write(&path, &error)),
            }
        }
        unreachable!("some number is free")
    }

    /// Finds the run that `name` means: a folder, a folder of runs (its newest), an id, a unique beginning of one, or `latest`.
    ///
    /// # Errors
    ///
    /// There is none, or more than one.
    pub(super) fn find(runs: &Path, name: &str) -> Result<Self, CliError> {
        let as_path = Path::new(name);
        if as_path.join("journal.jsonl").is_file() {
            let id = as_path
                .file_name()
                .unwrap_or(as_path.as_os_str())
                .to_string_lossy()
                .into_owned();
            return Ok(Self {
                id,
                path: as_path.to_owned(),
            });
        }
        if as_path.join("latest").is_file() && as_path != runs {
            return Self::find(as_path, "latest");
        }
        let latest;
        let name = if name == "latest" {
            latest = std::fs::read_to_string(runs.join("latest")).unwrap_or_default();
            latest.trim()
        } else {
            name
        };
        let ids = Self::ids(runs);
        let found: Vec<&String> = ids
            .iter()
            .filter(|id| !name.is_empty() && id.starts_with(name))
            .collect();
        let exact = found.iter().copied().find(|id| **id == name);
        match (exact, found.as_slice()) {
            (Some(id), _) | (None, &[id]) => Ok(Self {
                id: id.clone(),
                path: runs.join(id),
            }),
            (None, []) => Err(
                CliError::usage(format!("no run `{name}` in `{}`", runs.display()))
                    .hint("`mcp-cli runs` lists the runs; --run-dir says where they are"),
            ),
            (None, several) => Err(CliError::usage(format!(
                "`{name}` begins the ids of {} runs",
                several.len()
            ))
            .hint("write more of the id; `mcp-cli runs` lists the runs")),
        }
    }

    /// Returns the ids of all runs, oldest first.
    pub(super) fn ids(runs: &Path) -> Vec<String> {
        let mut ids: Vec<String> = std::fs::read_dir(runs)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().join("journal.jsonl").is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        ids.sort();
        ids
    }

    /// Returns the path of the journal.
    pub(super) fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// Notes this run as the newest of its folder.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn note_latest(&self) -> Result<(), CliError> {
        let Some(runs) = self.path.parent() else {
            return Ok(());
        };
        let path = runs.join("latest");
        write_whole(&path, |out| writeln!(out, "{}", self.id))
            .map_err(|error| cannot_write(&path, &error))
    }
}

/// Returns the error of a file that cannot be written.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::new(
        Exit::Usage,
        format!("cannot write `{}`: {error}", path.display()),
    )
}
