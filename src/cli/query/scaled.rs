//! Images that Bedrock would refuse for their size, made smaller.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader};

use crate::suite::IMAGE_BYTES;

/// What Bedrock takes of an image.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Pixels of either side.
    pub side: u32,
}

/// An image made smaller.
pub(super) struct Scaled {
    pub bytes: Vec<u8>,
    /// What was done, as a sentence goes on.
    pub what: String,
}

/// What Converse takes ("Message", API reference of Amazon Bedrock).
pub(super) const CONVERSE: Limits = Limits {
    bytes: IMAGE_BYTES,
    side: 8_000,
};

/// Longest sides that are tried: none larger than the image has.
const SIDES: [u32; 5] = [8_000, 4_096, 2_048, 1_024, 512];
/// From 1 to 100; at 90 print in a picture of a page stays sharp.
const JPEG_QUALITY: u8 = 90;

/// Returns a PNG, JPEG or WebP image that is too large as the largest one that is not, turned upright; `None` for one that fits, and
/// for what is no such image or cannot be read.
pub(super) fn scaled(bytes: &[u8], limits: Limits) -> Option<Scaled> {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .ok()?;
    let format = reader.format()?;
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if bytes.len() <= limits.bytes && width.max(height) <= limits.side {
        return None;
    }
    // What claims more pixels than half a gigabyte holds is left alone: a small file may.
    let mut memory = image::Limits::default();
    memory.reserve(decoder.total_bytes()).ok()?;
    decoder.set_limits(memory).ok()?;
    let orientation = decoder.orientation().ok()?;
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    let longest = image.width().max(image.height());
    let mut sides: Vec<u32> = SIDES
        .iter()
        .map(|side| (*side).min(limits.side).min(longest))
        .collect();
    sides.dedup();
    sides.into_iter().find_map(|side| {
        let smaller = (side < longest).then(|| image.resize(side, side, FilterType::CatmullRom));
        let shown = smaller.as_ref().unwrap_or(&image);
        let (encoded, name) = encoded(shown)?;
        (encoded.len() <= limits.bytes).then(|| Scaled {
            what: format!(
                "{width} × {height} pixels in {} bytes of {} are more than Bedrock takes: sent as {} × {} in {} bytes of {name}",
                bytes.len(),
                name_of(format),
                shown.width(),
                shown.height(),
                encoded.len(),
            ),
            bytes: encoded,
        })
    })
}

/// Returns an image as PNG where it has transparent parts, else as JPEG.
fn encoded(image: &DynamicImage) -> Option<(Vec<u8>, &'static str)> {
    let mut bytes = Vec::new();
    if image.color().has_alpha() {
        let plain = DynamicImage::ImageRgba8(image.to_rgba8());
        let written = plain.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
        return written.is_ok().then_some((bytes, "PNG"));
    }
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    let written = image.to_rgb8().write_with_encoder(encoder);
    written.is_ok().then_some((bytes, "JPEG"))
}

fn name_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "WebP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    /// A picture that no encoder can make small.
    fn noise(width: u32, height: u32) -> RgbImage {
        let mut state = 1u32;
        RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            Rgb([a, b, c])
        })
    }

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = image
            .into()
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
        written.unwrap();
        bytes
    }

    fn size(bytes: &[u8]) -> (u32, u32) {
        let image = image::load_from_memory(bytes).unwrap();
        (image.width(), image.height())
    }

    #[test]
    fn an_image_that_fits_and_what_is_none_stay_as_they_are() {
        for bytes in [&png(noise(20, 10)), &b"GIF89a"[..], b"", b"%PDF-1.7"] {
            assert!(scaled(bytes, CONVERSE).is_none());
        }
        let broken = &png(noise(600, 600))[..500];
        let limits = Limits {
            bytes: 100,
            side: 8_000,
        };
        assert!(scaled(broken, limits).is_none());
    }

    #[test]
    fn a_small_file_that_claims_to_be_huge_is_left_alone() {
        let mut bomb = png(noise(20, 10));
        // Width and height of the header, which its checksum covers with its name.
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let sum = crc32fast::hash(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        let reader = ImageReader::new(Cursor::new(&bomb)).with_guessed_format();
        assert_eq!(reader.unwrap().into_dimensions().unwrap(), (60_000, 60_000));
        assert!(scaled(&bomb, CONVERSE).is_none());
    }

    #[test]
    fn too_many_bytes_make_a_jpeg_of_the_same_size_if_that_will_do() {
        let wide = png(noise(600, 300));
        let limits = Limits {
            bytes: wide.len() - 1,
            side: 8_000,
        };
        let same = scaled(&wide, limits).unwrap();
        assert_eq!(size(&same.bytes), (600, 300));
        assert!(same.bytes.starts_with(&[0xff, 0xd8, 0xff]));
        let limits = Limits {
            bytes: same.bytes.len() - 1,
            ..limits
        };
        let less = scaled(&wide, limits).unwrap();
        assert_eq!(size(&less.bytes), (512, 256));
        assert!(less.bytes.len() <= limits.bytes);
        let none = Limits {
            bytes: 1_000,
            ..limits
        };
        assert!(scaled(&wide, none).is_none());
    }

    #[test]
    fn too_many_pixels_keep_their_shape_and_transparent_ones_their_alpha() {
        let limits = Limits {
            bytes: 1_000_000,
            side: 100,
        };
        let image = RgbaImage::from_pixel(50, 200, Rgba([9, 9, 9, 0]));
        let less = scaled(&png(image), limits).unwrap();
        assert_eq!(size(&less.bytes), (25, 100));
        let read = image::load_from_memory(&less.bytes).unwrap();
        assert!(read.color().has_alpha());
        assert!(less.what.contains("50 × 200 pixels"), "{}", less.what);
        assert!(less.what.contains("sent as 25 × 100"), "{}", less.what);
    }
}
