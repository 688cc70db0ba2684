//! Opening a file: made for its owner alone, brought up to date, shared with other commands.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

/// How long a command waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a file of ours cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be made.
    #[error("cannot open `{}`: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `SQLite` cannot read or write it.
    #[error("cannot use `{}`: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer version of this program has written it.
    #[error("`{}` was written by a newer version of mcp-cli", .0.display())]
    TooNew(PathBuf),
}

/// A file that is open.
pub(super) struct Database {
    pub(super) connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens a file, makes it where it is missing, and brings it to the newest of `versions`: each takes the one before it a step further.
    pub(super) fn open(path: &Path, versions: &[&str]) -> Result<Self, StoreError> {
        make(path).map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source,
        })?;
        let failed = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        let mut connection = Connection::open(path).map_err(failed)?;
        let is_known = bring_up_to_date(&mut connection, versions).map_err(failed)?;
        if !is_known {
            return Err(StoreError::TooNew(path.to_owned()));
        }
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Says which file could not be used.
    pub(super) fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database {
            path: self.path.clone(),
            source,
        }
    }
}

/// Makes an empty file that its owner alone can read; one that is there stays as it is.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Returns whether the file is one that this version knows.
fn bring_up_to_date(connection: &mut Connection, versions: &[&str]) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Two commands may find the same old file: the second to write finds it new.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: usize = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > versions.len() {
        return Ok(false);
    }
    for step in &versions[version..] {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", versions.len())?;
    change.commit()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_brought_up_to_date_and_never_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.db");
        let steps = ["CREATE TABLE a (x)", "ALTER TABLE a ADD y"];
        drop(Database::open(&path, &steps[..1]).unwrap());
        let database = Database::open(&path, &steps).unwrap();
        database
            .connection
            .execute("INSERT INTO a VALUES (1, 2)", [])
            .unwrap();
        let older = Database::open(&path, &steps[..1]);
        assert!(matches!(older, Err(StoreError::TooNew(_))));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.db");
        drop(Database::open(&path, &["CREATE TABLE a (x)"]).unwrap());
        for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
            let found = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }

    #[test]
    fn what_is_no_database_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(
            &path,
            "These are my notes, and they are no database at all.",
        )
        .unwrap();
        let opened = Database::open(&path, &["CREATE TABLE a (x)"]);
        assert!(matches!(opened, Err(StoreError::Database { .. })));
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept.starts_with("These are my notes"));
    }
}
