//! A JPEG file in; whether all of it is there out.
//!
//! The decoder, like browsers, paints gray where data is missing. A training image that is half
//! gray teaches the wrong thing, so a cut file is refused instead.

use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

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
        let Some(at) = rest.iter().position(|&byte| byte == 0xff) else {
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
