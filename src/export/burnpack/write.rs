//! A trained model in, the record and the config of a Burn module out.

use super::{
    Record,
    container::{self, Dtype, Tensor},
    shape::Shape,
};
use crate::{backbone::Weights, export::Precision, model::Model};

/// Writes a record that says about itself what `metadata` says: names and values.
pub fn write(
    model: &Model,
    weights: &Weights,
    precision: Precision,
    metadata: &[(&str, String)],
) -> Record {
    let shape = Shape::new(&weights.architecture, &model.head);
    let mut config = serde_json::to_vec_pretty(&shape).expect("plain data");
    config.push(b'\n');
    Record {
        numbers: container::write(&tensors(model, weights, precision), metadata),
        config,
    }
}

/// By the names that fields have in the crate's `network.rs`.
fn tensors(
    model: &Model,
    weights: &Weights,
    precision: Precision,
) -> Vec<(String, Tensor<Vec<u8>>)> {
    let architecture = &weights.architecture;
    let mut tensors = vec![
        full("colors.mean", &[3], &architecture.mean),
        full("colors.std", &[3], &architecture.std),
    ];
    for (shape, conv) in architecture.convolutions().zip(&weights.convs) {
        for (part, dims, values) in [
            ("weight", &shape.weight_shape()[..], &conv.weight),
            ("bias", &[shape.out_channels], &conv.bias),
        ] {
            let name = format!("{}.{part}", shape.name);
            tensors.push(match precision.halves(values) {
                Some(bytes) => tensor(&name, Dtype::F16, dims, bytes),
                None => full(&name, dims, values),
            });
        }
    }
    let mean = model.normalizer.mean();
    tensors.push(full("center", &[mean.len()], mean));
    for (at, layer) in model.head.layers.iter().enumerate() {
        let outputs = layer.bias.len();
        let dims = [layer.weight.len() / outputs, outputs];
        tensors.push(full(&format!("layers.{at}.weight"), &dims, &layer.weight));
        tensors.push(full(&format!("layers.{at}.bias"), &[outputs], &layer.bias));
    }
    tensors
}

fn full(name: &str, shape: &[usize], values: &[f32]) -> (String, Tensor<Vec<u8>>) {
    let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    tensor(name, Dtype::F32, shape, bytes)
}

fn tensor(name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> (String, Tensor<Vec<u8>>) {
    let shape = shape.to_vec();
    (
        name.to_owned(),
        Tensor {
            dtype,
            shape,
            bytes,
        },
    )
}
