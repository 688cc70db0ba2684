//! Text that is packed while it is written, so that little of it is held.

use std::io;

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};

/// The quickest level: what it saves beside the best is worth less than the time.
const LEVEL: i32 = 1;
/// Bytes that are packed at a time; calls for less cost more than they pack.
const AT_ONCE: usize = 1 << 14;

/// A raw DEFLATE stream (RFC 1951), or a part of one: parts that come one after the other are one stream, as each refers to
/// nothing but itself.
pub(super) struct Packed {
    compressor: Box<CompressorOxide>,
    waiting: Vec<u8>,
    out: Vec<u8>,
}

impl Default for Packed {
    fn default() -> Self {
        let flags = create_comp_flags_from_zip_params(LEVEL, 0, 0);
        Self {
            compressor: Box::new(CompressorOxide::new(flags)),
            waiting: Vec::new(),
            out: Vec::new(),
        }
    }
}

impl Packed {
    /// Returns what was written as a part that others follow.
    pub(super) fn into_part(mut self) -> Vec<u8> {
        self.pack(TDEFLFlush::Sync);
        self.out
    }

    /// Returns what was written as the last part, or as a stream of its own.
    pub(super) fn into_last(mut self) -> Vec<u8> {
        self.pack(TDEFLFlush::Finish);
        self.out
    }

    fn pack(&mut self, flush: TDEFLFlush) {
        let out = &mut self.out;
        let (status, _) = compress_to_output(&mut self.compressor, &self.waiting, flush, |bytes| {
            out.extend_from_slice(bytes);
            true
        });
        assert!(
            matches!(status, TDEFLStatus::Okay | TDEFLStatus::Done),
            "packing into memory cannot fail"
        );
        self.waiting.clear();
    }
}

impl io::Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= AT_ONCE {
            self.pack(TDEFLFlush::None);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use miniz_oxide::inflate::decompress_to_vec;
    use proptest::prelude::*;

    use super::*;

    fn packed(pieces: &[Vec<u8>]) -> Packed {
        let mut packed = Packed::default();
        for piece in pieces {
            packed.write_all(piece).unwrap();
        }
        packed
    }

    proptest! {
        #[test]
        fn parts_make_one_stream(
            parts in prop::collection::vec(prop::collection::vec(prop::collection::vec(0_u8..4, 0..9000), 0..6), 1..5),
        ) {
            let mut stream = Vec::new();
            for part in &parts {
                stream.extend(packed(part).into_part());
            }
            stream.extend(packed(&[b"end".to_vec()]).into_last());
            let whole: Vec<u8> = parts.concat().concat();
            prop_assert_eq!(decompress_to_vec(&stream).unwrap(), [&whole[..], b"end"].concat());
        }
    }
}
