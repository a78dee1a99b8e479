//! A model and a backbone small enough to read, for the tests here.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use crate::{
    backbone::NUM_FEATURES,
    features::Normalizer,
    head::{Dense, DenseHead},
    metrics::wilson,
    model::{Familiarity, Model, Provenance},
    protocol::{DeviceKind, ModelClass, TrainingConfig},
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
            config: TrainingConfig::default(),
            device: DeviceKind::Cpu,
        }),
    }
}

pub(super) fn backbone() -> Vec<u8> {
    let bytes = [0u8; 8];
    let view = TensorView::new(Dtype::F16, vec![4], &bytes).expect("four halves");
    let metadata = HashMap::from([("backbone".to_owned(), "efficientnet-lite0".to_owned())]);
    safetensors::serialize([("stem.bias", view)], Some(metadata)).expect("plain data")
}
