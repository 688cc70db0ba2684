//! Where a rendering goes: memory, up to a limit.

use std::io::{self, Write};

use super::TemplateError;

/// The most bytes that a template may become: more than the largest prompt with a video in it.
pub(super) const MOST: usize = 64 << 20;

/// The text so far.
#[derive(Default)]
pub(super) struct Room {
    text: Vec<u8>,
    is_full: bool,
}

impl Room {
    /// Returns whether there was more to write than may be.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Returns all that was written.
    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.text).expect("templates write text")
    }
}

/// Says that a template becomes too long a text.
pub(super) fn too_long() -> TemplateError {
    TemplateError {
        message: format!("the template makes more than {} MiB of text", MOST >> 20),
        range: None,
        hint: None,
    }
}

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > MOST - self.text.len() {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.text.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
