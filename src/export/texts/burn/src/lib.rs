//! A classifier of pictures, made with Graft: `Classifier::load`, then `classify`.

mod network;
pub mod square;

use std::{error::Error, fs, path::Path};

use burn::{
    config::Config,
    module::Module,
    store::ModuleRecord,
    tensor::{Tensor, TensorData},
};
use image::RgbImage;

pub use burn::tensor::Device;
pub use network::{Network, NetworkConfig};

/// A network with the names of its classes.
pub struct Classifier {
    /// Of the classes, in the order of the probabilities.
    pub labels: Vec<String>,
    /// Side of the squares that it classifies, in pixels.
    pub side: u32,
    network: Network,
    device: Device,
}

impl Classifier {
    /// Reads `config.json`, `model.bpk` and `labels.txt`.
    ///
    /// # Errors
    ///
    /// When one of them is missing or damaged.
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self, Box<dyn Error>> {
        let folder = folder.as_ref();
        let config = NetworkConfig::load(folder.join("config.json"))?;
        let record = ModuleRecord::load(folder.join("model.bpk"))?;
        // Numbers may be stored in 16 bits.
        let network = config
            .init(device)
            .try_load_record(record.cast_to_module_dtype())?;
        let labels = fs::read_to_string(folder.join("labels.txt"))?;
        Ok(Self {
            labels: labels.lines().map(str::to_owned).collect(),
            side: config.input_size as u32,
            network,
            device: device.clone(),
        })
    }

    /// One probability for each label.
    pub fn classify(&self, square: &RgbImage) -> Vec<f32> {
        let (width, height) = square.dimensions();
        let colors = TensorData::new(square.to_vec(), [1, height as usize, width as usize, 3]);
        let colors = Tensor::<4>::from_data(colors.convert::<f32>(), &self.device);
        let probabilities = self.network.forward(colors.permute([0, 3, 1, 2])); // [1, 3, height, width]
        probabilities.into_data().iter().collect()
    }
}
