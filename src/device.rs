//! Where tensors live: the GPU once it has proven itself, or the CPU.

use std::{collections::HashSet, future::Future, pin::Pin};

use burn::tensor::{Device, Tensor};

use crate::{
    backbone::{Backbone, Weights},
    error::{Error, Result},
    protocol::DeviceKind,
};

/// Largest deviation allowed between a device's features and the CPU's, relative to the largest
/// feature. Right kernels differ by about 1e-5, wrong ones by about 1.
const TOLERANCE: f32 = 1e-3;

/// A device and what runs on it.
pub struct Compute {
    /// Which.
    pub kind: DeviceKind,
    /// Why this one, in one sentence.
    pub reason: String,
    /// Its handle in Burn.
    pub device: Device,
    /// The backbone, where the device runs it. On a CPU the extractors do.
    pub extractor: Option<Checked>,
}

/// Rows of features, or trouble, later.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vec<f32>>>> + 'a>>;

/// A backbone on some device: images in, one row of features an image out.
pub trait Extractor {
    /// Features of a batch of images, each `size × size × 3` RGB bytes.
    ///
    /// Fails when the device has been lost.
    fn features<'a>(&'a mut self, images: &'a [&'a [u8]]) -> Pending<'a>;
}

/// An extractor whose answers are compared with the CPU kernels' the first time it gets a batch
/// of some size: other sizes are other launches, and GPU stacks have picked wrong kernels without
/// a word (burn issue 5626).
pub struct Checked {
    extractor: Box<dyn Extractor>,
    reference: Backbone,
    /// Batch sizes known to come out right.
    proven: HashSet<usize>,
}

impl Compute {
    /// Heads on the CPU; features come ready-made from the extractors.
    pub fn cpu(reason: String) -> Self {
        Self {
            kind: DeviceKind::Cpu,
            reason,
            device: Device::flex(),
            extractor: None,
        }
    }

    /// What runs another backbone on this device; nothing on a CPU, where the extractors do.
    ///
    /// # Errors
    ///
    /// When the device has been lost or gets a known image wrong.
    pub async fn extractor_for(&self, weights: &Weights) -> Result<Option<Checked>> {
        match self.kind {
            DeviceKind::Cpu => Ok(None),
            DeviceKind::Webgpu => on_gpu(weights).await.map(Some),
        }
    }

    /// Backbone and heads on the GPU.
    ///
    /// # Errors
    ///
    /// When the browser gives no device, or the device gets a known image wrong.
    #[cfg(all(feature = "gpu", target_family = "wasm"))]
    pub async fn webgpu(reason: String, weights: &Weights) -> Result<Self> {
        let options = Device::wgpu_options()
            .graphics_api(burn_wgpu::WgpuBackend::WebGpu)
            .tasks_max(crate::backbone::gpu::MAX_TASKS);
        let device = options.init_async().await;
        let device = device.map_err(|error| Error::NoGpu(error.to_string()))?;
        Ok(Self {
            kind: DeviceKind::Webgpu,
            reason,
            device,
            extractor: Some(on_gpu(weights).await?),
        })
    }
}

/// A backbone on the GPU that has been initialized.
#[cfg(feature = "gpu")]
async fn on_gpu(weights: &Weights) -> Result<Checked> {
    use crate::backbone::gpu::{GpuBackbone, client};
    Checked::new(Box::new(GpuBackbone::new(client(), weights)), weights).await
}

#[cfg(not(feature = "gpu"))]
async fn on_gpu(_: &Weights) -> Result<Checked> {
    Err(Error::NoGpu("this module is the CPU's".to_owned()))
}

/// Reads a tensor back; the only way that works in a browser is asynchronous.
///
/// # Errors
///
/// When the device has been lost.
pub(crate) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor
        .into_data_async()
        .await
        .map_err(|_| Error::DeviceLost)?;
    data.try_to_vec().map_err(|_| Error::DeviceLost)
}

