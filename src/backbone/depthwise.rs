//! Depthwise k×k convolution with bias and ReLU6: planes with zeros around each row in, planes out.
//!
//! Rows above and below the image are left out by the caller, so nothing is checked per pixel.

use std::ops::Range;

use super::planes::{PANEL, Planes, PlanesMut};
use super::simd::{Aligned, F32x4, LANES};
use super::tile::runs;
use super::weights::Conv;

/// Outputs computed together: each weight is loaded once for all of them, and neighbors share
/// their inputs. With more of them the registers run out; with fewer, each addition waits for
/// the one before.
const MAX_TILE: usize = 5;

/// A depthwise convolution with its weights packed by plane and tap.
#[derive(Clone, Debug)]
pub struct Depthwise {
    num_planes: usize,
    kernel_size: usize,
    stride: usize,
    /// `[planes, k, k, PANEL]`
    weight: Aligned,
    /// `[planes, PANEL]`
    bias: Aligned,
}

/// Rows of outputs, and how the rows under them lie.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Output rows.
    pub num_rows: usize,
    /// Pixels of an output row.
    pub width: usize,
    /// Pixels of an input row, zeros included: `(width - 1) * stride + k` or more.
    pub in_width: usize,
}

impl Depthwise {
    /// Packs a convolution: k is 3 or 5, the stride 1 or 2, channels a multiple of [`PANEL`].
    pub fn new(conv: &Conv, kernel_size: usize, stride: usize) -> Self {
        let channels = conv.bias.len();
        assert!(channels.is_multiple_of(PANEL), "channels come in planes");
        let num_taps = kernel_size * kernel_size;
        let mut weight = Aligned::zeros(conv.weight.len());
        for (channel, taps) in conv.weight.chunks_exact(num_taps).enumerate() {
            let plane = channel / PANEL * PANEL * num_taps;
            for (tap, value) in taps.iter().enumerate() {
                weight[plane + tap * PANEL + channel % PANEL] = *value;
            }
        }
        Self {
            num_planes: channels / PANEL,
            kernel_size,
            stride,
            weight,
            bias: Aligned::from(conv.bias.as_slice()),
        }
    }

    /// Weights, `[planes, k, k, PANEL]`, and biases, to be changed.
    pub fn parameters_mut(&mut self) -> [&mut [f32]; 2] {
        [&mut self.weight, &mut self.bias]
    }

    /// The weights as the inner loop reads them: `[planes, k, k, PANEL]`.
    pub fn weight(&self) -> &[f32] {
        &self.weight
    }

    /// The parameters in PyTorch's order.
    pub fn to_conv(&self) -> Conv {
        let num_taps = self.kernel_size * self.kernel_size;
        let planes = self.weight.chunks_exact(num_taps * PANEL);
        let channels = planes.flat_map(|plane| (0..PANEL).map(move |lane| (plane, lane)));
        let taps = channels.flat_map(|(plane, lane)| plane.iter().skip(lane).step_by(PANEL));
        Conv {
            weight: taps.copied().collect(),
            bias: self.bias.to_vec(),
        }
    }

    /// Computes some rows of outputs.
    ///
    /// `input` starts with the row under the kernel's first row at the first output row.
    /// `taps(y)` says which of the kernel's rows meet the image at output row `y`; the others
    /// are not read.
    pub fn forward(
        &self,
        input: Planes,
        rows: Rows,
        taps: impl Fn(usize) -> Range<usize>,
        output: PlanesMut,
    ) {
        self.check(&input, rows, &output);
        match (self.kernel_size, self.stride) {
            (3, 1) => self.planes::<3, 1, true>(input, rows, taps, output),
            (3, 2) => self.planes::<3, 2, true>(input, rows, taps, output),
            (5, 1) => self.planes::<5, 1, true>(input, rows, taps, output),
            (5, 2) => self.planes::<5, 2, true>(input, rows, taps, output),
            other => unreachable!("no architecture has kernel and stride {other:?}"),
        }
    }

    /// [`Depthwise::forward`] without ReLU6, for a stride of 1: what gradients go back through.
    pub fn forward_linear(
        &self,
        input: Planes,
        rows: Rows,
        taps: impl Fn(usize) -> Range<usize>,
        output: PlanesMut,
    ) {
        self.check(&input, rows, &output);
        match (self.kernel_size, self.stride) {
            (3, 1) => self.planes::<3, 1, false>(input, rows, taps, output),
            (5, 1) => self.planes::<5, 1, false>(input, rows, taps, output),
            other => unreachable!("gradients need no kernel and stride {other:?}"),
        }
    }

    fn check(&self, input: &Planes, rows: Rows, output: &PlanesMut) {
        let Rows {
            num_rows,
            width,
            in_width,
        } = rows;
        let (k, stride) = (self.kernel_size, self.stride);
        let last_row = (num_rows - 1) * stride + k - 1;
        assert!(
            width > 0 && (width - 1) * stride + k <= in_width,
            "every column under the kernel"
        );
        assert!(
            input.holds(self.num_planes, (last_row + 1) * in_width),
            "every row under it"
        );
        assert!(
            output.holds(self.num_planes, num_rows * width),
            "room for every output"
        );
    }

