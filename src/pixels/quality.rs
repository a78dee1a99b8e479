//! A small image in; what can be told of it without knowing what it shows, and what is wrong with
//! it, out.
//!
//! The thresholds were chosen on the photos they are measured on here: the 339 of task T1, cut out
//! and put on white, and 19 that fill their frame, Tux Paint's templates. Percent flagged:
//!
//! | | flag | T1 | templates |
//! |---|---|---|---|
//! | as they are | blurry, dark, low information | 0 | 0 |
//! | | overexposed | 0.9 | 0 |
//! | | tiny; odd aspect | 0.3 each | 0 |
//! | the same as JPEG, quality 80 | overexposed | 1.5 | 0 |
//! | Gaussian blur, σ = 1 pixel of 224 | blurry | 92 | 74 |
//! | σ = 1.5, 2 or 3 | blurry | 99.7 | 100 |
//! | σ = 2, then noise of 3 levels | blurry | 97 | 100 |
//! | 9 pixels of shake | blurry | 97 | 100 |
//! | light × 0.1 | dark | 100 | 100 |
//! | light × 3 | overexposed | 59 | 74 |
//! | light × 4 | overexposed | 65 | 84 |
//! | 150 levels added | overexposed | 55 | 58 |
//! | gray, also with noise of 3 levels | low information | 100 | 100 |
//!
//! The one photo of T1 that no blur makes blurry is tiny.
//!
//! Letters and drawings are harder. Of the 452 stamps that aren't in T1, most of them such, 2.7 %
//! are called blurry (mostly letters of slanted strokes) and 12.8 % overexposed (mostly white
//! letters that reach the border). Blur with σ = 1.5 is found in every one of them that is judged.

use image::{Rgb, RgbImage};

use crate::protocol::{FlawKind, Quality};

/// Below it, an image is blurry. An edge has 0.12 when it is spread over four pixels, a scene as in
/// [`sharpness`] when it is blurred with σ = 1 pixel, about.
const MIN_SHARPNESS: f32 = 0.12;

/// Below it, brightness and contrast together are dark. Nothing that was darkened to a tenth has
/// more than 0.121; a night with a lamp has, thanks to its contrast.
const MIN_LIGHT: f32 = 0.125;

/// Above it, an image is overexposed.
const MAX_OVEREXPOSED: f32 = 0.35;

/// Below it, an image is tiny: its longer side, in pixels.
///
/// The backbone looks at 224, but two thirds of T1 have fewer, its coins often no more than 50.
const MIN_SIDE: u32 = 48;

/// Above it, the longer side is oddly long for the shorter one.
const MAX_ASPECT: f32 = 4.0;

/// Below it, there is hardly anything to see; the noise of a covered camera is below it too.
const MIN_CONTRAST: f32 = 0.02;

/// Below it, in bits, there is hardly anything to see. Black and white alone can have 1.
const MIN_ENTROPY: f32 = 0.8;

/// What is wrong with an image, each with how bad it is: from 0, just so, to 1, as bad as can be.
///
/// Only flaws that are a matter of a single image: [`FlawKind::Blurry`], [`FlawKind::Dark`],
/// [`FlawKind::Overexposed`], [`FlawKind::Tiny`], [`FlawKind::OddAspect`] and
/// [`FlawKind::LowInformation`]. A tiny image or one without contrast is never blurry as well:
/// there is too little to judge by.
pub fn flaws(quality: &Quality) -> Vec<(FlawKind, f32)> {
    let (width, height) = (quality.width as f32, quality.height as f32);
    let (longer, shorter) = (width.max(height), width.min(height));
    let tiny = below(longer, MIN_SIDE as f32);
    let featureless =
        below(quality.contrast, MIN_CONTRAST).max(below(quality.entropy, MIN_ENTROPY));
    let blurry = match tiny.max(featureless) > 0.0 {
        true => 0.0,
        false => below(quality.sharpness, MIN_SHARPNESS),
    };
    let flaws = [
        (FlawKind::Blurry, blurry),
        (
            FlawKind::Dark,
            below(quality.brightness + quality.contrast, MIN_LIGHT),
        ),
        (
            FlawKind::Overexposed,
            below(1.0 - quality.overexposed, 1.0 - MAX_OVEREXPOSED),
        ),
        (FlawKind::Tiny, tiny),
        (
            FlawKind::OddAspect,
            below(shorter / longer, 1.0 / MAX_ASPECT),
        ),
        (FlawKind::LowInformation, featureless),
    ];
    let found = flaws.into_iter().filter(|(_, badness)| *badness > 0.0);
    found.collect()
}

