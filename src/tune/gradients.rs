//! The gradients against independent ones: finite differences of a textbook network in f64, and
//! PyTorch's (tests/golden/tune/reference.py).

use super::{
    Boundary, Tail, Target, TunedHead,
    fixtures::{NUM_CLASSES, architecture, head},
    parameter::Parameter,
};
use crate::{
    backbone::{
        Architecture, Conv, Convolution, Padding, Weights,
        planes::to_planes,
        reference::{Random, assert_close},
    },
    features::Normalizer,
    tensor_file::TensorFile,
};

/// Everything that learns, in PyTorch's order and in f64.
#[derive(Clone)]
struct Textbook {
    architecture: Architecture,
    /// Weights and biases of the convolutions that learn.
    convs: Vec<[Vec<f64>; 2]>,
    mean: Vec<f64>,
    /// Weights, `[features, classes]`, and biases.
    head: [Vec<f64>; 2],
}

impl Textbook {
    /// `values` has the parameters, or their gradients.
    fn new(values: &Weights, num_blocks: usize, head: &TunedHead) -> Self {
        let wide = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let first = values.convs.len() - 3 * num_blocks - 1;
        let convs = values.convs[first..].iter();
        Self {
            architecture: values.architecture.clone(),
            convs: convs
                .map(|conv| [wide(&conv.weight), wide(&conv.bias)])
                .collect(),
            mean: wide(head.normalizer().mean()),
            head: [wide(head.weight()), wide(head.bias())],
        }
    }

    fn tensors(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        self.convs.iter_mut().chain([&mut self.head]).flatten()
    }

    /// Cross-entropy of one image, `[size, size, channels]`.
    fn loss(&self, boundary: &[f64], label: usize) -> f64 {
        let all = self.architecture.convolutions().collect::<Vec<_>>();
        let shapes = &all[all.len() - self.convs.len()..];
        let mut image = boundary.to_vec();
        let mut block_input = Vec::new();
        for (shape, conv) in shapes.iter().zip(&self.convs) {
            if shape.name.ends_with("expand") {
                block_input.clone_from(&image);
            }
            image = convolve(&image, shape, self.architecture.padding, conv);
            if shape.relu6 {
                image.iter_mut().for_each(|x| *x = x.clamp(0.0, 6.0));
            } else if shape.name.ends_with("project") && image.len() == block_input.len() {
                image
                    .iter_mut()
                    .zip(&block_input)
                    .for_each(|(x, i)| *x += i);
            }
        }
        let num_features = self.mean.len();
        let num_positions = (image.len() / num_features) as f64;
        let mut centered: Vec<f64> = self.mean.iter().map(|mean| -mean).collect();
        for pixel in image.chunks_exact(num_features) {
            centered
                .iter_mut()
                .zip(pixel)
                .for_each(|(sum, x)| *sum += x / num_positions);
        }
        let length = centered.iter().map(|x| x * x).sum::<f64>().sqrt();
        let [weight, bias] = &self.head;
        let mut logits = bias.clone();
        for (x, weights) in centered.iter().zip(weight.chunks_exact(NUM_CLASSES)) {
            logits
                .iter_mut()
                .zip(weights)
                .for_each(|(z, w)| *z += x / length * w);
        }
        logits.iter().map(|z| z.exp()).sum::<f64>().ln() - logits[label]
    }
}

/// `[size, size, in]` → `[⌈size / stride⌉, ⌈size / stride⌉, out]`
fn convolve(
    image: &[f64],
    shape: &Convolution,
    padding: Padding,
    [weight, bias]: &[Vec<f64>; 2],
) -> Vec<f64> {
    let Convolution {
        in_channels,
        out_channels,
        kernel_size: k,
        stride,
        depthwise,
        ..
    } = *shape;
    let size = (image.len() / in_channels).isqrt();
    let before = if k == 1 {
        0
    } else {
        padding.before(size, k, stride)
    };
    let group = if depthwise { 1 } else { in_channels };
    let mut output = Vec::new();
    for at in 0..size.div_ceil(stride).pow(2) {
        let (y, x) = (at / size.div_ceil(stride), at % size.div_ceil(stride));
        for channel in 0..out_channels {
            let mut sum = bias[channel];
            for tap in 0..k * k {
                let row = (y * stride + tap / k).wrapping_sub(before);
                let column = (x * stride + tap % k).wrapping_sub(before);
                if row >= size || column >= size {
                    continue;
                }
                let first = if depthwise { channel } else { 0 };
                let pixel = &image[(row * size + column) * in_channels + first..][..group];
                for (from, value) in pixel.iter().enumerate() {
                    sum += value * weight[(channel * group + from) * k * k + tap];
                }
            }
            output.push(sum);
        }
    }
    output
}

