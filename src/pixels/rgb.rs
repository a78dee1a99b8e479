//! Samples of any color type in; RGB8 out, in the same memory.

use image::ColorType;

type Rgb = [u8; 3];

/// Converts the samples of a whole image to RGB8. Transparency shows white, like paper.
///
/// The buffer is reused, so a 100-megapixel image is never in memory twice.
pub(super) fn rgb_from_samples(samples: Vec<u8>, color: ColorType) -> Vec<u8> {
    match color {
        ColorType::Rgb8 => samples,
        ColorType::L8 => map_pixels(samples, |[gray]| [gray; 3]),
        ColorType::La8 => map_pixels(samples, |[gray, alpha]| on_white([gray; 3], alpha)),
        ColorType::Rgba8 => map_pixels(samples, |[r, g, b, alpha]| on_white([r, g, b], alpha)),
        ColorType::L16 => map_pixels(samples, |bytes: [u8; 2]| [from_u16(bytes, 0); 3]),
        ColorType::La16 => map_pixels(samples, |bytes: [u8; 4]| {
            on_white([from_u16(bytes, 0); 3], from_u16(bytes, 1))
        }),
        ColorType::Rgb16 => map_pixels(samples, |bytes: [u8; 6]| rgb_with(|i| from_u16(bytes, i))),
        ColorType::Rgba16 => map_pixels(samples, |bytes: [u8; 8]| {
            on_white(rgb_with(|i| from_u16(bytes, i)), from_u16(bytes, 3))
        }),
        ColorType::Rgb32F => {
            map_pixels(samples, |bytes: [u8; 12]| rgb_with(|i| from_f32(bytes, i)))
        }
        ColorType::Rgba32F => map_pixels(samples, |bytes: [u8; 16]| {
            on_white(rgb_with(|i| from_f32(bytes, i)), from_f32(bytes, 3))
        }),
        _ => unreachable!("image 0.25 has no other color types"),
    }
}

/// Replaces every pixel of `N` bytes by three, in place: forward where pixels shrink, so that no
/// pixel is overwritten before it is read, backward where they grow.
fn map_pixels<const N: usize>(mut buffer: Vec<u8>, rgb: impl Fn([u8; N]) -> Rgb) -> Vec<u8> {
    let num_pixels = buffer.len() / N;
    let convert = |buffer: &mut [u8], pixel: usize| {
        let from = &buffer[pixel * N..][..N];
        let color = rgb(from.try_into().expect("N bytes"));
        buffer[pixel * 3..][..3].copy_from_slice(&color);
    };
    if N >= 3 {
        (0..num_pixels).for_each(|pixel| convert(&mut buffer, pixel));
        buffer.truncate(num_pixels * 3);
    } else {
        buffer.resize(num_pixels * 3, 0);
        (0..num_pixels)
            .rev()
            .for_each(|pixel| convert(&mut buffer, pixel));
    }
    buffer
}

/// The color seen when `color` lies on white paper.
pub(super) fn on_white(color: Rgb, alpha: u8) -> Rgb {
    let alpha = u32::from(alpha);
    color.map(|value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

fn rgb_with(sample: impl Fn(usize) -> u8) -> Rgb {
    [sample(0), sample(1), sample(2)]
}

fn from_u16<const N: usize>(bytes: [u8; N], index: usize) -> u8 {
    let value = u16::from_ne_bytes([bytes[2 * index], bytes[2 * index + 1]]);
    // 257 = 65,535 / 255, rounded to nearest.
    ((u32::from(value) + 128) / 257) as u8
}

fn from_f32<const N: usize>(bytes: [u8; N], index: usize) -> u8 {
    let sample = bytes[4 * index..][..4].try_into().expect("4 bytes");
    // The cast saturates, and takes NaN to 0.
    (f32::from_ne_bytes(sample) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_color_type_becomes_rgb() {
        let words = |values: &[u16]| {
            values
                .iter()
                .flat_map(|v| v.to_ne_bytes())
                .collect::<Vec<_>>()
        };
        let floats = |values: &[f32]| {
            values
                .iter()
                .flat_map(|v| v.to_ne_bytes())
                .collect::<Vec<_>>()
        };
        let cases = [
            (ColorType::L8, vec![7, 9], vec![7, 7, 7, 9, 9, 9]),
            (
                ColorType::La8,
                vec![7, 255, 9, 0],
                vec![7, 7, 7, 255, 255, 255],
            ),
            (ColorType::Rgb8, vec![1, 2, 3], vec![1, 2, 3]),
            (
                ColorType::Rgba8,
                vec![1, 2, 3, 255, 0, 100, 200, 128],
                vec![1, 2, 3, 127, 177, 227],
            ),
            (
                ColorType::L16,
                words(&[0, 65_535, 257]),
                vec![0, 0, 0, 255, 255, 255, 1, 1, 1],
            ),
            (ColorType::La16, words(&[0, 0]), vec![255; 3]),
            (
                ColorType::Rgb16,
                words(&[0, 257 * 9, 65_535]),
                vec![0, 9, 255],
            ),
            (
                ColorType::Rgba16,
                words(&[0, 257 * 9, 65_535, 65_535]),
                vec![0, 9, 255],
            ),
            (
                ColorType::Rgb32F,
                floats(&[-1.0, 0.5, f32::INFINITY]),
                vec![0, 128, 255],
            ),
            (
                ColorType::Rgba32F,
                floats(&[f32::NAN, 1.0, 0.0, 1.0]),
                vec![0, 255, 0],
            ),
        ];
        for (color, samples, expected) in cases {
            assert_eq!(rgb_from_samples(samples, color), expected, "{color:?}");
        }
    }
}
