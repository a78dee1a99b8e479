//! The end of a backbone with its head, learning: an image's boundary in, logits out, and gradients
//! of everything that learns.

use super::block::TunedBlock;
use super::boundary::{Boundary, max_blocks};
use super::example::Example;
use super::head::{Judged, Target, TunedHead};
use super::parameter::Parameter;
use super::top::TunedTop;
use crate::backbone::{Conv, Weights, simd::Aligned};

/// The last blocks, the last convolution and a head, with all memory a forward and a backward pass
/// of one image need.
#[derive(Clone, Debug)]
pub struct Tail {
    blocks: Vec<TunedBlock>,
    top: TunedTop,
    head: TunedHead,
    /// What goes into each block, and last into the top.
    inputs: Vec<Aligned>,
    /// Of what goes into a layer, and of what comes out of it.
    gradients: [Aligned; 2],
    features: Vec<f32>,
    feature_gradient: Vec<f32>,
    num_parameters: usize,
}

impl Tail {
    /// Packs the last `num_blocks` blocks of a backbone; more than [`max_blocks`] are as many as
    /// that.
    pub fn new(weights: &Weights, num_blocks: usize, head: TunedHead) -> Self {
        assert!(weights.are_complete(), "parameters for every convolution");
        let architecture = &weights.architecture;
        assert_eq!(
            head.normalizer().mean().len(),
            architecture.num_features,
            "a head for this backbone"
        );
        let num_blocks = num_blocks.min(max_blocks(architecture));
        let num_frozen = architecture.blocks.len() - num_blocks;
        let (frozen, tuned) = architecture.blocks.split_at(num_frozen);
        let strides = frozen.iter().map(|block| block.stride);
        let in_size = architecture.input_size.div_ceil(2);
        let mut size = strides.fold(in_size, usize::div_ceil);

        let (top, convs) = weights.convs.split_last().expect("at least a top");
        let convs = convs[convs.len() - 3 * num_blocks..].as_chunks::<3>().0;
        let mut blocks = Vec::new();
        let mut inputs = Vec::new();
        for (block, convs) in tuned.iter().zip(convs) {
            inputs.push(Aligned::zeros(size * size * block.in_channels));
            let block = TunedBlock::new(block, size, architecture.padding, convs.each_ref());
            size = block.out_size();
            blocks.push(block);
        }
        inputs.push(Aligned::zeros(
            size * size * top.weight.len() / top.bias.len(),
        ));
        let longest = inputs.iter().map(|input| input.len()).max();
        let longest = longest.expect("the top's");
        let mut new = Self {
            blocks,
            top: TunedTop::new(top, size),
            head,
            inputs,
            gradients: [Aligned::zeros(longest), Aligned::zeros(longest)],
            features: vec![0.0; architecture.num_features],
            feature_gradient: vec![0.0; architecture.num_features],
            num_parameters: 0,
        };
        let mut num_parameters = 0;
        new.visit(&mut |parameter| num_parameters += parameter.values.len());
        new.num_parameters = num_parameters;
        new
    }

    /// Blocks that learn.
    pub fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Values that learn, the head's included.
    pub fn num_parameters(&self) -> usize {
        self.num_parameters
    }

    /// The head as it stands.
    pub fn head(&self) -> &TunedHead {
        &self.head
    }

    /// Values of a [`Boundary`] that fits.
    pub fn boundary_length(&self) -> usize {
        self.inputs[0].len()
    }

    /// Whether an example's views and label fit.
    pub(super) fn takes(&self, example: &Example) -> bool {
        let fits = |view: &Boundary| view.values().len() == self.boundary_length();
        let has_class = example.label < self.head.bias().len();
        has_class && !example.views.is_empty() && example.views.iter().all(fits)
    }

    /// The features of an image: `[num_features]`.
    pub fn features(&mut self, boundary: &Boundary) -> &[f32] {
        let values = boundary.values();
        assert_eq!(values.len(), self.inputs[0].len(), "the boundary's image");
        let pairs = self.inputs[0].iter_mut().zip(values);
        pairs.for_each(|(to, value)| *to = value);
        for (index, block) in self.blocks.iter_mut().enumerate() {
            let (before, after) = self.inputs.split_at_mut(index + 1);
            block.forward(&before[index], &mut after[0]);
        }
        let input = self.inputs.last().expect("the top's");
        self.top.forward(input, &mut self.features);
        &self.features
    }

    /// The logits of an image: `[num_classes]`.
    pub fn logits(&mut self, boundary: &Boundary) -> Vec<f32> {
        self.features(boundary);
        self.head.logits(&self.features)
    }

    /// Adds to every gradient what an image contributes to the loss.
    pub fn learn(&mut self, boundary: &Boundary, target: Target) -> Judged {
        self.features(boundary);
        let Self {
            blocks,
            top,
            head,
            inputs,
            gradients: [gradient, next],
            features,
            feature_gradient,
            ..
        } = self;
        let judged = head.learn(features, target, feature_gradient);
        let (input, inputs) = inputs.split_last().expect("the top's");
        let wanted = (!blocks.is_empty()).then(|| &mut gradient[..input.len()]);
        top.backward(input, feature_gradient, wanted);
        let mut length = input.len();
        for (index, (block, input)) in blocks.iter_mut().zip(inputs).enumerate().rev() {
            let wanted = (index > 0).then(|| &mut next[..input.len()]);
            block.backward(input, &gradient[..length], wanted);
            std::mem::swap(gradient, next);
            length = input.len();
        }
        judged
    }

    /// Shows every parameter, the head's first, always in the same order.
    pub(super) fn visit(&mut self, visitor: &mut impl FnMut(Parameter)) {
        self.head.visit(visitor);
        self.top.visit(1, visitor);
        for (depth, block) in self.blocks.iter_mut().rev().enumerate() {
            block.visit(depth + 2, visitor);
        }
    }

    /// Prepares the backward pass, after parameters have changed.
    pub(super) fn refresh(&mut self) {
        self.top.refresh();
        self.blocks.iter_mut().for_each(TunedBlock::refresh);
    }

    /// All parameters, for [`Tail::restore`].
    pub(super) fn snapshot(&mut self) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.num_parameters);
        self.visit(&mut |parameter| values.extend_from_slice(parameter.values));
        values
    }

    /// Sets all parameters.
    pub(super) fn restore(&mut self, snapshot: &[f32]) {
        let mut rest = snapshot;
        self.visit(&mut |parameter| {
            let (values, after) = rest.split_at(parameter.values.len());
            parameter.values.copy_from_slice(values);
            rest = after;
        });
        self.refresh();
    }

    /// Replaces the convolutions that have learned in the backbone they came from.
    pub fn write_to(&self, weights: &mut Weights) {
        let convs = self.blocks.iter().flat_map(TunedBlock::to_convs);
        let convs: Vec<Conv> = convs.chain([self.top.to_conv()]).collect();
        let first = weights.convs.len() - convs.len();
        for (place, conv) in weights.convs[first..].iter_mut().zip(convs) {
            assert_eq!(place.weight.len(), conv.weight.len(), "the same backbone");
            *place = conv;
        }
    }
}
