//! The real weights, for tests.

use super::Weights;

/// EfficientNet-Lite0 as the page serves it.
pub(crate) fn weights() -> Weights {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/www/public/weights/efficientnet-lite0.safetensors"
    );
    let bytes = std::fs::read(path).expect("the weights are missing: run ./build.sh weights first");
    Weights::from_safetensors(&bytes).expect("valid weights")
}
