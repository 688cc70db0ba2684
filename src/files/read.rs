//! Reading whole files that are not too large.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most bytes that are read whole, of a file or of what is piped in. Larger data belongs in datasets, which are
/// streamed.
pub(crate) const LARGEST: u64 = 64 << 20;

/// Reads a file whole.
///
/// # Errors
///
/// It cannot be read, or has more than [`LARGEST`] bytes; what has no end, such as a device, counts as such.
pub(crate) fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    read_to_end(File::open(path)?)
}

/// Reads a file of UTF-8 text whole.
///
/// # Errors
///
/// As for [`read_whole`]; or it is no UTF-8 text.
pub(crate) fn read_whole_text(path: &Path) -> io::Result<String> {
    text_of(read_whole(path)?)
}

/// Reads to the end.
///
/// # Errors
///
/// As for [`read_whole`].
pub(crate) fn read_to_end(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let message = format!("it is larger than {} MiB", LARGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Returns bytes as the text that they are.
///
/// # Errors
///
/// They are no UTF-8 text.
pub(crate) fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_too_large() {
        let error = read_to_end(io::repeat(b'a')).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 64 MiB");
        let most = read_to_end(io::repeat(b'a').take(LARGEST)).unwrap();
        assert_eq!(most.len() as u64, LARGEST);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_a_file_like_any_other() {
        let error = read_whole(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_whole_text(Path::new("/dev/null")).unwrap(), "");
    }
}