    fn planes<const K: usize, const STRIDE: usize, const RELU6: bool>(
        &self,
        input: Planes,
        Rows {
            num_rows,
            width,
            in_width,
        }: Rows,
        taps: impl Fn(usize) -> Range<usize>,
        mut output: PlanesMut,
    ) {
        let weights = self.weight.chunks_exact(K * K * PANEL);
        let layers = weights.zip(self.bias.chunks_exact(PANEL));
        for (plane, (weight, bias)) in layers.enumerate() {
            let mut y = 0;
            while y < num_rows {
                let taps_here = taps(y);
                assert!(taps_here.end <= K, "the kernel's rows");
                let alike = (y..num_rows).take_while(|&y| taps(y) == taps_here);
                let num_alike = alike.count();
                for run in runs(width, MAX_TILE) {
                    // SAFETY: `forward` has checked both extents, and weights are `[k, k, PANEL]`.
                    unsafe {
                        let row = (y * STRIDE + taps_here.start) * in_width;
                        let outputs = Outputs {
                            bias: bias.as_ptr(),
                            weight: weight.as_ptr().add(taps_here.start * K * PANEL),
                            num_taps: taps_here.len(),
                            input: input.at(plane, row + run.first * STRIDE),
                            row_length: in_width * PANEL,
                            output: output.at(plane, y * width + run.first),
                            num_tiles: run.num_tiles,
                            num_rows: num_alike,
                            out_row_length: width * PANEL,
                        };
                        match run.rows {
                            1 => outputs.compute::<K, STRIDE, 1, RELU6>(),
                            2 => outputs.compute::<K, STRIDE, 2, RELU6>(),
                            3 => outputs.compute::<K, STRIDE, 3, RELU6>(),
                            4 => outputs.compute::<K, STRIDE, 4, RELU6>(),
                            _ => outputs.compute::<K, STRIDE, MAX_TILE, RELU6>(),
                        }
                    }
                }
                y += num_alike;
            }
        }
    }
}

/// Neighboring outputs of one row of one plane.
struct Outputs {
    /// `[PANEL]`
    bias: *const f32,
    /// `[num_taps, k, PANEL]`
    weight: *const f32,
    /// The kernel's rows that meet the image.
    num_taps: usize,
    /// What is under the first of them at the first output.
    input: *const f32,
    /// Values from one input row to the next.
    row_length: usize,
    output: *mut f32,
    /// In a row.
    num_tiles: usize,
    num_rows: usize,
    /// Values from one output row to the next.
    out_row_length: usize,
}

impl Outputs {
    /// Computes tiles of `TILE` outputs, four channels and then the other four.
    ///
    /// # Safety
    /// There must be values under every tap and room for the outputs.
    #[inline(never)]
    unsafe fn compute<const K: usize, const STRIDE: usize, const TILE: usize, const RELU6: bool>(
        self,
    ) {
        for y in 0..self.num_rows {
            for tile in 0..self.num_tiles {
                for lane in [0, LANES] {
                    // SAFETY: promised by the caller.
                    unsafe {
                        let mut sums = [F32x4::load(self.bias.add(lane)); TILE];
                        let x = tile * TILE * PANEL;
                        let row = y * self.row_length + x;
                        let mut row = self.input.add(row * STRIDE + lane);
                        let mut weight = self.weight.add(lane);
                        for _ in 0..self.num_taps {
                            add_kernel_row::<K, STRIDE, TILE>(&mut sums, row, weight);
                            row = row.wrapping_add(self.row_length);
                            weight = weight.wrapping_add(K * PANEL);
                        }
                        let output = self.output.add(y * self.out_row_length + x + lane);
                        for (pixel, sum) in sums.into_iter().enumerate() {
                            let sum = if RELU6 { sum.relu6() } else { sum };
                            sum.store(output.add(pixel * PANEL));
                        }
                    }
                }
            }
        }
    }
}

/// Adds one kernel row's products to the sums of neighbors.
///
/// # Safety
/// There must be values under all of them, and K weights.
#[inline(always)]
unsafe fn add_kernel_row<const K: usize, const STRIDE: usize, const TILE: usize>(
    sums: &mut [F32x4; TILE],
    row: *const f32,
    weight: *const f32,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let weights: [F32x4; K] = std::array::from_fn(|tap| F32x4::load(weight.add(tap * PANEL)));
        for column in 0..(TILE - 1) * STRIDE + K {
            let value = F32x4::load(row.add(column * PANEL));
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
    use super::super::planes::{from_planes, to_planes};
    use super::super::reference::{self, Random};
    use super::*;

    #[test]
    fn random_rows_agree_with_the_scalar_reference() {
        let mut random = Random::new(2);
        for _ in 0..80 {
            let channels = PANEL * random.between(1, 6);
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
        let in_width = width + 2 * kernel_size;
        let in_pixels = (height + 2 * kernel_size) * in_width;
        let mut padded = vec![0.0; in_pixels * channels];
        for (y, row) in input.chunks_exact(width * channels).enumerate() {
            padded[((y + above) * in_width + left) * channels..][..row.len()].copy_from_slice(row);
        }
        let rows = Rows {
            num_rows: height.div_ceil(stride),
            width: width.div_ceil(stride),
            in_width,
        };
        let out_pixels = rows.num_rows * rows.width;
        let mut output = vec![0.0; out_pixels * channels];
        layer.forward(
            Planes::new(&to_planes(&padded, channels), in_pixels * PANEL),
            rows,
            |y| above.saturating_sub(y * stride)..(height + above - y * stride).min(kernel_size),
            PlanesMut::new(&mut output, out_pixels * PANEL),
        );
        from_planes(&output, channels)
    }
}
