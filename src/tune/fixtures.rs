//! A small backbone and a head for tests.

use super::TunedHead;
use crate::{
    backbone::{Architecture, Block, Padding, reference::Random},
    features::Normalizer,
};

pub const NUM_CLASSES: usize = 3;

/// A backbone for 22 × 22 pixels, of which all blocks but the first can be tuned.
pub fn architecture(padding: Padding) -> Architecture {
    let block = |in_channels, out_channels, kernel_size, stride| Block {
        in_channels,
        expanded_channels: in_channels * 6,
        out_channels,
        kernel_size,
        stride,
    };
    Architecture {
        input_size: 22,
        padding,
        stem_channels: 8,
        blocks: vec![
            Block {
                expanded_channels: 8,
                ..block(8, 8, 3, 1)
            },
            block(8, 16, 5, 2),
            block(16, 16, 3, 1),
            block(16, 8, 3, 2),
            block(8, 8, 5, 1),
        ],
        num_features: 24,
        ..Architecture::efficientnet_lite0()
    }
}

/// Weights and biases that classify nothing in particular.
pub fn head(random: &mut Random, num_features: usize) -> TunedHead {
    let mean = Normalizer::from_mean(random.values(num_features));
    let weight = random.values(num_features * NUM_CLASSES);
    TunedHead::new(mean, weight, random.values(NUM_CLASSES))
}
