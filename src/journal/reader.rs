//! Reads a journal back: in the order written, or record by record in the order of the plan.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::header::{Header, SCHEMA, Stopped};
use super::line::{Line, LineError, decode, decode_again, decode_planned};
use super::record::Record;
use crate::files::read_row;
use crate::plan::Position;

/// The most bytes of a line: more than any answer that is taken in becomes, all of it escaped.
const LONGEST_LINE: u64 = 512 << 20;

/// Why a journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The first line is no header.
    #[error("`{}` does not begin with a journal's header", .0.display())]
    NoHeader(PathBuf),
    /// It was written by a later version.
    #[error("`{}` has schema {found}, this version reads up to {SCHEMA}", path.display())]
    NewerSchema {
        /// The journal.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// A line that is not the last is damaged.
    #[error("`{}` is damaged at line {line}: {message}", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: &'static str,
    },
    /// A line is whole, but says something that this version does not know.
    #[error("line {line} of `{}` cannot be understood: {message}", path.display())]
    Unknown {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is unknown about it.
        message: String,
    },
    /// It is no longer what it was when it was read first.
    #[error("`{}` changed while it was read", .0.display())]
    Changed(PathBuf),
}

/// What is read of a record to know where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Planned {
    /// Its place in the plan.
    pub at: Position,
    /// The case's name.
    pub case: String,
}

/// A journal, open for reading.
#[derive(Debug)]
pub struct JournalReader {
    path: PathBuf,
    file: BufReader<File>,
    header: Header,
    /// The line that is being read, kept so that reading another takes no room anew.
    buffer: Vec<u8>,
    /// Bytes read so far.
    offset: u64,
    /// Whole lines read so far.
    line: usize,
    end: Option<(Timestamp, Option<Stopped>)>,
}

impl JournalReader {
    /// Opens a journal and reads its header.
    ///
    /// # Errors
    ///
    /// It cannot be read, is no journal, or was written by a later version.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        #[derive(Deserialize)]
        struct Versioned {
            header: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }

        let failed = |source| JournalError::Read {
            path: path.to_owned(),
            source,
        };
        let no_header = || JournalError::NoHeader(path.to_owned());
        let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
        let mut line = Vec::new();
        let length = read_row(&mut file, LONGEST_LINE, &mut line).map_err(failed)?;
        if line.pop() != Some(b'\n') {
            return Err(no_header());
        }
        let version: Versioned = decode(&mut line).map_err(|_| no_header())?;
        if version.header.schema > SCHEMA {
            return Err(JournalError::NewerSchema {
                path: path.to_owned(),
                found: version.header.schema,
            });
        }
        let Ok(Line::<Record>::Header(header)) = decode(&mut line) else {
            return Err(no_header());
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            header: *header,
            buffer: line,
            offset: length as u64,
            line: 1,
            end: None,
        })
    }

    /// Returns the header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns when the last sitting ended and why, once all records have been read; `None` if it was killed.
    pub fn end(&self) -> Option<(Timestamp, Option<Stopped>)> {
        self.end
    }

    /// Reads the next record in the order of finishing; `None` at the end. A torn last line is passed over.
    ///
    /// # Errors
    ///
    /// A line in the middle is damaged: everything after it would be guesswork.
    pub fn next_record(&mut self) -> Result<Option<Record>, JournalError> {
        let next = self.next_trial_by(decode::<Line<Record>>)?;
        Ok(next.map(|(_, record)| record))
    }

    /// Reads where the next record belongs, and nothing else of it, with the byte of the file that it begins at; `None` at the
    /// end.
    ///
    /// # Errors
    ///
    /// As for [`next_record`](Self::next_record).
    pub fn next_planned(&mut self) -> Result<Option<(u64, Planned)>, JournalError> {
        self.next_trial_by(|line| match decode_planned(line)? {
            Some(planned) => Ok(Line::Trial(Box::new(planned))),
            None => decode_again(line),
        })
    }

    /// Reads as much of the next trial as `decode` does, and where its line begins.
    fn next_trial_by<T>(
        &mut self,
        decode: impl Fn(&mut [u8]) -> Result<Line<T>, LineError>,
    ) -> Result<Option<(u64, T)>, JournalError> {
        loop {
            let offset = self.offset;
            if !self.next_line()? {
                return Ok(None);
            }
            self.line += 1;
            match decode(&mut self.buffer) {
                Ok(Line::Trial(trial)) => {
                    self.end = None;
                    return Ok(Some((offset, *trial)));
                }
                Ok(Line::End { at, stopped }) => self.end = Some((at, stopped)),
                Ok(Line::Header(_)) => return Err(self.damaged("a second header")),
                Err(LineError::Unknown(message)) => {
                    return Err(JournalError::Unknown {
                        path: self.path.clone(),
                        line: self.line,
                        message,
                    });
                }
                Err(LineError::Damaged) if self.is_at_end()? => return Ok(None),
                Err(LineError::Damaged) => return Err(self.damaged("its checksum does not fit")),
            }
        }
    }

    /// Reads the record that begins at a byte told by [`next_planned`](Self::next_planned), which has come to its end by then.
    ///
    /// # Errors
    ///
    /// The file has changed since.
    pub fn record_at(&mut self, offset: u64) -> Result<Record, JournalError> {
        // Relative seeks keep what is buffered: records of one case often stand close together.
        let distance = offset.cast_signed() - self.offset.cast_signed();
        let seek = self.file.seek_relative(distance);
        seek.map_err(|source| self.failed(source))?;
        self.offset = offset;
        if !self.next_line()? {
            return Err(JournalError::Changed(self.path.clone()));
        }
        match decode(&mut self.buffer) {
            Ok(Line::<Record>::Trial(record)) => Ok(*record),
            Err(LineError::Unknown(message)) => Err(JournalError::Unknown {
                line: self.line_at(offset)?,
                path: self.path.clone(),
                message,
            }),
            _ => Err(JournalError::Changed(self.path.clone())),
        }
    }

    /// Reads the next line into the buffer, without its newline; false if it has none: it is torn, or empty.
    fn next_line(&mut self) -> Result<bool, JournalError> {
        let read = read_row(&mut self.file, LONGEST_LINE, &mut self.buffer);
        self.offset += read.map_err(|source| self.failed(source))? as u64;
        Ok(self.buffer.pop() == Some(b'\n'))
    }

    /// Returns the number of the line that begins at a place, by counting: for errors alone.
    fn line_at(&self, offset: u64) -> Result<usize, JournalError> {
        let before = File::open(&self.path).map(|file| BufReader::new(file.take(offset)));
        let count = before.and_then(|before| {
            let mut lines = before.split(b'\n');
            lines.try_fold(1, |count, line| line.map(|_| count + 1))
        });
        count.map_err(|source| self.failed(source))
    }

    fn is_at_end(&mut self) -> Result<bool, JournalError> {
        let rest = self.file.fill_buf().map(<[u8]>::is_empty);
        rest.map_err(|source| self.failed(source))
    }

    fn damaged(&self, message: &'static str) -> JournalError {
        JournalError::Damaged {
            path: self.path.clone(),
            line: self.line,
            message,
        }
    }

    fn failed(&self, source: io::Error) -> JournalError {
        JournalError::Read {
            path: self.path.clone(),
            source,
        }
    }
}
