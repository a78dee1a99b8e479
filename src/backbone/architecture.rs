//! The shape of a backbone: a name in, its convolutions in order out.
//!
//! Every backbone here is a MobileNetV2-like chain: a 3×3 stem of stride 2, inverted residual
//! blocks, a 1×1 convolution to 1280 channels and a global average. That is all the Rust code
//! and the weights file need to agree on.

use serde::{Deserialize, Serialize};

/// Features a backbone gives for one image; the width of the matrix every head is trained on.
pub const NUM_FEATURES: usize = 1280;

/// One backbone: its input, its blocks, its output.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// What the weights file calls it in `__metadata__["backbone"]`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Share of ImageNet's validation images that the published network, classifier included,
    /// classifies right at its first guess, as its authors state.
    pub imagenet_top1: f64,
    /// Of the published weights.
    pub license: &'static str,
    /// Side of the square RGB input, in pixels.
    pub input_size: usize,
    /// Subtracted from each color, on the scale 0–255.
    pub mean: [f32; 3],
    /// Each color is divided by it, on the scale 0–255.
    pub std: [f32; 3],
    /// How k×k convolutions treat the border.
    pub padding: Padding,
    /// Channels the stem gives.
    pub stem_channels: usize,
    /// The inverted residual blocks, first to last.
    pub blocks: Vec<Block>,
    /// Channels the last convolution gives, each averaged into one feature.
    pub num_features: usize,
}

/// One inverted residual block: expand (1×1), filter (depthwise k×k), project (1×1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels inside; equal to `in_channels` where the block has no expansion.
    pub expanded_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// Side of the depthwise kernel: 3 or 5.
    pub kernel_size: usize,
    /// Of the depthwise convolution: 1 or 2.
    pub stride: usize,
}

/// How a k×k convolution treats the border. Both give ⌈size / stride⌉ outputs for odd k.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// TensorFlow's "SAME": as few zeros as needed, the odd one at the bottom and right.
    Same,
    /// PyTorch's habit: k/2 zeros on every side.
    Symmetric,
}

/// One convolution with its bias, as the weights file stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Its tensors are `{name}.weight` and `{name}.bias`.
    pub name: String,
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// Side of the kernel.
    pub kernel_size: usize,
    /// Step between outputs, in input pixels.
    pub stride: usize,
    /// Whether each channel is filtered on its own.
    pub depthwise: bool,
    /// Whether min(max(x, 0), 6) follows.
    pub relu6: bool,
}

impl Architecture {
    /// EfficientNet-Lite0 (Tan & Le, arXiv:1905.11946, without squeeze-and-excitation, with ReLU6):
    /// 384 million multiply-adds.
    pub fn efficientnet_lite0() -> Self {
        Self {
            name: "efficientnet-lite0",
            title: "EfficientNet-Lite0",
            imagenet_top1: 0.751,
            license: "Apache-2.0",
            input_size: 224,
            mean: [127.0; 3],
            std: [128.0; 3],
            padding: Padding::Same,
            stem_channels: 32,
            blocks: blocks(
                32,
                &[
                    Stage::new(1, 16, 1, 1, 3),
                    Stage::new(6, 24, 2, 2, 3),
                    Stage::new(6, 40, 2, 2, 5),
                    Stage::new(6, 80, 3, 2, 3),
                    Stage::new(6, 112, 3, 1, 5),
                    Stage::new(6, 192, 4, 2, 5),
                    Stage::new(6, 320, 1, 1, 3),
                ],
            ),
            num_features: NUM_FEATURES,
        }
    }

    /// EfficientNet-Lite2: the same with 1.1 times the channels, 1.2 times the blocks and 260
    /// pixels; 858 million multiply-adds.
    pub fn efficientnet_lite2() -> Self {
        Self {
            name: "efficientnet-lite2",
            title: "EfficientNet-Lite2",
            imagenet_top1: 0.776,
            input_size: 260,
            blocks: blocks(
                32,
                &[
                    Stage::new(1, 16, 1, 1, 3),
                    Stage::new(6, 24, 3, 2, 3),
                    Stage::new(6, 48, 3, 2, 5),
                    Stage::new(6, 88, 4, 2, 3),
                    Stage::new(6, 120, 4, 1, 5),
                    Stage::new(6, 208, 5, 2, 5),
                    Stage::new(6, 352, 1, 1, 3),
                ],
            ),
            ..Self::efficientnet_lite0()
        }
    }

