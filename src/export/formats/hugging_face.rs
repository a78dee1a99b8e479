//! The folder that Transformers.js and Optimum expect of a classifier.

use serde::Deserialize;
use serde_json::json;

use super::{Format, SQUARE_PY, VERIFY_PY, Widths};
use crate::{
    backbone::Architecture,
    error::{Error, Result},
    export::{
        Precision,
        graph::{ColorScale, Graph, Step},
        onnx::{self, Ends},
        package::{Files, Source},
    },
    protocol::ExportFormat,
};

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::HuggingFace,
    name: "Hugging Face",
    sentence: "For Transformers.js, Optimum and the Hugging Face Hub: ONNX in the folder they \
               expect.",
    file: "graft-hugging-face",
    widths: Widths::Choice,
    write,
    read,
};

const PREPROCESSOR: &str = "preprocessor_config.json";

/// Of Pillow.
const BILINEAR: usize = 2;

fn write(source: &Source) -> Result<Files> {
    let graph = Graph::new(source.model, source.weights).bare();
    let precision = source.precision();
    let model = onnx::write(&graph, Ends::Bare, precision, &[]);
    let mut files = Files::default();
    files.add(path(precision), model);
    files.add("config.json", config(source));
    files.add(PREPROCESSOR, preprocessor(&source.weights.architecture));
    files.add(
        "README.md",
        source.fill(include_str!("../texts/hugging_face.md")),
    );
    files.add(
        "predict.py",
        include_str!("../texts/hugging_face_predict.py"),
    );
    files.add("square.py", SQUARE_PY);
    files.add("verify.py", VERIFY_PY);
    Ok(files)
}

/// As Transformers.js looks for it.
const fn path(precision: Precision) -> &'static str {
    match precision {
        Precision::Full => "onnx/model.onnx",
        Precision::Half => "onnx/model_fp16.onnx",
    }
}

fn config(source: &Source) -> String {
    let labels = source.labels();
    let numbered = labels.iter().enumerate();
    let id2label: serde_json::Map<_, _> = numbered
        .clone()
        .map(|(id, label)| (id.to_string(), json!(label)))
        .collect();
    let label2id: serde_json::Map<_, _> = numbered
        .map(|(id, label)| (label.clone(), json!(id)))
        .collect();
    // Which of their classes runs it; all they ask of it is pixel values in and logits out.
    let (class, kind) = match source.weights.architecture.name {
        "mobilenet-v2" => ("MobileNetV2ForImageClassification", "mobilenet_v2"),
        _ => ("EfficientNetForImageClassification", "efficientnet"),
    };
    let config = json!({
        "architectures": [class],
        "model_type": kind,
        "image_size": source.weights.architecture.input_size,
        "num_labels": labels.len(),
        "id2label": id2label,
        "label2id": label2id,
        "problem_type": "single_label_classification",
    });
    serde_json::to_string_pretty(&config).expect("plain data")
}

fn preprocessor(architecture: &Architecture) -> String {
    let side = architecture.input_size;
    let share = |colors: [f32; 3]| colors.map(|color| f64::from(color) / 255.0);
    let config = json!({
        "image_processor_type": "ViTImageProcessor",
        "do_resize": true,
        "size": { "height": side, "width": side },
        "resample": BILINEAR,
        "do_rescale": true,
        "rescale_factor": 1.0 / 255.0,
        "do_normalize": true,
        "image_mean": share(architecture.mean),
        "image_std": share(architecture.std),
    });
    serde_json::to_string_pretty(&config).expect("plain data")
}

#[derive(Deserialize)]
struct Preprocessor {
    image_mean: [f64; 3],
    image_std: [f64; 3],
}

fn read(files: &Files) -> Result<Graph> {
    let precisions = [Precision::Full, Precision::Half];
    let found = precisions.iter().find_map(|&it| files.get(path(it)).ok());
    let model = found.ok_or_else(|| Error::UnfaithfulExport("there is no model".to_owned()))?;
    let mut graph = onnx::read(model)?;
    let config: Preprocessor = serde_json::from_slice(files.get(PREPROCESSOR)?)
        .map_err(|error| Error::UnfaithfulExport(error.to_string()))?;
    let color = |share: f64| (share * 255.0) as f32;
    let scale = ColorScale {
        mean: config.image_mean.map(color),
        std: config.image_std.map(color),
    };
    graph.steps.insert(0, Step::Normalize(scale));
    graph.steps.push(Step::Softmax);
    Ok(graph)
}
