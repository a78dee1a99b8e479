//! A model in, a file that works without Graft out, tested before it is handed out; and back.

use std::io::{Cursor, Read, Write};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{
    Probe,
    card::model_card,
    formats::{Format, Widths},
    from_safetensors,
    model_file::{self, read_whole},
    one_file,
    yardstick::{self, TOLERANCE},
};
use crate::{
    archive::{Archive, MODEL_FILE},
    backbone::{Architecture, Weights},
    error::{Error, Result},
    model::Model,
    tensor_file::TensorFile,
};

/// All that a download is made of.
pub struct Source<'a> {
    /// The head, and what is known of it.
    pub model: &'a Model,
    /// The weights file of the backbone that belongs to it.
    pub backbone: &'a [u8],
    /// The same, read.
    pub weights: &'a Weights,
    /// What the page says of the painted picture.
    pub probe: &'a Probe,
    /// When, as ISO 8601 has it.
    pub date: &'a str,
    /// Whether 16 bits are enough for a number, where a format leaves the choice.
    pub half: bool,
    /// The empty page that the one-file app is made of; no other format needs it.
    pub page: Option<&'a [u8]>,
}

/// A download and how it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// A name for the download.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Largest difference between what the file says of the painted picture and what the page says.
    pub difference: f32,
}

/// Packs a model, reads the file again and runs what it says.
///
/// # Errors
///
/// When the backbone is no weights file, when the format can't hold the model, or when the file
/// gives other answers than the page.
pub fn pack(format: &Format, source: &Source) -> Result<Package> {
    let mut files = (format.write)(source)?;
    files.add("MODEL_CARD.md", model_card(source));
    files.add("labels.txt", source.labels().join("\n") + "\n");
    yardstick::add(&mut files, source);
    let zip = files.to_zip();
    let bytes = match format.is_app() {
        true => one_file::wrap(source, &zip)?,
        false => zip,
    };
    let difference = difference(format, &bytes, source.probe)?;
    Ok(Package {
        name: name(format, source.half),
        bytes,
        difference,
    })
}

fn name(format: &Format, half: bool) -> String {
    let half = match half && format.widths == Widths::Choice {
        true => "-half",
        false => "",
    };
    let ending = if format.is_app() { "html" } else { "zip" };
    format!("{}{half}.{ending}", format.file)
}

fn files_in(format: &Format, bytes: &[u8]) -> Result<Files> {
    match format.is_app() {
        true => Files::from_zip(&one_file::unwrap(bytes)?),
        false => Files::from_zip(bytes),
    }
}

fn difference(format: &Format, bytes: &[u8], probe: &Probe) -> Result<f32> {
    let graph = (format.read)(&files_in(format, bytes)?)?;
    let unlike = |trouble: String| Err(Error::UnfaithfulExport(trouble));
    if !graph.is_sound() || probe.pixels.len() != 3 * graph.input_size.pow(2) {
        return unlike("it is for pictures of another size".to_owned());
    }
    let colors: Vec<f32> = probe.pixels.iter().map(|&color| color.into()).collect();
    let found = graph.run(&colors);
    if found.len() != probe.probabilities.len() {
        return unlike("it has other classes".to_owned());
    }
    let difference = yardstick::difference(&found, &probe.probabilities);
    // Also if it is no number.
    match difference < TOLERANCE {
        true => Ok(difference),
        false => unlike(format!("a probability differs by {difference:.4}")),
    }
}

impl Source<'_> {
    /// The classes' names, each on one line.
    pub(super) fn labels(&self) -> Vec<String> {
        let names = self.model.classes.iter().map(|class| class.name.as_str());
        names.map(one_line).collect()
    }

    /// Under which the backbone was published.
    pub(super) fn license(&self) -> String {
        self.about("license")
    }

    /// Something that the backbone's file says about itself.
    pub(super) fn about(&self, key: &str) -> String {
        let file = TensorFile::parse(self.backbone);
        let value = file
            .ok()
            .and_then(|file| Some(file.metadata(key)?.to_owned()));
        value.unwrap_or_else(|| "unknown".to_owned())
    }

    /// A text with what is in `{braces}` filled in.
    pub(super) fn fill(&self, text: &str) -> String {
        let side = self.weights.architecture.input_size.to_string();
        let accuracy = self.model.provenance.as_ref();
        let accuracy = accuracy.map_or_else(
            || "unknown".to_owned(),
            |known| {
                let share = known.accuracy;
                format!(
                    "{} of {} pictures held out from training were classified right; with 95 % \
                     confidence the share on more such pictures is between {:.0} % and {:.0} %",
                    share.hits,
                    share.total,
                    share.low * 100.0,
                    share.high * 100.0
                )
            },
        );
        let energy = self.model.familiarity.map_or_else(
            || "unknown".to_owned(),
            |known| format!("{:.3}", known.least_energy),
        );
        let (dtype, onnx) = match self.half {
            true => ("fp16", "onnx/model_fp16.onnx"),
            false => ("fp32", "onnx/model.onnx"),
        };
        text.replace("{classes}", &self.labels().join(", "))
            .replace("{accuracy}", &accuracy)
            .replace("{backbone}", self.weights.architecture.title)
            .replace("{license}", &self.license())
            .replace("{least_energy}", &energy)
            .replace("{dtype}", dtype)
            .replace("{onnx}", onnx)
            .replace("{size}", &side)
    }
}

fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Files by path, in the order they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    pub(super) fn add(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.0.push((path.to_owned(), content.into()));
    }

    pub(super) fn get(&self, path: &str) -> Result<&[u8]> {
        let found = self.0.iter().find(|(other, _)| other == path);
        let missing = || Error::UnfaithfulExport(format!("there is no {path} in it"));
        Ok(&found.ok_or_else(missing)?.1)
    }

    fn to_zip(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content) in &self.0 {
            // Weights are noise to a compressor; the rest is small. Stored files also open fastest.
            let options =
                SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            zip.start_file(path, options).expect("few and short names");
            zip.write_all(content).expect("memory takes everything");
        }
        zip.finish().expect("memory takes everything").into_inner()
    }

    pub(super) fn from_zip(bytes: &[u8]) -> Result<Self> {
        let unlike = |error: &dyn std::fmt::Display| Error::UnfaithfulExport(error.to_string());
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unlike(&error))?;
        let mut files = Self::default();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).map_err(|error| unlike(&error))?;
            let mut content = Vec::new();
            file.read_to_end(&mut content)
                .map_err(|error| unlike(&error))?;
            let path = file.name().map_err(|error| unlike(&error))?.into_owned();
            files.add(&path, content);
        }
        Ok(files)
    }
}

/// Reads the model from a zip in Graft's own format, also when it was zipped again in a folder.
///
/// # Errors
///
/// When it is no such zip, or damaged.
pub fn unpack(bytes: &[u8]) -> Result<Model> {
    from_safetensors(&model_file_in(bytes)?)
}

/// The backbone that the model in a zip is for.
///
/// # Errors
///
/// When there is no such model, or the backbone is none of ours.
pub fn architecture(bytes: &[u8]) -> Result<Architecture> {
    model_file::architecture(&model_file_in(bytes)?)
}

/// The same with the backbone: all that is needed to classify pictures.
///
/// # Errors
///
/// When it is no such zip, or damaged.
pub fn load(bytes: &[u8]) -> Result<(Model, Weights)> {
    read_whole(&model_file_in(bytes)?)
}

fn model_file_in(zip: &[u8]) -> Result<Vec<u8>> {
    let trouble = |error: Error| Error::DamagedModel(error.to_string());
    let mut archive = Archive::open(Cursor::new(zip)).map_err(trouble)?;
    let missing = || Error::DamagedModel(format!("there is no {MODEL_FILE} in it"));
    let index = archive.model().ok_or_else(missing)?;
    archive.read(index).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        export::{
            FORMATS,
            fixtures::{model, with_source},
        },
        protocol::ExportFormat,
    };
    use serde_json::json;

    fn text(files: &Files, path: &str) -> String {
        String::from_utf8(files.get(path).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn every_format_says_what_the_page_says_and_how_to_check_that() {
        for half in [false, true] {
            with_source(half, |source| {
                for format in &FORMATS {
                    let package = pack(format, source).unwrap();
                    assert!(package.difference < 1e-4, "{}", package.difference);
                    let files = files_in(format, &package.bytes).unwrap();
                    for path in ["README.md", "MODEL_CARD.md"] {
                        let text = text(&files, path);
                        let braces = ["{classes}", "{size}", "{accuracy}", "{license}", "{dtype}"];
                        assert!(braces.iter().all(|it| !text.contains(it)), "{path}: {text}");
                    }
                    assert_eq!(text(&files, "labels.txt"), "cats\n“dogs”\n");
                    let expected: serde_json::Value =
                        serde_json::from_str(&text(&files, "expected.json")).unwrap();
                    assert_eq!(expected["labels"], json!(["cats", "“dogs”"]));
                }
            });
        }
    }

    #[test]
    fn the_model_card_has_counts_and_intervals() {
        with_source(false, |source| {
            let card = model_card(source);
            assert!(
                card.contains("9 of 10 held-out pictures were named right: 90.0 %"),
                "{card}"
            );
            assert!(
                card.contains("| cats | 25 | 5 | 5 | 57 to 100 % |"),
                "{card}"
            );
            assert!(card.contains("license: Apache-2.0"), "{card}");
        });
    }

    #[test]
    fn a_packed_model_comes_back_the_same() {
        with_source(false, |source| {
            let package = pack(Format::of(ExportFormat::Graft), source).unwrap();
            assert_eq!(package.name, "graft-model.zip");
            assert_eq!(unpack(&package.bytes).unwrap(), model());
            let (loaded, weights) = load(&package.bytes).unwrap();
            assert!(loaded == model() && weights.convs == source.weights.convs);
        });
    }

    #[test]
    fn an_app_is_a_page_with_the_same_model_inside() {
        with_source(true, |source| {
            let package = pack(Format::of(ExportFormat::OneFile), source).unwrap();
            assert_eq!(package.name, "graft-app.html");
            let zip = one_file::unwrap(&package.bytes).unwrap();
            assert_eq!(unpack(&zip).unwrap(), model());
            assert!(load(&zip).unwrap().1.convs == source.weights.convs);
        });
    }

    #[test]
    fn what_answers_otherwise_is_not_handed_out() {
        with_source(false, |source| {
            let other = Probe {
                probabilities: vec![0.5, 0.5],
                ..source.probe.clone()
            };
            let source = Source {
                probe: &other,
                ..*source
            };
            for format in &FORMATS {
                let error = pack(format, &source).unwrap_err();
                assert!(matches!(error, Error::UnfaithfulExport(_)), "{error}");
            }
        });
    }

    #[test]
    fn a_zip_of_anything_else_is_refused() {
        let mut files = Files::default();
        files.add("a.txt", "a");
        let trouble = unpack(&files.to_zip()).unwrap_err().to_string();
        assert!(trouble.contains("graft.safetensors"));
        assert!(unpack(b"PK\x03\x04 cut short").is_err());
    }
}
