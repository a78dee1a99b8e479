//! Depthwise k×k convolution with bias and ReLU6: a window of input rows in, one output row out.
//!
//! The rows come with their left and right zeros in place; rows above and below the image are
//! left out by the caller, so nothing is checked per pixel.

use std::ops::Range;

use super::simd::{Aligned, F32x4, LANES};
use super::weights::Conv;

/// Outputs computed together for a kernel of side `k`: each weight is loaded once for all of
/// them, and neighbors share their inputs. At 5, the sums, a row of weights and the inputs under
/// it just fit V8's 15 registers, of which unfused products need one; at 3 there would be room
/// for 7 sums, but longer tiles measured slower.
const fn max_tile(k: usize) -> usize {
    if k > 3 && cfg!(target_feature = "relaxed-simd") {
        5
    } else {
        4
    }
}

/// A depthwise convolution with its weights packed by tap.
#[derive(Clone, Debug)]
pub struct Depthwise {
    channels: usize,
    kernel_size: usize,
    stride: usize,
    /// `[k, k, channels]`
    weight: Aligned,
    /// `[channels]`
    bias: Aligned,
}

impl Depthwise {
    /// Packs a convolution: k is 3 or 5, the stride 1 or 2, channels a multiple of 4.
    pub fn new(conv: &Conv, kernel_size: usize, stride: usize) -> Self {
        let channels = conv.bias.len();
        assert!(channels.is_multiple_of(LANES), "channels come in fours");
        let num_taps = kernel_size * kernel_size;
        let mut weight = Aligned::zeros(conv.weight.len());
        for (channel, taps) in conv.weight.chunks_exact(num_taps).enumerate() {
            for (tap, value) in taps.iter().enumerate() {
                weight[tap * channels + channel] = *value;
            }
        }
        let bias = Aligned::from(conv.bias.as_slice());
        Self {
            channels,
            kernel_size,
            stride,
            weight,
            bias,
        }
    }

    /// Computes one output row: `[width, channels]`.
    ///
    /// `window` starts with the first row under the kernel and has `row_length` values a row;
    /// only the kernel rows in `taps` are read. A row is `[(width - 1) * stride + k, channels]`
    /// or longer.
    pub fn forward_row(
        &self,
        window: &[f32],
        row_length: usize,
        taps: Range<usize>,
        output: &mut [f32],
    ) {
        let width = output.len() / self.channels;
        let reach = ((width - 1) * self.stride + self.kernel_size) * self.channels;
        assert!(
            taps.end <= self.kernel_size && !taps.is_empty(),
            "some of the kernel's rows"
        );
        assert!(
            (taps.end - 1) * row_length + reach <= window.len(),
            "a row under every tap"
        );
        assert_eq!(output.len() % self.channels, 0, "whole pixels");
        let row = Row {
            layer: self,
            window,
            row_length,
            taps,
        };
        match (self.kernel_size, self.stride) {
            (3, 1) => row.compute::<3, 1>(output),
            (3, 2) => row.compute::<3, 2>(output),
            (5, 1) => row.compute::<5, 1>(output),
            (5, 2) => row.compute::<5, 2>(output),
            other => unreachable!("no architecture has kernel and stride {other:?}"),
        }
    }
}

/// One output row's inputs, their extent checked by [`Depthwise::forward_row`].
struct Row<'a> {
    layer: &'a Depthwise,
    window: &'a [f32],
    row_length: usize,
    taps: Range<usize>,
}

