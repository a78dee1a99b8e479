//! A trained model in, files that work without Graft out; and back.
//!
//! [`graph`] is the whole model as a chain of operations. [`onnx`] and [`tfjs`] write it down and
//! read it again, [`formats`] say which files make a download, and [`pack`] hands out a zip only
//! after what it says of a painted picture, the [`Probe`], is what the page says.

mod card;
pub mod formats;
pub mod graph;
mod model_file;
pub mod onnx;
mod package;
mod probe;
pub mod tfjs;

pub use formats::{FORMATS, Format};
pub use model_file::{from_safetensors, to_safetensors};
pub use package::{Files, Package, Source, pack, unpack};
pub use probe::Probe;

use crate::{
    backbone::Weights,
    model::Model,
    protocol::{ExportFormat, FormatView},
};

/// What is offered for a model: all formats, with about how large they will be, and why not.
pub fn offer(model: &Model, weights: &Weights) -> Vec<FormatView> {
    let num_backbone = weights.convs.iter();
    let num_backbone: usize = num_backbone
        .map(|conv| conv.weight.len() + conv.bias.len())
        .sum();
    let layers = model.head.layers.iter();
    let num_head: usize = layers
        .map(|layer| layer.weight.len() + layer.bias.len())
        .sum();
    let view = |format: &Format| {
        let size = |bytes| num_backbone * bytes + 4 * num_head;
        let (full, half) = format.bytes_per_number;
        FormatView {
            id: format.id,
            name: format.name.to_owned(),
            sentence: format.sentence.to_owned(),
            bytes: size(full),
            half_bytes: half.map(size),
            refusal: refusal(format.id, model),
        }
    };
    FORMATS.iter().map(view).collect()
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
mod fixtures;
