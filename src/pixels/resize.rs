//! A decoded image of any size in; the square the backbone sees out.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};

use super::decode::Decoded;

/// Squashes the whole image into a square of `side` pixels, as it is shown.
///
/// Returns `side` × `side` × 3 bytes, row by row.
pub(super) fn square(image: &Decoded, side: u32) -> Vec<u8> {
    let squashed = resize(&image.rgb, (image.width, image.height), (side, side));
    let squashed = RgbImage::from_raw(side, side, squashed).expect("side × side × 3 bytes");
    let mut shown = DynamicImage::ImageRgb8(squashed);
    shown.apply_orientation(image.orientation);
    shown.into_bytes()
}

/// Resizes RGB8 to any size. Like Pillow's `resize`, the filter widens when shrinking.
pub(super) fn resize(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let source =
        ImageRef::new(from.0, from.1, rgb, PixelType::U8x3).expect("width × height × 3 bytes");
    let mut target = Image::new(to.0, to.1, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new()
        .resize(&source, &mut target, &options)
        .expect("both are RGB8");
    target.into_vec()
}