/// How far a value is below its limit, as a share of the limit; 0 if it isn't.
fn below(value: f32, limit: f32) -> f32 {
    (1.0 - value / limit).clamp(0.0, 1.0)
}

/// Looks at an image that is shown with the given size.
///
/// `pixels` are the fitted image's, or the image's own if those are fewer: enlarging blurs.
pub(super) fn measure(pixels: &RgbImage, shown: (u32, u32)) -> Quality {
    let luma = Luma::new(pixels);
    let num_values = luma.values.len() as f64;
    let sum: f64 = luma.values.iter().copied().map(f64::from).sum();
    let mean = sum / num_values;
    let deviation = |value: &f32| (f64::from(*value) - mean).powi(2);
    let variance = luma.values.iter().map(deviation).sum::<f64>() / num_values;
    Quality {
        width: shown.0,
        height: shown.1,
        brightness: mean as f32,
        contrast: variance.sqrt() as f32,
        overexposed: overexposed(pixels, &luma),
        sharpness: sharpness(&luma),
        entropy: entropy(&luma),
    }
}

/// Light without color, from 0 to 1, row by row.
struct Luma {
    values: Vec<f32>,
    width: usize,
}

impl Luma {
    /// As in Recommendation ITU-R BT.601 and in JPEG.
    fn new(pixels: &RgbImage) -> Self {
        let light = |[r, g, b]: [f32; 3]| (0.299 * r + 0.587 * g + 0.114 * b) / 255.0;
        let values = pixels.pixels().map(|pixel| light(pixel.0.map(f32::from)));
        Self {
            values: values.collect(),
            width: pixels.width() as usize,
        }
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.width)
    }

    /// The image mirrored at its diagonal.
    fn transposed(&self) -> Self {
        let column = |x| self.values[x..].iter().step_by(self.width);
        Self {
            values: (0..self.width).flat_map(column).copied().collect(),
            width: self.values.len() / self.width,
        }
    }
}

/// How much of the change from pixel to pixel changes again at the next pixel, from 0 to 1, in the
/// direction where that is less: camera shake blurs in one direction only.
///
/// In each direction it is Σ (second differences)² / (4 Σ (first differences)²). The energy of a
/// scene falls with the square of the frequency ([Field 1987]), so that of its first differences is
/// the same at all frequencies, whatever the scene, until blur takes the high ones; the quotient
/// is their mean frequency, as sin² of half of it. A step has 1/2, and 1/(2n) when spread over n
/// pixels. Smoothing across the direction makes noise count for less.
///
/// T1's photos have 0.145 or more, half of them more than 0.277; after a Gaussian blur with σ = 1.5
/// pixels they have at most 0.096, with σ = 2 at most 0.067. The re-blurring of [Crété et al. 2007]
/// doesn't separate them: 0.53 or more, and at most 0.59 with σ = 1.5. Neither does the share of
/// the variance that a mean of 3 × 3 pixels takes away.
///
/// Edges that are all slanted alike look spread in one direction; no photo here suffers from it.
///
/// [Field 1987]: https://doi.org/10.1364/JOSAA.4.002379
/// [Crété et al. 2007]: https://doi.org/10.1117/12.702790
fn sharpness(luma: &Luma) -> f32 {
    let energies = [luma, &luma.transposed()].map(difference_energies);
    let total = energies[0].0 + energies[1].0;
    // Stripes tell nothing about the direction along them. Of T1's photos none has less than 7 %
    // of its energy in one direction, after 9 pixels of shake along it none less than 1.8 %.
    let tells = |(first, _): &&(f64, f64)| *first > 0.01 * total;
    let quotients = energies.iter().filter(tells);
    let quotients = quotients.map(|(first, second)| second / (4.0 * first));
    quotients.reduce(f64::min).unwrap_or(0.0) as f32
}

