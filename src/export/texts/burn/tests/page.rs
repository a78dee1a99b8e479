//! The model in this folder answers as the page did that made it: `cargo test --release`.

use burn::config::Config;
use graft_model::{Classifier, Device};

/// What the page said of `probe.png`.
#[derive(Config, Debug)]
struct Expected {
    labels: Vec<String>,
    probabilities: Vec<f32>,
    tolerance: f32,
}

#[test]
fn it_answers_as_the_page_did() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let expected = Expected::load(format!("{folder}/expected.json")).expect("expected.json");
    let probe = image::open(format!("{folder}/probe.png")).expect("probe.png");
    let classifier = Classifier::load(folder, &Device::default()).expect("a model");
    let found = classifier.classify(&probe.into_rgb8());
    assert_eq!(classifier.labels, expected.labels);
    assert_eq!(found.len(), expected.probabilities.len());
    for (found, expected_share) in found.iter().zip(&expected.probabilities) {
        assert!(
            (found - expected_share).abs() < expected.tolerance,
            "{found} ≠ {expected_share}"
        );
    }
}
