//! The first convolution, straight from the file's colors: RGB bytes `[images, size, size, 3]` →
//! `[images, ⌈size / 2⌉, ⌈size / 2⌉, channels]`.
//!
//! # What it costs
//!
//! - *Tile*: an invocation gives 4 neighboring outputs of a row, 4 channels, from 81 bytes and 27
//!   weight vectors: 108 vector multiply-adds.
//! - *Intensity*: 54 FLOP an output, 12 FLOP a byte moved: bound by memory.
//! - *Bytes*: 150 KB an image come in and 1.6 MB go out, which is the least possible; normalized
//!   floats would be 600 KB more to upload and a pass of their own. Neighboring invocations read
//!   the same bytes for other channels, from the cache.
//! - *Occupancy*: 16 sums and 12 weights in registers, about 50 with addresses: 40 warps of 32 on
//!   a core with 65,536 registers. 392 workgroups of 64 for one image.
// A kernel's loops are unrolled; it has no iterators.
#![allow(clippy::needless_range_loop)]

use cubecl::prelude::*;
use cubecl::server::Handle;

use super::super::{Architecture, Conv};
use super::buffer::{UNITS, V4, cubes, upload, vectors};

/// Neighboring outputs of a row that one invocation computes.
const OUTPUTS: usize = 4;
const KERNEL_SIZE: usize = 3;
const STRIDE: usize = 2;

/// The stem, its weights on the device.
pub(super) struct Stem {
    /// `[3, 3, color, channels]`, divided by the colors' deviations.
    weight: Handle,
    /// `[channels]`
    bias: Handle,
    channels: usize,
    mean: [f32; 3],
    /// Zeros above and left of the image.
    before: usize,
    size: usize,
}

impl Stem {
    /// Re-orders the weights and uploads them.
    pub fn new(client: &Client, architecture: &Architecture, conv: &Conv) -> Self {
        let Architecture {
            input_size,
            stem_channels: channels,
            mean,
            std,
            padding,
            ..
        } = *architecture;
        let mut weight = Vec::with_capacity(conv.weight.len());
        for tap in 0..KERNEL_SIZE * KERNEL_SIZE {
            for color in 0..3 {
                let of = |channel| conv.weight[(channel * 3 + color) * 9 + tap] / std[color];
                weight.extend((0..channels).map(of));
            }
        }
        Self {
            weight: upload(client, &weight),
            bias: upload(client, &conv.bias),
            channels,
            mean,
            before: padding.before(input_size, KERNEL_SIZE, STRIDE),
            size: input_size,
        }
    }

    /// Side of the output.
    pub fn out_size(&self) -> usize {
        self.size.div_ceil(STRIDE)
    }

    /// `pixels` are bytes, one image after another, the last word filled up.
    pub fn launch(&self, client: &Client, pixels: &Handle, output: &Handle, images: usize) {
        let Self {
            channels,
            size,
            mean,
            before,
            ..
        } = *self;
        let out_size = self.out_size();
        let units = images * out_size * out_size.div_ceil(OUTPUTS) * channels / 4;
        let words = (images * size * size * 3).div_ceil(4);
        // SAFETY: the lengths are those of the buffers; the kernel reads and writes within them.
        unsafe {
            see::launch_unchecked(
                client,
                cubes(units),
                CubeDim::new_1d(UNITS),
                BufferArg::from_raw_parts(pixels.clone(), words),
                vectors(&self.weight, 27 * channels),
                vectors(&self.bias, channels),
                vectors(output, images * out_size * out_size * channels),
                units as u32,
                size as u32,
                out_size as u32,
                (channels / 4) as u32,
                before as i32,
                mean[0],
                mean[1],
                mean[2],
            );
        }
    }
}

/// One invocation: [`OUTPUTS`] neighboring outputs of a row, four channels.
#[cube(launch_unchecked)]
fn see(
    pixels: &[u32],
    weight: &[V4],
    bias: &[V4],
    output: &mut [V4],
    units: u32,
    size: u32,
    out_size: u32,
    channels: u32,
    before: i32,
    red: f32,
    green: f32,
    blue: f32,
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
    let top = (row % out_size * STRIDE as u32) as i32 - before;
    let left = (first * STRIDE as u32) as i32 - before;

    let mut sums = Sequence::<RuntimeCell<V4>>::new();
    #[unroll]
    for _o in 0..OUTPUTS {
        sums.push(RuntimeCell::<V4>::new(bias[channel as usize]));
    }
    for ky in 0..KERNEL_SIZE as u32 {
        let y = top + ky as i32;
        let row_inside = y >= 0 && y < size as i32;
        let row_start = (image * size + max(y, 0) as u32) * size;
        // Not unrolled: three times the code would take longer to compile than it saves.
        for color in 0..3u32 {
            let mean = select(color == 0, red, select(color == 1, green, blue));
            let mut taps = Sequence::<V4>::new();
            #[unroll]
            for kx in 0..KERNEL_SIZE {
                let tap = (ky * KERNEL_SIZE as u32 + kx as u32) * 3 + color;
                taps.push(weight[(tap * channels + channel) as usize]);
            }
            #[unroll]
            for column in 0..comptime![(OUTPUTS - 1) * STRIDE + KERNEL_SIZE] {
                let x = left + column as i32;
                let inside = row_inside && x >= 0 && x < size as i32;
                let at = select(inside, (row_start + max(x, 0) as u32) * 3 + color, 0);
                let byte = (pixels[(at / 4) as usize] >> (at % 4 * 8)) & 255;
                // Beyond the border the *normalized* image is zero.
                let value = V4::new(select(inside, byte as f32 - mean, 0.0));
                #[unroll]
                for o in 0..OUTPUTS {
                    if comptime![column >= o * STRIDE && column < o * STRIDE + KERNEL_SIZE] {
                        let sum = sums.index(o);
                        sum.store(sum.read() + value * *taps.index(comptime![column - o * STRIDE]));
                    }
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
    fn bytes_of_odd_and_even_sizes_agree_with_the_textbook_on_normalized_colors() {
        let client = super::super::client();
        let mut random = Random::new(12);
        for (input_size, architecture) in [32, 33, 30]
            .into_iter()
            .zip(Architecture::all().into_iter().cycle())
        {
            let architecture = Architecture {
                input_size,
                ..architecture
            };
            let shape = architecture.convolutions().next().expect("a stem");
            let conv = random.conv(shape.weight_shape());
            let images = 3;
            let mut bytes: Vec<u8> = (0..images * input_size * input_size * 3)
                .map(|_| random.between(0, 255) as u8)
                .collect();
            let colors = bytes.iter().enumerate();
            let Architecture {
                mean, std, padding, ..
            } = architecture;
            let normalized: Vec<f32> = colors
                .map(|(at, &x)| (f32::from(x) - mean[at % 3]) / std[at % 3])
                .collect();
            let expected = testing::convolve(&normalized, input_size, &shape, padding, &conv);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            let stem = Stem::new(&client, &architecture, &conv);
            let output = client.empty(expected.len() * 4);
            stem.launch(&client, &client.create_from_slice(&bytes), &output, images);
            let found = testing::read(&client, &output, expected.len());
            reference::assert_close(&found, &expected);
        }
    }
}
