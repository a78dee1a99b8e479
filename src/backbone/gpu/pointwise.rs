//! 1×1 convolution with bias and either ReLU6 or a block's residual: `[pixels, in]` →
//! `[pixels, out]`, a matrix product.
//!
//! # What it costs
//!
//! - *Tile*: a workgroup of 8 × 8 invocations gives 64 pixels × 32 channels, an invocation 8 × 4.
//!   For four input channels it loads 8 + 4 vectors and does 128 multiply-adds: 10.7 a vector, so
//!   that a GPU whose cores load 128 bytes a cycle spends 48 cycles loading for 32 of arithmetic.
//! - *Intensity*: 2·in·out / 4(in + out) FLOP a byte and pixel where the weights are shared by
//!   many: 5 to 16 in the first half of EfficientNet-Lite0 (memory-bound), 30 to 77 at 14 × 14
//!   and 7 × 7 in batches of 8.
//! - *Bytes*: the input is read ⌈out / 32⌉ times and the weights ⌈pixels / 64⌉ times, by different
//!   workgroups and so mostly from the L2 cache: over EfficientNet-Lite0's 32 layers 89 MB an
//!   image against 41 that have to move (686 against 241 in a batch of 8).
//! - *Occupancy*: no workgroup memory, 32 sums and 32 inputs in registers, about 80 with
//!   addresses: 24 warps of 32 on a core with 65,536 registers, half of what it can hold, and
//!   12 independent loads in flight each. Single images leave a large GPU idle at 7 × 7 (1152 →
//!   192: 6 workgroups), batches of 8 give it 42 and more.
//! - *No workgroup memory*, on purpose: neighbors in a workgroup read the same vectors at the same
//!   time, so the cache in front of the registers serves what a tile in workgroup memory would,
//!   from the same memory on most GPUs and without barriers; on Mali workgroup memory is ordinary
//!   memory. The same product with 32-channel tiles in workgroup memory took SwiftShader 1.5 to 6
//!   times as long.

use cubecl::prelude::*;
use cubecl::server::Handle;

use super::super::{Conv, Convolution};
use super::buffer::{V4, upload, vectors};

/// Pixels one invocation computes.
const PIXELS: usize = 8;
/// Invocations side by side in a workgroup, four output channels each.
const LANES: usize = 8;
/// Invocations below each other in a workgroup, [`PIXELS`] pixels each.
const ROWS: usize = 8;

/// One pointwise convolution, its weights on the device.
pub(super) struct Pointwise {
    /// `[in, out]`
    weight: Handle,
    /// `[out]`
    bias: Handle,
    in_channels: usize,
    out_channels: usize,
    relu6: bool,
}

impl Pointwise {
    /// Transposes the weights and uploads them.
    pub fn new(client: &Client, shape: &Convolution, conv: &Conv) -> Self {
        let Convolution {
            in_channels,
            out_channels,
            relu6,
            ..
        } = *shape;
        assert!(shape.kernel_size == 1 && in_channels % 4 == 0 && out_channels % 4 == 0);
        let from =
            |input| (0..out_channels).map(move |output| conv.weight[output * in_channels + input]);
        let weight: Vec<f32> = (0..in_channels).flat_map(from).collect();
        Self {
            weight: upload(client, &weight),
            bias: upload(client, &conv.bias),
            in_channels,
            out_channels,
            relu6,
        }
    }

    /// `residual` is of the output's shape and added to it.
    pub fn launch(
        &self,
        client: &Client,
        input: &Handle,
        residual: Option<&Handle>,
        output: &Handle,
        pixels: usize,
    ) {
        let Self {
            in_channels,
            out_channels,
            relu6,
            ..
        } = *self;
        let cubes = CubeCount::Static(
            (out_channels / 4).div_ceil(LANES) as u32,
            pixels.div_ceil(ROWS * PIXELS) as u32,
            1,
        );
        // SAFETY: the lengths are those of the buffers; the kernel reads and writes within them.
        unsafe {
            multiply::launch_unchecked(
                client,
                cubes,
                CubeDim::new_2d(LANES as u32, ROWS as u32),
                vectors(input, pixels * in_channels),
                vectors(&self.weight, in_channels * out_channels),
                vectors(&self.bias, out_channels),
                residual
                    .map(|residual| vectors(residual, pixels * out_channels))
                    .into(),
                vectors(output, pixels * out_channels),
                pixels as u32,
                (in_channels / 4) as u32,
                (out_channels / 4) as u32,
                if relu6 { 0.0 } else { f32::MIN },
                if relu6 { 6.0 } else { f32::MAX },
            );
        }
    }
}

