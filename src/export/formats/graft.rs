//! safetensors and a program in plain NumPy; the page itself reads it again.

use super::{Format, SQUARE_PY, VERIFY_PY, Widths};
use crate::{
    archive::MODEL_FILE,
    error::{Error, Result},
    export::{
        graph::Graph,
        model_file::{self, to_safetensors},
        package::{Files, Source},
    },
    protocol::ExportFormat,
};

pub(super) const FORMAT: Format = Format {
    id: ExportFormat::Graft,
    name: "Graft",
    sentence: "For this page: drop it here to use the model again. Also for NumPy and Rust: all \
               numbers in one safetensors file.",
    file: "graft-model",
    widths: Widths::Half,
    write,
    read,
};

fn write(source: &Source) -> Result<Files> {
    let mut files = Files::default();
    files.add(MODEL_FILE, to_safetensors(source.model, source.backbone)?);
    files.add("README.md", source.fill(include_str!("../texts/graft.md")));
    files.add("predict.py", include_str!("../texts/graft_predict.py"));
    files.add("square.py", SQUARE_PY);
    files.add("verify.py", VERIFY_PY);
    Ok(files)
}

fn read(files: &Files) -> Result<Graph> {
    let whole = model_file::read_whole(files.get(MODEL_FILE)?);
    let (model, weights) = whole.map_err(|error| Error::UnfaithfulExport(error.to_string()))?;
    Ok(Graph::new(&model, &weights))
}
