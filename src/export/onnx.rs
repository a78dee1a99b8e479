//! A chain of operations in, an ONNX file out; and back.
//!
//! Burn's own exporter, burn-onnx, was looked at first: it exists since 0.23.0-pre.1 only, for a
//! Burn that is not out yet, and writes what a Burn module computes. Ours is not one: centering, the
//! head and what the file says about itself come from elsewhere. So the messages are written here,
//! with prost.

mod messages;
mod read;
mod write;

pub use read::read;
pub use write::write;

/// Operations are as this version of ONNX's operator set has them. It is the newest that every
/// runtime in use reads, of 2022.
const OPSET: i64 = 17;

/// The version of the file format that came with it.
const IR_VERSION: i64 = 8;

/// What goes in and comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// `image`: `[batch, size, size, 3]`, bytes, RGB → `probabilities` and `logits`:
    /// `[batch, classes]`.
    ///
    /// Bytes, because colors from 0 to 1 would otherwise be taken without complaint.
    Whole,
    /// `pixel_values`: `[batch, 3, size, size]`, normalized → `logits`: `[batch, classes]`. So do
    /// Hugging Face's classifiers.
    Bare,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::Architecture,
        error::Error,
        export::{
            Precision,
            fixtures::{deep_model, half_weights},
            graph::Graph,
        },
        head::Activation,
    };

    fn graph(architecture: Architecture) -> Graph {
        Graph::new(
            &deep_model(Activation::Cosine),
            &half_weights(51, architecture),
        )
    }

    #[test]
    fn what_is_written_is_read_again_to_the_bit() {
        for architecture in Architecture::all() {
            let whole = graph(architecture);
            for precision in [Precision::Full, Precision::Half] {
                for (graph, ends) in [
                    (whole.clone(), Ends::Whole),
                    (whole.clone().bare(), Ends::Bare),
                ] {
                    let file = write(&graph, ends, precision, &[("labels", "[]".to_owned())]);
                    assert!(
                        read(&file).expect("valid") == graph,
                        "{precision:?} {ends:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn half_precision_is_half_the_size() {
        let graph = graph(Architecture::efficientnet_lite0());
        let size = |precision| write(&graph, Ends::Whole, precision, &[]).len() as f64;
        let ratio = size(Precision::Half) / size(Precision::Full);
        assert!((0.49..0.52).contains(&ratio), "{ratio}");
    }

    #[test]
    fn no_altered_file_panics() {
        let graph = graph(Architecture::mobilenet_v2());
        let file = write(&graph, Ends::Whole, Precision::Half, &[]);
        let unfaithful = |bytes: &[u8]| match read(bytes) {
            Ok(read) => assert!(read.is_sound()),
            Err(Error::UnfaithfulExport(_)) => {}
            Err(other) => panic!("{other}"),
        };
        for at in (0..20_000).step_by(37) {
            let mut altered = file.clone();
            altered[at] ^= 0x15;
            unfaithful(&altered);
        }
        for length in (0..file.len()).step_by(file.len() / 50) {
            unfaithful(&file[..length]);
        }
    }
}
