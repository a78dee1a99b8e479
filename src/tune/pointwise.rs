//! A 1×1 convolution that learns: gradients of its outputs in, of its inputs and weights out.
//!
//! Both gradients are the forward pass's product with other factors. The inputs' is that of a 1×1
//! convolution with the weights transposed; the weights' sums over pixels where the forward pass
//! sums over channels.

use std::hint::black_box;

use super::parameter::Parameter;
use crate::backbone::{
    Conv,
    finish::Finish,
    planes::{PANEL, Planes},
    pointwise::Pointwise,
    simd::{Aligned, F32x4},
    tile::{add_products, load_pair, store_pair},
};

/// Input channels of a tile of the weights' gradient: with [`PANEL`] output channels it makes eight
/// sums.
const ROWS: usize = PANEL / 2;

/// A convolution, its weights the other way around, and gradients.
#[derive(Clone, Debug)]
pub(super) struct TunedPointwise {
    forward: Pointwise,
    /// Of the gradients; its bias is zero.
    backward: Pointwise,
    /// `[out / PANEL, in, PANEL]`, added to until it is used.
    weight_gradient: Aligned,
    /// `[out]`
    bias_gradient: Aligned,
}

impl TunedPointwise {
    pub fn new(conv: &Conv) -> Self {
        let forward = Pointwise::new(conv);
        let in_channels = forward.in_channels();
        let backward = Pointwise::new(&Conv {
            weight: vec![0.0; conv.weight.len()],
            bias: vec![0.0; in_channels],
        });
        let mut new = Self {
            forward,
            backward,
            weight_gradient: Aligned::zeros(conv.weight.len()),
            bias_gradient: Aligned::zeros(conv.bias.len()),
        };
        new.refresh();
        new
    }

    fn in_channels(&self) -> usize {
        self.forward.in_channels()
    }

    fn out_channels(&self) -> usize {
        self.bias_gradient.len()
    }

    /// `input`: `[in / 8, pixels, 8]`
    pub fn forward(&self, input: &[f32], finish: &mut impl Finish) {
        let num_pixels = input.len() / self.in_channels();
        let input = Planes::new(input, num_pixels * PANEL);
        self.forward.forward(input, num_pixels, finish);
    }

    /// Hands over the gradient of the inputs. `gradient`: `[out / 8, pixels, 8]`.
    pub fn backward(&self, gradient: &[f32], finish: &mut impl Finish) {
        let num_pixels = gradient.len() / self.out_channels();
        let gradient = Planes::new(gradient, num_pixels * PANEL);
        self.backward.forward(gradient, num_pixels, finish);
    }