    /// MobileNetV2 1.0 (Sandler et al., arXiv:1801.04381): 300 million multiply-adds.
    pub fn mobilenet_v2() -> Self {
        Self {
            name: "mobilenet-v2",
            title: "MobileNetV2",
            imagenet_top1: 0.719,
            license: "BSD-3-Clause (torchvision), MIT (package)",
            input_size: 224,
            // ImageNet's mean and deviation as torchvision states them, times 255.
            mean: [123.675, 116.28, 103.53],
            std: [58.395, 57.12, 57.375],
            padding: Padding::Symmetric,
            stem_channels: 32,
            blocks: blocks(
                32,
                &[
                    Stage::new(1, 16, 1, 1, 3),
                    Stage::new(6, 24, 2, 2, 3),
                    Stage::new(6, 32, 3, 2, 3),
                    Stage::new(6, 64, 4, 2, 3),
                    Stage::new(6, 96, 3, 1, 3),
                    Stage::new(6, 160, 3, 2, 3),
                    Stage::new(6, 320, 1, 1, 3),
                ],
            ),
            num_features: NUM_FEATURES,
        }
    }

    /// Every backbone Graft knows, the quickest first.
    pub fn all() -> [Self; 3] {
        [
            Self::mobilenet_v2(),
            Self::efficientnet_lite0(),
            Self::efficientnet_lite2(),
        ]
    }

    /// The backbone a weights file names, if it is one of ours.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|known| known.name == name)
    }

    /// Its convolutions in the order they are computed: stem, blocks, top.
    pub fn convolutions(&self) -> impl Iterator<Item = Convolution> + '_ {
        let stem = Convolution {
            kernel_size: 3,
            stride: 2,
            ..Convolution::pointwise("stem", 3, self.stem_channels, true)
        };
        let blocks = self.blocks.iter().enumerate();
        let blocks = blocks.flat_map(|(index, block)| block.convolutions(index));
        let last = self.blocks.last();
        let in_channels = last.map_or(self.stem_channels, |block| block.out_channels);
        let top = Convolution::pointwise("top", in_channels, self.num_features, true);
        [stem].into_iter().chain(blocks).chain([top])
    }
}

impl Block {
    /// Whether a 1×1 convolution widens the input first.
    pub fn has_expansion(&self) -> bool {
        self.expanded_channels != self.in_channels
    }

    /// Whether the input is added to the output.
    pub fn has_residual(&self) -> bool {
        self.stride == 1 && self.in_channels == self.out_channels
    }

    /// The two or three convolutions of block number `index`.
    pub fn convolutions(&self, index: usize) -> impl Iterator<Item = Convolution> + use<> {
        let Self {
            in_channels,
            expanded_channels,
            out_channels,
            kernel_size,
            stride,
        } = *self;
        let name = |part| format!("blocks.{index}.{part}");
        let expand = Convolution::pointwise(&name("expand"), in_channels, expanded_channels, true);
        let depthwise = Convolution {
            kernel_size,
            stride,
            depthwise: true,
            ..Convolution::pointwise(
                &name("depthwise"),
                expanded_channels,
                expanded_channels,
                true,
            )
        };
        let project =
            Convolution::pointwise(&name("project"), expanded_channels, out_channels, false);
        let expand = self.has_expansion().then_some(expand);
        expand.into_iter().chain([depthwise, project])
    }
}

impl Padding {
    /// Rows of zeros above an input of `size` rows (and columns of zeros left of it).
    ///
    /// What is missing below follows from the number of outputs.
    pub fn before(self, size: usize, kernel_size: usize, stride: usize) -> usize {
        match self {
            Self::Symmetric => kernel_size / 2,
            Self::Same => {
                let reach = (size.div_ceil(stride) - 1) * stride + kernel_size;
                reach.saturating_sub(size) / 2
            }
        }
    }
}

