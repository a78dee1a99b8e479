//! A smaller model that learns from a larger one: how, and what it came to.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Proportion;

/// Who teaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TeacherKind {
    /// Several heads on the whole backbone, trained for it and asked together.
    Heads,
    /// The model in use, trained before.
    Model,
}

/// How students learn from a teacher. See [`crate::distill`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DistillationConfig {
    /// Who teaches.
    pub teacher: TeacherKind,
    /// What logits are divided by before they are compared, in [1, 20]: the higher, the more
    /// counts what else a picture might have been.
    pub temperature: f64,
    /// What a label counts against the teacher's word, in [0, 1].
    pub label_share: f64,
}

impl Default for DistillationConfig {
    /// Of temperatures 1, 2 and 4 the best on photos and drawings (docs/methods.md).
    fn default() -> Self {
        Self {
            teacher: TeacherKind::Heads,
            temperature: 4.0,
            label_share: 0.1,
        }
    }
}

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelCost {
    /// Of its backbone and its heads in a file.
    pub num_bytes: usize,
    /// Of its backbone for one picture, in the median of some measured in the trainer: on the CPU,
    /// in one thread.
    pub millis: f64,
    /// Of its backbone's convolutions for one picture.
    pub multiply_adds: f64,
}

/// Who taught, and how well it would have done itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TeacherView {
    /// Who.
    pub kind: TeacherKind,
    /// Heads that are asked together.
    pub num_members: usize,
    /// Held-out samples it names right.
    pub accuracy: Proportion,
    /// What it takes.
    pub cost: ModelCost,
}

/// A smaller model, beside itself as it would be without the teacher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StudentView {
    /// Blocks its backbone has.
    pub num_blocks: usize,
    /// What it takes.
    pub cost: ModelCost,
    /// Held-out samples it names right, taught.
    pub taught: Proportion,
    /// The same if it has only the labels to learn from.
    pub alone: Proportion,
    /// Held-out samples that it, taught, names as the teacher does.
    pub agreement: Proportion,
    /// The same if it has only the labels to learn from.
    pub agreement_alone: Proportion,
}

/// A teacher and its students, judged by the same samples, which none of them has learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Distilled {
    /// Blocks of the whole backbone.
    pub num_blocks: usize,
    /// Who taught.
    pub teacher: TeacherView,
    /// From the largest to the smallest.
    pub students: Vec<StudentView>,
    /// Labeled samples that were learned from.
    pub num_train: usize,
    /// Samples without a label that the teacher said something of.
    pub num_unlabeled: usize,
    /// Samples whose files couldn't be read again; they are left out.
    pub num_gone: usize,
}
