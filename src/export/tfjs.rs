//! A chain of operations in, a TensorFlow.js layers model out; and back.
//!
//! It is a drop-in for what Teachable Machine exports: the same three files, and colors on its
//! scale, x / 127 − 1. So `tf.loadLayersModel`, `tmImage.load` and ml5 take it. No layer is
//! written that TensorFlow.js 1.3.1, which `tmImage` still brings, doesn't know.
//!
//! Centering and scaling to length 1 are no layers there. A depthwise convolution with two
//! outputs a feature gives x − m and m − x. These have a mean of 0, so layer normalization
//! divides them by their root mean square; times 1/√n that is by their length. The first linear
//! layer has zeros for every second one.

mod read;
mod write;

pub use read::read;
pub use write::{refusal, write};

use super::graph::ColorScale;

/// What Teachable Machine makes of a color before its model sees it.
pub const SCALE: ColorScale = ColorScale {
    mean: [127.0; 3],
    std: [127.0; 3],
};

/// Added to a variance, so that nothing is divided by 0: far below that of any features.
const EPSILON: f32 = 1e-12;

/// The names of layers that stand for something else than a convolution.
mod layer {
    pub(super) const INPUT: &str = "image";
    pub(super) const NORMALIZE: &str = "normalize";
    pub(super) const CENTER: &str = "features_center";
    pub(super) const LENGTH: &str = "features_length";
}

/// The two files of a layers model.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// `model.json`
    pub model: String,
    /// `weights.bin`
    pub weights: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Architecture, reference::Random},
        error::Error,
        export::{
            fixtures::model,
            graph::{Graph, Step},
        },
        head::{Activation, Dense},
    };

    fn graph(architecture: Architecture) -> Graph {
        let mut model = model();
        model.head.layers.push(Dense {
            weight: vec![1.0, -2.0, 0.1, 3.0],
            bias: vec![0.5, 1.0],
        });
        Graph::new(&model, &Random::new(61).weights(architecture))
    }

    #[test]
    fn what_is_written_is_read_again() {
        for architecture in Architecture::all() {
            let graph = graph(architecture);
            let files = write(&graph).expect("rectified units");
            let mut read = read(&files).expect("valid");
            // Theirs and ours together are the scale the backbone expects, up to rounding.
            let scales: Vec<_> = read.steps.drain(..2).collect();
            let mut scaled = [100.0, 0.0, 255.0];
            for step in scales {
                let Step::Normalize(ColorScale { mean, std }) = step else {
                    panic!("{step:?}");
                };
                for at in 0..3 {
                    scaled[at] = (scaled[at] - mean[at]) / std[at];
                }
            }
            let Step::Normalize(ColorScale { mean, std }) = &graph.steps[0] else {
                panic!("{:?}", graph.steps[0]);
            };
            for (at, color) in [100.0, 0.0, 255.0].into_iter().enumerate() {
                assert!((scaled[at] - (color - mean[at]) / std[at]).abs() < 1e-6);
            }
            assert!(read.steps == graph.steps[1..]);
        }
    }

    #[test]
    fn units_without_a_layer_are_refused() {
        let mut model = model();
        model.head.layers.push(model.head.layers[0].clone());
        model.head.activation = Activation::Cosine;
        let weights = Random::new(62).weights(Architecture::mobilenet_v2());
        let refusal = write(&Graph::new(&model, &weights)).unwrap_err();
        assert!(matches!(refusal, Error::NotInFormat { .. }), "{refusal}");
    }

    #[test]
    fn no_altered_file_panics() {
        let files = write(&graph(Architecture::mobilenet_v2())).expect("rectified units");
        for at in (0..files.model.len()).step_by(53) {
            let mut altered = files.clone().model.into_bytes();
            altered[at] = b"0x\"]"[at % 4];
            let model = String::from_utf8(altered).expect("ASCII");
            let weights = files.weights.clone();
            if let Ok(graph) = read(&Files { model, weights }) {
                assert!(graph.is_sound());
            }
        }
        let cut = Files {
            weights: files.weights[..1000].to_vec(),
            ..files
        };
        assert!(matches!(read(&cut), Err(Error::UnfaithfulExport(_))));
    }
}