/// The gradients in the places of the parameters.
fn gradients(tail: &Tail, weights: &Weights) -> (Weights, TunedHead) {
    let (mut tail, mut gradients) = (tail.clone(), weights.clone());
    tail.visit(&mut |parameter: Parameter| parameter.values.copy_from_slice(parameter.gradient));
    tail.write_to(&mut gradients);
    (gradients, tail.head().clone())
}

#[test]
fn gradients_are_the_slopes_of_the_textbook_network() {
    let mut random = Random::new(21);
    for (padding, num_blocks) in [Padding::Same, Padding::Symmetric]
        .into_iter()
        .flat_map(|padding| (0..=4).map(move |num_blocks| (padding, num_blocks)))
    {
        let weights = random.weights(architecture(padding));
        let head = head(&mut random, 24);
        let mut tail = Tail::new(&weights, num_blocks, head.clone());
        let channels = if num_blocks == 2 || num_blocks == 3 {
            16
        } else {
            8
        };
        // Large enough that ReLU6 cuts on both sides, and exact in f16.
        let image: Vec<f32> = random.values(tail.boundary_length());
        let image: Vec<f32> = image.iter().map(|x| (x * 512.0).round() / 64.0).collect();
        let boundary = Boundary::from_values(&to_planes(&image, channels));
        let (label, share) = (random.between(0, 2), 0.5);
        let target = Target {
            share,
            ..Target::new(label)
        };
        let judged = tail.learn(&boundary, target);

        let image: Vec<f64> = image.into_iter().map(f64::from).collect();
        let mut textbook = Textbook::new(&weights, num_blocks, &head);
        let loss = textbook.loss(&image, label);
        assert!(
            (judged.loss - loss).abs() < 1e-4,
            "{} ≠ {loss}",
            judged.loss
        );
        let (of_weights, of_head) = gradients(&tail, &weights);
        let mut gradients = Textbook::new(&of_weights, num_blocks, &of_head);
        for (index, gradient) in gradients.tensors().enumerate() {
            let direction = random.values(gradient.len());
            let mut moved = |step: f64| {
                let tensor = textbook.tensors().nth(index).expect("as many tensors");
                let pairs = tensor.iter_mut().zip(&direction);
                pairs.for_each(|(x, d)| *x += step * f64::from(*d));
                textbook.loss(&image, label)
            };
            let step = 1e-6;
            let above = moved(step);
            let below = moved(-2.0 * step);
            moved(step);
            let slope = f64::from(share) * (above - below) / (2.0 * step);
            let pairs = gradient.iter().zip(&direction);
            let found: f64 = pairs.map(|(g, d)| g * f64::from(*d)).sum();
            let length = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
            assert!(
                (found - slope).abs() <= 1e-4 * length.max(1e-3),
                "{padding:?}, {num_blocks} blocks, tensor {index}: {found} ≠ {slope}"
            );
        }
    }
}

#[test]
fn gradients_add_up_over_images() {
    let mut random = Random::new(22);
    let weights = random.weights(architecture(Padding::Same));
    let head = head(&mut random, 24);
    let mut tail = Tail::new(&weights, 2, head);
    let image = random.values(tail.boundary_length());
    let boundary = Boundary::from_values(&image);
    tail.learn(&boundary, Target::new(1));
    let once = gradients(&tail, &weights).0;
    tail.learn(&boundary, Target::new(1));
    let twice = gradients(&tail, &weights).0;
    for (once, twice) in once.convs.iter().zip(&twice.convs).rev().take(7) {
        let doubled: Vec<f32> = once.weight.iter().map(|g| 2.0 * g).collect();
        assert_close(&twice.weight, &doubled);
    }
}

