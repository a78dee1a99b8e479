//! What the one-file app is told by the file it is, and by the model inside.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ModelClass, Proportion};

/// What an app shows before it has read its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AppFacts {
    /// The classes in the order of the probabilities.
    pub classes: Vec<ModelClass>,
    /// When it was made, as ISO 8601 has it.
    pub date: String,
    /// The model card, in Markdown.
    pub card: String,
    /// How good the model was, if that is known.
    pub accuracy: Option<Proportion>,
    /// The share of its own classes' pictures that it is meant to find familiar; nothing if it
    /// can't tell unknown things.
    pub familiar_share: Option<f64>,
    /// What people call the backbone.
    pub backbone: String,
    /// Whether that has learned, too.
    pub is_tuned: bool,
    /// Graft's version.
    pub version: String,
}

/// What the model says of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AppAnswer {
    /// One per class, summing to 1.
    pub probabilities: Vec<f32>,
    /// Whether it looks like one of the classes at all; nothing if the model can't tell.
    pub is_familiar: Option<bool>,
    /// A JPEG, at most 128 pixels a side.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array")]
    pub thumbnail: Vec<u8>,
}

/// How the model does on the painted picture that came with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SelfTest {
    /// Largest difference between a probability and what the page said that trained the model.
    pub difference: f32,
    /// Whether that is next to nothing.
    pub is_passed: bool,
}