/// The sums of the squares of first and second differences along rows.
fn difference_energies(luma: &Luma) -> (f64, f64) {
    let rows: Vec<_> = luma.rows().collect();
    let mut smooth = vec![0.0; luma.width];
    let (mut first, mut second) = (0.0, 0.0);
    for (y, row) in rows.iter().enumerate() {
        let above = rows[y.saturating_sub(1)];
        let beneath = rows[(y + 1).min(rows.len() - 1)];
        let neighbors = row.iter().zip(above.iter().zip(beneath));
        for (smooth, (here, (above, beneath))) in smooth.iter_mut().zip(neighbors) {
            *smooth = (above + 2.0 * here + beneath) / 4.0;
        }
        let squares = smooth.windows(2).map(|pair| (pair[1] - pair[0]).powi(2));
        first += f64::from(squares.sum::<f32>());
        let squares = smooth
            .windows(3)
            .map(|three| (three[2] - 2.0 * three[1] + three[0]).powi(2));
        second += f64::from(squares.sum::<f32>());
    }
    (first, second)
}

/// The share of pixels that are white, or bright with a channel at its end, paper left out.
///
/// Light that was too much for the sensor shows around the white too, where some channels have
/// reached their ends. White is paper in an image whose border is mostly white, as it is around
/// objects that are cut out: white is nearly half of the median photo of T1. Paper alone
/// is 1.
fn overexposed(pixels: &RgbImage, luma: &Luma) -> f32 {
    const END: u8 = 254;
    const BRIGHT: f32 = 0.6; // Pure red, green and blue are not; yellow and cyan are.
    let has_paper = has_white_border(pixels);
    let (mut num_seen, mut num_clipped) = (0u32, 0u32);
    for (pixel, light) in pixels.pixels().zip(&luma.values) {
        let is_white = is_white(*pixel);
        let is_paper = is_white && has_paper;
        let is_clipped =
            is_white || (pixel.0.iter().any(|channel| *channel >= END) && *light >= BRIGHT);
        num_seen += u32::from(!is_paper);
        num_clipped += u32::from(!is_paper && is_clipped);
    }
    match num_seen {
        0 => 1.0,
        _ => num_clipped as f32 / num_seen as f32,
    }
}

/// JPEG leaves little of white that is darker.
fn is_white(pixel: Rgb<u8>) -> bool {
    pixel.0.iter().all(|channel| *channel >= 250)
}

/// Whether at least half of the pixels along the border are white, corners counted twice.
fn has_white_border(pixels: &RgbImage) -> bool {
    let (width, height) = pixels.dimensions();
    let rows = (0..width).flat_map(|x| [(x, 0), (x, height - 1)]);
    let columns = (0..height).flat_map(|y| [(0, y), (width - 1, y)]);
    let white = rows.chain(columns);
    let num_white = white.filter(|(x, y)| is_white(*pixels.get_pixel(*x, *y)));
    num_white.count() as u32 >= width + height
}

