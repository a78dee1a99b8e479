//! The first bytes of a file in; what kind of file it is out. Names of files are never consulted:
//! they lie often enough.

use image::ImageFormat;

use crate::error::{Error, Result};

/// The format of an image this crate decodes, or an error saying what the file is instead.
pub(super) fn image_format(bytes: &[u8]) -> Result<ImageFormat> {
    if bytes.is_empty() {
        return Err(Error::EmptyFile);
    }
    if let Some(format) = decodable(bytes) {
        return Ok(format);
    }
    Err(if let Some(format) = browser_format(bytes) {
        Error::NeedsBrowser { format }
    } else if let Some(looks_like) = convertible(bytes) {
        Error::NotPixels { looks_like }
    } else {
        let looks_like = unrelated(bytes);
        Error::NotAnImage { looks_like }
    })
}

/// The name of a format as people write it.
pub(super) fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        _ => "image",
    }
}

fn decodable(bytes: &[u8]) -> Option<ImageFormat> {
    let is_camera_raw = bytes.get(8..10) == Some(b"CR");
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(ImageFormat::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(ImageFormat::Gif),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(ImageFormat::WebP),
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] if !is_camera_raw => {
            Some(ImageFormat::Tiff)
        }
        // Two letters are a weak sign, so the size of the second header must fit too.
        [b'B', b'M', ..] if matches!(bytes.get(14..18), Some([12..=124, 0, 0, 0])) => {
            Some(ImageFormat::Bmp)
        }
        _ => None,
    }
}

/// Formats that at least one browser decodes.
fn browser_format(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0x0a, ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => Some("JPEG 2000"),
        [0, 0, 1, 0, 1..=255, 0, ..] => Some("ICO"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => heif_format(bytes),
        _ => None,
    }
}

/// AVIF and HEIC share their container with MP4; the brands in its first box tell them apart.
fn heif_format(bytes: &[u8]) -> Option<&'static str> {
    let length = bytes[..4]
        .iter()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let end = length.clamp(12, 256).min(bytes.len());
    let brands: Vec<_> = bytes[8..end.max(8)].chunks_exact(4).collect();
    let any = |names: &[&[u8; 4]]| {
        brands
            .iter()
            .any(|&brand| names.iter().any(|&name| name == brand))
    };
    if any(&[b"avif", b"avis"]) {
        Some("AVIF")
    } else if any(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    ]) {
        Some("HEIC")
    } else {
        None
    }
}

/// Files that hold a picture, but not as pixels one could decode here.
fn convertible(bytes: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| {
        bytes
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    if starts(b"%PDF") {
        Some("a PDF document")
    } else if starts(b"%!PS") {
        Some("a PostScript document")
    } else if starts(b"8BPS") {
        Some("a Photoshop document")
    } else if starts(b"gimp xcf") {
        Some("a GIMP document")
    } else if at(8, b"CR")
        || at(4, b"ftypcrx")
        || starts(b"FUJIFILMCCD")
        || starts(b"IIU\0")
        || starts(b"IIR")
    {
        Some("a camera's raw file")
    } else if at(4, b"ftyp")
        || starts(&[0x1a, 0x45, 0xdf, 0xa3])
        || at(8, b"AVI ")
        || starts(&[0, 0, 1, 0xba])
    {
        Some("a video")
    } else if is_text(bytes) && text_contains(bytes, b"<svg") && text_starts(bytes, b"<") {
        Some("an SVG drawing")
    } else {
        None
    }
}

/// Everything else, down to a shrug.
fn unrelated(bytes: &[u8]) -> &'static str {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"PK\x03\x04")
        || starts(b"PK\x05\x06")
        || starts(b"Rar!")
        || starts(b"7z\xbc\xaf")
        || starts(b"\x1f\x8b")
    {
        "an archive"
    } else if starts(b"ID3")
        || starts(b"OggS")
        || starts(b"fLaC")
        || bytes.get(8..12) == Some(b"WAVE")
    {
        "a sound recording"
    } else if starts(b"\0\x05\x16\x07") {
        "a macOS resource file"
    } else if starts(b"version https://git-lfs") {
        "a Git LFS pointer"
    } else if text_starts(bytes, b"<!doctype html") || text_starts(bytes, b"<html") {
        "a web page"
    } else if is_text(bytes) {
        "text"
    } else if bytes.iter().take(1024).all(|&byte| byte == 0) {
        "a file of zeros"
    } else {
        "a file of unknown kind"
    }
}

