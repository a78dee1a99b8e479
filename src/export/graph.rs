//! A trained model and its backbone in; the same as a chain of plain operations out.
//!
//! Every writer of a format walks this chain, every reader gives it back, and [`Graph::run`] says
//! what it computes: so a file is tested by reading it and running what it says.

mod run;

use super::unlike;
use crate::{
    backbone::{Conv, Convolution, Padding, Weights},
    error::Result,
    head::{Activation, Dense, DenseHead},
    model::Model,
};

/// Lengths below this count as this one in files, so that nothing is divided by 0.
pub(super) const SHORTEST: f32 = 1e-30;

/// A picture in, one number a class out.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Side of the square that goes in, in pixels.
    pub input_size: usize,
    /// What happens to it, first to last.
    pub steps: Vec<Step>,
}

/// One operation on what the one before gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Colors are centered and scaled.
    Normalize(ColorScale),
    /// A convolution.
    Convolve(Convolve),
    /// Remembers what there is now, and changes nothing.
    Keep,
    /// Adds what was last remembered.
    Add,
    /// The mean over all positions, a channel at a time: from here on there are features only.
    Average,
    /// Subtracts this: `[num_features]`.
    Center(Vec<f32>),
    /// Divides by the Euclidean length; zeros stay zeros.
    UnitLength,
    /// A linear layer.
    Dense(Dense),
    /// A function of each number.
    Activate(Activation),
    /// Exponentials, divided by their sum.
    Softmax,
}

/// `(color − mean) / std`, a channel at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColorScale {
    /// Subtracted.
    pub mean: [f32; 3],
    /// Divided by, then.
    pub std: [f32; 3],
}

/// A convolution with all its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolve {
    /// What it is called and what it does.
    pub shape: Convolution,
    /// Rows of zeros above and below the input, and columns of zeros left and right of it.
    pub padding: [usize; 2],
    /// Its parameters, weights in PyTorch's order.
    pub conv: Conv,
}

impl Graph {
    /// The whole way from colors on the scale 0–255 to probabilities.
    pub fn new(model: &Model, weights: &Weights) -> Self {
        Self::of_parts(weights, model.normalizer.mean(), &model.head)
    }

    /// The same of a backbone, what is subtracted from its features, and a head.
    pub(super) fn of_parts(weights: &Weights, center: &[f32], head: &DenseHead) -> Self {
        let architecture = &weights.architecture;
        let mut steps = vec![Step::Normalize(ColorScale {
            mean: architecture.mean,
            std: architecture.std,
        })];
        push_backbone(weights, &mut steps);
        steps.push(Step::Center(center.to_vec()));
        steps.push(Step::UnitLength);
        for (at, layer) in head.layers.iter().enumerate() {
            if at > 0 {
                steps.push(Step::Activate(head.activation));
            }
            steps.push(Step::Dense(layer.clone()));
        }
        steps.push(Step::Softmax);
        Self {
            input_size: architecture.input_size,
            steps,
        }
    }

    /// The same without its ends, as some programs scale colors and take exponentials themselves:
    /// from normalized colors to logits.
    pub fn bare(mut self) -> Self {
        self.steps
            .retain(|step| !matches!(step, Step::Normalize(_) | Step::Softmax));
        self
    }

    /// Numbers in all of its tensors.
    pub fn num_parameters(&self) -> usize {
        let of = |step: &Step| match step {
            Step::Convolve(Convolve { conv, .. }) => conv.weight.len() + conv.bias.len(),
            Step::Dense(layer) => layer.weight.len() + layer.bias.len(),
            Step::Center(mean) => mean.len(),
            _ => 0,
        };
        self.steps.iter().map(of).sum()
    }
}

/// One number a color, as files have them.
pub(super) fn three(values: Vec<f32>) -> Result<[f32; 3]> {
    let length = values.len();
    values
        .try_into()
        .map_err(|_| unlike(format!("there are {length} colors")))
}

/// Zeros before and after `size` rows for a convolution that gives ⌈size / stride⌉ rows.
pub fn zeros_around(
    padding: Padding,
    size: usize,
    kernel_size: usize,
    stride: usize,
) -> [usize; 2] {
    let before = padding.before(size, kernel_size, stride);
    let reach = (size.div_ceil(stride) - 1) * stride + kernel_size;
    [before, reach.saturating_sub(size + before)]
}

/// The convolutions and their average; blocks with a residual remember what they begin with.
fn push_backbone(weights: &Weights, steps: &mut Vec<Step>) {
    let architecture = &weights.architecture;
    let mut size = architecture.input_size;
    let mut convs = architecture.convolutions().zip(&weights.convs);
    let mut push = |steps: &mut Vec<Step>, count: usize| {
        for (shape, conv) in convs.by_ref().take(count) {
            let (kernel, stride) = (shape.kernel_size, shape.stride);
            let padding = zeros_around(architecture.padding, size, kernel, stride);
            size = size.div_ceil(stride);
            let conv = conv.clone();
            steps.push(Step::Convolve(Convolve {
                shape,
                padding,
                conv,
            }));
        }
    };
    push(steps, 1);
    for block in &architecture.blocks {
        if block.has_residual() {
            steps.push(Step::Keep);
        }
        push(steps, if block.has_expansion() { 3 } else { 2 });
        if block.has_residual() {
            steps.push(Step::Add);
        }
    }
    push(steps, 1);
    steps.push(Step::Average);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Architecture, Backbone, reference::Random},
        export::fixtures::model,
    };

    #[test]
    fn the_chain_computes_what_the_kernels_and_the_model_do() {
        for architecture in Architecture::all() {
            let side = architecture.input_size;
            let weights = Random::new(41).weights(architecture);
            let pixels: Vec<u8> = (0..side * side * 3)
                .map(|at| (at * 7 % 251) as u8)
                .collect();
            let expected = model().probabilities(Backbone::new(&weights).forward(&pixels));
            let colors: Vec<f32> = pixels.iter().map(|&x| x.into()).collect();
            let found = Graph::new(&model(), &weights).run(&colors);
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-4, "{found} ≠ {expected}");
            }
        }
    }

    #[test]
    fn tensorflow_has_the_odd_zero_at_the_end() {
        assert_eq!(zeros_around(Padding::Same, 224, 3, 2), [0, 1]);
        assert_eq!(zeros_around(Padding::Same, 14, 5, 2), [1, 2]);
        assert_eq!(zeros_around(Padding::Same, 7, 3, 1), [1, 1]);
        // What PyTorch adds at the end and never reads is left out.
        assert_eq!(zeros_around(Padding::Symmetric, 224, 3, 2), [1, 0]);
    }

    #[test]
    fn without_its_ends_it_gives_logits() {
        let weights = Random::new(42).weights(Architecture::efficientnet_lite0());
        let whole = Graph::new(&model(), &weights);
        let bare = whole.clone().bare();
        assert_eq!(bare.steps.len() + 2, whole.steps.len());
        assert!(matches!(bare.steps.first(), Some(Step::Convolve(_))));
        assert!(matches!(bare.steps.last(), Some(Step::Dense(_))));
        assert_eq!(bare.num_parameters(), whole.num_parameters());
    }
}
