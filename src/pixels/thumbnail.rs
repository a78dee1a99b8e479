//! An image fitted for the backbone in; a small JPEG of it out.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};

use super::resize::resize;

/// The longer side of a thumbnail, in pixels.
pub const MAX_SIDE: u32 = 128;

/// Little enough for 10,000 thumbnails to stay in memory (3 to 5 KB each), and no blocks to see.
const QUALITY: u8 = 80;

/// Encodes a thumbnail of an image that is shown with the given size.
///
/// It is made from the fitted image, which is small already.
pub(super) fn thumbnail(fitted: &RgbImage, shown: (u32, u32)) -> Vec<u8> {
    let (width, height) = thumbnail_size(shown);
    let pixels = resize(fitted, fitted.dimensions(), (width, height));
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&pixels, width, height, ExtendedColorType::Rgb8)
        .expect("a vector takes every byte and the size is small");
    jpeg
}

/// Keeps the proportions, never enlarges, and leaves at least one pixel.
fn thumbnail_size((width, height): (u32, u32)) -> (u32, u32) {
    let scale = (f64::from(MAX_SIDE) / f64::from(width.max(height))).min(1.0);
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_keep_proportions() {
        assert_eq!(thumbnail_size((4000, 3000)), (128, 96));
        assert_eq!(thumbnail_size((3000, 4000)), (96, 128));
        assert_eq!(thumbnail_size((28, 20)), (28, 20));
        assert_eq!(thumbnail_size((30_000, 1)), (128, 1));
    }

    #[test]
    fn a_thumbnail_is_a_jpeg_of_that_size() {
        let jpeg = thumbnail(&RgbImage::from_pixel(224, 168, [200; 3].into()), (640, 480));
        let image = image::load_from_memory(&jpeg).expect("a JPEG").into_rgb8();
        assert_eq!(image.dimensions(), (128, 96));
        assert!(
            image
                .pixels()
                .all(|pixel| pixel.0.iter().all(|value| value.abs_diff(200) <= 2))
        );
    }
}