/// Whether the first kilobyte is UTF-8 without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character cut in half by the end of `head` is no sign against text.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            std::str::from_utf8(&head[..error.valid_up_to()]).expect("valid up to here")
        }
        Err(_) => return false,
    };
    valid
        .chars()
        .all(|char| !char.is_control() || char.is_ascii_whitespace())
}

fn text_starts(bytes: &[u8], lowercase: &[u8]) -> bool {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    text.get(..lowercase.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(lowercase))
}

fn text_contains(bytes: &[u8], lowercase: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    head.windows(lowercase.len())
        .any(|window| window.eq_ignore_ascii_case(lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(bytes: &[u8]) -> String {
        image_format(bytes).expect_err("not decodable").to_string()
    }

    #[test]
    fn files_that_are_no_images_are_called_by_their_kind() {
        assert_eq!(trouble(b""), "the file is empty");
        assert_eq!(trouble(b"hello, world\n"), "this is text, not an image");
        assert_eq!(trouble("Grüße".as_bytes()), "this is text, not an image");
        assert_eq!(
            trouble(b"\n<!DOCTYPE html><p>"),
            "this is a web page, not an image"
        );
        assert_eq!(
            trouble(b"%PDF-1.7\n"),
            "this is a PDF document, not an image file"
        );
        assert_eq!(
            trouble(b"\0\0\0\x18ftypisom\0\0\0\0isommp42"),
            "this is a video, not an image file"
        );
        assert_eq!(
            trouble(b"\x1aE\xdf\xa3\x01"),
            "this is a video, not an image file"
        );
        assert_eq!(
            trouble(b"<svg xmlns='x'/>"),
            "this is an SVG drawing, not an image file"
        );
        assert_eq!(
            trouble(b"<?xml version='1.0'?>\n<svg/>"),
            "this is an SVG drawing, not an image file"
        );
        assert_eq!(
            trouble(b"PK\x03\x04...."),
            "this is an archive, not an image"
        );
        assert_eq!(trouble(&[0; 40]), "this is a file of zeros, not an image");
        assert_eq!(
            trouble(b"\x01\x02\x03\x04"),
            "this is a file of unknown kind, not an image"
        );
        assert_eq!(
            trouble(b"BM is how this text begins"),
            "this is text, not an image"
        );
    }

    #[test]
    fn formats_only_browsers_decode_are_left_to_them() {
        let format = |bytes: &[u8]| match image_format(bytes) {
            Err(Error::NeedsBrowser { format }) => format,
            other => panic!("{other:?}"),
        };
        assert_eq!(format(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"), "AVIF");
        assert_eq!(format(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"), "AVIF");
        assert_eq!(format(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "HEIC");
        assert_eq!(format(b"\0\0\0\x0cJXL \r\n\x87\n"), "JPEG XL");
        assert_eq!(format(b"\xff\x0a\x00\x00"), "JPEG XL");
        assert_eq!(format(b"\0\0\x01\0\x02\0\x10\x10"), "ICO");
    }

    #[test]
    fn beginnings_of_any_length_are_taken() {
        let heads: [&[u8]; 4] = [
            b"\0\0\0\x1cftypavif\0\0\0\0avif",
            b"RIFF....WEBPVP8 ",
            b"II*\0....CR",
            b"<?xml <svg",
        ];
        for head in heads {
            for length in 0..=head.len() {
                let _ = image_format(&head[..length]);
            }
        }
    }
}
