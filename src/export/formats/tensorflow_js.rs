//! The three files of Teachable Machine, with Graft's model in them.

use serde_json::json;

use super::{Format, Widths};
use crate::{
    error::{Error, Result},
    export::{
        graph::Graph,
        package::{Files, Source},
        tfjs,
    },
    protocol::ExportFormat,
};

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::TensorFlowJs,
    name: "Teachable Machine",
    sentence: "For pages and projects made for Teachable Machine, for ml5 and TensorFlow.js: it \
               takes the place of the three files there.",
    file: "graft-teachable-machine",
    widths: Widths::Full,
    write,
    read,
};

const MODEL: &str = "model.json";
const WEIGHTS: &str = "weights.bin";
const METADATA: &str = "metadata.json";

fn write(source: &Source) -> Result<Files> {
    let written = tfjs::write(&Graph::new(source.model, source.weights))?;
    let mut files = Files::default();
    files.add(MODEL, written.model);
    files.add(WEIGHTS, written.weights);
    files.add(METADATA, metadata(source));
    files.add(
        "README.md",
        source.fill(include_str!("../texts/tensorflow_js.md")),
    );
    files.add(
        "verify.mjs",
        include_str!("../texts/tensorflow_js_verify.mjs"),
    );
    Ok(files)
}

/// The fields that Teachable Machine writes, which its library reads.
fn metadata(source: &Source) -> String {
    let metadata = json!({
        "tfjsVersion": "1.3.1",
        "tmVersion": "2.4.10",
        "packageVersion": "0.8.5",
        "packageName": "@teachablemachine/image",
        "timeStamp": source.date,
        "userMetadata": { "madeBy": concat!("Graft ", env!("CARGO_PKG_VERSION")) },
        "modelName": "graft-model",
        "labels": source.labels(),
        "imageSize": source.weights.architecture.input_size,
    });
    metadata.to_string()
}

fn read(files: &Files) -> Result<Graph> {
    let model = String::from_utf8(files.get(MODEL)?.to_vec());
    tfjs::read(&tfjs::Files {
        model: model.map_err(|error| Error::UnfaithfulExport(error.to_string()))?,
        weights: files.get(WEIGHTS)?.to_vec(),
    })
}
