//! Normalized features in, logits out: the part that learns.

pub(crate) mod dense;
pub mod ridge;

use burn::{
    module::{Module, Param},
    nn::Linear,
    tensor::{Device, Tensor, TensorData, activation::relu},
};
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

pub use dense::{Dense, DenseHead};

use crate::protocol::{HeadKind, TrainingConfig};

/// The shape of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadConfig {
    /// Features a sample.
    pub num_features: usize,
    /// Width of the hidden layer, if there is one.
    pub hidden_units: Option<usize>,
    /// Classes to tell apart.
    pub num_classes: usize,
}

/// A trainable head: softmax regression, or a perceptron with one hidden layer.
#[derive(Module, Debug)]
pub struct Head {
    hidden: Option<Linear>,
    output: Linear,
}

impl HeadConfig {
    /// The head a training run asks for.
    pub fn new(config: &TrainingConfig, num_features: usize, num_classes: usize) -> Self {
        let hidden_units = match config.head {
            HeadKind::Softmax => None,
            HeadKind::Mlp => Some(config.hidden_units.max(1)),
        };
        Self {
            num_features,
            hidden_units,
            num_classes,
        }
    }

    /// A fresh head. The output layer starts at zero (softmax regression is convex, so any start
    /// will do, and zero favors no class); a hidden layer starts uniform within ±√(6 / inputs)
    /// (He et al., arXiv:1502.01852), drawn here rather than on the device so that every device
    /// starts from the same weights.
    pub fn init(&self, seed: u64, device: &Device) -> Head {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = |num_inputs: usize, num_outputs: usize| {
            let bound = (6.0 / num_inputs as f32).sqrt();
            let weights = (0..num_inputs * num_outputs).map(|_| rng.random_range(-bound..bound));
            linear(weights.collect(), [num_inputs, num_outputs], device)
        };
        let Some(hidden_units) = self.hidden_units else {
            let shape = [self.num_features, self.num_classes];
            let zeros = vec![0.0; shape[0] * shape[1]];
            return Head {
                hidden: None,
                output: linear(zeros, shape, device),
            };
        };
        Head {
            hidden: Some(uniform(self.num_features, hidden_units)),
            output: uniform(hidden_units, self.num_classes),
        }
    }
}

impl Head {
    /// # Shapes
    ///
    /// - features: `[batch, num_features]`, normalized
    /// - output: `[batch, num_classes]`, logits
    pub fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        let hidden = match &self.hidden {
            Some(layer) => relu(layer.forward(features)),
            None => features,
        };
        self.output.forward(hidden)
    }

    /// The sum of squares of all weights, biases excepted: `[1]`.
    pub fn squared_norm(&self) -> Tensor<1> {
        let square = |layer: &Linear| layer.weight.val().powi_scalar(2).sum();
        match &self.hidden {
            Some(hidden) => square(hidden) + square(&self.output),
            None => square(&self.output),
        }
    }

    /// Reads the weights back from the device.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn to_dense(&self) -> crate::error::Result<DenseHead> {
        let mut layers = Vec::new();
        for layer in self.hidden.iter().chain([&self.output]) {
            layers.push(Dense::read(layer).await?);
        }
        Ok(DenseHead { layers })
    }
}

/// A linear layer with these weights, `[num_inputs, num_outputs]` row by row, and zero biases.
fn linear(weights: Vec<f32>, shape: [usize; 2], device: &Device) -> Linear {
    let weight = Tensor::<2>::from_data(TensorData::new(weights, shape), device);
    let bias = Tensor::<1>::zeros([shape[1]], device);
    Linear {
        weight: Param::from_tensor(weight),
        bias: Some(Param::from_tensor(bias)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(hidden_units: Option<usize>) -> HeadConfig {
        HeadConfig {
            num_features: 3,
            hidden_units,
            num_classes: 2,
        }
    }

    #[test]
    fn softmax_regression_starts_undecided() {
        let device = Device::flex();
        let head = config(None).init(0, &device);
        let logits = head.forward(Tensor::<2>::ones([4, 3], &device));
        assert_eq!(logits.into_data().try_to_vec::<f32>().unwrap(), [0.0; 8]);
    }

    #[test]
    fn dense_copy_gives_the_same_logits() {
        let device = Device::flex();
        let head = config(Some(5)).init(1, &device);
        let features = Tensor::<2>::from_floats([[0.1, -0.7, 0.3]], &device);
        let logits = head
            .forward(features)
            .into_data()
            .try_to_vec::<f32>()
            .unwrap();
        let dense = pollster::block_on(head.to_dense()).unwrap();
        for (a, b) in logits.iter().zip(dense.logits(&[0.1, -0.7, 0.3])) {
            assert!((a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn the_seed_determines_the_hidden_weights() {
        let weights = |seed| {
            let head = config(Some(5)).init(seed, &Device::flex());
            pollster::block_on(head.to_dense()).unwrap()
        };
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
    }

    #[test]
    fn squared_norm_leaves_biases_out() {
        let device = Device::flex();
        let head = Head {
            hidden: None,
            output: Linear {
                weight: Param::from_tensor(Tensor::from_floats([[1.0, 2.0]], &device)),
                bias: Some(Param::from_tensor(Tensor::from_floats([9.0, 9.0], &device))),
            },
        };
        assert_eq!(head.squared_norm().into_scalar::<f32>(), 5.0);
    }
}
