//! A picture of any size in, the square that the network sees out: to the bit as Graft makes it.

use std::path::Path;

use image::{
    DynamicImage, ImageDecoder, ImageReader, ImageResult, Rgb, RgbImage, imageops,
    metadata::Orientation,
};

/// Reads a picture, turned upright, as a square of `side` pixels.
///
/// # Errors
///
/// When there is no such file, or it is no picture.
pub fn open(path: impl AsRef<Path>, side: u32) -> ImageResult<RgbImage> {
    let mut decoder = ImageReader::open(path)?
        .with_guessed_format()?
        .into_decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let fitted = fit(&DynamicImage::from_decoder(decoder)?, side);
    let mut upright = DynamicImage::from(fitted);
    upright.apply_orientation(orientation);
    Ok(pad(&upright.into_rgb8(), side))
}

/// The whole picture in the middle of a square, the rest in the mean color of its border.
pub fn square(picture: &DynamicImage, side: u32) -> RgbImage {
    pad(&fit(picture, side), side)
}

/// On white, its longer side as long as the square's.
fn fit(picture: &DynamicImage, side: u32) -> RgbImage {
    let rgba = picture.to_rgba8();
    let rgb: Vec<u8> = rgba.pixels().flat_map(|pixel| on_white(pixel.0)).collect();
    let (width, height, side) = (rgba.width() as usize, rgba.height() as usize, side as usize);
    let longer = width.max(height);
    let scaled = |length: usize| ((2 * length * side + longer) / (2 * longer)).max(1);
    let (new_width, new_height) = (scaled(width), scaled(height));
    let rgb = resized(&rgb, [height, new_height], 3 * width);
    let rgb = resized(&rgb, [width, new_width], 3);
    RgbImage::from_raw(new_width as u32, new_height as u32, rgb).expect("width × height × 3 bytes")
}

fn on_white([r, g, b, alpha]: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(alpha);
    [r, g, b].map(|color| ((u32::from(color) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// Bilinear, antialiased, in whole numbers: `[.., from, inner]` → `[.., to, inner]`.
fn resized(values: &[u8], [from, to]: [usize; 2], inner: usize) -> Vec<u8> {
    let filters: Vec<_> = (0..to).map(|at| filter(at, from, to)).collect();
    let heaviest = filters
        .iter()
        .flat_map(|(_, weights)| weights)
        .fold(0.0, |a, b| f64::max(a, *b));
    // As many bits as keep each weight below 2^15.
    let bits = (0..21)
        .find(|bits| (heaviest * f64::from(2 << bits)).round() >= 32768.0)
        .unwrap_or(21);
    let mut resized = Vec::with_capacity(values.len() / from * to);
    let mut sums = vec![0; inner];
    for row in values.chunks_exact(from * inner) {
        for (first, weights) in &filters {
            sums.fill(1 << bits >> 1);
            for (weight, values) in weights.iter().zip(row[first * inner..].chunks_exact(inner)) {
                let weight = (weight * f64::from(1 << bits)).round() as i32;
                sums.iter_mut()
                    .zip(values)
                    .for_each(|(sum, x)| *sum += weight * i32::from(*x));
            }
            resized.extend(sums.iter().map(|sum| (sum >> bits).clamp(0, 255) as u8));
        }
    }
    resized
}

/// Which values give the one at `at`: the first, and the weights from there on.
fn filter(at: usize, from: usize, to: usize) -> (usize, Vec<f64>) {
    let scale = from as f64 / to as f64;
    let (center, reach) = ((at as f64 + 0.5) * scale - 0.5, scale.max(1.0));
    let first = (center - reach).ceil().max(0.0) as usize;
    let last = ((center + reach) as usize).min(from - 1);
    let weights = (first..=last).map(|place| 1.0 - (place as f64 - center).abs() / reach);
    let sum: f64 = weights.clone().sum();
    (first, weights.map(|weight| weight / sum).collect())
}

fn pad(fitted: &RgbImage, side: u32) -> RgbImage {
    let mut square = RgbImage::from_pixel(side, side, border_mean(fitted));
    let (left, top) = ((side - fitted.width()) / 2, (side - fitted.height()) / 2);
    imageops::replace(&mut square, fitted, left.into(), top.into());
    square
}

/// Of the first and last row and the first and last column.
fn border_mean(picture: &RgbImage) -> Rgb<u8> {
    let (width, height) = picture.dimensions();
    let rows = (0..width).flat_map(|x| [(x, 0), (x, height - 1)]);
    let columns = (0..height).flat_map(|y| [(0, y), (width - 1, y)]);
    let places: Vec<_> = rows.chain(columns).collect();
    let count = places.len() as u32;
    let sum = |color: usize| {
        places
            .iter()
            .map(|&(x, y)| u32::from(picture[(x, y)][color]))
            .sum::<u32>()
    };
    Rgb([0, 1, 2].map(|color| ((2 * sum(color) + count) / (2 * count)) as u8))
}
