//! The backbone on the GPU: one upload, about one dispatch a convolution, one readback a batch.
//!
//! EfficientNet-Lite0 is 50 dispatches, MobileNetV2 53, EfficientNet-Lite2 65, in two submits: the
//! kernels, the readback.
//! Activations are `[images, height, width, channels]`, four channels a load. Bias, ReLU6,
//! residual and normalization are part of the convolution they belong to:
//!
//! | kernel | reads | gives |
//! |---|---|---|
//! | [`stem`] | RGB bytes, four a word | 3×3 convolution of the normalized image, ReLU6 |
//! | [`pointwise`] | `[pixels, in]` | 1×1 convolution, optionally ReLU6 or plus the block's input |
//! | [`depthwise`] | `[images, h, w, channels]` | k×k convolution, ReLU6 |
//! | [`pool`] | the top's output | the features |

mod buffer;
mod depthwise;
mod pointwise;
mod pool;
mod stem;
#[cfg(test)]
mod testing;

use cubecl::{
    Device, MemoryScope, MemoryUsage,
    bytes::Bytes,
    prelude::*,
    server::Handle,
    wgpu::{WgpuBackend, WgpuDevice},
};

use self::{depthwise::Depthwise, pointwise::Pointwise, stem::Stem};
use super::{Architecture, Weights};
use crate::error::{Error, Result};

/// The graphics API of the device that [`client`] gives.
pub const API: WgpuBackend = match cfg!(target_family = "wasm") {
    true => WgpuBackend::WebGpu,
    false => WgpuBackend::Vulkan,
};

/// Kernels CubeCL should gather before it submits them: a batch's, with room to spare, so that a
/// batch is two submits, its kernels and its readback. CubeCL's own default, 32, makes it three.
pub const MAX_TASKS: usize = 80;

/// A client of the device; in a browser it has to have been initialized before.
pub fn client() -> Client {
    Device::from(WgpuDevice::default().on(API)).client()
}

/// What CubeCL holds on the device.
pub fn memory_usage(client: &Client) -> MemoryUsage {
    client.memory_report(MemoryScope::Device).usage()
}

/// A backbone on a GPU: its weights and the buffers its activations go to.
pub struct GpuBackbone {
    client: Client,
    architecture: Architecture,
    stem: Stem,
    blocks: Vec<Block>,
    top: Pointwise,
    /// For the largest batch so far.
    buffers: Buffers,
}

/// An inverted residual block.
struct Block {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
    project: Pointwise,
    stride: usize,
    has_residual: bool,
}

/// Where activations are written, over and over.
struct Buffers {
    /// Images these are for.
    capacity: usize,
    /// RGB bytes.
    pixels: Handle,
    /// Blocks read one and write the other.
    outer: [Handle; 2],
    /// What a block widens its input to; in the end the top's output.
    wide: Handle,
    /// What a block's depthwise convolution gives.
    filtered: Handle,
    /// `[images, num_features]`
    features: Handle,
}

impl GpuBackbone {
    /// Uploads the weights.
    pub fn new(client: Client, weights: &Weights) -> Self {
        assert!(weights.are_complete(), "parameters for every convolution");
        let architecture = &weights.architecture;
        let mut convs = architecture.convolutions().zip(&weights.convs);
        let (_, stem) = convs.next().expect("the stem");
        let stem = Stem::new(&client, architecture, stem);
        let mut next = || convs.next().expect("one a convolution of the architecture");
        let blocks = architecture.blocks.iter().map(|block| {
            let expand = block.has_expansion().then(&mut next);
            let (shape, conv) = next();
            let depthwise = Depthwise::new(&client, &shape, conv, architecture.padding);
            let (shape, conv) = next();
            Block {
                expand: expand.map(|(shape, conv)| Pointwise::new(&client, &shape, conv)),
                depthwise,
                project: Pointwise::new(&client, &shape, conv),
                stride: block.stride,
                has_residual: block.has_residual(),
            }
        });
        let blocks = blocks.collect();
        let (shape, conv) = next();
        let top = Pointwise::new(&client, &shape, conv);
        let buffers = Buffers::new(&client, architecture, 1);
        Self {
            client,
            architecture: architecture.clone(),
            stem,
            blocks,
            top,
            buffers,
        }
    }

    /// Features of a batch of images, each `size × size × 3` RGB bytes. One row an image.
    ///
    /// # Errors
    ///
    /// When the device has been lost or refuses a kernel.
    pub async fn features(&mut self, images: &[&[u8]]) -> Result<Vec<Vec<f32>>> {
        if images.is_empty() {
            return Ok(Vec::new());
        }
        if images.len() > self.buffers.capacity {
            self.buffers = Buffers::new(&self.client, &self.architecture, images.len());
        }
        self.upload(images);
        self.forward(images.len());
        let features = self.buffers.features.clone();
        let bytes = self.client.read_async(vec![features]).await;
        let bytes = bytes.map_err(|_| Error::DeviceLost)?;
        let rows = f32::from_bytes(&bytes[0]).chunks_exact(self.architecture.num_features);
        Ok(rows.take(images.len()).map(<[f32]>::to_vec).collect())
    }

