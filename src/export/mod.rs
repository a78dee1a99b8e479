//! A trained model in, files that work without Graft out; and back.
//!
//! [`graph`] is the whole model as a chain of operations. [`onnx`], [`tfjs`] and [`tflite`] write it
//! down and read it again, [`burnpack`] does so with its numbers, [`formats`] say which files make a
//! download, and [`pack`] hands one out only after what it says of a painted picture, the [`Probe`],
//! is what the page says. `one_file` is the download that is a page instead of a zip.

pub mod burnpack;
mod card;
pub mod formats;
pub mod graph;
mod model_file;
mod one_file;
pub mod onnx;
mod package;
mod precision;
mod probe;
pub mod tfjs;
pub mod tflite;
mod yardstick;

use formats::Widths;
pub use formats::{FORMATS, Format};
pub use model_file::{backbone_name, from_safetensors, to_safetensors, without_tensors};
pub use package::{Files, Package, Source, architecture, load, pack, unpack};
pub use precision::Precision;
pub use probe::Probe;
pub use yardstick::Yardstick;

use crate::{
    backbone::Weights,
    error::Error,
    model::Model,
    protocol::{ExportFormat, FormatView},
};

/// What is offered for a model: all formats, with about how large they will be, and why not.
pub fn offer(model: &Model, weights: &Weights) -> Vec<FormatView> {
    let [full, half] = sizes(model, weights);
    let view = |format: &Format| {
        let (bytes, half_bytes) = match format.widths {
            _ if format.is_app() => (one_file::size(half), None),
            Widths::Full => (full, None),
            Widths::Half => (half, None),
            Widths::Choice => (full, Some(half)),
        };
        FormatView {
            id: format.id,
            name: format.name.to_owned(),
            sentence: format.sentence.to_owned(),
            bytes,
            half_bytes,
            refusal: refusal(format.id, model),
        }
    };
    FORMATS.iter().map(view).collect()
}

/// That a file doesn't say what was to be written.
fn unlike(trouble: impl Into<String>) -> Error {
    Error::UnfaithfulExport(trouble.into())
}

/// Bytes of all numbers: in 32 bits, and in 16 where that loses nothing.
fn sizes(model: &Model, weights: &Weights) -> [usize; 2] {
    let layers = model.head.layers.iter();
    let of_head: usize = layers
        .map(|layer| 4 * (layer.weight.len() + layer.bias.len()))
        .sum();
    let tensors = weights.convs.iter().flat_map(|it| [&it.weight, &it.bias]);
    let mut sizes = [of_head; 2];
    for values in tensors {
        sizes[0] += 4 * values.len();
        sizes[1] += values.len() * if precision::are_halves(values) { 2 } else { 4 };
    }
    sizes
}

/// Why a format can't hold a model, and what to do.
fn refusal(id: ExportFormat, model: &Model) -> Option<String> {
    let later = model.head.layers.len() > 1;
    let error = match id {
        ExportFormat::TensorFlowJs if later => tfjs::refusal(model.head.activation)?,
        _ => return None,
    };
    Some(format!("{error}. {}", error.remedy()))
}

#[cfg(test)]
pub(crate) mod fixtures;
