//! A chain of operations and a picture in, what the chain says of it out: plain loops, no kernels.
//!
//! It shares no code with what the page predicts with, which is the point: where the two agree on
//! a file that was read back, the file says what the model is.

use super::{ColorScale, Convolve, Graph, Step};
use crate::{head::Dense, metrics};

/// `[size, size, channels]`, row by row.
#[derive(Clone, Debug)]
struct Map {
    size: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Graph {
    /// # Shapes
    ///
    /// - input: `[input_size, input_size, 3]`, RGB, on the scale the first step expects
    /// - output: `[num_classes]`
    ///
    /// # Panics
    ///
    /// When the steps don't fit each other or the input; readers check that with
    /// [`Graph::is_sound`].
    pub fn run(&self, input: &[f32]) -> Vec<f32> {
        let mut kept = None;
        let mut map = Map {
            size: self.input_size,
            channels: 3,
            values: input.to_vec(),
        };
        for step in &self.steps {
            map = match step {
                Step::Keep => {
                    kept = Some(map.values.clone());
                    map
                }
                Step::Add => add(map, kept.as_ref().expect("kept before")),
                step => apply(step, map),
            };
        }
        map.values
    }

    /// Whether each step can take what the one before gives.
    pub fn is_sound(&self) -> bool {
        let (mut size, mut channels, mut kept) = (self.input_size, 3, None);
        for step in &self.steps {
            let fits = match step {
                Step::Normalize(_) => channels == 3,
                Step::Convolve(convolve) => {
                    let fits = convolve.fits(size, channels);
                    size = size.div_ceil(convolve.shape.stride.max(1));
                    channels = convolve.shape.out_channels;
                    fits
                }
                Step::Keep => {
                    kept = Some((size, channels));
                    true
                }
                Step::Add => kept == Some((size, channels)),
                Step::Average => {
                    size = 1;
                    true
                }
                Step::Center(mean) => size == 1 && channels == mean.len(),
                Step::Dense(layer) => {
                    let fits = layer.weight.len() == channels * layer.bias.len();
                    channels = layer.bias.len();
                    fits && size == 1
                }
                Step::UnitLength | Step::Activate(_) | Step::Softmax => size == 1,
            };
            if !fits || channels == 0 || size == 0 {
                return false;
            }
        }
        true
    }
}

impl Convolve {
    fn fits(&self, size: usize, channels: usize) -> bool {
        let shape = &self.shape;
        let is_one_to_one = shape.in_channels == shape.out_channels;
        shape.in_channels == channels
            && (1..=2).contains(&shape.stride)
            && (1..=7).contains(&shape.kernel_size)
            && size > 0
            && size + self.padding[0] + self.padding[1]
                >= (size.div_ceil(shape.stride) - 1) * shape.stride + shape.kernel_size
            && (!shape.depthwise || is_one_to_one)
            && self.conv.bias.len() == shape.out_channels
            && self.conv.weight.len() == shape.weight_shape().iter().product::<usize>()
    }
}

fn apply(step: &Step, mut map: Map) -> Map {
    match step {
        Step::Normalize(ColorScale { mean, std }) => {
            for pixel in map.values.chunks_exact_mut(3) {
                let scale = mean.iter().zip(std);
                let pairs = pixel.iter_mut().zip(scale);
                pairs.for_each(|(x, (mean, std))| *x = (*x - mean) / std);
            }
            map
        }
        Step::Convolve(convolve) => convolve_map(convolve, &map),
        Step::Average => average(&map),
        Step::Center(mean) => {
            let pairs = map.values.iter_mut().zip(mean);
            pairs.for_each(|(x, mean)| *x -= mean);
            map
        }
        Step::UnitLength => {
            let square: f64 = map.values.iter().map(|x| f64::from(*x).powi(2)).sum();
            let scale = if square > 0.0 {
                square.sqrt().recip()
            } else {
                0.0
            };
            map.values.iter_mut().for_each(|x| *x *= scale as f32);
            map
        }
        Step::Dense(layer) => dense(layer, &map),
        Step::Activate(activation) => {
            map.values.iter_mut().for_each(|x| *x = activation.of(*x));
            map
        }
        Step::Softmax => {
            metrics::softmax(&mut map.values);
            map
        }
        Step::Keep | Step::Add => unreachable!("these need what was kept"),
    }
}

fn add(mut map: Map, kept: &[f32]) -> Map {
    let pairs = map.values.iter_mut().zip(kept);
    pairs.for_each(|(x, kept)| *x += kept);
    map
}

fn average(map: &Map) -> Map {
    let mut values = vec![0.0; map.channels];
    let share = 1.0 / (map.size * map.size) as f32;
    for pixel in map.values.chunks_exact(map.channels) {
        let pairs = values.iter_mut().zip(pixel);
        pairs.for_each(|(sum, x)| *sum += x * share);
    }
    Map {
        size: 1,
        channels: map.channels,
        values,
    }
}

fn dense(layer: &Dense, map: &Map) -> Map {
    let mut values = layer.bias.clone();
    for (x, weights) in map.values.iter().zip(layer.weight.chunks(values.len())) {
        let pairs = values.iter_mut().zip(weights);
        pairs.for_each(|(y, w)| *y += x * w);
    }
    Map {
        size: 1,
        channels: values.len(),
        values,
    }
}

/// Output pixel by output pixel. Weights are turned so that the innermost loop runs over output
/// channels, side by side in memory.
fn convolve_map(convolve: &Convolve, map: &Map) -> Map {
    let shape = &convolve.shape;
    let size = map.size.div_ceil(shape.stride);
    let channels = shape.out_channels;
    let group = if shape.depthwise { 1 } else { map.channels };
    // [k, k, in / groups, out]
    let weight = turned(&convolve.conv.weight, channels);
    let mut values = Vec::with_capacity(size * size * channels);
    for (y, x) in (0..size * size).map(|at| (at / size, at % size)) {
        let start = values.len();
        values.extend_from_slice(&convolve.conv.bias);
        let sums = &mut values[start..];
        for tap in 0..shape.kernel_size.pow(2) {
            let (ky, kx) = (tap / shape.kernel_size, tap % shape.kernel_size);
            let row = (y * shape.stride + ky).wrapping_sub(convolve.padding[0]);
            let column = (x * shape.stride + kx).wrapping_sub(convolve.padding[0]);
            if row >= map.size || column >= map.size {
                continue;
            }
            let pixel = &map.values[(row * map.size + column) * map.channels..][..map.channels];
            // The weight's order is [in / groups, k, k] for each output channel.
            let taps = |input: usize| input * shape.kernel_size.pow(2) + tap;
            if shape.depthwise {
                let weights = &weight[taps(0) * channels..][..channels];
                let triples = sums.iter_mut().zip(pixel).zip(weights);
                triples.for_each(|((sum, x), w)| *sum += x * w);
            } else {
                for (input, x) in pixel.iter().enumerate().take(group) {
                    let weights = &weight[taps(input) * channels..][..channels];
                    let pairs = sums.iter_mut().zip(weights);
                    pairs.for_each(|(sum, w)| *sum += x * w);
                }
            }
        }
        if shape.relu6 {
            sums.iter_mut().for_each(|sum| *sum = sum.clamp(0.0, 6.0));
        }
    }
    Map {
        size,
        channels,
        values,
    }
}

/// `[out, rest]` → `[rest, out]`.
fn turned(weight: &[f32], out_channels: usize) -> Vec<f32> {
    let rest = weight.len() / out_channels;
    let mut turned = vec![0.0; weight.len()];
    for (out, row) in weight.chunks_exact(rest).enumerate() {
        for (at, value) in row.iter().enumerate() {
            turned[at * out_channels + out] = *value;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Conv, Convolution},
        head::Activation,
    };

    fn convolve(kernel_size: usize, stride: usize, weight: Vec<f32>) -> Convolve {
        Convolve {
            shape: Convolution {
                name: "test".to_owned(),
                in_channels: 3,
                out_channels: 1,
                kernel_size,
                stride,
                depthwise: false,
                relu6: true,
            },
            padding: [0, 1],
            conv: Conv {
                weight,
                bias: vec![0.5],
            },
        }
    }

    #[test]
    fn a_convolution_by_hand() {
        // Of the red channel, the pixel at the right; of blue, the one below.
        let mut weight = vec![0.0; 12];
        weight[1] = 1.0;
        weight[8 + 2] = 2.0;
        let graph = Graph {
            input_size: 2,
            steps: vec![Step::Convolve(convolve(2, 1, weight))],
        };
        assert!(graph.is_sound());
        let picture = [1.0, 0.0, 0.5, 2.0, 0.0, 0.0, 3.0, 0.0, 1.0, 4.0, 0.0, -9.0];
        // 2 + 2·1 + 0.5; 2·(−9) + 0.5, cut off at 0; 4 + 0.5; 0.5.
        assert_eq!(graph.run(&picture), [4.5, 0.0, 4.5, 0.5]);
    }

    #[test]
    fn what_follows_the_backbone_by_hand() {
        let layer = |weight: &[f32], bias: &[f32]| {
            Step::Dense(Dense {
                weight: weight.to_vec(),
                bias: bias.to_vec(),
            })
        };
        let graph = Graph {
            input_size: 1,
            steps: vec![
                Step::Keep,
                Step::Add,
                Step::Average,
                Step::Center(vec![1.0, 2.0, 0.0]),
                Step::UnitLength,
                layer(&[5.0, 0.0, 5.0, 0.0, 0.0, 1.0], &[-3.0, -1.0]),
                Step::Activate(Activation::Rectified),
                layer(&[1.0, 0.0, 0.0, 1.0], &[0.0, 4.0]),
                Step::Softmax,
            ],
        };
        assert!(graph.is_sound());
        // (2, 3) doubled and centered is (3, 4) and of length 5; (4, −1) after the first layer.
        assert_eq!(graph.run(&[2.0, 3.0, 0.0]), [0.5, 0.5]);
    }

    #[test]
    fn steps_that_do_not_fit_are_not_sound() {
        let unsound = |steps: Vec<Step>| {
            let input_size = 4;
            assert!(!Graph { input_size, steps }.is_sound());
        };
        unsound(vec![Step::Softmax]);
        unsound(vec![Step::Add]);
        unsound(vec![Step::Average, Step::Center(vec![0.0; 4])]);
        unsound(vec![Step::Convolve(convolve(2, 1, vec![0.0; 11]))]);
        unsound(vec![Step::Convolve(convolve(2, 3, vec![0.0; 12]))]);
        unsound(vec![Step::Convolve(convolve(6, 1, vec![0.0; 108]))]);
    }
}
