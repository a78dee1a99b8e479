//! One ONNX file that takes pictures as they are and says what it is.

use serde_json::json;

use super::{Format, SQUARE_PY, VERIFY_PY, Widths};
use crate::{
    error::Result,
    export::{
        Precision,
        graph::Graph,
        onnx::{self, Ends},
        package::{Files, Source},
    },
    protocol::ExportFormat,
};

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::Onnx,
    name: "ONNX",
    sentence: "For programs in Python, JavaScript, Rust, C# or Java, on computers and phones: one \
               file that takes a picture and gives probabilities.",
    file: "graft-onnx",
    widths: Widths::Choice,
    write,
    read,
};

const MODEL: &str = "model.onnx";

fn write(source: &Source) -> Result<Files> {
    let graph = Graph::new(source.model, source.weights);
    let precision = source.precision();
    let model = onnx::write(&graph, Ends::Whole, precision, &metadata(source));
    let mut files = Files::default();
    files.add(MODEL, model);
    files.add("README.md", source.fill(include_str!("../texts/onnx.md")));
    files.add("predict.py", include_str!("../texts/onnx_predict.py"));
    files.add("square.py", SQUARE_PY);
    files.add("verify.py", VERIFY_PY);
    Ok(files)
}

fn read(files: &Files) -> Result<Graph> {
    onnx::read(files.get(MODEL)?)
}

/// What a program needs to know, for those who have this file only.
pub(super) fn metadata(source: &Source) -> Vec<(&'static str, String)> {
    let size = source.weights.architecture.input_size;
    let preprocessing = format!(
        "RGB bytes, the whole picture fitted into {size} × {size} pixels, antialiased bilinear, the \
         rest filled with the mean color of its border; all else is inside"
    );
    let mut entries = vec![
        ("labels", json!(source.labels()).to_string()),
        ("input_size", size.to_string()),
        ("preprocessing", preprocessing),
        ("backbone", source.weights.architecture.name.to_owned()),
        ("license", source.license()),
    ];
    if let Some(known) = &source.model.familiarity {
        // Below it, log Σ exp(logits) says that a picture is of none of the classes.
        entries.push(("least_energy", known.least_energy.to_string()));
    }
    entries
}

impl Source<'_> {
    pub(super) fn precision(&self) -> Precision {
        match self.half {
            true => Precision::Half,
            false => Precision::Full,
        }
    }
}
