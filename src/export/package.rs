//! The zip a user downloads: weights, labels, and a program that uses them without Graft.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{from_safetensors, model_file, to_safetensors};
use crate::{
    archive::{Archive, MODEL_FILE},
    backbone::Architecture,
    error::{Error, Result},
    model::Model,
};

/// Reads the weights and runs them with NumPy; tested against the page.
const PREDICT: &str = include_str!("predict.py");

/// What the zip says about itself, with `{…}` to be filled in.
const README: &str = include_str!("package_readme.md");

/// Packs a model and the backbone it needs into a zip.
///
/// # Errors
///
/// When `backbone` is not a weights file.
pub fn pack(model: &Model, backbone: &[u8]) -> Result<Vec<u8>> {
    let labels: String = model
        .classes
        .iter()
        .map(|class| one_line(&class.name) + "\n")
        .collect();
    let weights = to_safetensors(model, backbone)?;
    let files = [
        (MODEL_FILE, weights.as_slice()),
        ("labels.txt", labels.as_bytes()),
        ("predict.py", PREDICT.as_bytes()),
        (
            "README.md",
            &readme(model, &model_file::architecture(&weights)?).into_bytes(),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        // Weights are noise to a compressor; the rest is small. Stored files also open fastest.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name, options).expect("few and short names");
        zip.write_all(content).expect("memory takes everything");
    }
    Ok(zip.finish().expect("memory takes everything").into_inner())
}

/// Reads the model from a zip that [`pack`] made, also when it was zipped again in a folder.
///
/// # Errors
///
/// When it is no such zip, or damaged.
pub fn unpack(bytes: &[u8]) -> Result<Model> {
    from_safetensors(&file_inside(bytes)?)
}

/// The backbone that the model in a zip is for.
///
/// # Errors
///
/// When there is no such model, or the backbone is none of ours.
pub fn architecture(bytes: &[u8]) -> Result<Architecture> {
    model_file::architecture(&file_inside(bytes)?)
}

fn file_inside(bytes: &[u8]) -> Result<Vec<u8>> {
    let trouble = |error: Error| Error::DamagedModel(error.to_string());
    let mut archive = Archive::open(Cursor::new(bytes)).map_err(trouble)?;
    let missing = || Error::DamagedModel(format!("there is no {MODEL_FILE} in it"));
    let index = archive.model().ok_or_else(missing)?;
    archive.read(index).map_err(trouble)
}

fn readme(model: &Model, backbone: &Architecture) -> String {
    let size = backbone.input_size;
    let classes: Vec<_> = model
        .classes
        .iter()
        .map(|class| one_line(&class.name))
        .collect();
    let accuracy = model.provenance.as_ref().map_or_else(
        || "unknown".to_owned(),
        |known| {
            let share = known.accuracy;
            format!(
                "{} of {} images held out from training were classified right; with 95 % \
                 confidence the share on more such images is between {:.0} % and {:.0} %",
                share.hits,
                share.total,
                share.low * 100.0,
                share.high * 100.0
            )
        },
    );
    README
        .replace("{classes}", &classes.join(", "))
        .replace("{accuracy}", &accuracy)
        .replace("{backbone}", backbone.title)
        .replace("{license}", backbone.license)
        .replace("{size}", &format!("{size} × {size}"))
}

fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use zip::ZipArchive;

    use super::*;
    use crate::export::fixtures::{backbone, model};

    #[test]
    fn a_packed_model_comes_back_the_same() {
        let zip = pack(&model(), &backbone()).unwrap();
        assert_eq!(unpack(&zip).unwrap(), model());
    }

    #[test]
    fn labels_are_one_a_line_whatever_they_are_called() {
        let zip = pack(&model(), &backbone()).unwrap();
        let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
        let labels = std::io::read_to_string(zip.by_name("labels.txt").unwrap()).unwrap();
        assert_eq!(labels, "cats\n“dogs”\n");
    }

    #[test]
    fn a_zip_of_anything_else_is_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("a.txt", SimpleFileOptions::default())
            .unwrap();
        let zip = zip.finish().unwrap().into_inner();
        assert!(
            unpack(&zip)
                .unwrap_err()
                .to_string()
                .contains("graft.safetensors")
        );
        assert!(unpack(b"PK\x03\x04 cut short").is_err());
    }
}
