//! Which backbones there are, how they suit the samples, and the change from one to another.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{LogMe, Proportion};
use crate::backbone::Architecture;

/// A backbone as it is offered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackboneView {
    /// Its weights are the page's `weights/{id}.safetensors`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Numbers it has learned.
    pub num_parameters: usize,
    /// Multiplications an image takes it, each with an addition.
    pub multiply_adds: f64,
    /// Bytes of its weights file, but for some 10 KB of header.
    pub num_bytes: usize,
    /// Share of ImageNet's validation images that the published network classifies right.
    pub imagenet_top1: f64,
    /// Of the published weights.
    pub license: String,
    /// Side of the square it sees, in pixels.
    pub input_size: usize,
}

impl From<&Architecture> for BackboneView {
    fn from(architecture: &Architecture) -> Self {
        Self {
            id: architecture.name.to_owned(),
            title: architecture.title.to_owned(),
            num_parameters: architecture.num_parameters(),
            multiply_adds: architecture.multiply_adds().iter().sum(),
            num_bytes: architecture.num_weight_bytes(),
            imagenet_top1: architecture.imagenet_top1,
            license: architecture.license.to_owned(),
            input_size: architecture.input_size,
        }
    }
}

/// What one backbone made of some samples.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Candidate {
    /// Its id.
    pub backbone: String,
    /// Rows of 1280 little-endian `f32`, a sample each.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array")]
    pub features: Vec<u8>,
}

/// How one backbone suits the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackboneRating {
    /// Its id.
    pub backbone: String,
    /// The evidence of its features for the classes.
    pub log_me: LogMe,
    /// Share of the same samples that a ridge head on its features names right, each left out of
    /// the fit that it is judged by.
    pub left_out: Proportion,
}
