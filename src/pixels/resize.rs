//! A decoded image of any size in; the square the backbone sees out.
//!
//! The whole image is fitted into the square, and the rest filled with the mean color of the
//! fitted image's border. Measured with EfficientNet-Lite0 features and scikit-learn's logistic
//! regression, accuracy in percent, mean of 20 seeds, standard error about 0.5; the 340 photos
//! of task T1 on white, and pasted at random places and sizes into blurred colored noise:
//!
//! | geometry | white, 80 % | white, 5 a class | scenes, 80 % | scenes, 5 a class |
//! |---|---|---|---|---|
//! | squashed | 89.4 | 81.9 | 79.7 | 74.3 |
//! | square cut from the center | 87.1 | 79.9 | **83.0** | **75.4** |
//! | fitted on white | 89.6 | **83.8** | 82.1 | 74.9 |
//! | fitted on its border's mean | **89.9** | 83.5 | 82.1 | **75.4** |
//!
//! Cutting wins where the border is noise and loses where the object fills the picture, which is
//! how people photograph things. With these bars, bilinear, bicubic
//! and Lanczos filters differ by less than the error.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{RgbImage, imageops};

use super::decode::Decoded;

/// The whole image, as it is shown, as large as fits into a square of some side.
pub(super) fn fit(image: &Decoded, side: u32) -> RgbImage {
    let (width, height) = fitted_size((image.width, image.height), side);
    let fitted = resize(&image.rgb, image.rgb.dimensions(), (width, height));
    let fitted = RgbImage::from_raw(width, height, fitted).expect("width × height × 3 bytes");
    let mut shown = image::DynamicImage::ImageRgb8(fitted);
    shown.apply_orientation(image.orientation);
    shown.into_rgb8()
}

/// Puts a fitted image in the middle of a square of its border's mean color.
///
/// Returns `side` × `side` × 3 bytes, row by row.
pub(super) fn pad(fitted: &RgbImage, side: u32) -> Vec<u8> {
    let mut square = RgbImage::from_pixel(side, side, border_mean(fitted).into());
    let (x, y) = ((side - fitted.width()) / 2, (side - fitted.height()) / 2);
    imageops::replace(&mut square, fitted, x.into(), y.into());
    square.into_raw()
}

/// Proportions kept to the nearest pixel, halves up, so that other languages can do the same.
fn fitted_size((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longer = u64::from(width.max(height));
    let scale = |length: u32| (2 * u64::from(length) * u64::from(side) + longer) / (2 * longer);
    let scaled = |length| (scale(length) as u32).clamp(1, side);
    (scaled(width), scaled(height))
}

/// The mean of the first and last row and the first and last column, corners twice, halves up.
fn border_mean(image: &RgbImage) -> [u8; 3] {
    let (width, height) = image.dimensions();
    let rows = (0..width).flat_map(|x| [(x, 0), (x, height - 1)]);
    let columns = (0..height).flat_map(|y| [(0, y), (width - 1, y)]);
    let num_pixels = u64::from(2 * (width + height));
    let mut sums = [0u64; 3];
    for (x, y) in rows.chain(columns) {
        let color = image.get_pixel(x, y).0;
        sums.iter_mut()
            .zip(color)
            .for_each(|(sum, c)| *sum += u64::from(c));
    }
    sums.map(|sum| ((2 * sum + num_pixels) / (2 * num_pixels)) as u8)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_fills_the_square() {
        assert_eq!(fitted_size((400, 300), 224), (224, 168));
        assert_eq!(fitted_size((3, 1000), 224), (1, 224));
        assert_eq!(fitted_size((16, 16), 224), (224, 224));
    }

    #[test]
    fn the_rest_has_the_mean_color_of_the_border() {
        // Two pixels, one above the other: each is counted in a row and twice in the columns.
        let fitted = RgbImage::from_raw(1, 2, vec![10, 0, 255, 21, 0, 255]).expect("two pixels");
        let square = pad(&fitted, 2);
        assert_eq!(square, [10, 0, 255, 16, 0, 255, 21, 0, 255, 16, 0, 255]);
    }
}