impl Row<'_> {
    fn compute<const K: usize, const STRIDE: usize>(&self, output: &mut [f32]) {
        let channels = self.layer.channels;
        let num_pixels = output.len() / channels;
        let mut first = 0;
        while first < num_pixels {
            let pixels = &mut output[first * channels..];
            let left = num_pixels - first;
            // Tiles of about the same size: a short one would wait for its own additions.
            let tile = left.div_ceil(left.div_ceil(max_tile(K)));
            // SAFETY: `forward_row` has checked the window, `left` counts the output.
            unsafe {
                match tile {
                    1 => self.tile::<K, STRIDE, 1>(first, pixels),
                    2 => self.tile::<K, STRIDE, 2>(first, pixels),
                    3 => self.tile::<K, STRIDE, 3>(first, pixels),
                    4 => self.tile::<K, STRIDE, 4>(first, pixels),
                    _ => self.tile::<K, STRIDE, 5>(first, pixels),
                }
            }
            first += tile;
        }
    }

    /// Computes `TILE` neighboring outputs, all channels.
    #[inline(never)]
    unsafe fn tile<const K: usize, const STRIDE: usize, const TILE: usize>(
        &self,
        first: usize,
        output: &mut [f32],
    ) {
        let channels = self.layer.channels;
        for channel in (0..channels).step_by(LANES) {
            // SAFETY: the caller has checked window and output; weights are `[k, k, channels]`.
            unsafe {
                let bias = F32x4::load(self.layer.bias.as_ptr().add(channel));
                let mut sums = [bias; TILE];
                for tap in self.taps.clone() {
                    let row = tap * self.row_length + first * STRIDE * channels + channel;
                    let row = self.window.as_ptr().add(row);
                    let weight = self.layer.weight.as_ptr().add(tap * K * channels + channel);
                    add_kernel_row::<K, STRIDE, TILE>(&mut sums, row, weight, channels);
                }
                for (pixel, sum) in sums.into_iter().enumerate() {
                    sum.relu6()
                        .store(output.as_mut_ptr().add(pixel * channels + channel));
                }
            }
        }
    }
}

/// Adds one kernel row's products to the sums of `TILE` neighbors.
#[inline(always)]
unsafe fn add_kernel_row<const K: usize, const STRIDE: usize, const TILE: usize>(
    sums: &mut [F32x4; TILE],
    row: *const f32,
    weight: *const f32,
    channels: usize,
) {
    // SAFETY: the caller has checked that all of this can be read.
    unsafe {
        let weights: [F32x4; K] =
            std::array::from_fn(|tap| F32x4::load(weight.add(tap * channels)));
        for column in 0..(TILE - 1) * STRIDE + K {
            let value = F32x4::load(row.add(column * channels));
            for (pixel, sum) in sums.iter_mut().enumerate() {
                let start = pixel * STRIDE;
                if start <= column && column < start + K {
                    *sum = sum.plus_product(value, weights[column - start]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::architecture::Padding;
    use super::super::reference::{self, Random};
    use super::*;

    #[test]
    fn random_rows_agree_with_the_scalar_reference() {
        let mut random = Random::new(2);
        for _ in 0..80 {
            let channels = LANES * random.between(1, 12);
            let (kernel_size, stride) = (random.pick([3, 5]), random.pick([1, 2]));
            let padding = random.pick([Padding::Same, Padding::Symmetric]);
            let (height, width) = (random.between(1, 12), random.between(1, 20));
            let conv = random.conv([channels, 1, kernel_size, kernel_size]);
            let input = random.values(height * width * channels);
            let shape = reference::Shape {
                height,
                width,
                in_channels: channels,
                out_channels: channels,
                kernel_size,
                stride,
                depthwise: true,
                padding,
            };
            let mut expected = reference::convolve(&input, &shape, &conv);
            reference::relu6(&mut expected);
            let output = forward(&Depthwise::new(&conv, kernel_size, stride), &input, &shape);
            reference::assert_close(&output, &expected);
        }
    }

    /// All rows of an image, on a fully padded copy of it.
    fn forward(layer: &Depthwise, input: &[f32], shape: &reference::Shape) -> Vec<f32> {
        let reference::Shape {
            height,
            width,
            stride,
            kernel_size,
            ..
        } = *shape;
        let channels = shape.in_channels;
        let above = shape.padding.before(height, kernel_size, stride);
        let left = shape.padding.before(width, kernel_size, stride);
        let row_length = (width + 2 * kernel_size) * channels;
        let mut padded = vec![0.0; (height + 2 * kernel_size) * row_length];
        for (y, row) in input.chunks_exact(width * channels).enumerate() {
            padded[(y + above) * row_length + left * channels..][..row.len()].copy_from_slice(row);
        }
        let mut output = vec![0.0; height.div_ceil(stride) * width.div_ceil(stride) * channels];
        let rows = output.chunks_exact_mut(width.div_ceil(stride) * channels);
        for (y, output) in rows.enumerate() {
            let window = &padded[y * stride * row_length..];
            let first = above.saturating_sub(y * stride);
            let last = (height + above - y * stride).min(kernel_size);
            layer.forward_row(window, row_length, first..last, output);
        }
        output
    }
}
