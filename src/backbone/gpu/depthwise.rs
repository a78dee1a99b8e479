//! Depthwise k×k convolution with bias and ReLU6: `[images, h, w, channels]` →
//! `[images, ⌈h / stride⌉, ⌈w / stride⌉, channels]`.
//!
//! # What it costs
//!
//! - *Tile*: an invocation gives 4 neighboring outputs of a row, 4 channels; a row of inputs is
//!   loaded once for all of them. 3×3 with stride 1: 18 inputs and 9 weights for 36 vector
//!   multiply-adds.
//! - *Intensity*: 2k² FLOP for 8 bytes: 2.3 FLOP a byte for 3×3, 6.3 for 5×5 with stride 1, less
//!   with stride 2. Every GPU is bound by its memory here.
//! - *Bytes*: invocations read 4.6 times what has to move (the rows above and below, and the
//!   weights), but neighbors in a row of workgroups do so soon after each other: 25 MB an image
//!   have to move over EfficientNet-Lite0's 16 layers, 116 MB come through the first cache.
//! - *Occupancy*: 16 sums, up to 20 weights and one input in registers, about 60 with addresses:
//!   32 warps of 32 on a core with 65,536 registers. 37 to 441 workgroups of 64 for one image.

use cubecl::prelude::*;
use cubecl::server::Handle;

use super::super::{Conv, Convolution, Padding};
use super::buffer::{UNITS, V4, cubes, upload, vectors};

/// Neighboring outputs of a row that one invocation computes.
const OUTPUTS: usize = 4;

/// One depthwise convolution, its weights on the device.
pub(super) struct Depthwise {
    /// `[k, k, channels]`
    weight: Handle,
    /// `[channels]`
    bias: Handle,
    channels: usize,
    kernel_size: usize,
    stride: usize,
    padding: Padding,
}

impl Depthwise {
    /// Re-orders the weights and uploads them.
    pub fn new(client: &Client, shape: &Convolution, conv: &Conv, padding: Padding) -> Self {
        assert!(shape.depthwise && shape.relu6);
        let (channels, taps) = (shape.out_channels, shape.kernel_size.pow(2));
        let tap = |tap| (0..channels).map(move |channel| conv.weight[channel * taps + tap]);
        let weight: Vec<f32> = (0..taps).flat_map(tap).collect();
        Self {
            weight: upload(client, &weight),
            bias: upload(client, &conv.bias),
            channels,
            kernel_size: shape.kernel_size,
            stride: shape.stride,
            padding,
        }
    }

    /// Filters images of `size × size` pixels.
    pub fn launch(
        &self,
        client: &Client,
        input: &Handle,
        output: &Handle,
        images: usize,
        size: usize,
    ) {
        let Self {
            channels,
            kernel_size,
            stride,
            ..
        } = *self;
        let out_size = size.div_ceil(stride);
        let before = self.padding.before(size, kernel_size, stride);
        let units = images * out_size * out_size.div_ceil(OUTPUTS) * channels / 4;
        let taps = kernel_size * kernel_size;
        // SAFETY: the lengths are those of the buffers; the kernel reads and writes within them.
        unsafe {
            filter::launch_unchecked(
                client,
                cubes(units),
                CubeDim::new_1d(UNITS),
                vectors(input, images * size * size * channels),
                vectors(&self.weight, taps * channels),
                vectors(&self.bias, channels),
                vectors(output, images * out_size * out_size * channels),
                units as u32,
                size as u32,
                out_size as u32,
                (channels / 4) as u32,
                before as i32,
                kernel_size,
                stride,
            );
        }
    }
}

/// One invocation: [`OUTPUTS`] neighboring outputs of a row, four channels.
#[cube(launch_unchecked)]
fn filter(
    input: &[V4],
    weight: &[V4],
    bias: &[V4],
    output: &mut [V4],
    units: u32,
    size: u32,
    out_size: u32,
    channels: u32,
    before: i32,
    #[comptime] kernel_size: usize,
    #[comptime] stride: usize,
) {
    let unit = ABSOLUTE_POS as u32;
    if unit >= units {
        terminate!();
    }
    let channel = unit % channels;
    let rest = unit / channels;
    let groups = out_size.div_ceil(OUTPUTS as u32);
    let first = rest % groups * (OUTPUTS as u32);
    let row = rest / groups; // over all images
    let image = row / out_size;
    let top = (row % out_size * stride as u32) as i32 - before;
    let left = (first * stride as u32) as i32 - before;

    let mut sums = Sequence::<RuntimeCell<V4>>::new();
    #[unroll]
    for _o in 0..OUTPUTS {
        sums.push(RuntimeCell::<V4>::new(bias[channel as usize]));
    }
    for ky in 0..kernel_size as u32 {
        let y = top + ky as i32;
        let mut taps = Sequence::<V4>::new();
        #[unroll]
        for kx in 0..kernel_size {
            taps.push(
                weight[((ky * kernel_size as u32 + kx as u32) * channels + channel) as usize],
            );
        }
        let row_inside = y >= 0 && y < size as i32;
        let row_start = (image * size + max(y, 0) as u32) * size;
        #[unroll]
        for column in 0..comptime![(OUTPUTS - 1) * stride + kernel_size] {
            let x = left + column as i32;
            let inside = row_inside && x >= 0 && x < size as i32;
            let at = select(
                inside,
                (row_start + max(x, 0) as u32) * channels + channel,
                channel,
            );
            let value = select(inside, input[at as usize], V4::new(0.0));
            #[unroll]
            for o in 0..OUTPUTS {
                if comptime![column >= o * stride && column < o * stride + kernel_size] {
                    let sum = sums.index(o);
                    sum.store(sum.read() + value * *taps.index(comptime![column - o * stride]));
                }
            }
        }
    }
    #[unroll]
    for o in 0..OUTPUTS {
        let x = first + o as u32;
        if x < out_size {
            let y = clamp(sums.index(o).read(), V4::new(0.0), V4::new(6.0));
            output[((row * out_size + x) * channels + channel) as usize] = y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::backbone::reference::{self, Random};

    #[test]
    fn filters_of_every_size_stride_and_padding_agree_with_the_textbook() {
        let client = super::super::client();
        let mut random = Random::new(11);
        for (kernel_size, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
            for padding in [Padding::Same, Padding::Symmetric] {
                let size = random.between(5, 19);
                let (images, channels) = (random.between(1, 3), 4 * random.between(1, 9));
                let shape = Convolution {
                    name: "filter".to_owned(),
                    in_channels: channels,
                    out_channels: channels,
                    kernel_size,
                    stride,
                    depthwise: true,
                    relu6: true,
                };
                let conv = random.conv(shape.weight_shape());
                let input = random.values(images * size * size * channels);
                let expected = testing::convolve(&input, size, &shape, padding, &conv);
                let layer = Depthwise::new(&client, &shape, &conv, padding);
                let output = client.empty(expected.len() * 4);
                layer.launch(&client, &upload(&client, &input), &output, images, size);
                let found = testing::read(&client, &output, expected.len());
                reference::assert_close(&found, &expected);
            }
        }
    }
}
