//! Where tensors live: the GPU once it has proven itself, or the CPU.

use burn::tensor::{Device, Tensor};

use crate::{
    backbone::{Backbone, Network, Weights},
    error::{Error, Result},
    protocol::DeviceKind,
};

/// Largest deviation allowed between the GPU's features and the CPU's, relative to the largest
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
    pub network: Option<Network>,
}

impl Compute {
    /// Heads on the CPU; features come ready-made from the extractors.
    pub fn cpu(reason: String) -> Self {
        Self {
            kind: DeviceKind::Cpu,
            reason,
            device: Device::flex(),
            network: None,
        }
    }

    /// Backbone and heads on the GPU.
    ///
    /// # Errors
    ///
    /// When the browser gives no device, or the device gets a known image wrong.
    #[cfg(all(feature = "gpu", target_arch = "wasm32"))]
    pub async fn webgpu(reason: String, weights: &Weights) -> Result<Self> {
        use burn_wgpu::WgpuBackend;
        let options = Device::wgpu_options().graphics_api(WgpuBackend::WebGpu);
        let device = options.init_async().await;
        let device = device.map_err(|error| Error::NoGpu(error.to_string()))?;
        let network = Network::new(weights, &device);
        check_known_answer(&network, weights).await?;
        Ok(Self {
            kind: DeviceKind::Webgpu,
            reason,
            device,
            network: Some(network),
        })
    }
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

/// Runs a drawn image through `network` and through the CPU's own kernels.
///
/// GPU stacks have picked wrong kernels before without a word (burn issue 5626).
///
/// # Errors
///
/// When the two disagree.
pub async fn check_known_answer(network: &Network, weights: &Weights) -> Result<()> {
    let image = known_image(weights.architecture.input_size);
    let expected = Backbone::new(weights).forward(&image).to_vec();
    let actual = network.features(&[&image]).await?;
    let scale = expected.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    // Not a maximum: that would pass over a NaN.
    let agrees = |(e, a): (&f32, &f32)| (e - a).abs() <= TOLERANCE * scale;
    match expected.iter().zip(&actual[0]).all(agrees) {
        true => Ok(()),
        false => Err(Error::WrongAnswer),
    }
}

/// A picture with edges, slopes and color: `size × size × 3` RGB bytes.
fn known_image(size: usize) -> Vec<u8> {
    let positions = (0..size * size).map(|at| (at % size, at / size));
    let color = |(x, y)| [x + y, (x * y) / 64, (x / 16 + y / 16) % 2 * 255];
    positions.flat_map(color).map(|value| value as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::testing::weights;

    #[test]
    fn burn_and_our_own_kernels_agree() {
        let weights = weights();
        let network = Network::new(&weights, &Device::flex());
        pollster::block_on(check_known_answer(&network, &weights)).unwrap();
    }

    #[test]
    fn a_wrong_network_is_found_out() {
        let weights = weights();
        let mut altered = weights.clone();
        altered.convs[10].weight.iter_mut().for_each(|w| *w *= 1.05);
        let network = Network::new(&altered, &Device::flex());
        let answer = pollster::block_on(check_known_answer(&network, &weights));
        assert_eq!(answer, Err(Error::WrongAnswer));
    }
}
