//! The shape of the crate's network, as its `config.json` says it.

use serde::{Deserialize, Serialize};

use crate::{
    backbone::{Architecture, Block, Padding},
    head::{Activation, DenseHead},
};

/// Larger pictures are none of ours.
const MAX_SIZE: usize = 4096;

/// What the crate's `NetworkConfig` has, by the same names.
#[derive(Serialize, Deserialize)]
pub(super) struct Shape {
    pub input_size: usize,
    pub padding: Padding,
    pub stem_channels: usize,
    pub blocks: Vec<Block>,
    /// Numbers between the head's layers: first the backbone's features, at last the classes.
    pub widths: Vec<usize>,
    #[serde(with = "Units")]
    pub activation: Activation,
}

/// An [`Activation`] by the names that the crate has for it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Activation")]
enum Units {
    Rectified,
    Cosine,
    Exponential,
}

impl Shape {
    pub fn new(architecture: &Architecture, head: &DenseHead) -> Self {
        let widths = head.layers.iter().map(|layer| layer.bias.len());
        Self {
            input_size: architecture.input_size,
            padding: architecture.padding,
            stem_channels: architecture.stem_channels,
            blocks: architecture.blocks.clone(),
            widths: [architecture.num_features]
                .into_iter()
                .chain(widths)
                .collect(),
            activation: head.activation,
        }
    }

    /// Whether sizes are such that something can be computed with them.
    pub fn is_possible(&self) -> bool {
        let is_possible =
            |block: &Block| (1..=7).contains(&block.kernel_size) && (1..=2).contains(&block.stride);
        (1..=MAX_SIZE).contains(&self.input_size)
            && self.widths.len() > 1
            && self.blocks.iter().all(is_possible)
    }
}
