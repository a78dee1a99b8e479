//! An inverted residual block that learns: its output's gradient in, its input's out.
//!
//! One image at a time, so that what has to be kept between the two passes stays in the cache and
//! memory doesn't grow with the batch; gradients add up over the images. Batch norm is folded into
//! the weights: its statistics are frozen, as is advisable for batches of a few images.

use super::depthwise::TunedDepthwise;
use super::finish::StoreThroughRelu6;
use super::layout::Layout;
use super::parameter::Parameter;
use super::pointwise::TunedPointwise;
use crate::backbone::{
    Block, Conv, Padding,
    finish::{Store, StoreRelu6, StoreWithResidual},
    planes::{PANEL, Planes, PlanesMut},
    simd::Aligned,
    tile::{load_pair, store_pair},
};

/// A block and what its last forward pass has left.
#[derive(Clone, Debug)]
pub(super) struct TunedBlock {
    layout: Layout,
    has_residual: bool,
    expand: TunedPointwise,
    depthwise: TunedDepthwise,
    project: TunedPointwise,
    /// The widened image, with zeros around it: `[planes, padded size, padded size, 8]`
    expanded: Aligned,
    /// After the depthwise convolution: `[planes, outputs, 8]`
    filtered: Aligned,
    /// The gradient there, with zeros: `[planes, gradient size, gradient size, 8]`
    filtered_gradient: Aligned,
    /// The widened image's gradient: `[planes, pixels, 8]`
    expanded_gradient: Aligned,
}

impl TunedBlock {
    /// `convs` are the block's three: expand, depthwise, project.
    pub fn new(block: &Block, size: usize, padding: Padding, convs: [&Conv; 3]) -> Self {
        let layout = Layout::new(block, size, padding);
        let [expand, depthwise, project] = convs;
        let zeros = |num_pixels: usize| Aligned::zeros(block.expanded_channels * num_pixels);
        Self {
            has_residual: block.has_residual(),
            expand: TunedPointwise::new(expand),
            depthwise: TunedDepthwise::new(depthwise, block),
            project: TunedPointwise::new(project),
            expanded: zeros(layout.padded_size.pow(2)),
            filtered: zeros(layout.num_outputs()),
            filtered_gradient: zeros(layout.gradient_size.pow(2)),
            expanded_gradient: zeros(layout.num_pixels()),
            layout,
        }
    }

    /// Side of the output.
    pub fn out_size(&self) -> usize {
        self.layout.out_size
    }

    /// # Shapes
    ///
    /// - input: `[in / 8, pixels, 8]`
    /// - output: `[out / 8, outputs, 8]`
    pub fn forward(&mut self, input: &[f32], output: &mut [f32]) {
        let layout = &self.layout;
        let expanded = PlanesMut::new(&mut self.expanded, layout.padded_size.pow(2) * PANEL);
        self.expand
            .forward(input, &mut StoreRelu6::new(&layout.input_places, expanded));
        self.depthwise
            .forward(layout, &self.expanded, &mut self.filtered);
        let distance = layout.num_outputs() * PANEL;
        let output = PlanesMut::new(output, distance);
        match self.has_residual {
            true => {
                let residual = Planes::new(input, distance);
                let mut finish = StoreWithResidual { residual, output };
                self.project.forward(&self.filtered, &mut finish);
            }
            false => self.project.forward(&self.filtered, &mut Store(output)),
        }
    }

    /// Adds to the parameters' gradients, and overwrites the input's if that is asked for. `input`
    /// is that of the last forward pass.
    ///
    /// # Shapes
    ///
    /// - input, input_gradient: `[in / 8, pixels, 8]`
    /// - gradient: `[out / 8, outputs, 8]`
    pub fn backward(
        &mut self,
        input: &[f32],
        gradient: &[f32],
        input_gradient: Option<&mut [f32]>,
    ) {
        let layout = &self.layout;
        self.project.learn(&self.filtered, gradient);
        let mut finish = StoreThroughRelu6 {
            activation: Planes::new(&self.filtered, layout.num_outputs() * PANEL),
            places: &layout.gradient_places,
            output: PlanesMut::new(
                &mut self.filtered_gradient,
                layout.gradient_size.pow(2) * PANEL,
            ),
        };
        self.project.backward(gradient, &mut finish);

        self.depthwise
            .learn(layout, &self.expanded, &self.filtered_gradient);
        self.depthwise
            .backward(layout, &self.filtered_gradient, &mut self.expanded_gradient);
        stop_at_relu6(layout, &self.expanded, &mut self.expanded_gradient);

        self.expand.learn(input, &self.expanded_gradient);
        if let Some(input_gradient) = input_gradient {
            let distance = layout.num_pixels() * PANEL;
            let output = PlanesMut::new(input_gradient, distance);
            match self.has_residual {
                true => {
                    let residual = Planes::new(gradient, distance);
                    let mut finish = StoreWithResidual { residual, output };
                    self.expand.backward(&self.expanded_gradient, &mut finish);
                }
                false => self
                    .expand
                    .backward(&self.expanded_gradient, &mut Store(output)),
            }
        }
    }

    pub fn visit(&mut self, depth: usize, visitor: &mut impl FnMut(Parameter)) {
        self.expand.visit(depth, visitor);
        self.depthwise.visit(depth, visitor);
        self.project.visit(depth, visitor);
    }

    /// Prepares the backward pass, after parameters have changed.
    pub fn refresh(&mut self) {
        self.expand.refresh();
        self.depthwise.refresh();
        self.project.refresh();
    }

    /// Expand, depthwise, project.
    pub fn to_convs(&self) -> [Conv; 3] {
        [
            self.expand.to_conv(),
            self.depthwise.to_conv(),
            self.project.to_conv(),
        ]
    }
}

/// Zeroes the gradient where ReLU6 has cut off the padded activation.
fn stop_at_relu6(layout: &Layout, padded: &[f32], gradient: &mut [f32]) {
    let num_pixels = layout.num_pixels();
    let gradients = gradient.chunks_exact_mut(num_pixels * PANEL);
    let images = padded.chunks_exact(layout.padded_size.pow(2) * PANEL);
    for (gradient, padded) in gradients.zip(images) {
        let pixels = gradient.chunks_exact_mut(PANEL);
        for (pixel, place) in pixels.zip(&layout.input_places) {
            let activation = &padded[*place as usize * PANEL..][..PANEL];
            // SAFETY: both hold eight values.
            unsafe {
                let activation = load_pair(activation.as_ptr());
                let before = load_pair(pixel.as_ptr());
                let after = [0, 1].map(|half| before[half].through_relu6(activation[half]));
                store_pair(after, pixel.as_mut_ptr());
            }
        }
    }
}
