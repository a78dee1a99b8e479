//! Small images for tests, drawn and encoded on the spot.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Smooth colors with an edge: neither so flat that damage doesn't show nor noise.
pub(crate) fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let disk = (u - 0.4).hypot(v - 0.6) < 0.3;
        let wave = (u * 9.0).sin() * (v * 7.0).cos() * 40.0 + 80.0;
        Rgb([
            (u * 255.0) as u8,
            if disk { 220 } else { wave as u8 },
            (v * 255.0) as u8,
        ])
    })
}

pub(crate) fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

pub(crate) fn photo_jpeg(width: u32, height: u32) -> Vec<u8> {
    encode(photo(width, height), ImageFormat::Jpeg)
}

/// The six formats.
pub(crate) const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

/// An EXIF block with nothing but an orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0".to_vec(); // little-endian, directory at 8
    block.extend([1, 0]); // one entry:
    block.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]); // Orientation, one u16
    block.extend([0; 4]); // no further directory
    block
}

/// Puts an EXIF block into a JPEG, right behind its start marker.
pub(crate) fn jpeg_with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(exif(orientation));
    let length = (segment.len() + 2) as u16;
    [
        &jpeg[..2],
        &[0xff, 0xe1],
        &length.to_be_bytes(),
        &segment,
        &jpeg[2..],
    ]
    .concat()
}

/// Puts an EXIF block into a PNG, right behind its header chunk.
pub(crate) fn png_with_exif(png: &[u8], orientation: u8) -> Vec<u8> {
    const HEADER_END: usize = 8 + 25;
    [
        &png[..HEADER_END],
        &png_chunk(b"eXIf", &exif(orientation)),
        &png[HEADER_END..],
    ]
    .concat()
}

/// Makes a PNG claim another size.
pub(crate) fn set_png_size(png: &mut [u8], width: u32, height: u32) {
    let mut header = png[16..29].to_vec();
    header[..4].copy_from_slice(&width.to_be_bytes());
    header[4..8].copy_from_slice(&height.to_be_bytes());
    png[8..33].copy_from_slice(&png_chunk(b"IHDR", &header));
}

fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [name, data].concat();
    [
        &(data.len() as u32).to_be_bytes()[..],
        &body,
        &crc32(&body).to_be_bytes(),
    ]
    .concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

/// Wraps a simple lossless WebP into the extended kind, with an EXIF block.
pub(crate) fn webp_with_exif(webp: &[u8], (width, height): (u32, u32), orientation: u8) -> Vec<u8> {
    const HAS_EXIF: u8 = 8;
    let mut extended = vec![HAS_EXIF, 0, 0, 0];
    extended.extend(&(width - 1).to_le_bytes()[..3]);
    extended.extend(&(height - 1).to_le_bytes()[..3]);
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let padding = vec![0; data.len() % 2];
        [
            &name[..],
            &(data.len() as u32).to_le_bytes(),
            data,
            &padding,
        ]
        .concat()
    };
    let image = &webp[12..];
    let exif = chunk(b"EXIF", &exif(orientation));
    let body = [b"WEBP", &chunk(b"VP8X", &extended)[..], image, &exif].concat();
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

/// A minimal uncompressed TIFF. The crate's encoder writes no orientation.
pub(crate) fn tiff_with_orientation(image: &RgbImage, orientation: u8) -> Vec<u8> {
    const NUM_TAGS: u32 = 9;
    let data_at = 8 + 2 + NUM_TAGS * 12 + 4;
    let (short, long) = (3u16, 4u16);
    let tags = [
        (256, long, image.width()),
        (257, long, image.height()),
        (258, short, 8), // bits; one value stands for all three here
        (259, short, 1), // no compression
        (262, short, 2), // RGB
        (273, long, data_at),
        (274, short, u32::from(orientation)),
        (277, short, 3), // samples a pixel
        (279, long, image.len() as u32),
    ];
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((NUM_TAGS as u16).to_le_bytes());
    for (tag, kind, value) in tags {
        file.extend(u16::to_le_bytes(tag));
        file.extend(kind.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend(image.as_raw());
    file
}

/// The largest difference between two images, in levels.
pub(super) fn distance(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}
