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
    /// It is another program's, or another kind of file of ours.
    #[error("`{}` is a database of something else", .0.display())]
    NotOurs(PathBuf),
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
    /// Opens a file of a `kind`, makes it where it is missing, and brings it to the newest of `versions`: each takes the one before it a
    /// step further. What another program has written stays as it is.
    pub(super) fn open(path: &Path, kind: i32, versions: &[&str]) -> Result<Self, StoreError> {
        make(path).map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source,
        })?;
        let failed = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        let mut connection = Connection::open(path).map_err(failed)?;
        match bring_up_to_date(&mut connection, kind, versions).map_err(failed)? {
            Found::Ours => {}
            Found::TooNew => return Err(StoreError::TooNew(path.to_owned())),
            Found::NotOurs => return Err(StoreError::NotOurs(path.to_owned())),
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

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Ours,
    TooNew,
    NotOurs,
}

/// Makes a file one of this version, if it is ours or empty.
fn bring_up_to_date(
    connection: &mut Connection,
    kind: i32,
    versions: &[&str],
) -> rusqlite::Result<Found> {
    connection.busy_timeout(PATIENCE)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if tables > 0 && found != kind {
        return Ok(Found::NotOurs);
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Two commands may find the same old file: the second to write finds it new.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: usize = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > versions.len() {
        return Ok(Found::TooNew);
    }
    for step in &versions[version..] {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", versions.len())?;
    change.pragma_update(None, "application_id", kind)?;
    change.commit()?;
    Ok(Found::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_brought_up_to_date_and_never_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.db");
        let steps = ["CREATE TABLE a (x)", "ALTER TABLE a ADD y"];
        drop(Database::open(&path, 7, &steps[..1]).unwrap());
        let database = Database::open(&path, 7, &steps).unwrap();
        database
            .connection
            .execute("INSERT INTO a VALUES (1, 2)", [])
            .unwrap();
        let older = Database::open(&path, 7, &steps[..1]);
        assert!(matches!(older, Err(StoreError::TooNew(_))));
    }

    #[test]
    fn files_of_others_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let theirs = Connection::open(&path).unwrap();
        theirs.execute_batch("CREATE TABLE theirs (x)").unwrap();
        let opened = Database::open(&path, 7, &["CREATE TABLE a (x)"]);
        assert!(matches!(opened, Err(StoreError::NotOurs(_))));
        let tables: i64 = theirs
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1);
        let other = folder.path().join("other.db");
        drop(Database::open(&other, 7, &["CREATE TABLE a (x)"]).unwrap());
        let other = Database::open(&other, 8, &["CREATE TABLE a (x)"]);
        assert!(matches!(other, Err(StoreError::NotOurs(_))));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.db");
        drop(Database::open(&path, 7, &["CREATE TABLE a (x)"]).unwrap());
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
        let opened = Database::open(&path, 7, &["CREATE TABLE a (x)"]);
        assert!(matches!(opened, Err(StoreError::Database { .. })));
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept.starts_with("These are my notes"));
    }
}
