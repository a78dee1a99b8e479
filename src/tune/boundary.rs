//! Pixels in, what the frozen blocks make of them out, kept in half the memory.

use half::f16;

use crate::backbone::{Architecture, Backbone};

/// An image at the boundary between frozen and learning blocks: `[channels / 8, pixels, 8]`.
///
/// In f16: an image at the last three blocks of EfficientNet-Lite0 takes 19 KB. The rounding is that
/// of the weights the page serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary(Vec<f16>);

impl Boundary {
    /// Runs the frozen part of `backbone`, all but the last `num_blocks` blocks and the last
    /// convolution; see [`max_blocks`].
    ///
    /// # Shapes
    ///
    /// pixels: `[input_size, input_size, 3]`, RGB
    pub fn new(backbone: &mut Backbone, pixels: &[u8], num_blocks: usize) -> Self {
        let architecture = backbone.architecture();
        let num_blocks = num_blocks.min(max_blocks(architecture));
        let num_frozen = architecture.blocks.len() - num_blocks;
        Self::from_values(backbone.boundary(pixels, num_frozen))
    }

    /// Rounds values; those beyond f16 become its largest, not infinite.
    pub fn from_values(values: &[f32]) -> Self {
        let largest = f16::MAX.to_f32();
        let round = |value: &f32| f16::from_f32(value.clamp(-largest, largest));
        Self(values.iter().map(round).collect())
    }

    /// `[channels / 8, pixels, 8]`
    pub fn values(&self) -> impl ExactSizeIterator<Item = f32> + '_ {
        self.0.iter().map(|value| value.to_f32())
    }

    /// Memory it takes.
    pub fn num_bytes(&self) -> usize {
        2 * self.0.len()
    }
}

/// How many blocks can be tuned: all but the first, which has no expansion.
pub fn max_blocks(architecture: &Architecture) -> usize {
    architecture.blocks.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_and_never_infinite() {
        let kept = Boundary::from_values(&[0.5, 1.0 / 3.0, 1e9, -1e9]);
        let values: Vec<f32> = kept.values().collect();
        assert_eq!([values[0], values[2], values[3]], [0.5, 65504.0, -65504.0]);
        assert!((values[1] - 1.0 / 3.0).abs() < 2e-4);
        assert_eq!(kept.num_bytes(), 8);
    }
}