#[test]
fn the_tail_gives_the_backbones_features() {
    let mut random = Random::new(23);
    for architecture in Architecture::all() {
        let size = architecture.input_size;
        let weights = random.weights(architecture);
        let mut backbone = crate::backbone::Backbone::new(&weights);
        let pixels: Vec<u8> = (0..size * size * 3)
            .map(|_| random.between(0, 255) as u8)
            .collect();
        let expected = backbone.forward(&pixels).to_vec();
        for num_blocks in [0, 1, 3, 6, 15] {
            let boundary = Boundary::new(&mut backbone, &pixels, num_blocks);
            let mut tail = Tail::new(&weights, num_blocks, head(&mut random, 1280));
            let features = tail.features(&boundary);
            for (found, expected) in features.iter().zip(&expected) {
                // The boundary is rounded to 11 bits.
                assert!((found - expected).abs() < 0.02, "{found} ≠ {expected}");
            }
        }
    }
}

#[test]
fn what_was_learned_comes_back_into_the_backbone() {
    let mut random = Random::new(24);
    let weights = random.weights(architecture(Padding::Same));
    let head = head(&mut random, 24);
    let mut tail = Tail::new(&weights, 2, head);
    let mut written = weights.clone();
    tail.write_to(&mut written);
    assert_eq!(written.convs, weights.convs);
    tail.visit(&mut |parameter| parameter.values[0] += 1.0);
    tail.write_to(&mut written);
    let changed = written
        .convs
        .iter()
        .zip(&weights.convs)
        .map(|(a, b)| a != b);
    let changed: Vec<bool> = changed.collect();
    assert_eq!(changed[..changed.len() - 7], vec![false; changed.len() - 7]);
    assert_eq!(changed[changed.len() - 7..], [true; 7]);
}

#[test]
fn gradients_are_pytorchs() {
    let bytes = include_bytes!("../../tests/golden/tune/gradients.safetensors");
    let file = TensorFile::parse(bytes).expect("as the script writes it");
    let mut architecture = architecture(Padding::Symmetric);
    architecture.blocks.truncate(2);
    architecture.num_features = 16;
    let tensor = |name: &str, shape: &[usize]| file.tensor(name, shape).expect("in the file");
    let convs = |prefix: &str| -> Vec<Conv> {
        let shapes = architecture.convolutions();
        let conv = |shape: Convolution| Conv {
            weight: tensor(
                &format!("{prefix}{}.weight", shape.name),
                &shape.weight_shape(),
            ),
            bias: tensor(
                &format!("{prefix}{}.bias", shape.name),
                &[shape.out_channels],
            ),
        };
        shapes.map(conv).collect()
    };
    let weights = Weights {
        convs: convs(""),
        architecture: architecture.clone(),
    };
    let head = TunedHead::new(
        Normalizer::from_mean(tensor("mean", &[16])),
        tensor("head.weight", &[16, NUM_CLASSES]),
        tensor("head.bias", &[NUM_CLASSES]),
    );
    let mut tail = Tail::new(&weights, 1, head);
    let image = tensor("boundary", &[11, 11, 8]);
    let boundary = Boundary::from_values(&to_planes(&image, 8));
    let judged = tail.learn(&boundary, Target::new(2));
    assert!((judged.loss - f64::from(tensor("loss", &[1])[0])).abs() < 1e-5);
    let (of_weights, of_head) = gradients(&tail, &weights);
    let expected = convs("gradient.");
    for (found, expected) in of_weights.convs.iter().zip(&expected).skip(3) {
        assert_near(&found.weight, &expected.weight);
        assert_near(&found.bias, &expected.bias);
    }
    assert_near(
        of_head.weight(),
        &tensor("gradient.head.weight", &[16, NUM_CLASSES]),
    );
    assert_near(
        of_head.bias(),
        &tensor("gradient.head.bias", &[NUM_CLASSES]),
    );
}

/// To five digits of the largest.
fn assert_near(found: &[f32], expected: &[f32]) {
    let largest = expected
        .iter()
        .fold(0.0_f32, |largest, x| largest.max(x.abs()));
    assert!(largest > 0.0, "nothing learns");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= 1e-5 * largest,
            "{found} ≠ {expected}"
        );
    }
}