/// Of the histogram of luma in 256 steps, in bits.
fn entropy(luma: &Luma) -> f32 {
    let mut histogram = [0u32; 256];
    for value in &luma.values {
        histogram[(value * 255.0 + 0.5) as usize & 255] += 1;
    }
    let share = |count: u32| count as f32 / luma.values.len() as f32;
    let shares = histogram.into_iter().filter(|count| *count > 0).map(share);
    shares.map(|share| share * (1.0 / share).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{encode, photo};
    use super::super::{decode, prepare};
    use super::*;
    use image::ImageFormat;

    /// One row of gray pixels.
    fn row(values: &[u8]) -> RgbImage {
        let rgb = values.iter().flat_map(|value| [*value; 3]).collect();
        RgbImage::from_raw(values.len() as u32, 1, rgb).expect("three bytes a pixel")
    }

    fn measured(pixels: &RgbImage) -> Quality {
        measure(pixels, pixels.dimensions())
    }

    fn kinds(quality: &Quality) -> Vec<FlawKind> {
        flaws(quality).into_iter().map(|(kind, _)| kind).collect()
    }

    /// As a good photo has it.
    const GOOD: Quality = Quality {
        width: 640,
        height: 480,
        brightness: 0.4,
        contrast: 0.2,
        overexposed: 0.01,
        sharpness: 0.25,
        entropy: 7.0,
    };

    fn assert_close(found: f32, expected: f32) {
        assert!((found - expected).abs() < 1e-5, "{found} ≠ {expected}");
    }

    #[test]
    fn black_and_white_halves_are_as_computed_by_hand() {
        let quality = measured(&row(&[0, 0, 255, 255]));
        assert_close(quality.brightness, 0.5);
        assert_close(quality.contrast, 0.5);
        assert_close(quality.entropy, 1.0);
        assert_close(quality.overexposed, 0.0); // Half the border is white: paper.
        assert_close(quality.sharpness, 0.5); // One first difference of 1, second ones of 1, −1.
    }

    #[test]
    fn luma_weighs_colors_as_jpeg_does() {
        let colors = vec![255, 0, 0, 0, 255, 0, 0, 0, 255];
        let luma = Luma::new(&RgbImage::from_raw(3, 1, colors).expect("three pixels"));
        for (found, expected) in luma.values.iter().zip([0.299, 0.587, 0.114]) {
            assert_close(*found, expected);
        }
    }

    #[test]
    fn a_step_loses_sharpness_as_it_is_spread() {
        let sharpness = |values: &[u8]| measured(&row(values)).sharpness;
        assert_close(sharpness(&[0, 0, 100, 100]), 1.0 / 2.0);
        assert_close(sharpness(&[0, 0, 50, 100, 100]), 1.0 / 4.0);
        assert_close(sharpness(&[0, 0, 25, 50, 75, 100, 100]), 1.0 / 8.0);
        assert_close(sharpness(&[0, 50, 0, 50]), 2.0 / 3.0);
        assert_close(sharpness(&[0, 50, 100, 150]), 0.0);
        assert_close(sharpness(&[7, 7, 7]), 0.0);
    }

    #[test]
    fn sharpness_is_the_lesser_of_two_directions_that_have_edges() {
        let sharpness = |shade: fn(u32, u32) -> u8| {
            measured(&RgbImage::from_fn(8, 8, |x, y| [shade(x, y); 3].into())).sharpness
        };
        assert_close(sharpness(|x, _| if x < 4 { 0 } else { 255 }), 0.5);
        assert_close(sharpness(|_, y| if y < 4 { 0 } else { 255 }), 0.5);
        assert!(sharpness(|x, y| (x * 20) as u8 + if y < 4 { 0 } else { 100 }) < 0.01);
    }

    #[test]
    fn overexposed_are_bright_pixels_with_a_channel_at_its_end() {
        let pixels = [
            [255, 255, 255], // white
            [255, 200, 150], // washed out
            [255, 0, 0],     // a color
            [200, 200, 200], // bright
            [255, 251, 249], // nearly white
            [90, 80, 70],
        ];
        let one_row = RgbImage::from_raw(6, 1, pixels.concat()).expect("six pixels");
        assert_close(measured(&one_row).overexposed, 3.0 / 6.0);
    }

    #[test]
    fn white_around_an_object_is_paper_and_not_overexposed() {
        let with_border = |border: u8| {
            let mut image = RgbImage::from_pixel(5, 5, [border; 3].into());
            image.put_pixel(2, 2, [255, 200, 150].into());
            image.put_pixel(1, 2, [10, 20, 30].into());
            image.put_pixel(3, 2, [255; 3].into());
            measured(&image).overexposed
        };
        assert_close(with_border(255), 1.0 / 2.0); // two pixels are not paper
        assert_close(with_border(0), 2.0 / 25.0);
        assert_close(measured(&row(&[255; 9])).overexposed, 1.0);
    }

    #[test]
    fn entropy_counts_shades() {
        assert_close(measured(&row(&[9; 8])).entropy, 0.0);
        assert_close(measured(&row(&[0, 1, 2, 3])).entropy, 2.0);
        let all: Vec<u8> = (0..=255).collect();
        assert_close(measured(&row(&all)).entropy, 8.0);
    }

    #[test]
    fn each_flaw_is_found_by_itself() {
        assert_eq!(flaws(&GOOD), []);
        let assert_only = |kind, badness, spoil: fn(&mut Quality)| {
            let mut quality = GOOD;
            spoil(&mut quality);
            let found = flaws(&quality);
            assert_eq!(found.len(), 1, "{kind:?}: {found:?}");
            assert_eq!(found[0].0, kind);
            assert_close(found[0].1, badness);
        };
        assert_only(FlawKind::Blurry, 0.5, |q| q.sharpness = 0.06);
        assert_only(FlawKind::Dark, 0.2, |q| {
            (q.brightness, q.contrast) = (0.05, 0.05);
        });
        assert_only(FlawKind::Overexposed, 0.5, |q| q.overexposed = 0.675);
        assert_only(FlawKind::Tiny, 0.5, |q| (q.width, q.height) = (24, 12));
        assert_only(FlawKind::OddAspect, 0.5, |q| {
            (q.width, q.height) = (100, 800)
        });
        assert_only(FlawKind::LowInformation, 0.5, |q| q.contrast = 0.01);
        assert_only(FlawKind::LowInformation, 0.5, |q| q.entropy = 0.4);
    }

    #[test]
    fn worse_is_more() {
        let badness = |sharpness| flaws(&Quality { sharpness, ..GOOD })[0].1;
        assert!(badness(0.02) > badness(0.1));
        assert_close(badness(0.0), 1.0);
    }

    #[test]
    fn a_tiny_image_is_judged_by_its_own_pixels_and_never_blurry() {
        let tiny = |size| decode(&encode(photo(size, size), ImageFormat::Png)).expect("decodes");
        let quality = prepare(&tiny(28), 224).quality;
        assert_eq!(quality, measured(&photo(28, 28)));
        assert_eq!(kinds(&quality), [FlawKind::Tiny]);
        let blurry = Quality {
            sharpness: 0.0,
            ..quality
        };
        assert_eq!(kinds(&blurry), [FlawKind::Tiny]);
        let small = prepare(&tiny(100), 224).quality;
        assert_eq!(small, measured(&photo(100, 100)));
    }

    #[test]
    fn a_flat_image_has_nothing_to_see_and_isnt_blurry() {
        let gray = RgbImage::from_pixel(64, 64, [128; 3].into());
        assert_eq!(flaws(&measured(&gray)), [(FlawKind::LowInformation, 1.0)]);
        let black = RgbImage::from_pixel(64, 64, [0; 3].into());
        assert_eq!(
            kinds(&measured(&black)),
            [FlawKind::Dark, FlawKind::LowInformation]
        );
    }

    #[test]
    fn a_drawing_on_paper_is_neither_overexposed_nor_blurry_until_blurred() {
        let paper = RgbImage::from_fn(200, 200, |x, y| {
            let is_object = x.abs_diff(100) < 40 && y.abs_diff(100) < 40;
            let color = [80, (x % 7) as u8 * 20, (y % 5) as u8 * 30];
            if is_object { color } else { [255; 3] }.into()
        });
        assert_eq!(kinds(&measured(&paper)), []);
        let blurred = image::imageops::blur(&paper, 2.5);
        assert_eq!(kinds(&measured(&blurred)), [FlawKind::Blurry]);
    }

    #[test]
    fn no_size_is_too_odd() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2)] {
            let quality = measured(&RgbImage::from_pixel(width, height, [1, 2, 3].into()));
            assert!(quality.sharpness == 0.0 && quality.entropy == 0.0);
            assert!(kinds(&quality).contains(&FlawKind::Tiny));
        }
    }
}
