//! A trained model in use: raw features in, a probability for each class out.

use crate::{
    features::Normalizer,
    head::DenseHead,
    metrics,
    protocol::{DeviceKind, ModelClass, Proportion, TrainingConfig},
};

/// Everything after the backbone, and what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The classes in the order of the probabilities.
    pub classes: Vec<ModelClass>,
    /// Centers and scales the features.
    pub normalizer: Normalizer,
    /// The trained layers.
    pub head: DenseHead,
    /// How it came to be; unknown if the file it was read from doesn't say.
    pub provenance: Option<Provenance>,
}

/// Where a model comes from and how good it was there.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Provenance {
    /// Share of held-out samples classified right.
    pub accuracy: Proportion,
    /// Samples trained on.
    pub num_train: usize,
    /// The settings of the run.
    pub config: TrainingConfig,
    /// Where the head was trained.
    pub device: DeviceKind,
}

impl Model {
    /// # Shapes
    ///
    /// - features: `[num_features]`, raw
    /// - output: `[num_classes]`, summing to 1
    pub fn probabilities(&self, features: &[f32]) -> Vec<f32> {
        let mut logits = self.head.logits(&self.normalizer.normalized(features));
        metrics::softmax(&mut logits);
        logits
    }
}
