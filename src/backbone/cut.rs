//! A backbone in, the same with fewer blocks out: smaller and quicker, and good for less.
//!
//! The next block's 1×1 convolution, which widens its input, becomes the last one. It has been
//! trained to be followed by ReLU6, as a last convolution is, so that a cut backbone is of the same
//! build as a whole one and runs wherever that does. What it gives are features of an earlier kind,
//! for heads of their own.

use super::{Architecture, Weights};

impl Architecture {
    /// The first `num_blocks` blocks and as many features as the next block has channels inside;
    /// nothing if there is no next block, or none that widens.
    pub fn cut(&self, num_blocks: usize) -> Option<Self> {
        let next = self
            .blocks
            .get(num_blocks)
            .filter(|block| block.has_expansion())?;
        Some(Self {
            blocks: self.blocks[..num_blocks].to_vec(),
            num_features: next.expanded_channels,
            ..self.clone()
        })
    }

    /// Whether the backbone of its name has more blocks.
    pub fn is_cut(&self) -> bool {
        let whole = Self::by_name(self.name);
        whole.is_some_and(|whole| whole.blocks.len() > self.blocks.len())
    }
}

impl Weights {
    /// The backbone of [`Architecture::cut`], its parameters those of this one.
    pub fn cut(&self, num_blocks: usize) -> Option<Self> {
        let architecture = self.architecture.cut(num_blocks)?;
        let num_convs = architecture.convolutions().count();
        Some(Self {
            convs: self.convs[..num_convs].to_vec(),
            architecture,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{
        Backbone,
        reference::{self, Random},
    };

    #[test]
    fn the_next_blocks_first_convolution_becomes_the_last() {
        let whole = Architecture::efficientnet_lite0();
        let cut = whole.cut(11).expect("it has sixteen blocks");
        assert_eq!((cut.blocks.len(), cut.num_features), (11, 672));
        let last = cut.convolutions().last().expect("the top");
        assert_eq!((last.name.as_str(), last.in_channels), ("top", 112));
    }

    #[test]
    fn before_the_first_block_and_after_the_last_there_is_nothing_to_cut() {
        let whole = Architecture::efficientnet_lite0();
        assert_eq!([0, 16, 99].map(|at| whole.cut(at)), [const { None }; 3]);
        assert!((1..16).all(|at| whole.cut(at).is_some()));
    }

    #[test]
    fn a_cut_backbone_runs_and_agrees_with_the_scalar_reference() {
        let mut random = Random::new(9);
        let architecture = Architecture {
            input_size: 40,
            ..Architecture::efficientnet_lite0()
        };
        let cut = random
            .weights(architecture)
            .cut(12)
            .expect("sixteen blocks");
        let image = random.values(40 * 40 * 3);
        let expected = reference::features(&cut, &image);
        let mut backbone = Backbone::new(&cut);
        reference::assert_close(backbone.forward_normalized(&image), &expected);
    }
}
