//! A JPEG file in; whether all of it is there, and the image at a fraction of its size, out.
//!
//! The decoder, like browsers, paints gray where data is missing. A training image that is half
//! gray teaches the wrong thing, so a cut file is refused instead.

use image::RgbImage;
use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::scaled_jpeg;

/// Scaled decoding leaves at least this many pixels on the longer side: four times what the
/// backbone sees (3.4 times at 260 pixels), so that what comes after resizing hardly differs (0.4
/// levels in the mean, 3 at most, on a noisy photo of 12 megapixels at 224).
pub(super) const MIN_SCALED_SIDE: u32 = 4 * 224;

/// Decodes a large JPEG at 1/2, 1/4 or 1/8 of its size. `None` leaves it to the tolerant decoder: it
/// is small enough, of a rare kind, or damaged.
pub(super) fn decode_scaled(bytes: &[u8], longer_side: u32) -> Option<RgbImage> {
    let reduction = [8, 4, 2]
        .into_iter()
        .find(|reduction| longer_side / reduction >= MIN_SCALED_SIDE)?;
    scaled_jpeg::decode(bytes, reduction as usize)
}

/// Whether the file has its end.
///
/// Some cameras forget the end marker though every pixel is there. Only for files without one,
/// a strict decoder has the last word; the zeros with which broken downloads are padded out are
/// taken away first, for zeros decode to flat gray.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    has_end_marker(bytes) || {
        let length = bytes
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        let options = DecoderOptions::default().set_strict_mode(true);
        JpegDecoder::new_with_options(ZCursor::new(&bytes[..length]), options)
            .decode()
            .is_ok()
    }
}

/// Walks from marker to marker. Segments are skipped whole, for the thumbnail inside the EXIF
/// segment has an end marker of its own.
pub(super) fn has_end_marker(bytes: &[u8]) -> bool {
    const END_OF_IMAGE: u8 = 0xd9;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let Some(at) = memchr::memchr(0xff, rest) else {
            return false;
        };
        rest = &rest[at + 1..];
        match rest {
            [] => return false,
            [END_OF_IMAGE, ..] => return true,
            // Stuffing, fill bytes and restart markers belong to the data around them.
            [0x00 | 0x01 | 0xd0..=0xd8 | 0xff, ..] => {}
            [_, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(1 + length..).unwrap_or_default();
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat};

    use super::*;
    use crate::pixels::fixtures;

    #[test]
    fn a_whole_file_is_complete_and_a_cut_one_is_not() {
        let whole = fixtures::photo_jpeg(64, 48);
        assert!(is_complete(&whole));
        for length in 0..whole.len() - 8 {
            assert!(
                !is_complete(&whole[..length]),
                "cut at {length} of {}",
                whole.len()
            );
        }
    }

    #[test]
    fn a_large_image_is_decoded_at_a_fraction_of_its_size() {
        let size = |width, height| {
            let file = fixtures::photo_jpeg(width, height);
            let decoded = crate::pixels::decode(&file).expect("decodes");
            assert_eq!((decoded.width(), decoded.height()), (width, height));
            decoded.rgb.dimensions()
        };
        assert_eq!(size(1791, 100), (1791, 100));
        assert_eq!(size(1792, 100), (896, 50));
        assert_eq!(size(101, 4000), (26, 1000));
    }

    #[test]
    fn scaled_decoding_hardly_changes_the_result() {
        for image in [
            fixtures::photo(2000, 1500).into(),
            DynamicImage::from(fixtures::photo(1500, 2000))
                .to_luma8()
                .into(),
        ] {
            let image: DynamicImage = image;
            let file = fixtures::encode(image.clone(), ImageFormat::Jpeg);
            let scaled = crate::pixels::extract(&file, 224).expect("decodes").pixels;
            let lossless = fixtures::encode(image, ImageFormat::Png);
            let full = crate::pixels::extract(&lossless, 224)
                .expect("decodes")
                .pixels;
            let worst = scaled.iter().zip(&full).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(4), "{worst:?} levels off");
        }
    }

    #[test]
    fn a_missing_end_marker_alone_is_forgiven() {
        let whole = fixtures::photo_jpeg(64, 48);
        assert!(is_complete(&whole[..whole.len() - 2]));
    }

    #[test]
    fn a_download_padded_with_zeros_is_incomplete() {
        let mut padded = fixtures::photo_jpeg(64, 48);
        let length = padded.len();
        padded.truncate(length * 2 / 3);
        padded.resize(length, 0);
        assert!(!is_complete(&padded));
    }
}
