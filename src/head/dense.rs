//! A trained head as plain numbers: for prediction, for export, for comparing devices.

use serde::{Deserialize, Serialize};

/// One linear layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[num_inputs, num_outputs]`, row by row.
    pub weight: Vec<f32>,
    /// `[num_outputs]`.
    pub bias: Vec<f32>,
}

/// What happens to what a layer says before the next one sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Activation {
    /// max(x, 0): perceptrons.
    #[default]
    Rectified,
    /// cos x: random Fourier features.
    Cosine,
    /// eˣ: a Gaussian kernel of rows of length 1 is that of a linear layer.
    Exponential,
}

/// Linear layers with the same [`Activation`] between them.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseHead {
    /// First to last; at least one.
    pub layers: Vec<Dense>,
    /// Means nothing if there is one layer.
    pub activation: Activation,
}

impl Activation {
    /// Of one unit.
    pub fn of(self, x: f32) -> f32 {
        match self {
            Self::Rectified => x.max(0.0),
            Self::Cosine => x.cos(),
            Self::Exponential => x.exp(),
        }
    }

    /// How it changes with `x`.
    fn slope(self, x: f32) -> f32 {
        match self {
            Self::Rectified => f32::from(u8::from(x > 0.0)),
            Self::Cosine => -x.sin(),
            Self::Exponential => x.exp(),
        }
    }
}

impl Dense {
    fn forward(&self, input: &[f32]) -> Vec<f32> {
        let mut output = self.bias.clone();
        for (x, weights) in input.iter().zip(self.weight.chunks_exact(self.bias.len())) {
            output
                .iter_mut()
                .zip(weights)
                .for_each(|(y, w)| *y += x * w);
        }
        output
    }
}

impl DenseHead {
    /// A head with rectified units between its layers, of which there is at least one.
    pub fn new(layers: Vec<Dense>) -> Self {
        Self {
            layers,
            activation: Activation::default(),
        }
    }

    /// A linear head from the parameters that optimizers work on: weights `[num_classes,
    /// num_features]`, then biases `[num_classes]`.
    pub fn linear(parameters: &[f32], num_classes: usize) -> Self {
        let (weights, biases) = parameters.split_at(parameters.len() - num_classes);
        let num_features = weights.len() / num_classes.max(1);
        // [num_classes, num_features] → [num_features, num_classes]
        let at = |i: usize| weights[i % num_classes * num_features + i / num_classes];
        Self::new(vec![Dense {
            weight: (0..weights.len()).map(at).collect(),
            bias: biases.to_vec(),
        }])
    }

    /// Width of the last layer.
    pub fn num_classes(&self) -> usize {
        self.layers.last().expect("at least one layer").bias.len()
    }

    /// # Shapes
    ///
    /// - features: `[num_features]`, normalized
    /// - output: `[num_classes]`
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        let (first, rest) = self.layers.split_first().expect("at least one layer");
        rest.iter()
            .fold(first.forward(features), |mut hidden, layer| {
                hidden.iter_mut().for_each(|x| *x = self.activation.of(*x));
                layer.forward(&hidden)
            })
    }
}

impl DenseHead {
    /// How each class's logit changes with each feature, at these features. With rectified units
    /// a logit is the product of the two plus what the biases add, exactly; with others this is
    /// the tangent.
    ///
    /// # Shapes
    ///
    /// - features: `[num_features]`, normalized
    /// - output: `[num_features, num_classes]`, row by row
    pub fn gradient(&self, features: &[f32]) -> Vec<f32> {
        let (last, earlier) = self.layers.split_last().expect("at least one layer");
        let num_classes = last.bias.len();
        let mut input = features.to_vec();
        let mut slopes = Vec::with_capacity(earlier.len());
        for layer in earlier {
            let sums = layer.forward(&input);
            slopes.push(
                sums.iter()
                    .map(|x| self.activation.slope(*x))
                    .collect::<Vec<_>>(),
            );
            input = sums.iter().map(|x| self.activation.of(*x)).collect();
        }
        let mut gradient = last.weight.clone();
        for (layer, slopes) in earlier.iter().zip(&slopes).rev() {
            gradient = layer.gradient(slopes, &gradient, num_classes);
        }
        gradient
    }
}