    fn upload(&self, images: &[&[u8]]) {
        let length = self.buffers.pixels.size_in_used() as usize;
        let mut pixels = Vec::with_capacity(length);
        images
            .iter()
            .for_each(|image| pixels.extend_from_slice(image));
        pixels.resize(length, 0);
        self.client
            .write(&self.buffers.pixels, Bytes::from_bytes_vec(pixels));
    }

    /// Queues every kernel for a batch; none runs before it is read.
    fn forward(&self, images: usize) {
        let Self {
            client,
            stem,
            blocks,
            top,
            buffers,
            ..
        } = self;
        let Buffers {
            pixels,
            outer: [input, output],
            wide,
            filtered,
            features,
            ..
        } = buffers;
        let (mut input, mut output) = (input, output);
        stem.launch(client, pixels, input, images);
        let mut size = stem.out_size();
        for block in blocks {
            let widened = match &block.expand {
                Some(expand) => {
                    expand.launch(client, input, None, wide, images * size * size);
                    wide
                }
                None => input,
            };
            block
                .depthwise
                .launch(client, widened, filtered, images, size);
            size = size.div_ceil(block.stride);
            let residual = block.has_residual.then_some(input);
            block
                .project
                .launch(client, filtered, residual, output, images * size * size);
            (input, output) = (output, input);
        }
        top.launch(client, input, None, wide, images * size * size);
        let channels = self.architecture.num_features;
        pool::launch(client, wide, features, images, size * size, channels);
    }
}

impl Buffers {
    fn new(client: &Client, architecture: &Architecture, capacity: usize) -> Self {
        let mut size = architecture.input_size.div_ceil(2);
        let mut outer = size * size * architecture.stem_channels;
        let (mut wide, mut filtered) = (0, 0);
        for block in &architecture.blocks {
            if block.has_expansion() {
                wide = wide.max(size * size * block.expanded_channels);
            }
            size = size.div_ceil(block.stride);
            filtered = filtered.max(size * size * block.expanded_channels);
            outer = outer.max(size * size * block.out_channels);
        }
        wide = wide.max(size * size * architecture.num_features);
        let floats = |length: usize| client.empty(capacity * length * size_of::<f32>());
        let bytes = capacity * architecture.input_size.pow(2) * 3;
        Self {
            capacity,
            pixels: client.empty(bytes.next_multiple_of(4)),
            outer: [floats(outer), floats(outer)],
            wide: floats(wide),
            filtered: floats(filtered),
            features: floats(architecture.num_features),
        }
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::super::{Backbone, reference::Random};
    use super::*;

    fn images(random: &mut Random, count: usize, size: usize) -> Vec<Vec<u8>> {
        let length = size * size * 3;
        let mut image = || (0..length).map(|_| random.between(0, 255) as u8).collect();
        (0..count).map(|_| image()).collect()
    }

    fn features(backbone: &mut GpuBackbone, images: &[Vec<u8>]) -> Vec<Vec<f32>> {
        let images: Vec<_> = images.iter().map(Vec::as_slice).collect();
        block_on(backbone.features(&images)).expect("the device works")
    }

    #[test]
    fn all_backbones_agree_with_the_cpu_kernels_in_batches_of_any_size() {
        let mut random = Random::new(14);
        for (input_size, architecture) in [49, 64, 66].into_iter().zip(Architecture::all()) {
            let weights = random.weights(Architecture {
                input_size,
                ..architecture
            });
            let mut cpu = Backbone::new(&weights);
            let mut gpu = GpuBackbone::new(client(), &weights);
            for count in [1, 8, 3] {
                let images = images(&mut random, count, input_size);
                let rows = features(&mut gpu, &images);
                assert_eq!(rows.len(), count);
                for (row, image) in rows.iter().zip(&images) {
                    let expected = cpu.forward(image);
                    let largest = expected.iter().copied().fold(0.0, f32::max);
                    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * largest;
                    assert!(row.iter().zip(expected).all(close));
                }
            }
        }
    }

    #[test]
    fn memory_stays_as_it_is_over_a_hundred_batches() {
        let mut random = Random::new(15);
        let architecture = Architecture::mobilenet_v2();
        let weights = random.weights(Architecture {
            input_size: 32,
            ..architecture
        });
        let client = client();
        let mut gpu = GpuBackbone::new(client.clone(), &weights);
        let images = images(&mut random, 8, 32);
        let report = || client.memory_report(MemoryScope::CurrentStream).usage();
        // CubeCL keeps every launch's sizes on the device, a set of them a batch size.
        for count in (1..=8).rev() {
            features(&mut gpu, &images[..count]);
        }
        let before = report();
        for batch in 0..100 {
            features(&mut gpu, &images[..1 + batch % 8]);
            assert_eq!(report(), before, "after batch {batch}");
        }
    }
}
