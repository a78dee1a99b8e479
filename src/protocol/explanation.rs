//! Why a model says what it says of an image.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SampleId;

/// Where in an image the evidence for each class is, and which training samples speak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Explanation {
    /// Of each class of the model.
    pub probabilities: Vec<f32>,
    /// Whether it looks like one of them at all; nothing if the model can't tell.
    #[serde(rename = "isFamiliar")]
    pub is_familiar: Option<bool>,
    /// Cells a side of the heat maps.
    pub side: usize,
    /// What each cell adds to each class's logit, row by row: `[num_classes][side × side]`. With a
    /// linear head a class's cells and bias add up to its logit; with a perceptron to first order.
    pub heat: Vec<Vec<f32>>,
    /// Samples that speak about the class asked for, by ridge regression on today's labels; nothing
    /// if that class is gone or there are too few samples.
    pub voices: Option<Voices>,
}

/// Training samples that have to do with an image, each list strongest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Voices {
    /// Those that speak for the class.
    pub supporting: Vec<Voice>,
    /// Those that speak against it.
    pub opposing: Vec<Voice>,
    /// Those that look most like the image, whatever they say.
    pub nearest: Vec<Voice>,
}

/// What one training sample has to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Voice {
    /// Which.
    pub sample: SampleId,
    /// What it adds to the class's logit.
    pub contribution: f32,
    /// How alike they are: 1 for a copy.
    pub cosine: f32,
}

/// What hiding parts of an image does to one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Occlusion {
    /// Cells a side.
    pub side: usize,
    /// The class's probability with nothing hidden.
    pub probability: f32,
    /// Its probability with a patch around each cell hidden, row by row: `[side × side]`.
    pub hidden: Vec<f32>,
}
