//! A model and a backbone, for the tests here.

use std::collections::HashMap;

use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use crate::{
    backbone::{Architecture, Backbone, NUM_FEATURES, Weights, reference::Random},
    export::{FORMATS, Probe, Source, pack},
    features::Normalizer,
    head::{Activation, Dense, DenseHead},
    metrics::wilson,
    model::{ClassRecord, Familiarity, Model, Provenance},
    protocol::{DeviceKind, ModelClass, TrainingConfig},
    tune,
};

pub(super) fn model() -> Model {
    let class = |name: &str, color| ModelClass {
        name: name.to_owned(),
        color,
        by_name: false,
    };
    Model {
        classes: vec![class("cats", 0), class("“dogs”\n", 3)],
        normalizer: Normalizer::from_mean(vec![0.5; NUM_FEATURES]),
        head: DenseHead::new(vec![Dense {
            weight: (0..2 * NUM_FEATURES).map(|at| at as f32 / 1000.0).collect(),
            bias: vec![0.25, -0.25],
        }]),
        backbone: None,
        familiarity: Some(Familiarity {
            least_energy: 1.5,
            share: 0.95,
        }),
        provenance: Some(Provenance {
            accuracy: wilson(9, 10),
            num_train: 40,
            per_class: ClassRecord::all(
                [0; 25].into_iter().chain([1; 15]),
                &[vec![5, 0], vec![1, 4]],
            ),
            config: TrainingConfig::default(),
            device: DeviceKind::Cpu,
        }),
    }
}

/// The same with units before its last layer.
pub(super) fn deep_model(activation: Activation) -> Model {
    let mut model = model();
    model.head.layers.push(Dense {
        weight: vec![1.0, -2.0, 0.1, 3.0],
        bias: vec![0.5, 1.0],
    });
    model.head.activation = activation;
    model
}

/// Random weights of 16 bits only.
pub(super) fn half_weights(seed: u64, architecture: Architecture) -> Weights {
    let mut weights = Random::new(seed).weights(architecture);
    for conv in &mut weights.convs {
        for value in conv.weight.iter_mut().chain(&mut conv.bias) {
            *value = f16::from_f32(*value).to_f32();
        }
    }
    weights
}

/// As far as Rust knows it.
pub(super) const EMPTY_PAGE: &str = "<!doctype html>\
    <script id=\"facts\" type=\"application/json\">{graft-facts}</script>\
    <script id=\"model\" type=\"application/octet-stream\">{graft-model}</script>";

/// Calls with a model on random weights.
pub(crate) fn with_source(half: bool, use_it: impl Fn(&Source)) {
    let random = Random::new(71).weights(Architecture::efficientnet_lite0());
    let backbone = weights_file(&random);
    let weights = Weights::from_safetensors(&backbone).expect("just written");
    let probe = Probe::ask(&model(), &mut Backbone::new(&weights));
    use_it(&Source {
        model: &model(),
        backbone: &backbone,
        weights: &weights,
        probe: &probe,
        date: "2026-01-31T12:00:00.000Z",
        half,
        page: Some(EMPTY_PAGE.as_bytes()),
    });
}

/// Calls with that model's zip in Graft's own format.
pub(crate) fn with_packed(use_it: impl Fn(&[u8])) {
    with_source(false, |source| {
        use_it(&pack(&FORMATS[0], source).expect("a sound model").bytes);
    });
}

/// A file of a few numbers that says it is a backbone's.
pub(super) fn backbone() -> Vec<u8> {
    let bytes = [0u8; 8];
    let view = TensorView::new(Dtype::F16, vec![4], &bytes).expect("four halves");
    safetensors::serialize([("stem.bias", view)], Some(metadata())).expect("plain data")
}

/// A whole one.
pub(crate) fn weights_file(weights: &Weights) -> Vec<u8> {
    let mut served = metadata();
    served.insert("backbone".to_owned(), weights.architecture.name.to_owned());
    let none: [(&str, TensorView); 0] = [];
    let served = safetensors::serialize(none, Some(served)).expect("no tensors");
    tune::to_safetensors(weights, &served).expect("the same backbone")
}

fn metadata() -> HashMap<String, String> {
    let entries = [
        ("backbone", "efficientnet-lite0"),
        ("license", "Apache-2.0"),
        ("source", "a test"),
    ];
    let owned = entries.map(|(key, value)| (key.to_owned(), value.to_owned()));
    owned.into()
}
