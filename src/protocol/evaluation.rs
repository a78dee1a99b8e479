//! How good a model is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ClassId, DeviceKind, ModelClass, SampleId, TeacherKind};
use crate::metrics::Report;

/// Loss and accuracy after one epoch of Adam or one step of L-BFGS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EpochMetrics {
    /// Counts from 1.
    pub epoch: usize,
    /// Mean cross-entropy over the training samples, in nats.
    pub train_loss: f64,
    /// In [0, 1].
    pub train_accuracy: f64,
    /// Mean cross-entropy over the held-out samples, in nats.
    pub validation_loss: f64,
    /// In [0, 1].
    pub validation_accuracy: f64,
}

/// A share with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Proportion {
    /// How many hits.
    pub hits: usize,
    /// Out of how many.
    pub total: usize,
    /// Wilson's lower bound.
    pub low: f64,
    /// Wilson's upper bound.
    pub high: f64,
}

/// What the model says of one held-out sample. Classes are indices into the model's list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HeldOutPrediction {
    /// Which sample.
    pub sample: SampleId,
    /// The class it was labelled with.
    pub truth: usize,
    /// The class the model says.
    pub predicted: usize,
    /// The probability the model gives `predicted`.
    pub confidence: f32,
    /// −ln of the probability the model gives `truth`, in nats: 0 is sure and right.
    pub loss: f64,
}

/// Which of the heads a run came by it kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Kept {
    /// The one that minimizes the objective of softmax regression, and what is blended with it.
    Optimum {
        /// Steps it took.
        num_steps: usize,
        /// What is left of the gradient: its Euclidean norm over all parameters.
        gradient_norm: f64,
    },
    /// The one that the equations of [`HeadKind::Ridge`](super::HeadKind::Ridge) have.
    ClosedForm {
        /// The strength of the penalty with the least error on samples left out.
        lambda: f64,
    },
    /// The last: the run was stopped on its way to the optimum.
    Last {
        /// Steps taken.
        num_steps: usize,
    },
    /// That of the epoch with the lowest validation loss.
    BestEpoch {
        /// Counts from 1; 0 if none was over.
        epoch: usize,
        /// How many epochs ran.
        num_epochs: usize,
    },
    /// What a transfer-learning method came to.
    Method {
        /// Its id.
        method: String,
        /// Samples without a label it has learned from.
        num_unlabeled: usize,
    },
    /// The fine-tuned backbone and head of the epoch with the lowest validation loss.
    Tuned {
        /// Counts from 1; 0 is the head alone.
        epoch: usize,
        /// How many epochs there would have been at most.
        num_epochs: usize,
        /// Blocks that learned, beside the last convolution.
        num_blocks: usize,
    },
    /// What a head on a cut backbone learned from a teacher.
    Distilled {
        /// Blocks its backbone has.
        num_blocks: usize,
        /// Who taught.
        teacher: TeacherKind,
        /// Samples without a label it has learned from.
        num_unlabeled: usize,
    },
}

/// What held-out samples have in common with those the model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum JudgedBy {
    /// There is one domain.
    Alike,
    /// They are of the target domain.
    Target,
    /// They are of the source domain, as no sample of the target has a label.
    Source,
}

/// Which samples a head is judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Origin {
    /// Those held out of the run that made the model in use.
    HeldOut {
        /// Which head was kept.
        kept: Kept,
        /// What those samples are.
        judged_by: JudgedBy,
        /// How many samples were trained on.
        num_train: usize,
        /// Where; all heads but the perceptron are always trained on the CPU.
        device: DeviceKind,
        /// The share of the classes' own pictures that the model is meant to find familiar;
        /// nothing if too few were held out to tell unknown things.
        familiar_share: Option<f64>,
    },
    /// All of them: each once, by a head trained without it and its near-duplicates.
    CrossValidation {
        /// Samples named right in each fold.
        folds: Vec<Proportion>,
        /// Mean of the folds' accuracies, in [0, 1].
        mean: f64,
        /// Standard deviation of the folds' accuracies.
        deviation: f64,
        /// The accuracy if near-duplicates are divided as chance has it; nothing if there are
        /// none.
        unguarded: Option<Proportion>,
        /// Near-duplicates that were kept together, copies included.
        groups: Vec<Vec<SampleId>>,
    },
}

/// How a head does on samples it was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The model's classes.
    pub classes: Vec<ModelClass>,
    /// Share of held-out samples classified right.
    pub accuracy: Proportion,
    /// `confusion[truth][predicted]` counts held-out samples.
    pub confusion: Vec<Vec<usize>>,
    /// One row a held-out sample.
    pub predictions: Vec<HeldOutPrediction>,
    /// What else they say.
    pub report: Report,
    /// Which samples those are.
    pub origin: Origin,
}

/// What a quick head says of every sample, each left out of the fit that it is judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LeaveOneOut {
    /// Share of samples named right.
    pub accuracy: Proportion,
    /// Samples whose label is doubtful, the most doubtful first.
    pub doubts: Vec<Doubt>,
}

/// A sample that looks like another class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Doubt {
    /// Which sample.
    pub sample: SampleId,
    /// The class it looks like.
    pub suggestion: ClassId,
}
