//! A perceptron with one hidden layer, as a Burn module: the head that is trained by gradient steps.

use burn::{
    module::{Module, Param},
    nn::Linear,
    tensor::{Device, Tensor, TensorData, activation::relu},
};
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{Dense, DenseHead};
use crate::{device, error::Result};

/// The shape of a perceptron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MlpConfig {
    /// Features a sample.
    pub num_features: usize,
    /// Width of the hidden layer.
    pub hidden_units: usize,
    /// Classes to tell apart.
    pub num_classes: usize,
}

/// Two linear layers with rectified units between them.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Linear,
    output: Linear,
}

impl MlpConfig {
    /// A fresh perceptron, its weights uniform within ±√(6 / inputs) (He et al.,
    /// arXiv:1502.01852), drawn here rather than on the device so that every device starts from
    /// the same weights.
    pub fn init(&self, seed: u64, device: &Device) -> Mlp {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = |num_inputs: usize, num_outputs: usize| {
            let bound = (6.0 / num_inputs as f32).sqrt();
            let weights = (0..num_inputs * num_outputs).map(|_| rng.random_range(-bound..bound));
            linear(weights.collect(), [num_inputs, num_outputs], device)
        };
        Mlp {
            hidden: uniform(self.num_features, self.hidden_units),
            output: uniform(self.hidden_units, self.num_classes),
        }
    }
}

impl Mlp {
    /// # Shapes
    ///
    /// - features: `[batch, num_features]`, normalized
    /// - output: `[batch, num_classes]`, logits
    pub fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        self.output(self.hidden(features))
    }

    /// The rectified units between: `[batch, hidden_units]`.
    pub(crate) fn hidden(&self, features: Tensor<2>) -> Tensor<2> {
        relu(self.hidden.forward(features))
    }

    /// What [`Mlp::forward`] makes of [`Mlp::hidden`] units: `[batch, num_classes]`.
    pub(crate) fn output(&self, units: Tensor<2>) -> Tensor<2> {
        self.output.forward(units)
    }

    /// The sum of squares of all weights, biases excepted: `[1]`.
    pub fn squared_norm(&self) -> Tensor<1> {
        let square = |layer: &Linear| layer.weight.val().powi_scalar(2).sum();
        square(&self.hidden) + square(&self.output)
    }

    /// The hidden layer and the output.
    pub(crate) fn layers(&self) -> [&Linear; 2] {
        [&self.hidden, &self.output]
    }

    /// Reads the weights back from the device.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn to_dense(&self) -> Result<DenseHead> {
        let layers = vec![read(&self.hidden).await?, read(&self.output).await?];
        Ok(DenseHead::new(layers))
    }
}

async fn read(layer: &Linear) -> Result<Dense> {
    let bias = layer.bias.as_ref().expect("heads have biases").val();
    Ok(Dense {
        weight: device::read(layer.weight.val()).await?,
        bias: device::read(bias).await?,
    })
}

/// A linear layer with these weights, `[num_inputs, num_outputs]` row by row, and zero biases.
pub(crate) fn linear(weights: Vec<f32>, shape: [usize; 2], device: &Device) -> Linear {
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

    const CONFIG: MlpConfig = MlpConfig {
        num_features: 3,
        hidden_units: 5,
        num_classes: 2,
    };

    #[test]
    fn dense_copy_gives_the_same_logits() {
        let device = Device::flex();
        let mlp = CONFIG.init(1, &device);
        let features = Tensor::<2>::from_floats([[0.1, -0.7, 0.3]], &device);
        let logits = pollster::block_on(device::read(mlp.forward(features))).unwrap();
        let dense = pollster::block_on(mlp.to_dense()).unwrap();
        for (a, b) in logits.iter().zip(dense.logits(&[0.1, -0.7, 0.3])) {
            assert!((a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn the_seed_determines_the_weights() {
        let weights = |seed| {
            let mlp = CONFIG.init(seed, &Device::flex());
            pollster::block_on(mlp.to_dense()).unwrap()
        };
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
    }

    #[test]
    fn squared_norm_leaves_biases_out() {
        let device = Device::flex();
        let layer = |weights: &[f32]| Linear {
            weight: Param::from_tensor(Tensor::from_floats([[weights[0], weights[1]]], &device)),
            bias: Some(Param::from_tensor(Tensor::from_floats([9.0, 9.0], &device))),
        };
        let mlp = Mlp {
            hidden: layer(&[1.0, 2.0]),
            output: layer(&[0.0, 3.0]),
        };
        assert_eq!(mlp.squared_norm().into_scalar::<f32>(), 14.0);
    }
}
