//! A trained model in, files that work without Graft out; and back.

mod model_file;
mod package;

pub use model_file::{backbone_name, from_safetensors, to_safetensors, without_tensors};
pub use package::{architecture, pack, unpack};

#[cfg(test)]
mod fixtures;
