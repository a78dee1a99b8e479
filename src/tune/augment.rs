//! An image and a seed in, a variant of it that is still of the same class out.
//!
//! One slider for how far variants go, as in RandAugment (Cubuk et al., arXiv:1909.13719): crop,
//! rotation and stretch in one resampling, then brightness, contrast, saturation and hue in one
//! matrix. Everything is drawn evenly from a range that grows with the strength.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Largest turn, in degrees, at a strength of 1.
const ROTATION: f32 = 30.0;

/// Share of the side that is least kept, at a strength of 1; and as much more is at most shown of
/// what is around the image.
const CROP: f32 = 0.45;
const MARGIN: f32 = 0.15;

/// Largest stretch of one side against the other, at a strength of 1.
const STRETCH: f32 = 0.25;

/// Largest relative change of brightness, contrast and saturation, at a strength of 1.
const COLOR: f32 = 0.5;

/// Largest turn of the colors around gray, in degrees, at a strength of 1.
const HUE: f32 = 30.0;

/// How variants are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Augmentation {
    /// From 0, nothing changes, to 1; 0.5 is a good start.
    pub strength: f32,
    /// Whether left and right may be exchanged: not for letters, or for hands.
    pub flips: bool,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            strength: 0.5,
            flips: true,
        }
    }
}

impl Augmentation {
    /// A variant of an image; the same seed gives the same one.
    ///
    /// # Shapes
    ///
    /// pixels and the result: `[side, side, 3]`, RGB
    pub fn apply(&self, pixels: &[u8], seed: u64) -> Vec<u8> {
        let side = (pixels.len() / 3).isqrt();
        assert_eq!(pixels.len(), side * side * 3, "a square RGB image");
        let strength = if self.strength.is_finite() {
            self.strength
        } else {
            0.0
        };
        let mut draw = Draw {
            rng: ChaCha8Rng::seed_from_u64(seed),
            strength: strength.clamp(0.0, 1.0),
        };
        let warp = Warp::draw(&mut draw, self.flips);
        let recolor = Recolor::draw(&mut draw);
        if draw.strength == 0.0 && !warp.is_flipped() {
            return pixels.to_vec();
        }
        warp.apply(pixels, side, |color| recolor.apply(color))
    }
}

struct Draw {
    rng: ChaCha8Rng,
    strength: f32,
}

impl Draw {
    /// Evenly from −`range` × strength to `range` × strength.
    fn around_zero(&mut self, range: f32) -> f32 {
        self.rng.random_range(-1.0..=1.0) * range * self.strength
    }
}

/// From positions in the variant to positions in the image, both in [−1, 1] from the center.
struct Warp {
    /// Row by row.
    matrix: [[f32; 2]; 2],
    offset: [f32; 2],
}

impl Warp {
    fn draw(draw: &mut Draw, may_flip: bool) -> Self {
        let flip = if may_flip && draw.rng.random::<bool>() {
            -1.0
        } else {
            1.0
        };
        let (sin, cos) = draw.around_zero(ROTATION).to_radians().sin_cos();
        let (low, high) = (1.0 - CROP * draw.strength, 1.0 + MARGIN * draw.strength);
        let scale = draw.rng.random_range(low..=high);
        let stretch = (1.0 + draw.around_zero(STRETCH)).sqrt();
        let [width, height] = [scale * stretch, scale / stretch];
        // A crop stays inside, a smaller image, too.
        let mut shift = |extent: f32| draw.rng.random_range(-1.0..=1.0) * (1.0 - extent).abs();
        Self {
            offset: [shift(width), shift(height)],
            matrix: [
                [cos * width * flip, -sin * height],
                [sin * width * flip, cos * height],
            ],
        }
    }

    fn is_flipped(&self) -> bool {
        self.matrix[0][0] < 0.0
    }

    fn apply(&self, pixels: &[u8], side: usize, recolor: impl Fn([f32; 3]) -> [f32; 3]) -> Vec<u8> {
        let around = border_mean(pixels, side);
        let half = side as f32 / 2.0;
        let place = |index: usize| (index as f32 + 0.5) / half - 1.0;
        let mut variant = Vec::with_capacity(pixels.len());
        for y in 0..side {
            for x in 0..side {
                let [from_x, from_y] = [0, 1].map(|axis| {
                    let [by_x, by_y] = self.matrix[axis];
                    let at = by_x * place(x) + by_y * place(y) + self.offset[axis];
                    (at + 1.0) * half - 0.5
                });
                let color = recolor(sample(pixels, side, from_x, from_y, around));
                variant.extend(color.map(|value| value.round() as u8));
            }
        }
        variant
    }
}

/// Between the four pixels around a place; what is outside the image is `around`.
fn sample(pixels: &[u8], side: usize, x: f32, y: f32, around: [f32; 3]) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, below_share) = (x - left, y - top);
    let at = |dx: f32, dy: f32| {
        let (x, y) = (left + dx, top + dy);
        let is_inside = |value: f32| value >= 0.0 && value < side as f32;
        if !is_inside(x) || !is_inside(y) {
            return around;
        }
        let pixel = (y as usize * side + x as usize) * 3;
        [0, 1, 2].map(|color| f32::from(pixels[pixel + color]))
    };
    let corners = [at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0), at(1.0, 1.0)];
    [0, 1, 2].map(|color| {
        let [a, b, c, d] = corners.map(|corner| corner[color]);
        let (above, below) = (a + (b - a) * right_share, c + (d - c) * right_share);
        above + (below - above) * below_share
    })
}

