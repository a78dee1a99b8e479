//! How to train a head.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::DistillationConfig;

/// The kind of head to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum HeadKind {
    /// Multinomial logistic regression: one linear layer, trained to the optimum.
    Softmax,
    /// Ridge regression on the classes in closed form, its penalty chosen by leave-one-out error.
    Ridge,
    /// The mean of the logits of [`HeadKind::Softmax`] and [`HeadKind::Ridge`]: one linear layer.
    Blend,
    /// One hidden layer of rectified units, then a linear layer.
    Mlp,
}

/// What a transfer-learning method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MethodFamily {
    /// Learns from the labeled samples only: what others are compared with.
    Plain,
    /// Unlabeled samples are of the same kind as labeled ones.
    SemiSupervised,
    /// Unlabeled samples are of another kind, a domain of their own.
    DomainAdaptation,
    /// A head of any kind learns from some of the labeled samples only.
    Selection,
    /// The head learns from other features made of the usual ones.
    Representation,
    /// The head goes by what the classes are called, too.
    Text,
    /// The backbone learns, too.
    FineTuning,
}

/// How much each labeled sample counts in what a head minimizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Weighting {
    /// The same.
    #[default]
    Even,
    /// So that all together have the mean of those that the head is for, in the space of a kernel.
    MeanMatching,
    /// The odds that it is one of those, by a head that tells them apart.
    DensityRatio,
}

/// A transfer-learning method as it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MethodView {
    /// For [`TrainingConfig::method`].
    pub id: String,
    /// A few words.
    pub name: String,
    /// What it does, in one plain sentence.
    pub sentence: String,
    /// What it is for.
    pub family: MethodFamily,
}

/// The method that learns from labeled samples only, with a head of any kind.
pub const PLAIN: &str = "plain";

/// The method that lets the last blocks of the backbone learn.
pub const FINE_TUNING: &str = "fine_tuning";

/// What models taught by others say of how they came to be.
pub const DISTILLATION: &str = "distillation";

/// How the backbone learns; only for [`FINE_TUNING`]. See [`crate::tune`] for the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TuningConfig {
    /// Blocks that learn, counted from the end, beside the last convolution.
    pub num_blocks: usize,
    /// Passes over the training samples, at most.
    pub num_epochs: usize,
    /// Of AdamW for the last convolution; smaller with depth.
    pub learning_rate: f64,
    /// Of each image, itself included.
    pub num_views: usize,
    /// How far views differ from the image, in [0, 1].
    pub strength: f32,
    /// Whether left and right may be exchanged.
    pub flips: bool,
}

impl Default for TuningConfig {
    fn default() -> Self {
        Self {
            num_blocks: 3,
            num_epochs: 10,
            learning_rate: 3e-4,
            num_views: 6,
            strength: 0.5,
            flips: true,
        }
    }
}

/// Everything that determines a training run, beside the data and the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrainingConfig {
    /// The transfer-learning method, by its id.
    #[serde(default = "plain")]
    pub method: String,
    /// The kind of head; methods other than [`PLAIN`] and those of [`MethodFamily::Selection`] bring
    /// their own.
    pub head: HeadKind,
    /// How much each sample counts; only where there is a choice of heads.
    #[serde(default)]
    pub weighting: Weighting,
    /// Share of each class's training samples that are learned from, in (0, 1]; only for
    /// [`MethodFamily::Selection`].
    #[serde(default = "selected_share")]
    pub selected_share: f64,
    /// Width of the hidden layer; only for [`HeadKind::Mlp`].
    pub hidden_units: usize,
    /// Adam's step size at the start; it decays to zero along a cosine. Only for
    /// [`HeadKind::Mlp`].
    pub learning_rate: f64,
    /// Passes over the training samples; only for [`HeadKind::Mlp`].
    pub num_epochs: usize,
    /// Samples a gradient step; only for [`HeadKind::Mlp`].
    pub batch_size: usize,
    /// L2 penalty on the weights (not the biases).
    pub weight_decay: f64,
    /// Weigh each class by the inverse of its size, so that rare classes count as much.
    pub balance_classes: bool,
    /// Share of each class held out for validation, in (0, 1).
    pub validation_fraction: f64,
    /// Images whose features have a cosine above this count as nearly the same and are never
    /// divided between training and validation. 1 keeps only copies together.
    #[serde(default = "duplicate_threshold")]
    pub duplicate_threshold: f32,
    /// Determines the split, the order of samples and the initial weights.
    pub seed: u32,
    /// Only for [`FINE_TUNING`].
    #[serde(default)]
    pub tuning: TuningConfig,
    /// Only for [`super::Study::Distillation`].
    #[serde(default)]
    pub distillation: DistillationConfig,
}

fn plain() -> String {
    PLAIN.to_owned()
}

/// Half, to begin with.
const fn selected_share() -> f64 {
    0.5
}

/// What leaves copies and all but copies together; see `dataset::NearDuplicates::THRESHOLD`.
const fn duplicate_threshold() -> f32 {
    0.97
}

impl Default for TrainingConfig {
    /// Softmax regression, as measured best on 12 classes of photos (see ARCHITECTURE.md).
    fn default() -> Self {
        Self {
            method: plain(),
            head: HeadKind::Softmax,
            weighting: Weighting::Even,
            selected_share: selected_share(),
            hidden_units: 100,
            learning_rate: 0.01,
            num_epochs: 60,
            batch_size: 32,
            weight_decay: 1e-4,
            balance_classes: false,
            validation_fraction: 0.2,
            duplicate_threshold: duplicate_threshold(),
            seed: 1,
            tuning: TuningConfig::default(),
            distillation: DistillationConfig::default(),
        }
    }
}

impl TrainingConfig {
    /// The same with every number forced into the range that makes sense, whatever was typed.
    pub fn clamped(self) -> Self {
        let finite =
            |x: f64, low: f64, high: f64| if x.is_nan() { low } else { x.clamp(low, high) };
        Self {
            selected_share: finite(self.selected_share, 0.01, 1.0),
            hidden_units: self.hidden_units.clamp(1, 4096),
            learning_rate: finite(self.learning_rate, 1e-6, 10.0),
            num_epochs: self.num_epochs.clamp(1, 10_000),
            batch_size: self.batch_size.clamp(1, 4096),
            weight_decay: finite(self.weight_decay, 0.0, 10.0),
            validation_fraction: finite(self.validation_fraction, 0.01, 0.9),
            duplicate_threshold: finite(self.duplicate_threshold.into(), 0.8, 1.0) as f32,
            tuning: TuningConfig {
                num_blocks: self.tuning.num_blocks.clamp(1, 6),
                num_epochs: self.tuning.num_epochs.clamp(1, 1000),
                learning_rate: finite(self.tuning.learning_rate, 1e-6, 0.1),
                num_views: self.tuning.num_views.clamp(1, 32),
                strength: finite(self.tuning.strength.into(), 0.0, 1.0) as f32,
                flips: self.tuning.flips,
            },
            distillation: DistillationConfig {
                temperature: finite(self.distillation.temperature, 1.0, 20.0),
                label_share: finite(self.distillation.label_share, 0.0, 1.0),
                teacher: self.distillation.teacher,
            },
            ..self
        }
    }
}
