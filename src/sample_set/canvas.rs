//! Shapes as distances to their edge in; a painted image out.

use std::f32::consts::TAU;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Width and height of each image, in pixels.
pub const SIDE: usize = 160;

pub(super) type Color = [f32; 3];

/// Where strokes land: a motif is drawn around the origin, about 1 in every direction.
pub(super) struct Canvas {
    pixels: Vec<Color>,
    noise: u32,
    center: (f32, f32),
    scale: f32,
    pub(super) turn: f32,
    flip: f32,
}

impl Canvas {
    /// Two washes of pale color, one fading into the other, with blots.
    pub(super) fn paper(rng: &mut ChaCha8Rng) -> Self {
        let hue = rng.random_range(0.0..1.0);
        let light = rng.random_range(0.62..0.93);
        let first = color(hue, rng.random_range(0.1..0.5), light);
        let second = color(
            hue + rng.random_range(-0.15..0.15),
            0.4,
            light - rng.random_range(0.0..0.25),
        );
        let (across, down): (f32, f32) = rng.random_range(0.0..TAU).sin_cos();
        let noise = rng.random();
        let pixel = |index| {
            let (x, y) = ((index % SIDE) as f32, (index / SIDE) as f32);
            let slope = (x * across + y * down) / SIDE as f32 * 0.7;
            let blots = fractal(x / 48.0, y / 48.0, noise) - 0.5;
            mix(first, second, (0.5 + slope * 0.5 + blots).clamp(0.0, 1.0))
        };
        let pixels = (0..SIDE * SIDE).map(pixel).collect();
        Self {
            pixels,
            noise,
            center: (0.0, 0.0),
            scale: 1.0,
            turn: 0.0,
            flip: 1.0,
        }
    }

    /// Places the motif: how large, where and turned by at most how much.
    pub(super) fn place(&mut self, rng: &mut ChaCha8Rng, max_turn: f32) {
        let half = SIDE as f32 / 2.0;
        self.scale = half * rng.random_range(0.36..0.8);
        let room = (half - self.scale * 0.75).max(8.0);
        self.center = (
            half + rng.random_range(-room..room),
            half + rng.random_range(-room..room),
        );
        self.turn = rng.random_range(-max_turn..=max_turn);
        self.flip = if rng.random() { 1.0 } else { -1.0 };
    }

    /// Covers the inside of a shape, given as the distance to its edge (negative inside). Like
    /// gouache, the paint is mottled and darker along the edge.
    pub(super) fn paint(&mut self, paint: Color, shape: impl Fn(f32, f32) -> f32) {
        let (noise, scale) = (self.noise ^ 1, self.scale);
        self.brush(0.5 / scale, &shape, |x, y, distance| {
            let rim = (1.0 + distance / 0.08).clamp(0.0, 1.0);
            let mottle = fractal(x * 4.0, y * 4.0, noise) - 0.5;
            let ink = paint.map(|value| value * (1.0 - 0.2 * rim + 0.3 * mottle));
            (ink, (0.5 - distance * scale).min(1.0))
        });
    }

    /// A soft shadow to the lower right.
    pub(super) fn shadow(&mut self, shape: impl Fn(f32, f32) -> f32) {
        let center = self.center;
        self.center = (center.0 + 4.0, center.1 + 6.0);
        self.brush(0.1, &shape, |_, _, distance| {
            ([0.1, 0.08, 0.15], (0.5 - distance * 5.0).min(1.0) * 0.3)
        });
        self.center = center;
    }

    /// Mixes ink into every pixel nearer to the shape than `reach`.
    fn brush(
        &mut self,
        reach: f32,
        shape: &impl Fn(f32, f32) -> f32,
        ink: impl Fn(f32, f32, f32) -> (Color, f32),
    ) {
        let (sin, cos) = self.turn.sin_cos();
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let x = ((index % SIDE) as f32 + 0.5 - self.center.0) / self.scale;
            let y = ((index / SIDE) as f32 + 0.5 - self.center.1) / self.scale;
            if x.abs().max(y.abs()) > 1.7 {
                continue;
            }
            let (x, y) = ((x * cos + y * sin) * self.flip, y * cos - x * sin);
            let distance = shape(x, y);
            if distance < reach {
                let (ink, opacity) = ink(x, y, distance);
                *pixel = mix(*pixel, ink, opacity);
            }
        }
    }

    /// Adds the grain of the paper and encodes.
    pub(super) fn into_png(self, rng: &mut ChaCha8Rng) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIDE * SIDE * 3);
        for pixel in self.pixels {
            let grain = rng.random_range(-0.025..0.025);
            bytes.extend(pixel.map(|value| ((value + grain) * 255.0).round() as u8));
        }
        let mut png = vec![];
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Sub)
            .write_image(&bytes, SIDE as u32, SIDE as u32, ExtendedColorType::Rgb8)
            .expect("a vector takes every byte");
        png
    }
}

/// About the distance to an ellipse around the origin.
pub(super) fn ellipse(x: f32, y: f32, width: f32, height: f32) -> f32 {
    ((x / width).hypot(y / height) - 1.0) * width.min(height)
}

pub(super) fn mix(a: Color, b: Color, share: f32) -> Color {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}

/// From hue (in turns), saturation and lightness.
pub(super) fn color(hue: f32, saturation: f32, lightness: f32) -> Color {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + hue * 12.0).rem_euclid(12.0);
        lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

/// Smooth random values around 0.5, coarse and fine.
fn fractal(x: f32, y: f32, seed: u32) -> f32 {
    let octave = |scale: f32| value_noise(x * scale, y * scale, seed) / scale;
    (octave(1.0) + octave(2.0) + octave(4.0)) / 1.75
}

fn value_noise(x: f32, y: f32, seed: u32) -> f32 {
    let corner = |dx: f32, dy: f32| {
        let at = ((x.floor() + dx) as i32 as u32).wrapping_mul(0x9e37_79b1);
        let mut hash =
            (at ^ seed).wrapping_add(((y.floor() + dy) as i32 as u32).wrapping_mul(0x85eb_ca77));
        hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
        hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
        ((hash ^ (hash >> 15)) & 0xffff) as f32 / 65_535.0
    };
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (smooth(x - x.floor()), smooth(y - y.floor()));
    let top = corner(0.0, 0.0) * (1.0 - u) + corner(1.0, 0.0) * u;
    let bottom = corner(0.0, 1.0) * (1.0 - u) + corner(1.0, 1.0) * u;
    top * (1.0 - v) + bottom * v
}