impl Dense {
    /// How logits change with the inputs, from how they change with the outputs when these have
    /// been activated: `[num_outputs, num_classes]` → `[num_inputs, num_classes]`.
    fn gradient(&self, slopes: &[f32], after: &[f32], num_classes: usize) -> Vec<f32> {
        let mut before = Vec::with_capacity(self.weight.len() / slopes.len() * num_classes);
        for weights in self.weight.chunks_exact(slopes.len()) {
            let mut sums = vec![0.0; num_classes];
            let units = weights.iter().zip(slopes).zip(after.chunks(num_classes));
            for ((weight, slope), after) in units.filter(|((_, slope), _)| **slope != 0.0) {
                sums.iter_mut()
                    .zip(after)
                    .for_each(|(sum, g)| *sum += weight * slope * g);
            }
            before.extend(sums);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_units_are_rectified() {
        let hidden = Dense {
            weight: vec![1.0, -1.0],
            bias: vec![0.0, 0.0],
        };
        let output = Dense {
            weight: vec![1.0, 1.0],
            bias: vec![0.5],
        };
        let head = DenseHead::new(vec![hidden, output]);
        assert_eq!(head.logits(&[2.0]), [2.5]);
        assert_eq!(head.logits(&[-3.0]), [3.5]);
        assert_eq!(head.gradient(&[2.0]), [1.0]);
        assert_eq!(head.gradient(&[-3.0]), [-1.0]);
    }

    #[test]
    fn parameters_are_turned_class_by_class() {
        let head = DenseHead::linear(&[1.0, 2.0, 3.0, 4.0, 0.5, -0.5], 2);
        assert_eq!(head.logits(&[1.0, 10.0]), [21.5, 42.5]);
    }

    #[test]
    fn the_gradient_of_a_linear_head_is_its_weight() {
        let layer = Dense {
            weight: vec![1.0, 2.0, 3.0, 4.0],
            bias: vec![0.0, 1.0],
        };
        let head = DenseHead::new(vec![layer.clone()]);
        assert_eq!(head.gradient(&[5.0, 6.0]), layer.weight);
    }

    #[test]
    fn gradients_are_the_slopes_of_logits_whatever_the_units() {
        let layer = |num_inputs: usize, num_outputs: usize, seed: usize| Dense {
            weight: (0..num_inputs * num_outputs)
                .map(|at| ((at * 37 + seed) % 11) as f32 / 8.0 - 0.6)
                .collect(),
            bias: (0..num_outputs).map(|at| at as f32 * 0.3 - 0.2).collect(),
        };
        for activation in [
            Activation::Rectified,
            Activation::Cosine,
            Activation::Exponential,
        ] {
            let head = DenseHead {
                layers: vec![layer(3, 4, 1), layer(4, 5, 2), layer(5, 2, 3)],
                activation,
            };
            let features = [0.3, -0.5, 0.8];
            let gradient = head.gradient(&features);
            for at in 0..3 {
                let logits = |step: f32| {
                    let mut moved = features;
                    moved[at] += step;
                    head.logits(&moved)
                };
                let (ahead, behind) = (logits(0.005), logits(-0.005));
                for class in 0..2 {
                    let slope = (ahead[class] - behind[class]) / 0.01;
                    assert!(
                        (slope - gradient[at * 2 + class]).abs() < 2e-3,
                        "{activation:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_exponential_of_a_linear_layer_is_a_gaussian_kernel() {
        // e^(2x·l − 2) = e^(−‖x − l‖²) for x and l of length 1.
        let kernel = Dense {
            weight: vec![2.0 * 0.6, 2.0 * 0.8],
            bias: vec![-2.0],
        };
        let output = Dense {
            weight: vec![1.0],
            bias: vec![0.0],
        };
        let head = DenseHead {
            layers: vec![kernel, output],
            activation: Activation::Exponential,
        };
        let square = (0.8f32 - 0.6).powi(2) + (0.6f32 - 0.8).powi(2);
        assert!((head.logits(&[0.8, 0.6])[0] - (-square).exp()).abs() < 1e-6);
    }
}
