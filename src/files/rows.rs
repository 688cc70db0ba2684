//! Files that are read row by row: of any size, but for each row.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::read::text_of;

/// The most bytes of a row of a dataset, or of a line of texts: enough for a large image in base64.
pub(crate) const LONGEST_ROW: u64 = 16 << 20;

/// Reads a line into `line`, which is emptied first, newline included; returns its bytes, 0 at the end.
///
/// # Errors
///
/// It cannot be read, or has more than `most` bytes.
pub(crate) fn read_row(
    from: &mut impl BufRead,
    most: u64,
    line: &mut Vec<u8>,
) -> io::Result<usize> {
    line.clear();
    let read = from.take(most + 1).read_until(b'\n', line)?;
    if read as u64 > most {
        return Err(too_long(most));
    }
    Ok(read)
}

/// Returns the lines of a text without their newlines, none longer than [`LONGEST_ROW`]. The first error is the last item.
pub(crate) fn text_rows(mut from: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    let mut has_failed = false;
    std::iter::from_fn(move || {
        if has_failed {
            return None;
        }
        let mut line = Vec::new();
        let text = match read_row(&mut from, LONGEST_ROW, &mut line) {
            Ok(0) => return None,
            Ok(_) => {
                if line.pop_if(|end| *end == b'\n').is_some() {
                    line.pop_if(|end| *end == b'\r');
                }
                text_of(line)
            }
            Err(error) => Err(error),
        };
        has_failed = text.is_err();
        Some(text)
    })
}

/// A reader that fails where a row goes on for too long. Whoever parses tells its [`RowMeter`] where a row ends.
#[derive(Debug)]
pub(crate) struct Metered<R> {
    from: R,
    read: Arc<AtomicU64>,
}

/// Bytes that were read since the last row ended, what is buffered ahead of it included.
#[derive(Debug, Clone)]
pub(crate) struct RowMeter(Arc<AtomicU64>);

impl<R> Metered<R> {
    /// Returns a reader of the same bytes, and its meter.
    pub(crate) fn new(from: R) -> (Self, RowMeter) {
        let read = Arc::new(AtomicU64::new(0));
        let meter = RowMeter(Arc::clone(&read));
        (Self { from, read }, meter)
    }
}

impl RowMeter {
    /// Begins the next row.
    pub(crate) fn next_row(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read.load(Ordering::Relaxed) > LONGEST_ROW {
            return Err(too_long(LONGEST_ROW));
        }
        let read = self.from.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Says that a row is too long.
pub(crate) fn too_long(most: u64) -> io::Error {
    let message = format!("it is longer than {} MiB", most >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_limit_and_the_file_has_none() {
        let text = b"1234\n\n12345\n";
        let (mut from, mut line) = (&text[..], Vec::new());
        let mut next = |most| read_row(&mut from, most, &mut line).map_err(|error| error.kind());
        assert_eq!(next(5), Ok(5));
        assert_eq!(next(5), Ok(1));
        assert_eq!(next(5), Err(io::ErrorKind::FileTooLarge));
    }

    #[test]
    fn rows_of_text_are_lines_without_their_ends() {
        let rows: Vec<String> = text_rows(&b"a\r\n\nb\r"[..]).map(Result::unwrap).collect();
        assert_eq!(rows, ["a", "", "b\r"]);
        let mut rows = text_rows(io::BufReader::new(io::repeat(b'a')));
        assert!(rows.next().unwrap().is_err());
        assert!(rows.next().is_none());
    }

    #[test]
    fn a_meter_begins_anew_with_each_row() {
        let (mut from, meter) = Metered::new(io::repeat(b'a'));
        let mut buffer = vec![0; usize::try_from(LONGEST_ROW).unwrap()];
        for _ in 0..3 {
            from.read_exact(&mut buffer).unwrap();
            meter.next_row();
        }
        from.read_exact(&mut buffer).unwrap();
        from.read_exact(&mut buffer[..1]).unwrap();
        let error = from.read_exact(&mut buffer[..1]).unwrap_err();
        assert_eq!(error.to_string(), "it is longer than 16 MiB");
    }
}