/// One invocation: [`PIXELS`] neighboring pixels, four output channels. The limits are no constants
/// because one shader less is 0.1 s less before the first image.
#[cube(launch_unchecked)]
fn multiply(
    input: &[V4],
    weight: &[V4],
    bias: &[V4],
    residual: ComptimeOption<&[V4]>,
    output: &mut [V4],
    pixels: u32,
    in_vectors: u32,
    out_vectors: u32,
    low: f32,
    high: f32,
) {
    let vector = CUBE_POS_X * (LANES as u32) + UNIT_POS_X;
    let first = (CUBE_POS_Y * (ROWS as u32) + UNIT_POS_Y) * (PIXELS as u32);
    if vector >= out_vectors || first >= pixels {
        terminate!();
    }
    let mut sums = Sequence::<RuntimeCell<V4>>::new();
    let mut starts = Sequence::<u32>::new();
    #[unroll]
    for p in 0..PIXELS {
        sums.push(RuntimeCell::<V4>::new(bias[vector as usize]));
        // Pixels beyond the last are computed from the last, and not stored.
        starts.push(min(first + p as u32, pixels - 1) * in_vectors);
    }
    for k in 0..in_vectors {
        let mut x = Sequence::<V4>::new();
        #[unroll]
        for p in 0..PIXELS {
            x.push(input[(*starts.index(p) + k) as usize]);
        }
        #[unroll]
        for c in 0..4usize {
            let w = weight[((k * 4 + c as u32) * out_vectors + vector) as usize];
            #[unroll]
            for p in 0..PIXELS {
                let sum = sums.index(p);
                sum.store(sum.read() + V4::new(x.index(p).extract(c)) * w);
            }
        }
    }
    #[unroll]
    for p in 0..PIXELS {
        let pixel = first + p as u32;
        if pixel < pixels {
            let at = (pixel * out_vectors + vector) as usize;
            let y = clamp(sums.index(p).read(), V4::new(low), V4::new(high));
            let added: ComptimeOption<V4> = residual.map(|residual| residual[at]);
            output[at] = y + added.unwrap_or(V4::new(0.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::backbone::Padding;
    use crate::backbone::reference::{self, Random};

    #[test]
    fn products_of_any_shape_agree_with_the_textbook() {
        let client = super::super::client();
        let mut random = Random::new(13);
        for (size, with_residual) in [
            (1, false),
            (3, true),
            (7, false),
            (8, true),
            (9, true),
            (13, false),
        ] {
            let (in_channels, out_channels) =
                (4 * random.between(1, 30), 4 * random.between(1, 30));
            let shape = Convolution {
                name: "product".to_owned(),
                in_channels,
                out_channels,
                kernel_size: 1,
                stride: 1,
                depthwise: false,
                relu6: !with_residual,
            };
            let conv = random.conv(shape.weight_shape());
            let input = random.values(size * size * in_channels);
            let residual = random.values(size * size * out_channels);
            let mut expected = testing::convolve(&input, size, &shape, Padding::Same, &conv);
            if with_residual {
                expected
                    .iter_mut()
                    .zip(&residual)
                    .for_each(|(y, x)| *y += x);
            }
            let layer = Pointwise::new(&client, &shape, &conv);
            let (input, residual) = (upload(&client, &input), upload(&client, &residual));
            let output = client.empty(expected.len() * 4);
            let residual = with_residual.then_some(&residual);
            layer.launch(&client, &input, residual, &output, size * size);
            let found = testing::read(&client, &output, expected.len());
            reference::assert_close(&found, &expected);
        }
    }
}
