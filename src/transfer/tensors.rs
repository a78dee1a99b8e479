//! Plain rows in, tensors that remember where they come from, and their values back out.
//!
//! Methods that learn by gradients do so in Burn, on the CPU: their networks are too small for a
//! GPU to gain on what asking it for the outcome costs. What is asked of the CPU is there at once, so
//! that reading it back need not wait.

use burn::{
    nn::Linear,
    optim::{AdamConfig, ModuleOptimizer},
    tensor::{Device, Tensor, TensorData, activation::log_softmax},
};

use crate::head::Dense;

/// Where gradients are known.
pub(super) fn device() -> Device {
    Device::flex().autodiff()
}

/// Adam with its paper's own settings (Kingma & Ba 2015); Burn's ε is larger than gradients here.
pub(super) fn adam() -> ModuleOptimizer {
    AdamConfig::new().with_epsilon(1e-8).init()
}

/// `[N, width]`
pub(super) fn tensor(values: Vec<f32>, width: usize) -> Tensor<2> {
    let shape = [values.len() / width.max(1), width];
    Tensor::from_data(TensorData::new(values, shape), &device())
}

/// Row by row.
pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let values = tensor.into_data().try_to_vec();
    values.expect("what methods compute is f32")
}

/// As a head's layer.
pub(super) fn dense(layer: &Linear) -> Dense {
    let bias = layer.bias.as_ref().expect("layers of heads have biases");
    Dense {
        weight: values(layer.weight.val()),
        bias: values(bias.val()),
    }
}

/// Mean cross-entropy of logits `[N, num_classes]`, N ≥ 1: `[1]`.
pub(super) fn cross_entropy(logits: Tensor<2>, labels: &[usize]) -> Tensor<1> {
    let [num_rows, num_classes] = logits.dims();
    let mut truth = vec![0.0; num_rows * num_classes];
    for (row, &label) in labels.iter().enumerate() {
        truth[row * num_classes + label] = 1.0;
    }
    (log_softmax(logits, 1) * tensor(truth, num_classes)).sum() / -(num_rows as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_is_the_mean_surprise() {
        let logits = tensor(vec![0.0, 0.0, 3f32.ln(), 0.0], 2);
        let expected = (2f32.ln() + (4f32 / 3.0).ln()) / 2.0;
        let loss = cross_entropy(logits, &[0, 0]).into_scalar::<f32>();
        assert!((loss - expected).abs() < 1e-6, "{loss} {expected}");
    }
}