impl Checked {
    /// Lets `extractor` prove itself on one image.
    ///
    /// # Errors
    ///
    /// [`Error::WrongAnswer`] when it and the CPU's kernels disagree.
    pub async fn new(extractor: Box<dyn Extractor>, weights: &Weights) -> Result<Self> {
        let mut checked = Self {
            extractor,
            reference: Backbone::new(weights),
            proven: HashSet::new(),
        };
        let image = known_image(weights.architecture.input_size);
        checked.features(&[&image]).await?;
        Ok(checked)
    }

    /// Whether `image` has the right number of bytes.
    pub fn accepts(&self, image: &[u8]) -> bool {
        image.len() == 3 * self.reference.architecture().input_size.pow(2)
    }

    /// Features of a batch of images, each `size × size × 3` RGB bytes. One row an image.
    ///
    /// # Errors
    ///
    /// When the device has been lost, or the first batch of this size comes out wrong.
    pub async fn features(&mut self, images: &[&[u8]]) -> Result<Vec<Vec<f32>>> {
        let rows = self.extractor.features(images).await?;
        if !self.proven.contains(&images.len()) {
            // The last image has the largest indices; one costs what an extractor worker needs
            // for it, a few hundredths of a second.
            let (Some(image), Some(row)) = (images.last(), rows.last()) else {
                return Ok(rows);
            };
            if !agree(self.reference.forward(image), row) {
                return Err(Error::WrongAnswer);
            }
            self.proven.insert(images.len());
        }
        Ok(rows)
    }
}

#[cfg(feature = "gpu")]
impl Extractor for crate::backbone::gpu::GpuBackbone {
    fn features<'a>(&'a mut self, images: &'a [&'a [u8]]) -> Pending<'a> {
        Box::pin(Self::features(self, images))
    }
}

fn agree(expected: &[f32], actual: &[f32]) -> bool {
    let scale = expected.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    // Not a maximum: that would pass over a NaN.
    let close = |(e, a): (&f32, &f32)| (e - a).abs() <= TOLERANCE * scale;
    expected.len() == actual.len() && expected.iter().zip(actual).all(close)
}

/// A picture with edges, slopes and color: `size × size × 3` RGB bytes.
fn known_image(size: usize) -> Vec<u8> {
    let positions = (0..size * size).map(|at| (at % size, at / size));
    let color = |(x, y)| [x + y, (x * y) / 64, (x / 16 + y / 16) % 2 * 255];
    positions.flat_map(color).map(|value| value as u8).collect()
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::backbone::{Network, testing::weights};

    impl Extractor for Network {
        fn features<'a>(&'a mut self, images: &'a [&'a [u8]]) -> Pending<'a> {
            Box::pin(Network::features(self, images))
        }
    }

    /// Right on single images; in larger batches the last row is the first one again.
    struct Confused(Backbone);

    impl Extractor for Confused {
        fn features<'a>(&'a mut self, images: &'a [&'a [u8]]) -> Pending<'a> {
            let mut rows: Vec<_> = images
                .iter()
                .map(|image| self.0.forward(image).to_vec())
                .collect();
            let last = rows.len() - 1;
            rows[last] = rows[0].clone();
            Box::pin(async { Ok(rows) })
        }
    }

    #[test]
    fn burn_and_our_own_kernels_agree() {
        let weights = weights();
        let network = Network::new(&weights, &Device::flex());
        block_on(Checked::new(Box::new(network), &weights)).unwrap();
    }

    #[test]
    fn a_wrong_network_is_found_out() {
        let weights = weights();
        let mut altered = weights.clone();
        altered.convs[10].weight.iter_mut().for_each(|w| *w *= 1.05);
        let network = Network::new(&altered, &Device::flex());
        let answer = block_on(Checked::new(Box::new(network), &weights));
        assert_eq!(answer.err(), Some(Error::WrongAnswer));
    }

    #[test]
    fn every_batch_size_has_to_prove_itself() {
        let weights = weights();
        let confused = Confused(Backbone::new(&weights));
        let mut checked = block_on(Checked::new(Box::new(confused), &weights)).unwrap();
        let (one, other) = (known_image(224), vec![7; 224 * 224 * 3]);
        assert!(block_on(checked.features(&[&other])).is_ok());
        for _ in 0..2 {
            let answer = block_on(checked.features(&[&one, &other]));
            assert_eq!(answer.err(), Some(Error::WrongAnswer));
        }
    }
}
