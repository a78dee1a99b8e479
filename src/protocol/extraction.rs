//! What extractor workers tell.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What an extractor made of one image.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Extracted {
    /// The backbone has run: 1280 little-endian `f32`.
    Features {
        /// 5120 bytes.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
    /// Decoded and resized only; the trainer runs the backbone on the GPU: RGB of the
    /// square that it sees.
    Pixels {
        /// 150,528 bytes at 224 × 224, row by row.
        #[serde(with = "serde_bytes")]
        #[ts(type = "Uint8Array")]
        bytes: Vec<u8>,
    },
}

/// A thing that went wrong with one file, told so that a person can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Problem {
    /// The file's path as it was dropped.
    pub file: String,
    /// What is wrong, in plain words.
    pub trouble: String,
    /// What to do about it.
    pub remedy: String,
    /// The browser may be able to decode the file, though Graft is not.
    #[serde(rename = "needsBrowser", default)]
    #[ts(as = "Option<bool>", optional)]
    pub needs_browser: bool,
}

/// One image, extracted.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Extraction {
    /// What the trainer wants of it.
    pub extracted: Extracted,
    /// A JPEG of the whole image, its longer side at most 128 pixels.
    #[serde(with = "serde_bytes")]
    #[ts(type = "Uint8Array")]
    pub thumbnail: Vec<u8>,
    /// What can be told of it without knowing what it shows.
    pub quality: Quality,
    /// Time spent decoding, in milliseconds.
    pub decode_millis: f64,
    /// Time spent resizing, thumbnail included, in milliseconds.
    pub resize_millis: f64,
    /// Time spent in the backbone, in milliseconds; 0 for pixels.
    pub forward_millis: f64,
}

/// What can be told of an image without knowing what it shows.
///
/// Light is luma (Rec. 601) from 0, black, to 1, white, of the image fitted into the backbone's
/// square, borders left out; of the image's own pixels if it is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// Width of the image as it is shown (after EXIF orientation), in pixels.
    pub width: u32,
    /// Height of the image as it is shown, in pixels.
    pub height: u32,
    /// Mean luma.
    pub brightness: f32,
    /// Standard deviation of luma, from 0 to 0.5.
    pub contrast: f32,
    /// Share of pixels that are white, or bright with a channel at its end. White counts as paper
    /// and is left out where at least half of the border is white.
    pub overexposed: f32,
    /// How much of the contrast is in the finest detail, from 0 to 1; `pixels::quality` says how.
    pub sharpness: f32,
    /// Entropy of the luma histogram, in bits of 8.
    pub entropy: f32,
}

/// One image file inside a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArchiveEntry {
    /// Where it stands in the zip's directory; hand it back to read the entry.
    pub index: usize,
    /// Its path inside the zip, `/`-separated.
    pub path: String,
}
