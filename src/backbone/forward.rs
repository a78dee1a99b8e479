//! The whole backbone on the CPU: pixels in, features out, nothing allocated in between.

use super::architecture::Architecture;
use super::block::{Block, Scratch};
use super::finish::{AddUpRelu6, Finish, StorePixelsRelu6};
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
    /// A block reads the first and writes the second; then they change places.
    activations: [Aligned; 2],
    /// `[images, num_features]`
    features: Aligned,
    /// `[positions, num_features]`, empty until [`Backbone::forward_map`] needs it.
    map: Aligned,
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
            map: Aligned::zeros(0),
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
        self.forward_image(self.image(pixels), 0);
        &self.features[..self.architecture.num_features]
    }

    /// The features of one image, and what they are the mean of: the last convolution's
    /// activations at every position.
    ///
    /// # Shapes
    /// `pixels`: `[input_size, input_size, 3]`, RGB; returns `[num_features]` and
    /// `[positions, num_features]`, row by row from the top left, all values in [0, 6]; positions
    /// are [`Architecture::num_cells`] squared.
    pub fn forward_map(&mut self, pixels: &[u8]) -> (&[f32], &[f32]) {
        self.run_blocks(self.image(pixels));
        let num_features = self.architecture.num_features;
        let length = self.top_length / self.top.in_channels() * num_features;
        self.map.grow(length);
        let map = &mut self.map[..length];
        let input = &self.activations[0][..self.top_length];
        run_top(
            &self.top,
            input,
            &mut StorePixelsRelu6::new(map, num_features),
        );
        let features = &mut self.features[..num_features];
        average(map, features);
        (features, map)
    }

    /// What comes out of the first `num_blocks` blocks, from 1 to all, for one image. What is
    /// after them may then be trained without the backbone.
    ///
    /// # Shapes
    /// `pixels`: `[input_size, input_size, 3]`, RGB; returns `[channels / 8, size, size, 8]` with
    /// the channels and the size of the block that comes next, or of the last convolution's input.
    pub fn boundary(&mut self, pixels: &[u8], num_blocks: usize) -> &[f32] {
        assert!(
            (1..=self.blocks.len()).contains(&num_blocks),
            "at least one block"
        );
        self.run_first_blocks(self.image(pixels), num_blocks);
        let next = self.blocks.get(num_blocks);
        let length = next.map_or(self.top_length, Block::in_length);
        &self.activations[0][..length]
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

    fn image<'a>(&self, pixels: &'a [u8]) -> Image<'a> {
        assert_eq!(
            pixels.len(),
            self.image_length(),
            "one RGB image of the backbone's size"
        );
        Image::Pixels(pixels)
    }

    fn forward_image(&mut self, image: Image, index: usize) {
        self.run_blocks(image);
        let num_features = self.architecture.num_features;
        let totals = &mut self.features[index * num_features..][..num_features];
        totals.fill(0.0);
        let input = &self.activations[0][..self.top_length];
        run_top(&self.top, input, &mut AddUpRelu6::new(totals));
        let num_positions = self.top_length / self.top.in_channels();
        totals
            .iter_mut()
            .for_each(|total| *total /= num_positions as f32);
    }

    /// Everything before the last convolution, whose input becomes the first of `activations`.
    fn run_blocks(&mut self, image: Image) {
        self.run_first_blocks(image, self.blocks.len());
    }

    /// The stem and some blocks. What comes out becomes the first of `activations`.
    fn run_first_blocks(&mut self, image: Image, num_blocks: usize) {
        let Self {
            stem,
            blocks,
            scratch,
            ..
        } = self;
        let [input, output] = &mut self.activations;
        let (first, rest) = blocks.split_first().expect("at least one block");
        first.forward_from(input, scratch, |rows, mut strip, width| {
            for (index, y) in rows.enumerate() {
                stem.forward_row(image, y, &mut strip, index * width);
            }
        });
        for block in &rest[..num_blocks - 1] {
            block.forward(&input[..block.in_length()], output, scratch);
            std::mem::swap(input, output);
        }
    }
}

/// The last convolution at every position of its input.
fn run_top(top: &Pointwise, input: &[f32], finish: &mut impl Finish) {
    let num_positions = input.len() / top.in_channels();
    let input = Planes::new(input, num_positions * PANEL);
    top.forward(input, num_positions, finish);
}

/// The mean of `[rows, columns]` over its rows: `[columns]`.
fn average(rows: &[f32], means: &mut [f32]) {
    means.fill(0.0);
    let num_rows = (rows.len() / means.len()) as f32;
    for row in rows.chunks_exact(means.len()) {
        means.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    means.iter_mut().for_each(|sum| *sum /= num_rows);
}

#[cfg(test)]
mod tests {
    use super::super::architecture::NUM_FEATURES;
    use super::super::reference::{self, Random};
    use super::*;

    #[test]
    fn small_images_of_any_size_agree_with_the_scalar_reference() {
        let mut random = Random::new(5);
        for (size, architecture) in [33, 40, 37].into_iter().zip(Architecture::all()) {
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

    #[test]
    fn the_map_averages_to_the_features() {
        let mut random = Random::new(7);
        for architecture in Architecture::all() {
            let size = architecture.input_size;
            let num_positions = architecture.num_cells().pow(2);
            let weights = random.weights(architecture);
            let pixels: Vec<u8> = (0..size * size * 3)
                .map(|_| random.between(0, 255) as u8)
                .collect();
            let mut backbone = Backbone::new(&weights);
            let expected = backbone.forward(&pixels).to_vec();
            let (features, map) = backbone.forward_map(&pixels);
            assert_eq!(map.len(), num_positions * NUM_FEATURES);
            assert!(map.iter().all(|value| (0.0..=6.0).contains(value)));
            for (channel, (feature, expected)) in features.iter().zip(&expected).enumerate() {
                let values = map.iter().skip(channel).step_by(NUM_FEATURES);
                let mean = values.sum::<f32>() / num_positions as f32;
                assert!((feature - mean).abs() <= 1e-5, "{feature} ≠ {mean}");
                assert!((feature - expected).abs() <= 1e-5, "{feature} ≠ {expected}");
            }
            assert_eq!(expected, backbone.forward(&pixels));
        }
    }

    #[test]
    fn the_map_changes_most_where_the_image_does() {
        let mut random = Random::new(8);
        let weights = random.weights(Architecture::efficientnet_lite0());
        let mut backbone = Backbone::new(&weights);
        let gray = vec![128; 224 * 224 * 3];
        let mut spot = gray.clone();
        for row in spot.chunks_exact_mut(224 * 3).take(32) {
            row[192 * 3..].fill(255); // in the top right corner
        }
        let before = backbone.forward_map(&gray).1.to_vec();
        let after = backbone.forward_map(&spot).1;
        let change = |row: usize, column: usize| -> f32 {
            let values = (row * 7 + column) * NUM_FEATURES..(row * 7 + column + 1) * NUM_FEATURES;
            let pairs = before[values.clone()].iter().zip(&after[values]);
            pairs.map(|(a, b)| (a - b).abs()).sum()
        };
        for (row, column) in [(0, 0), (6, 0), (6, 6)] {
            assert!(change(0, 6) > 2.0 * change(row, column), "{row}, {column}");
        }
    }
}
