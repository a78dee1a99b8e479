//! The whole backbone on the CPU: pixels in, features out, nothing allocated in between.

use super::architecture::Architecture;
use super::block::{Block, Scratch};
use super::finish::AddUpRelu6;
use super::piece::Geometry;
use super::planes::{PANEL, Planes};
use super::pointwise::Pointwise;
use super::simd::Aligned;
use super::stem::{Image, Stem};
use super::weights::Weights;

/// A backbone ready to run: packed weights and all the memory a forward pass needs.
#[derive(Clone, Debug)]
pub struct Backbone {
    architecture: Architecture,
    stem: Stem,
    /// The first one filters the stem's output as it is.
    blocks: Vec<Block>,
    top: Pointwise,
    /// `size × size × in`
    top_length: usize,
    scratch: Scratch,
    /// A block reads one and writes the other.
    activations: [Aligned; 2],
    /// `[images, num_features]`
    features: Aligned,
}

impl Backbone {
    /// Packs the weights and allocates all memory.
    pub fn new(weights: &Weights) -> Self {
        assert!(weights.are_complete(), "parameters for every convolution");
        let architecture = weights.architecture.clone();
        let padding = architecture.padding;
        let mut convs = weights.convs.iter();
        let mut next = || {
            convs
                .next()
                .expect("as many convolutions as the architecture has")
        };
        let stem = Stem::new(&architecture, next());
        let mut size = architecture.input_size.div_ceil(2);
        let mut scratch = Scratch::default();

        let mut blocks = Vec::new();
        for (index, block) in architecture.blocks.iter().enumerate() {
            assert_eq!(
                block.has_expansion(),
                index > 0,
                "every block but the first widens"
            );
            let expand = block.has_expansion().then(&mut next);
            let convs = [expand, Some(next()), Some(next())];
            let geometry = Geometry::new(block, size, padding);
            size = geometry.out_size;
            blocks.push(Block::new(block, geometry, convs, &mut scratch));
        }
        let top = Pointwise::new(next());
        let top_length = size * size * top.in_channels();
        let in_lengths = blocks.iter().skip(1).map(Block::in_length);
        let longest = in_lengths.chain([top_length]).max().expect("the top's");
        Self {
            stem,
            blocks,
            top,
            top_length,
            scratch,
            activations: [Aligned::zeros(longest), Aligned::zeros(longest)],
            features: Aligned::zeros(architecture.num_features),
            architecture,
        }
    }

    /// Which backbone this is.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The features of one image.
    ///
    /// # Shapes
    /// `pixels`: `[input_size, input_size, 3]`, RGB; returns `[num_features]`.
    pub fn forward(&mut self, pixels: &[u8]) -> &[f32] {
        assert_eq!(
            pixels.len(),
            self.image_length(),
            "one RGB image of the backbone's size"
        );
        self.forward_image(Image::Pixels(pixels), 0);
        &self.features[..self.architecture.num_features]
    }

    /// The features of a batch that is already normalized.
    ///
    /// # Shapes
    /// `batch`: `[images, input_size, input_size, 3]`, RGB; returns `[images, num_features]`.
    pub fn forward_normalized(&mut self, batch: &[f32]) -> &[f32] {
        let image_length = self.image_length();
        assert_eq!(
            batch.len() % image_length,
            0,
            "whole RGB images of the backbone's size"
        );
        let length = batch.len() / image_length * self.architecture.num_features;
        self.features.grow(length);
        for (index, image) in batch.chunks_exact(image_length).enumerate() {
            self.forward_image(Image::Normalized(image), index);
        }
        &self.features[..length]
    }

    fn image_length(&self) -> usize {
        self.architecture.input_size.pow(2) * 3
    }

    fn forward_image(&mut self, image: Image, index: usize) {
        let Self {
            stem,
            blocks,
            scratch,
            ..
        } = self;
        let [input, output] = &mut self.activations;
        let (mut input, mut output) = (input, output);
        let (first, rest) = blocks.split_first().expect("at least one block");
        first.forward_from(input, scratch, |rows, mut strip, width| {
            for (index, y) in rows.enumerate() {
                stem.forward_row(image, y, &mut strip, index * width);
            }
        });
        for block in rest {
            block.forward(&input[..block.in_length()], output, scratch);
            (input, output) = (output, input);
        }
        let totals = &mut self.features[index * self.architecture.num_features..];
        let totals = &mut totals[..self.architecture.num_features];
        totals.fill(0.0);
        let num_pixels = self.top_length / self.top.in_channels();
        let input = Planes::new(&input[..self.top_length], num_pixels * PANEL);
        self.top
            .forward(input, num_pixels, &mut AddUpRelu6::new(totals));
        totals
            .iter_mut()
            .for_each(|total| *total /= num_pixels as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::super::architecture::NUM_FEATURES;
    use super::super::reference::{self, Random};
    use super::*;

    #[test]
    fn small_images_of_any_size_agree_with_the_scalar_reference() {
        let mut random = Random::new(5);
        for (size, architecture) in [33, 40].into_iter().zip(Architecture::all()) {
            let weights = random.weights(Architecture {
                input_size: size,
                ..architecture
            });
            let batch = random.values(2 * size * size * 3);
            let mut backbone = Backbone::new(&weights);
            let features = backbone.forward_normalized(&batch);
            let images = batch.chunks_exact(size * size * 3);
            for (image, features) in images.zip(features.chunks_exact(NUM_FEATURES)) {
                reference::assert_close(features, &reference::features(&weights, image));
            }
        }
    }

    #[test]
    fn an_image_gives_the_same_features_every_time() {
        let mut random = Random::new(6);
        let weights = random.weights(Architecture::efficientnet_lite0());
        let image = |random: &mut Random| -> Vec<u8> {
            (0..224 * 224 * 3)
                .map(|_| random.between(0, 255) as u8)
                .collect()
        };
        let (one, other) = (image(&mut random), image(&mut random));
        let mut backbone = Backbone::new(&weights);
        let first = backbone.forward(&one).to_vec();
        assert_ne!(first, backbone.forward(&other));
        assert_eq!(first, backbone.forward(&one));
    }
}