/// The mean color of the outermost pixels: what images are padded with.
fn border_mean(pixels: &[u8], side: usize) -> [f32; 3] {
    let mut sums = [0.0_f32; 3];
    let mut count = 0.0;
    for (index, pixel) in pixels.as_chunks::<3>().0.iter().enumerate() {
        let (y, x) = (index / side, index % side);
        if y == 0 || x == 0 || y == side - 1 || x == side - 1 {
            sums.iter_mut()
                .zip(pixel)
                .for_each(|(sum, value)| *sum += f32::from(*value));
            count += 1.0;
        }
    }
    sums.map(|sum| sum / count)
}

/// New color = matrix × color + offset.
struct Recolor {
    matrix: [[f32; 3]; 3],
    offset: f32,
}

impl Recolor {
    fn draw(draw: &mut Draw) -> Self {
        let brightness = 1.0 + draw.around_zero(COLOR);
        let contrast = 1.0 + draw.around_zero(COLOR);
        let saturation = 1.0 + draw.around_zero(COLOR);
        let (sin, cos) = draw.around_zero(HUE).to_radians().sin_cos();
        // A turn around the gray axis (Rodrigues), its distance to gray times the saturation.
        let along = 1.0 / 3.0;
        let across = sin / 3.0_f32.sqrt();
        let turned = |row: usize, column: usize| {
            let same = if row == column { cos } else { 0.0 };
            let side = match (column + 3 - row) % 3 {
                0 => 0.0,
                1 => -across,
                _ => across,
            };
            along + saturation * (same - cos * along + side)
        };
        let scale = brightness * contrast;
        Self {
            matrix: [0, 1, 2].map(|row| [0, 1, 2].map(|column| scale * turned(row, column))),
            // Contrast is around middle gray.
            offset: brightness * (1.0 - contrast) * 127.5,
        }
    }

    fn apply(&self, color: [f32; 3]) -> [f32; 3] {
        self.matrix.map(|row| {
            let sum: f32 = row.iter().zip(color).map(|(m, c)| m * c).sum();
            (sum + self.offset).clamp(0.0, 255.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left dark, right light, a red spot at the top right.
    fn image(side: usize) -> Vec<u8> {
        let pixel = |index: usize| match (index / side, index % side) {
            (y, x) if y < side / 4 && x >= 3 * side / 4 => [255, 0, 0],
            (_, x) => [(255 * x / side) as u8; 3],
        };
        (0..side * side).flat_map(pixel).collect()
    }

    #[test]
    fn no_strength_changes_nothing_but_left_and_right() {
        let image = image(16);
        let augment = |flips| Augmentation {
            strength: 0.0,
            flips,
        };
        let mirrored: Vec<u8> = image
            .chunks_exact(16 * 3)
            .flat_map(|row| row.as_chunks::<3>().0.iter().rev().flatten())
            .copied()
            .collect();
        let variants: Vec<_> = (0..16)
            .map(|seed| augment(true).apply(&image, seed))
            .collect();
        assert!(variants.iter().all(|it| *it == image || *it == mirrored));
        assert!(variants.contains(&image) && variants.contains(&mirrored));
        assert!((0..16).all(|seed| augment(false).apply(&image, seed) == image));
    }

    #[test]
    fn a_seed_gives_one_variant_and_another_seed_another() {
        let (image, augmentation) = (image(32), Augmentation::default());
        let variant = augmentation.apply(&image, 7);
        assert_eq!(variant, augmentation.apply(&image, 7));
        assert_ne!(variant, augmentation.apply(&image, 8));
    }

    #[test]
    fn a_stronger_slider_changes_more() {
        let image = image(32);
        let change = |strength| {
            let augmentation = Augmentation {
                strength,
                flips: false,
            };
            let of_seed = |seed| {
                let variant = augmentation.apply(&image, seed);
                let pairs = variant.iter().zip(&image);
                pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
            };
            (0..20).map(of_seed).sum::<u64>()
        };
        let changes = [0.1, 0.3, 0.6, 1.0].map(change);
        assert!(changes.is_sorted() && changes[0] > 0, "{changes:?}");
    }

    #[test]
    fn strengths_that_make_no_sense_are_made_sense_of() {
        let image = image(8);
        for strength in [f32::NAN, f32::INFINITY, -1.0, 9.0] {
            let augmentation = Augmentation {
                strength,
                flips: false,
            };
            assert_eq!(augmentation.apply(&image, 3).len(), image.len());
        }
        assert!(Augmentation::default().apply(&[], 0).is_empty());
    }

    #[test]
    fn gray_stays_gray_whatever_the_hue() {
        for seed in 0..10 {
            let mut draw = Draw {
                rng: ChaCha8Rng::seed_from_u64(seed),
                strength: 1.0,
            };
            let [r, g, b] = Recolor::draw(&mut draw).apply([100.0; 3]);
            assert!((r - g).abs() < 1e-3 && (g - b).abs() < 1e-3, "{r} {g} {b}");
        }
    }
}
