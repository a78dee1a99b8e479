//! All ways in which a model leaves the page: one file each, and a line each in [`FORMATS`].

mod graft;
mod hugging_face;
mod onnx;
mod tensorflow_js;

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
    /// The download's name, without `.zip`.
    pub(super) file: &'static str,
    /// Bytes for each number of the backbone, and with 16-bit numbers if there is a choice.
    pub(super) bytes_per_number: (usize, Option<usize>),
    /// The files beside those that every zip has.
    pub(super) write: fn(&Source) -> Result<Files>,
    /// What those files say, from colors on the scale 0–255 to probabilities.
    pub(super) read: fn(&Files) -> Result<Graph>,
}

/// All of them, in the order they are offered.
pub const FORMATS: [Format; 4] = [
    graft::FORMAT,
    onnx::FORMAT,
    tensorflow_js::FORMAT,
    hugging_face::FORMAT,
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
