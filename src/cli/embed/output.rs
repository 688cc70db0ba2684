//! Where vectors go: a file that is whole or not there, one that is gone on with, or stdout.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::args::{EmbedArgs, Encoding};
use crate::cli::error::CliError;
use crate::cli::run_folder::cannot_write;
use crate::files::{LARGEST, read_row};
use crate::vectors::{Numbers, Row, VectorFormat, npy_header, write_row};

/// What was written before: inputs with the number of their chunk.
pub(super) type Rows = HashSet<(String, usize)>;

/// Vectors on their way out.
pub(super) struct Output {
    to: To,
    format: VectorFormat,
    numbers: Numbers,
    with_text: bool,
    rows: usize,
    columns: usize,
}

enum To {
    Stdout(BufWriter<io::Stdout>),
    /// A file that gets its name when it is whole.
    New(BufWriter<NamedTempFile>, std::path::PathBuf),
    /// One that grows.
    Growing(BufWriter<File>),
    /// Numbers whose header must come first and is known last; then to a file, or stdout.
    Spool(BufWriter<NamedTempFile>, Option<std::path::PathBuf>),
}

impl Output {
    /// Opens what the arguments name.
    ///
    /// # Errors
    ///
    /// It cannot be written, or is no file that can be gone on with.
    pub(super) fn open(args: &EmbedArgs) -> Result<(Self, Rows), CliError> {
        let format = format_of(args);
        let mut done = Rows::new();
        let to = match (&args.resume, &args.output) {
            (Some(path), _) => {
                let file = grow(path, &mut done).map_err(|error| cannot_write(path, &error))?;
                To::Growing(BufWriter::new(file))
            }
            (None, path) if format == VectorFormat::Npy => {
                let file = NamedTempFile::new();
                let file = file.map_err(|error| cannot_write(&std::env::temp_dir(), &error))?;
                To::Spool(BufWriter::new(file), path.clone())
            }
            (None, Some(path)) => To::New(BufWriter::new(beside(path)?), path.clone()),
            (None, None) => To::Stdout(BufWriter::new(io::stdout())),
        };
        let output = Self {
            to,
            format,
            numbers: Numbers {
                // Whole numbers need no point.
                precision: args
                    .precision
                    .or(args.encoding_format.quantized().map(|_| 0)),
                base64: args.encoding_format == Encoding::Base64,
            },
            with_text: args.include_metadata,
            rows: 0,
            columns: 0,
        };
        Ok((output, done))
    }

    /// Writes what comes before all rows.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn begin(&mut self, provider: &str, model: &str) -> io::Result<()> {
        match self.format {
            VectorFormat::Json => {
                let head = json!({"provider": provider, "model": model}).to_string();
                let head = head.trim_end_matches('}');
                write!(self.out(), "{head},\"embeddings\":[")
            }
            VectorFormat::Csv => write!(self.out(), "id,chunk,text,vector\r\n"),
            _ => Ok(()),
        }
    }

    /// Writes the rows of a request; what is gone on with holds them afterwards, whatever happens.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn add(&mut self, rows: &[Row]) -> io::Result<()> {
        for row in rows {
            if self.format == VectorFormat::Json && self.rows > 0 {
                self.out().write_all(b",")?;
            }
            self.rows += 1;
            self.columns = row.vector.len();
            let (format, numbers, with_text) = (self.format, self.numbers, self.with_text);
            write_row(row, format, numbers, with_text, self.out())?;
        }
        match &mut self.to {
            To::Growing(file) => file.flush(),
            _ => Ok(()),
        }
    }

    /// Ends it, with what is known of all rows.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn end(mut self, totals: &Value) -> io::Result<()> {
        if self.format == VectorFormat::Json {
            let totals = totals.to_string();
            let totals = totals.trim_start_matches('{');
            let rows = self.rows;
            writeln!(self.out(), "],\"count\":{rows},{totals}")?;
        }
        match self.to {
            To::Stdout(mut out) => out.flush(),
            To::Growing(mut out) => out.flush(),
            To::New(out, path) => {
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
            To::Spool(out, path) => {
                let mut spool = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                spool.seek(SeekFrom::Start(0))?;
                let header = npy_header(self.rows, self.columns);
                let mut write = |out: &mut dyn Write| {
                    out.write_all(&header)?;
                    io::copy(&mut spool, out).map(drop)
                };
                match path {
                    Some(path) => crate::files::write_whole(&path, |out| write(out)),
                    None => write(&mut io::stdout().lock()),
                }
            }
        }
    }

    fn out(&mut self) -> &mut dyn Write {
        match &mut self.to {
            To::Stdout(out) => out,
            To::New(out, _) | To::Spool(out, _) => out,
            To::Growing(out) => out,
        }
    }
}

/// Returns the format that a flag or an extension asks for.
fn format_of(args: &EmbedArgs) -> VectorFormat {
    if args.resume.is_some() {
        return VectorFormat::Jsonl;
    }
    let extension = args.output.as_deref().and_then(Path::extension);
    let by_extension = || extension?.to_str()?.parse().ok();
    let format = args.output_format.or_else(by_extension);
    format.unwrap_or(VectorFormat::Json)
}

/// Makes a file beside `path`, so that it can take its name in one step.
fn beside(path: &Path) -> Result<NamedTempFile, CliError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let made = std::fs::create_dir_all(folder).and_then(|()| {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(folder)
    });
    made.map_err(|error| cannot_write(path, &error))
}

/// How every row begins.
const BEGINNING: &[u8] = b"{\"id\":";

/// Opens a file of rows to add to, and notes what it holds. A torn last line is cut off.
fn grow(path: &Path, done: &mut Rows) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let mut reader = BufReader::new(&file);
    let (mut line, mut whole) = (Vec::new(), 0u64);
    loop {
        let read = read_row(&mut reader, LARGEST, &mut line)?;
        let is_torn = !line.ends_with(b"\n");
        if is_torn && BEGINNING.starts_with(&line[..line.len().min(BEGINNING.len())]) {
            break;
        }
        let row: Value = serde_json::from_slice(&line).unwrap_or_default();
        let chunk = row["chunk"].as_u64().map(usize::try_from);
        let (false, Some(id), Some(Ok(chunk))) = (is_torn, row["id"].as_str(), chunk) else {
            // Only what we wrote is ever cut.
            let message = "it holds a line that is no row of vectors";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        };
        whole += read as u64;
        done.insert((id.to_owned(), chunk));
    }
    file.set_len(whole)?;
    Ok(file)
}
