//! A painted picture and what the page says of it: the yardstick that goes with every download.

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use crate::{backbone::Backbone, model::Model};

/// Painted, not one of the user's: those stay on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `[side, side, 3]`, RGB, row by row.
    pub pixels: Vec<u8>,
    /// Of each class of a model, as the page says.
    pub probabilities: Vec<f32>,
}

impl Probe {
    /// Paints the picture in a backbone's size and asks a model about it.
    pub fn ask(model: &Model, backbone: &mut Backbone) -> Self {
        let pixels = paint(backbone.architecture().input_size);
        let probabilities = model.probabilities(backbone.forward(&pixels));
        Self {
            pixels,
            probabilities,
        }
    }

    /// A PNG file; without filters, so that programs with nothing but zlib can read it.
    pub fn to_png(&self) -> Vec<u8> {
        let side = (self.pixels.len() / 3).isqrt() as u32;
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::NoFilter)
            .write_image(&self.pixels, side, side, ExtendedColorType::Rgb8)
            .expect("memory takes everything");
        png
    }
}

/// A sun over hills: areas, edges and a texture, in many colors.
fn paint(side: usize) -> Vec<u8> {
    let share = |at: usize| (at as f32 + 0.5) / side as f32;
    let places = (0..side * side).map(|at| (share(at % side), share(at / side)));
    places.flat_map(|(x, y)| color(x, y)).collect()
}

fn color(x: f32, y: f32) -> [u8; 3] {
    let from_sun = (x - 0.68).hypot(y - 0.3);
    let hill = 0.62 + 0.12 * (x * 7.0).sin();
    let near = 0.8 + 0.06 * (x * 11.0 + 2.0).cos();
    let [r, g, b] = if y > near {
        let blade = 40.0 * (x * 160.0).sin() * (y * 90.0).cos();
        [60.0 + blade, 120.0 + blade, 40.0]
    } else if y > hill {
        [90.0, 150.0 - 60.0 * (y - hill), 110.0]
    } else if from_sun < 0.13 {
        [250.0, 215.0, 70.0]
    } else {
        let glow = 60.0 * (-8.0 * from_sun).exp();
        [120.0 + 90.0 * y + glow, 170.0 + 40.0 * y + glow, 235.0]
    };
    [r as u8, g as u8, b as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_of_the_size_that_is_asked_for_and_survives_as_png() {
        for side in [224, 260] {
            let pixels = paint(side);
            assert_eq!(pixels.len(), side * side * 3);
            let probe = Probe {
                pixels,
                probabilities: vec![],
            };
            let read = image::load_from_memory(&probe.to_png()).expect("a PNG file");
            assert_eq!(read.into_rgb8().into_raw(), probe.pixels);
        }
    }
}
