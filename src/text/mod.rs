//! Names of classes in, what a head would have to look for in pictures of them out.
//!
//! Two streams: [`Tower`] reads a name; [`Bridge`] goes from there to picture features by way of
//! the thousand classes that the backbone was trained with, whose names and whose classifier rows
//! are known. Nothing here needs tensors. [`Reader`] is both, from the one file that the page
//! fetches when it is asked to.

mod bridge;
mod layer;
mod linear;
mod norm;
mod tower;
mod vocabulary;
mod words;

pub use bridge::{Bridge, NUM_KNOWN, Prototype};
pub use linear::Quantized;
pub use tower::{MAX_PIECES, NUM_DIMENSIONS, NUM_LAYERS, NUM_PIECES, Tower};

use crate::{
    error::{Error, Result},
    tensor_file::TensorFile,
};

/// Reads names and says what their pictures look like.
#[derive(Debug)]
pub struct Reader {
    /// From texts to points.
    pub tower: Tower,
    /// From there to features.
    pub bridge: Bridge,
}

impl Reader {
    /// Reads a file made by `convert_text`.
    ///
    /// # Errors
    ///
    /// When something is missing in it, or is of another shape than it should be.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).map_err(|error| match error {
            Error::DamagedWeights(trouble) => Error::DamagedReader(trouble),
            other => other,
        })
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let file = TensorFile::parse(bytes)?;
        Ok(Self {
            tower: Tower::read(&file)?,
            bridge: Bridge::read(&file)?,
        })
    }

    /// What pictures of something with this name look like to a head.
    pub fn prototype(&self, name: &str) -> Prototype {
        self.bridge.prototype(&self.tower.embed(&readable(name)))
    }
}

/// A folder's name as a reader would write it: `road_sign` is two words.
fn readable(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
