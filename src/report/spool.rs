//! Text by its place in a document, while it comes in another order: held on disk beyond a little.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of one part that are held before they go to the disk.
const HELD: usize = 1 << 16;

/// Parts of a document that grow side by side.
#[derive(Debug, Default)]
pub(super) struct Spool<K> {
    parts: BTreeMap<K, Part>,
    /// What is not held, in the order in which it came; made when something is too much.
    file: Option<File>,
    written: u64,
}

#[derive(Debug, Default)]
struct Part {
    held: Vec<u8>,
    /// Where its earlier text stands in the file: where each piece begins, and its length.
    pieces: Vec<(u64, usize)>,
}

impl<K: Ord> Spool<K> {
    /// Lets `write` add to a part.
    ///
    /// # Errors
    ///
    /// No temporary file can be made or written, or what `write` says.
    pub(super) fn add(
        &mut self,
        key: K,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let part = self.parts.entry(key).or_default();
        write(&mut part.held)?;
        if part.held.len() < HELD {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(&part.held)?;
        part.pieces.push((self.written, part.held.len()));
        self.written += part.held.len() as u64;
        part.held.clear();
        Ok(())
    }

    /// Writes a whole part; nothing where nothing was added.
    ///
    /// # Errors
    ///
    /// The temporary file cannot be read, or `out` cannot be written.
    pub(super) fn write(&mut self, key: &K, out: &mut dyn Write) -> io::Result<()> {
        let Some(part) = self.parts.get(key) else {
            return Ok(());
        };
        if let Some(file) = &mut self.file {
            let mut piece = Vec::new();
            for (begin, length) in &part.pieces {
                piece.resize(*length, 0);
                file.seek(SeekFrom::Start(*begin))?;
                file.read_exact(&mut piece)?;
                out.write_all(&piece)?;
            }
        }
        out.write_all(&part.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_out_whole_whatever_their_size() {
        let mut spool = Spool::default();
        let mut expected = BTreeMap::<u32, Vec<u8>>::new();
        for number in 0..20_000_u32 {
            let (key, text) = (number % 3, format!("line {number} {}\n", "x".repeat(20)));
            expected.entry(key).or_default().extend(text.as_bytes());
            let added = spool.add(key, |out| out.write_all(text.as_bytes()));
            added.unwrap();
        }
        assert!(spool.written > 0);
        for (key, expected) in &expected {
            let mut out = Vec::new();
            spool.write(key, &mut out).unwrap();
            assert!(out == *expected, "part {key}");
        }
        let mut nothing = Vec::new();
        spool.write(&9, &mut nothing).unwrap();
        assert!(nothing.is_empty());
    }
}
