//! A trained model in, files that work without Graft out; and back.

pub mod graph;
mod model_file;
pub mod onnx;
mod package;
pub mod tfjs;

pub use model_file::{from_safetensors, to_safetensors};
pub use package::{pack, unpack};

#[cfg(test)]
mod fixtures;
