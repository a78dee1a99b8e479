//! What an extractor worker calls.

use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::File;
use web_time::Instant;

use super::{blob::BlobReader, problem, to_js};
use crate::{
    archive,
    backbone::{Architecture, Backbone, Weights},
    error::{Error, Result},
    pixels::{self, Decoded},
    protocol::{Extracted, Extraction},
    sample_set,
};

/// Turns image files into features, or into pixels for the GPU.
#[wasm_bindgen]
pub struct Extractor {
    /// Side of the square the backbone sees, in pixels.
    input_size: u32,
    backbone: Option<Backbone>,
}

#[wasm_bindgen]
impl Extractor {
    /// For a backbone by its id. With its safetensors file it gives features; without, pixels of
    /// the size it sees. Throws a `Problem`.
    #[wasm_bindgen(constructor)]
    pub fn new(backbone: String, weights: Option<Vec<u8>>) -> std::result::Result<Self, JsValue> {
        load(&backbone, weights).map_err(|error| problem(error, "backbone".to_owned()))
    }

    /// Reads one image file. Returns an `Extraction`, throws a `Problem`.
    pub fn extract_file(
        &mut self,
        path: String,
        bytes: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        let size = self.input_size;
        extract(
            || pixels::decode(&bytes),
            path,
            size,
            self.backbone.as_mut(),
        )
    }

    /// Takes an image the browser has decoded. Returns an `Extraction`, throws a `Problem`.
    pub fn extract_rgba(
        &mut self,
        path: String,
        width: u32,
        height: u32,
        rgba: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        let decode = || Decoded::from_rgba(width, height, &rgba);
        extract(decode, path, self.input_size, self.backbone.as_mut())
    }

    /// As [`Self::extract_file`], but always `Pixels`: explanations look at the image.
    pub fn pixels_of_file(
        &self,
        path: String,
        bytes: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        extract(|| pixels::decode(&bytes), path, self.input_size, None)
    }

    /// As [`Self::extract_rgba`], but always `Pixels`.
    pub fn pixels_of_rgba(
        &self,
        path: String,
        width: u32,
        height: u32,
        rgba: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        let decode = || Decoded::from_rgba(width, height, &rgba);
        extract(decode, path, self.input_size, None)
    }
}

fn load(backbone: &str, weights: Option<Vec<u8>>) -> Result<Extractor> {
    let unknown = || Error::UnknownBackbone(backbone.to_owned());
    let architecture = Architecture::by_name(backbone).ok_or_else(unknown)?;
    let backbone = match weights {
        Some(bytes) => {
            let weights = Weights::from_safetensors(&bytes)?;
            if weights.architecture != architecture {
                let found = weights.architecture.title;
                let trouble = format!("they are {found}'s, not {}'s", architecture.title);
                return Err(Error::DamagedWeights(trouble));
            }
            Some(Backbone::new(&weights))
        }
        None => None,
    };
    Ok(Extractor {
        input_size: architecture.input_size as u32,
        backbone,
    })
}

/// An `Extraction`: features with a backbone, pixels without. Throws a `Problem`.
fn extract(
    decode: impl FnOnce() -> Result<Decoded>,
    path: String,
    input_size: u32,
    backbone: Option<&mut Backbone>,
) -> std::result::Result<JsValue, JsValue> {
    let start = Instant::now();
    let image = decode().map_err(|error| problem(error, path))?;
    let decode_millis = millis_since(start);

    let start = Instant::now();
    let prepared = pixels::prepare(&image, input_size);
    drop(image);
    let resize_millis = millis_since(start);

    let (extracted, forward_millis) = match backbone {
        Some(backbone) => {
            let start = Instant::now();
            let features = backbone.forward(&prepared.pixels).iter();
            let bytes = features.flat_map(|x| x.to_le_bytes()).collect();
            (Extracted::Features { bytes }, millis_since(start))
        }
        None => {
            let bytes = prepared.pixels;
            (Extracted::Pixels { bytes }, 0.0)
        }
    };

    Ok(to_js(&Extraction {
        extracted,
        thumbnail: prepared.thumbnail,
        quality: prepared.quality,
        decode_millis,
        resize_millis,
        forward_millis,
    }))
}

fn millis_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// A dropped zip.
#[wasm_bindgen]
pub struct Archive {
    path: String,
    archive: archive::Archive<BlobReader>,
}

#[wasm_bindgen]
impl Archive {
    /// Reads the zip's directory. Throws a `Problem`.
    #[wasm_bindgen(constructor)]
    pub fn new(path: String, file: File) -> std::result::Result<Self, JsValue> {
        let reader = BlobReader::new(file.into()).map_err(|_| Error::Unreadable);
        match reader.and_then(archive::Archive::open) {
            Ok(archive) => Ok(Self { path, archive }),
            Err(error) => Err(problem(error, path)),
        }
    }

    /// Whether this is a model that Graft packed rather than a set of images.
    pub fn is_model(&self) -> bool {
        self.archive.model().is_some()
    }

    /// The images inside: an array of `ArchiveEntry`.
    pub fn entries(&self) -> JsValue {
        to_js(&self.archive.entries())
    }

    /// What is inside and can't be used: an array of `Problem`.
    pub fn problems(&self) -> JsValue {
        to_js(&self.archive.problems())
    }

    /// The bytes of one entry. Throws a `Problem`.
    pub fn read(&mut self, index: usize) -> std::result::Result<Vec<u8>, JsValue> {
        let path = &self.path;
        self.archive
            .read(index)
            .map_err(|error| problem(error, path.clone()))
    }
}

/// One drawn image.
#[derive(Serialize)]
struct DrawnFile<'a> {
    path: &'a str,
    #[serde(with = "serde_bytes")]
    bytes: &'a [u8],
}

/// Draws a small set of images for visitors who have none: an array of `{path, bytes}`.
#[wasm_bindgen]
pub fn draw_sample_set(seed: u32) -> JsValue {
    let drawn = sample_set::draw(seed.into());
    let files = drawn.iter().map(|image| DrawnFile {
        path: &image.path,
        bytes: &image.bytes,
    });
    to_js(&files.collect::<Vec<_>>())
}