    /// Adds to the parameters' gradients: `input` `[in / 8, pixels, 8]` is what the forward pass
    /// got, `gradient` `[out / 8, pixels, 8]` that of what it gave.
    pub fn learn(&mut self, input: &[f32], gradient: &[f32]) {
        let num_pixels = gradient.len() / self.out_channels();
        assert_eq!(
            input.len(),
            num_pixels * self.in_channels(),
            "as many pixels come in as go out"
        );
        let plane_length = num_pixels * PANEL;
        let panels = self
            .weight_gradient
            .chunks_exact_mut(input.len() / num_pixels * PANEL);
        for (panel, gradient) in panels.zip(gradient.chunks_exact(plane_length)) {
            let tiles = panel.chunks_exact_mut(PANEL * PANEL);
            for (tile, input) in tiles.zip(input.chunks_exact(plane_length)) {
                add_tile(tile, input, gradient);
            }
        }
        add_sums(&mut self.bias_gradient, gradient);
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

    /// Turns around the weights, after they have changed.
    pub fn refresh(&mut self) {
        let (in_channels, out_channels) = (self.in_channels(), self.out_channels());
        let [transposed, _] = self.backward.parameters_mut();
        transpose_panels(self.forward.panels(), in_channels, out_channels, transposed);
    }

    pub fn to_conv(&self) -> Conv {
        self.forward.to_conv()
    }
}

/// Adds Σ over pixels of `input` × `gradient`.
///
/// # Shapes
///
/// - tile: `[8 in, 8 out]`
/// - input: `[pixels, 8 in]`
/// - gradient: `[pixels, 8 out]`
fn add_tile(tile: &mut [f32], input: &[f32], gradient: &[f32]) {
    assert!(tile.len() == PANEL * PANEL && input.len() == gradient.len());
    // Unknown to the compiler, see `add_products`.
    let depth = black_box(PANEL);
    for (half, tile) in tile.chunks_exact_mut(ROWS * PANEL).enumerate() {
        let inputs = input.chunks_exact(depth * PANEL);
        let gradients = gradient.chunks_exact(depth * PANEL);
        let (last, last_gradient) = (inputs.remainder(), gradients.remainder());
        // SAFETY: a tile has four rows of eight, each chunk eight values a pixel.
        unsafe {
            let place = tile.as_mut_ptr();
            let mut sums: [[F32x4; 2]; ROWS] =
                std::array::from_fn(|row| load_pair(place.add(row * PANEL)));
            for (input, gradient) in inputs.zip(gradients) {
                let input = input.as_ptr().add(half * ROWS);
                add_products::<ROWS, 1, PANEL>(&mut sums, input, gradient.as_ptr(), depth);
            }
            let num_left = last.len() / PANEL;
            if num_left > 0 {
                let last = last.as_ptr().add(half * ROWS);
                add_products::<ROWS, 1, PANEL>(&mut sums, last, last_gradient.as_ptr(), num_left);
            }
            for (row, sums) in sums.into_iter().enumerate() {
                store_pair(sums, place.add(row * PANEL));
            }
        }
    }
}

/// Adds the sum over the pixels of each channel. `planes`: `[channels / 8, pixels, 8]`.
pub(super) fn add_sums(sums: &mut [f32], planes: &[f32]) {
    let plane_length = planes.len() / sums.len() * PANEL;
    let planes = planes.chunks_exact(plane_length);
    for (sums, plane) in sums.as_chunks_mut::<PANEL>().0.iter_mut().zip(planes) {
        for pixel in plane.as_chunks::<PANEL>().0 {
            sums.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
        }
    }
}

/// `[out / 8, in, 8]` → `[in / 8, out, 8]`
fn transpose_panels(from: &[f32], in_channels: usize, out_channels: usize, to: &mut [f32]) {
    let panels = from.chunks_exact(in_channels * PANEL);
    for (out_plane, panel) in panels.enumerate() {
        for (in_plane, block) in panel.as_chunks::<{ PANEL * PANEL }>().0.iter().enumerate() {
            let at = (in_plane * out_channels + out_plane * PANEL) * PANEL;
            let transposed = &mut to[at..at + PANEL * PANEL];
            for row in 0..PANEL {
                for column in 0..PANEL {
                    transposed[row * PANEL + column] = block[column * PANEL + row];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{
        finish::Store,
        planes::{PlanesMut, from_planes, to_planes},
        reference::{Random, assert_close},
    };

    #[test]
    fn random_gradients_agree_with_the_textbook() {
        let mut random = Random::new(11);
        for _ in 0..20 {
            let num_pixels = random.between(1, 60);
            let (num_in, num_out) = (8 * random.between(1, 9), 8 * random.between(1, 9));
            let conv = random.conv([num_out, num_in, 1, 1]);
            let input = random.values(num_pixels * num_in);
            let gradient = random.values(num_pixels * num_out);
            let mut layer = TunedPointwise::new(&conv);
            let planes = to_planes(&gradient, num_out);
            let mut output = vec![0.0; input.len()];
            let store = PlanesMut::new(&mut output, num_pixels * PANEL);
            layer.backward(&planes, &mut Store(store));
            layer.learn(&to_planes(&input, num_in), &planes);

            let mut expected_input = vec![0.0; input.len()];
            let mut expected_weight = vec![0.0; num_in * num_out];
            let mut expected_bias = vec![0.0; num_out];
            for pixel in 0..num_pixels {
                for to in 0..num_out {
                    let g = gradient[pixel * num_out + to];
                    expected_bias[to] += g;
                    for from in 0..num_in {
                        let at = pixel * num_in + from;
                        expected_input[at] += g * conv.weight[to * num_in + from];
                        expected_weight[to * num_in + from] += g * input[at];
                    }
                }
            }
            assert_close(&from_planes(&output, num_in), &expected_input);
            let found = crate::backbone::tile::unpack_panels(&layer.weight_gradient, num_in);
            assert_close(&found, &expected_weight);
            assert_close(&layer.bias_gradient, &expected_bias);
        }
    }

    #[test]
    fn parameters_come_back_as_they_were() {
        let conv = Random::new(12).conv([24, 16, 1, 1]);
        assert_eq!(TunedPointwise::new(&conv).to_conv(), conv);
    }
}
