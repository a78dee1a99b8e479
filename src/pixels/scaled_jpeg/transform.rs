//! Coefficients in; RGB pixels out.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use image::RgbImage;

use super::ZIGZAG;
use super::frame::{Component, Frame};

/// One component as pixels of the result's size, and perhaps some more to the right and below.
struct Plane {
    stride: usize,
    samples: Vec<u8>,
}

/// Transforms all blocks and turns them into colors.
pub(super) fn image(frame: &Frame, quantization: &[Option<[u16; 64]>; 4]) -> Option<RgbImage> {
    let plane = |component| plane(component, quantization);
    let planes = frame
        .components
        .iter()
        .map(plane)
        .collect::<Option<Vec<_>>>()?;
    let (width, height) = (frame.width, frame.height);
    let mut rgb = Vec::new();
    rgb.try_reserve_exact(3 * width * height).ok()?;
    rgb.resize(3 * width * height, 0);
    for (y, row) in rgb.chunks_exact_mut(3 * width).enumerate() {
        let samples = |plane: &'_ Plane| y * plane.stride..y * plane.stride + width;
        let (pixels, _) = row.as_chunks_mut::<3>();
        match &planes[..] {
            [gray] => {
                let gray = &gray.samples[samples(gray)];
                pixels
                    .iter_mut()
                    .zip(gray)
                    .for_each(|(pixel, &gray)| *pixel = [gray; 3]);
            }
            [luma, blue, red] => {
                let luma = &luma.samples[samples(luma)];
                let (blue, red) = (&blue.samples[samples(blue)], &red.samples[samples(red)]);
                for (((pixel, &luma), &blue), &red) in
                    pixels.iter_mut().zip(luma).zip(blue).zip(red)
                {
                    *pixel = rgb_from_ycbcr(luma, blue, red);
                }
            }
            _ => return None,
        }
    }
    RgbImage::from_raw(width as u32, height as u32, rgb)
}

/// JFIF's formula, with 16 bits behind the point.
fn rgb_from_ycbcr(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, blue, red) = (
        (i32::from(luma) << 16) + HALF,
        i32::from(blue) - 128,
        i32::from(red) - 128,
    );
    [
        luma + 91_881 * red,
        luma - 22_554 * blue - 46_802 * red,
        luma + 116_130 * blue,
    ]
    .map(|value| (value >> 16).clamp(0, 255) as u8)
}

fn plane(component: &Component, quantization: &[Option<[u16; 64]>; 4]) -> Option<Plane> {
    let quantization = quantization.get(component.quantization)?.as_ref()?;
    let transform = match (component.block_width, component.block_height) {
        (1, 1) => transform::<1, 1>,
        (1, 2) => transform::<1, 2>,
        (2, 1) => transform::<2, 1>,
        (2, 2) => transform::<2, 2>,
        (2, 4) => transform::<2, 4>,
        (4, 2) => transform::<4, 2>,
        (4, 4) => transform::<4, 4>,
        (4, 8) => transform::<4, 8>,
        (8, 4) => transform::<8, 4>,
        (8, 8) => transform::<8, 8>,
        _ => return None,
    };
    transform(component, quantization)
}

/// Inverse transforms of the lowest `WIDTH` × `HEIGHT` frequencies, to as many pixels a block.
fn transform<const WIDTH: usize, const HEIGHT: usize>(
    component: &Component,
    quantization: &[u16; 64],
) -> Option<Plane> {
    let (across, down) = (basis::<WIDTH>(), basis::<HEIGHT>());
    let factors = quantization.map(f32::from);
    let stride = component.blocks_wide * WIDTH;
    let mut samples = Vec::new();
    let length = stride * component.blocks_high * HEIGHT;
    samples.try_reserve_exact(length).ok()?;
    samples.resize(length, 0);
    let blocks = component.coefficients.chunks_exact(component.kept);
    for (index, coefficients) in blocks.enumerate() {
        let (block_x, block_y) = (index % component.blocks_wide, index / component.blocks_wide);
        let corner = block_y * HEIGHT * stride + block_x * WIDTH;
        let lines = samples[corner..].chunks_mut(stride).take(HEIGHT);
        let lines = lines.map(|line| &mut line[..WIDTH]);
        // Chroma often has nothing but a mean.
        if coefficients[1..].iter().fold(0, |all, value| all | value) == 0 {
            let mean = f32::from(coefficients[0]) * factors[0] / 8.0 + 128.5;
            lines.for_each(|line| line.fill(mean as u8));
            continue;
        }
        let mut frequencies = [[0.0f32; WIDTH]; HEIGHT];
        for ((&natural, &value), factor) in ZIGZAG.iter().zip(coefficients).zip(factors) {
            let (row, column) = (usize::from(natural / 8), usize::from(natural % 8));
            if row < HEIGHT && column < WIDTH {
                frequencies[row][column] = f32::from(value) * factor;
            }
        }
        let mut rows = [[128.5f32; WIDTH]; HEIGHT];
        let mut columns = [[0.0f32; WIDTH]; HEIGHT];
        for y in 0..HEIGHT {
            for v in 0..HEIGHT {
                for u in 0..WIDTH {
                    columns[y][u] += down[v][y] * frequencies[v][u];
                }
            }
        }
        for y in 0..HEIGHT {
            for u in 0..WIDTH {
                for x in 0..WIDTH {
                    rows[y][x] += across[u][x] * columns[y][u];
                }
            }
        }
        for (line, row) in lines.zip(rows) {
            // The cast saturates; the half is for rounding.
            line.iter_mut()
                .zip(row)
                .for_each(|(sample, value)| *sample = value as u8);
        }
    }
    Some(Plane { stride, samples })
}

/// `[frequency][pixel]`: the inverse transform of `N` points from the lowest of eight frequencies.
fn basis<const N: usize>() -> [[f32; N]; N] {
    std::array::from_fn(|frequency| {
        std::array::from_fn(|pixel| {
            let phase = (2 * pixel + 1) as f32 * frequency as f32 * PI / (2 * N) as f32;
            let scale = if frequency == 0 { FRAC_1_SQRT_2 } else { 1.0 };
            0.5 * scale * phase.cos()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_alone_is_a_flat_block() {
        // The file's transform makes eight times the mean of it.
        let [[one]] = basis::<1>();
        assert!((one * one * 8.0 - 1.0).abs() < 1e-6);
        assert!(
            basis::<4>()[0]
                .iter()
                .all(|&value| (value - one).abs() < 1e-6)
        );
    }

    #[test]
    fn colors_follow_jfif() {
        assert_eq!(rgb_from_ycbcr(128, 128, 128), [128; 3]);
        assert_eq!(rgb_from_ycbcr(76, 85, 255), [254, 0, 0]);
        assert_eq!(rgb_from_ycbcr(255, 0, 255), [255, 208, 28]);
    }
}
