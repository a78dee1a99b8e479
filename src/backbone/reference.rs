//! What the kernels are tested against: convolution as the textbook has it, in f64.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::architecture::{Architecture, Convolution, Padding};
use super::weights::{Conv, Weights};

/// All that determines a convolution beside its numbers.
#[derive(Clone, Debug)]
pub struct Shape {
    pub height: usize,
    pub width: usize,
    pub in_channels: usize,
    pub out_channels: usize,
    pub kernel_size: usize,
    pub stride: usize,
    pub depthwise: bool,
    pub padding: Padding,
}

impl Shape {
    pub fn new(size: usize, conv: &Convolution, padding: Padding) -> Self {
        let Convolution {
            in_channels,
            out_channels,
            kernel_size,
            stride,
            depthwise,
            ..
        } = *conv;
        let (height, width) = (size, size);
        Self {
            height,
            width,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            depthwise,
            padding,
        }
    }

    pub fn pointwise(num_pixels: usize, in_channels: usize, out_channels: usize) -> Self {
        Self {
            height: 1,
            width: num_pixels,
            in_channels,
            out_channels,
            kernel_size: 1,
            stride: 1,
            depthwise: false,
            padding: Padding::Symmetric,
        }
    }
}

/// `[height, width, in]` → `[⌈height / stride⌉, ⌈width / stride⌉, out]`, without activation.
pub fn convolve(input: &[f32], shape: &Shape, conv: &Conv) -> Vec<f32> {
    let Shape {
        height,
        width,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        ..
    } = *shape;
    let above = shape.padding.before(height, kernel_size, stride);
    let left = shape.padding.before(width, kernel_size, stride);
    let group = if shape.depthwise { 1 } else { in_channels };
    let mut output = Vec::new();
    for y in 0..height.div_ceil(stride) {
        for x in 0..width.div_ceil(stride) {
            for channel in 0..out_channels {
                let mut sum = f64::from(conv.bias[channel]);
                for ky in 0..kernel_size {
                    for kx in 0..kernel_size {
                        let row = (y * stride + ky)
                            .checked_sub(above)
                            .filter(|row| *row < height);
                        let column = (x * stride + kx)
                            .checked_sub(left)
                            .filter(|column| *column < width);
                        let (Some(row), Some(column)) = (row, column) else {
                            continue;
                        };
                        let first = if shape.depthwise { channel } else { 0 };
                        let at = (row * width + column) * in_channels + first;
                        for (k, value) in input[at..at + group].iter().enumerate() {
                            let weight = ((channel * group + k) * kernel_size + ky) * kernel_size;
                            let weight = conv.weight[weight + kx];
                            sum += f64::from(*value) * f64::from(weight);
                        }
                    }
                }
                output.push(sum as f32);
            }
        }
    }
    output
}

pub fn relu6(values: &mut [f32]) {
    values
        .iter_mut()
        .for_each(|value| *value = value.clamp(0.0, 6.0));
}

/// A normalized image → its features, layer after layer.
pub fn features(weights: &Weights, image: &[f32]) -> Vec<f32> {
    let Architecture {
        padding,
        num_features,
        ..
    } = weights.architecture;
    let mut size = weights.architecture.input_size;
    let (mut activation, mut block_input) = (image.to_vec(), Vec::new());
    for (conv, parameters) in weights.architecture.convolutions().zip(&weights.convs) {
        if conv.name.ends_with("expand") {
            block_input = activation.clone();
        }
        activation = convolve(&activation, &Shape::new(size, &conv, padding), parameters);
        size = size.div_ceil(conv.stride);
        match conv.relu6 {
            true => relu6(&mut activation),
            false if activation.len() == block_input.len() => {
                activation
                    .iter_mut()
                    .zip(&block_input)
                    .for_each(|(sum, input)| *sum += input);
            }
            false => {}
        }
    }
    let mut features = vec![0.0; num_features];
    for pixel in activation.chunks_exact(num_features) {
        let share = 1.0 / (size * size) as f32;
        features
            .iter_mut()
            .zip(pixel)
            .for_each(|(sum, value)| *sum += value * share);
    }
    features
}

/// Fails on the first value that differs by more than rounding explains.
pub fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let tolerance = 1e-4 * expected.abs().max(1.0);
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} ≠ {expected} at {index}"
        );
    }
}

/// Seeded inputs and weights.
pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn between(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    pub fn pick<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[self.between(0, N - 1)]
    }

    pub fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.0.random_range(-1.0..1.0)).collect()
    }

    /// Weights such that the output is about as large as the input.
    pub fn conv(&mut self, shape: [usize; 4]) -> Conv {
        let fan_in: usize = shape[1..].iter().product();
        let scale = (6.0 / fan_in as f32).sqrt();
        let weight = self.values(shape[0] * fan_in);
        Conv {
            weight: weight.into_iter().map(|value| value * scale).collect(),
            bias: self.values(shape[0]),
        }
    }

    pub fn weights(&mut self, architecture: Architecture) -> Weights {
        let convs = architecture
            .convolutions()
            .map(|conv| self.conv(conv.weight_shape()));
        let convs = convs.collect();
        Weights {
            architecture,
            convs,
        }
    }
}
