//! A depthwise convolution that learns: padded gradients of its outputs in, gradients of its inputs
//! and weights out.

use super::layout::Layout;
use super::parameter::Parameter;
use crate::backbone::{
    Block, Conv,
    depthwise::Depthwise,
    planes::{PANEL, Planes, PlanesMut},
    simd::{Aligned, F32x4},
    tile::{load_pair, store_pair},
};

/// A convolution, its kernel turned around, and gradients.
#[derive(Clone, Debug)]
pub(super) struct TunedDepthwise {
    num_planes: usize,
    kernel_size: usize,
    stride: usize,
    forward: Depthwise,
    /// Of the gradients: of stride 1, its bias zero.
    backward: Depthwise,
    /// `[planes, k, k, PANEL]`, added to until it is used.
    weight_gradient: Aligned,
    /// `[planes, PANEL]`
    bias_gradient: Aligned,
}

impl TunedDepthwise {
    pub fn new(conv: &Conv, block: &Block) -> Self {
        let Block {
            kernel_size,
            stride,
            ..
        } = *block;
        let channels = conv.bias.len();
        let turned = Conv {
            weight: vec![0.0; conv.weight.len()],
            bias: vec![0.0; channels],
        };
        let mut new = Self {
            num_planes: channels / PANEL,
            kernel_size,
            stride,
            forward: Depthwise::new(conv, kernel_size, stride),
            backward: Depthwise::new(&turned, kernel_size, 1),
            weight_gradient: Aligned::zeros(conv.weight.len()),
            bias_gradient: Aligned::zeros(channels),
        };
        new.refresh();
        new
    }

    /// With ReLU6.
    ///
    /// # Shapes
    ///
    /// - input: `[planes, padded size, padded size, 8]`
    /// - output: `[planes, outputs, 8]`
    pub fn forward(&self, layout: &Layout, input: &[f32], output: &mut [f32]) {
        self.forward.forward(
            Planes::new(input, layout.padded_size.pow(2) * PANEL),
            layout.rows(),
            |y| layout.taps(y),
            PlanesMut::new(output, layout.num_outputs() * PANEL),
        );
    }

    /// The gradient of the inputs.
    ///
    /// # Shapes
    ///
    /// - gradient: `[planes, gradient size, gradient size, 8]`, already back through ReLU6
    /// - output: `[planes, pixels, 8]`
    pub fn backward(&self, layout: &Layout, gradient: &[f32], output: &mut [f32]) {
        self.backward.forward_linear(
            Planes::new(gradient, layout.gradient_size.pow(2) * PANEL),
            layout.gradient_rows(),
            |y| layout.gradient_taps(y),
            PlanesMut::new(output, layout.num_pixels() * PANEL),
        );
    }

    /// Adds to the parameters' gradients: `input` is what [`TunedDepthwise::forward`] got,
    /// `gradient` what [`TunedDepthwise::backward`] gets.
    pub fn learn(&mut self, layout: &Layout, input: &[f32], gradient: &[f32]) {
        match self.kernel_size {
            3 => self.learn_kernel::<3>(layout, input, gradient),
            5 => self.learn_kernel::<5>(layout, input, gradient),
            other => unreachable!("no architecture has kernel {other}"),
        }
    }

    fn learn_kernel<const K: usize>(&mut self, layout: &Layout, input: &[f32], gradient: &[f32]) {
        let (in_width, width) = (layout.padded_size, layout.gradient_size);
        assert!(
            input.len() >= self.num_planes * in_width.pow(2) * PANEL
                && gradient.len() >= self.num_planes * width.pow(2) * PANEL,
            "whole padded images"
        );
        let inputs = input.chunks_exact(in_width.pow(2) * PANEL);
        let images = inputs.zip(gradient.chunks_exact(width.pow(2) * PANEL));
        let weights = self.weight_gradient.chunks_exact_mut(K * K * PANEL);
        let layers = weights.zip(self.bias_gradient.chunks_exact_mut(PANEL));
        for ((weight, bias), (input, gradient)) in layers.zip(images) {
            for (tap_row, weight) in weight.chunks_exact_mut(K * PANEL).enumerate() {
                for y in (0..layout.out_size).filter(|&y| layout.taps(y).contains(&tap_row)) {
                    let first = layout.gradient_places[y * layout.out_size] as usize;
                    let row = (y * self.stride + tap_row) * in_width;
                    // SAFETY: both rows are inside their images, and K taps of eight in `weight`.
                    unsafe {
                        add_row::<K>(
                            weight,
                            input.as_ptr().add(row * PANEL),
                            gradient.as_ptr().add(first * PANEL),
                            layout.out_size,
                            self.stride,
                        );
                    }
                }
            }
            // The zeros between and around add nothing.
            for pixel in gradient.as_chunks::<PANEL>().0 {
                bias.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
            }
        }
    }

    pub fn visit(&mut self, depth: usize, visitor: &mut impl FnMut(Parameter)) {
        let [weight, bias] = self.forward.parameters_mut();
        visitor(Parameter {
            values: weight,
            gradient: &mut self.weight_gradient,
            depth,
            is_weight: true,
        });
        visitor(Parameter {
            values: bias,
            gradient: &mut self.bias_gradient,
            depth,
            is_weight: false,
        });
    }

    /// Turns the kernel around, after it has changed.
    pub fn refresh(&mut self) {
        let num_taps = self.kernel_size * self.kernel_size;
        let [turned, _] = self.backward.parameters_mut();
        let planes = turned.chunks_exact_mut(num_taps * PANEL);
        for (turned, kernel) in planes.zip(self.forward.weight().chunks_exact(num_taps * PANEL)) {
            let taps = turned.chunks_exact_mut(PANEL).rev();
            for (turned, tap) in taps.zip(kernel.chunks_exact(PANEL)) {
                turned.copy_from_slice(tap);
            }
        }
    }

    pub fn to_conv(&self) -> Conv {
        self.forward.to_conv()
    }
}

/// Adds what one row of outputs means for one row of the kernel, `[K, 8]`.
///
/// # Safety
/// `num_outputs` gradients must be readable, a stride apart, and the inputs under them.
unsafe fn add_row<const K: usize>(
    weight: &mut [f32],
    input: *const f32,
    gradient: *const f32,
    num_outputs: usize,
    stride: usize,
) {
    assert_eq!(weight.len(), K * PANEL);
    // SAFETY: promised by the caller.
    unsafe {
        let place = weight.as_mut_ptr();
        let mut sums: [[F32x4; 2]; K] =
            std::array::from_fn(|tap| load_pair(place.add(tap * PANEL)));
        for x in 0..num_outputs {
            let gradient = load_pair(gradient.add(x * stride * PANEL));
            for (tap, sums) in sums.iter_mut().enumerate() {
                let input = load_pair(input.add((x * stride + tap) * PANEL));
                sums[0] = sums[0].plus_product(input[0], gradient[0]);
                sums[1] = sums[1].plus_product(input[1], gradient[1]);
            }
        }
        for (tap, sums) in sums.into_iter().enumerate() {
            store_pair(sums, place.add(tap * PANEL));
        }
    }
}
