//! One TensorFlow Lite file with labels and what MediaPipe needs to know.

use super::{Format, SQUARE_PY, VERIFY_PY, Widths};
use crate::{
    error::Result,
    export::{
        graph::Graph,
        package::{Files, Source},
        tflite::{self, About},
    },
    protocol::ExportFormat,
};

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::TfLite,
    name: "TensorFlow Lite",
    sentence: "For apps on phones and small computers, and for MediaPipe on Android, iOS, in Python \
               and in pages: one file with its labels. Also called LiteRT.",
    file: "graft-tflite",
    widths: Widths::Choice,
    write,
    read,
};

const MODEL: &str = "model.tflite";

fn write(source: &Source) -> Result<Files> {
    let graph = Graph::new(source.model, source.weights);
    let model = tflite::write(&graph, source.precision(), &about(source));
    let mut files = Files::default();
    files.add(MODEL, model);
    files.add("README.md", source.fill(include_str!("../texts/tflite.md")));
    files.add("predict.py", include_str!("../texts/tflite_predict.py"));
    files.add("square.py", SQUARE_PY);
    files.add("verify.py", VERIFY_PY);
    Ok(files)
}

fn read(files: &Files) -> Result<Graph> {
    tflite::read(files.get(MODEL)?)
}

/// What a program needs to know, for those who have this file only.
fn about(source: &Source) -> About {
    let architecture = &source.weights.architecture;
    let labels = source.labels();
    let description = format!(
        "Tells apart: {}. A head on {}. Takes the whole picture fitted into {size} × {size} pixels, \
         antialiased bilinear, the rest filled with the mean color of its border.",
        labels.join(", "),
        architecture.title,
        size = architecture.input_size,
    );
    About {
        description,
        license: source.license(),
        labels,
    }
}
