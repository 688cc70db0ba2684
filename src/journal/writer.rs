//! Appends whole lines to a journal: one writer per run, synced at most once a second and at the end.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::header::{Header, Stopped};
use super::line::{Line, encode, is_whole};
use super::record::Record;

/// How often the disk is asked to keep what was written.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Why a journal could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another process writes this journal.
    #[error("`{}` is being written by another mcp-cli", .0.display())]
    Locked(PathBuf),
    /// The file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The one writer of a journal; the file is locked as long as it lives.
///
/// When [`append`](Self::append) returns, the record survives the death of the process; a power cut may lose the last
/// second.
#[derive(Debug)]
pub struct JournalWriter {
    file: Arc<File>,
    path: PathBuf,
    synced: Instant,
}

/// A journal whose disk is to be asked to keep what was written so far.
#[derive(Debug)]
#[must_use = "nothing is synced until it is asked for"]
pub struct DueSync {
    file: Arc<File>,
    path: PathBuf,
}

impl DueSync {
    /// Waits until the disk has it; on any thread, while the writer goes on.
    ///
    /// # Errors
    ///
    /// The disk could not keep it.
    pub fn sync(self) -> Result<(), WriteError> {
        let Self { file, path } = self;
        let synced = file.sync_data();
        synced.map_err(|source| WriteError::Write { path, source })
    }
}

impl JournalWriter {
    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the journal of a new run.
    ///
    /// # Errors
    ///
    /// The file exists, or cannot be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, WriteError> {
        let file = OpenOptions::new()
            .append(true)
            .read(true)
            .create_new(true)
            .open(path);
        let mut writer = Self::open(path, file)?;
        writer.write(&encode(&Line::Header(Box::new(header.clone()))))?;
        writer.sync_now()?;
        Ok(writer)
    }

    /// Continues a journal. A last line that is torn or damaged, which a reader passes over, is cut off first.
    ///
    /// # Errors
    ///
    /// Another process writes it, it cannot be written, or nothing in it is whole: that is never cut.
    pub fn resume(path: &Path) -> Result<Self, WriteError> {
        let file = OpenOptions::new().append(true).read(true).open(path);
        let writer = Self::open(path, file)?;
        let cut = cut_after_whole(&writer.file);
        cut.map_err(|source| writer.failed(source))?;
        Ok(writer)
    }

    /// Appends the record of a finished trial. Waits for the system, not for the disk: see [`due`](Self::due).
    ///
    /// # Errors
    ///
    /// The disk is full, or the file is gone.
    pub fn append(&mut self, record: impl Into<Box<Record>>) -> Result<(), WriteError> {
        self.append_all([record.into()])
    }

    /// Appends the records of trials that have finished together.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    pub fn append_all(
        &mut self,
        records: impl IntoIterator<Item = Box<Record>>,
    ) -> Result<(), WriteError> {
        let lines = records
            .into_iter()
            .map(|record| encode(&Line::Trial(record)));
        self.write(&lines.collect::<String>())
    }

    /// Returns what is to be synced, where the last time is a second ago.
    pub fn due(&mut self) -> Option<DueSync> {
        (self.synced.elapsed() >= SYNC_EVERY).then(|| self.unsynced())
    }

    /// Notes the end of a sitting and syncs.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    pub fn finish(mut self, at: Timestamp, stopped: Option<Stopped>) -> Result<(), WriteError> {
        self.write(&encode(&Line::End { at, stopped }))?;
        self.sync_now()
    }

    fn open(path: &Path, file: io::Result<File>) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Write {
            path: path.to_owned(),
            source,
        };
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WriteError::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        Ok(Self {
            file: Arc::new(file),
            path: path.to_owned(),
            synced: Instant::now(),
        })
    }

    fn write(&mut self, lines: &str) -> Result<(), WriteError> {
        let written = self.file.as_ref().write_all(lines.as_bytes());
        written.map_err(|source| self.failed(source))
    }

    fn sync_now(&mut self) -> Result<(), WriteError> {
        self.unsynced().sync()
    }

    fn unsynced(&mut self) -> DueSync {
        self.synced = Instant::now();
        DueSync {
            file: Arc::clone(&self.file),
            path: self.path.clone(),
        }
    }

    fn failed(&self, source: io::Error) -> WriteError {
        WriteError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

/// Cuts a file after its last whole line.
fn cut_after_whole(mut file: &File) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut end = after_newline(file, length)?;
    let start = after_newline(file, end.saturating_sub(1))?;
    if !is_whole(&read(file, start, end.saturating_sub(1))?) {
        end = start;
    }
    if end == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is no journal, or a damaged one",
        ));
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(())
}

/// Returns the position after the last newline before `end`; 0 if there is none.
fn after_newline(file: &File, mut end: u64) -> io::Result<u64> {
    const BLOCK: u64 = 64 * 1024;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = read(file, start, end)?;
        if let Some(newline) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + newline as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

fn read(mut file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(end - start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
