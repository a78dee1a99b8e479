//! All ways in which a model leaves the page: one file each, and a line each in [`FORMATS`].

mod burn;
mod graft;
mod hugging_face;
mod one_file;
mod onnx;
mod tensorflow_js;
mod tflite;

use super::{
    graph::Graph,
    package::{Files, Source},
};
use crate::{error::Result, protocol::ExportFormat};

/// A way in which a model leaves the page.
pub struct Format {
    /// Which.
    pub(super) id: ExportFormat,
    /// What people call it.
    pub(super) name: &'static str,
    /// Whom it is for.
    pub(super) sentence: &'static str,
    /// The download's name, without its ending.
    pub(super) file: &'static str,
    /// How its numbers can be stored.
    pub(super) widths: Widths,
    /// The files beside those that every zip has.
    pub(super) write: fn(&Source) -> Result<Files>,
    /// What those files say, from colors on the scale 0–255 to probabilities.
    pub(super) read: fn(&Files) -> Result<Graph>,
}

/// How numbers can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Widths {
    /// All in 32 bits.
    Full,
    /// In 16 bits where that loses nothing.
    Half,
    /// Either way.
    Choice,
}

/// All of them, in the order they are offered.
pub const FORMATS: [Format; 7] = [
    graft::FORMAT,
    one_file::FORMAT,
    onnx::FORMAT,
    tflite::FORMAT,
    tensorflow_js::FORMAT,
    hugging_face::FORMAT,
    burn::FORMAT,
];

/// The program that fits a picture into the square; all programs in Python share it.
const SQUARE_PY: &str = include_str!("texts/square.py");

/// The program that compares a download with the page; it asks the `predict.py` beside it.
const VERIFY_PY: &str = include_str!("texts/verify.py");

impl Format {
    /// The format of this name.
    pub fn of(id: ExportFormat) -> &'static Self {
        let found = FORMATS.iter().find(|format| format.id == id);
        found.expect("each has its line")
    }
}