impl Convolution {
    /// Shape of `{name}.weight` in PyTorch's order: `[out, in / groups, k, k]`.
    pub fn weight_shape(&self) -> [usize; 4] {
        let in_channels = if self.depthwise { 1 } else { self.in_channels };
        [
            self.out_channels,
            in_channels,
            self.kernel_size,
            self.kernel_size,
        ]
    }

    fn pointwise(name: &str, in_channels: usize, out_channels: usize, relu6: bool) -> Self {
        let name = name.to_owned();
        let (kernel_size, stride, depthwise) = (1, 1, false);
        Self {
            name,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            depthwise,
            relu6,
        }
    }
}

/// A run of blocks as papers tabulate it; only its first block has the stride.
struct Stage {
    expansion: usize,
    channels: usize,
    repeats: usize,
    stride: usize,
    kernel_size: usize,
}

impl Stage {
    const fn new(
        expansion: usize,
        channels: usize,
        repeats: usize,
        stride: usize,
        kernel_size: usize,
    ) -> Self {
        Self {
            expansion,
            channels,
            repeats,
            stride,
            kernel_size,
        }
    }
}

fn blocks(stem_channels: usize, stages: &[Stage]) -> Vec<Block> {
    let mut in_channels = stem_channels;
    let mut blocks = Vec::new();
    for stage in stages {
        for repeat in 0..stage.repeats {
            blocks.push(Block {
                in_channels,
                expanded_channels: in_channels * stage.expansion,
                out_channels: stage.channels,
                kernel_size: stage.kernel_size,
                stride: if repeat == 0 { stage.stride } else { 1 },
            });
            in_channels = stage.channels;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_counts_are_the_published_ones_less_the_classifier() {
        for (architecture, published) in [
            (Architecture::efficientnet_lite0(), 4_652_008),
            (Architecture::efficientnet_lite2(), 6_092_072),
            (Architecture::mobilenet_v2(), 3_504_872),
        ] {
            // BatchNorm has two trained vectors; folding leaves one, the bias.
            let weight_and_batch_norm = |conv: Convolution| {
                conv.weight_shape().iter().product::<usize>() + 2 * conv.out_channels
            };
            let found: usize = architecture.convolutions().map(weight_and_batch_norm).sum();
            assert_eq!(found, published - (NUM_FEATURES + 1) * 1000);
        }
    }

    #[test]
    fn lite0_has_sixteen_blocks_of_which_the_first_has_no_expansion() {
        let blocks = Architecture::efficientnet_lite0().blocks;
        assert_eq!(blocks.len(), 16);
        assert!(!blocks[0].has_expansion() && !blocks[0].has_residual());
        assert!(blocks[1..].iter().all(Block::has_expansion));
        assert_eq!(
            blocks.iter().filter(|block| block.has_residual()).count(),
            9
        );
    }

    #[test]
    fn convolutions_are_chained() {
        for architecture in Architecture::all() {
            let convs: Vec<_> = architecture.convolutions().collect();
            assert_eq!((convs[0].name.as_str(), convs[0].in_channels), ("stem", 3));
            assert_eq!(convs.last().map(|conv| conv.name.as_str()), Some("top"));
            for pair in convs.windows(2) {
                assert_eq!(
                    pair[0].out_channels, pair[1].in_channels,
                    "{}",
                    pair[1].name
                );
            }
        }
    }

    #[test]
    fn same_padding_puts_the_odd_zero_last() {
        assert_eq!(Padding::Same.before(224, 3, 2), 0);
        assert_eq!(Padding::Same.before(28, 5, 2), 1);
        assert_eq!(Padding::Same.before(14, 5, 1), 2);
        assert_eq!(Padding::Same.before(7, 3, 2), 1);
        assert_eq!(Padding::Symmetric.before(224, 3, 2), 1);
    }
}
