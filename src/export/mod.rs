//! A trained model in, files that work without Graft out; and back.

mod model_file;
mod package;

pub use model_file::{from_safetensors, to_safetensors};
pub use package::{architecture, pack, unpack};

#[cfg(test)]
mod fixtures;
