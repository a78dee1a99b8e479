//! How a model leaves the page.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A kind of download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// safetensors and NumPy; the page reads it again.
    Graft,
    /// An HTML file with everything inside.
    OneFile,
    /// One ONNX file, complete.
    Onnx,
    /// One TensorFlow Lite file with labels.
    TfLite,
    /// A layers model in Teachable Machine's files.
    TensorFlowJs,
    /// ONNX in the folder that Transformers expects.
    HuggingFace,
    /// A crate in Rust with Burn's own record.
    Burn,
}

/// A kind of download as the page offers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FormatView {
    /// Which.
    pub id: ExportFormat,
    /// What people call it.
    pub name: String,
    /// Whom it is for.
    pub sentence: String,
    /// About its size.
    pub bytes: usize,
    /// The same with 16 bits a number; nothing if there is no choice.
    pub half_bytes: Option<usize>,
    /// Why this model can't be had so, and what to do.
    pub refusal: Option<String>,
}
