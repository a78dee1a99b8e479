//! A trained head as plain numbers: for prediction, for export, for comparing devices.

/// One linear layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[num_inputs, num_outputs]`, row by row.
    pub weight: Vec<f32>,
    /// `[num_outputs]`.
    pub bias: Vec<f32>,
}

/// Linear layers with rectified units between them.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseHead {
    /// First to last; at least one.
    pub layers: Vec<Dense>,
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
    /// # Shapes
    ///
    /// - features: `[num_features]`, normalized
    /// - output: `[num_classes]`
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        let (first, rest) = self.layers.split_first().expect("at least one layer");
        rest.iter()
            .fold(first.forward(features), |mut hidden, layer| {
                hidden.iter_mut().for_each(|x| *x = x.max(0.0));
                layer.forward(&hidden)
            })
    }
}

impl DenseHead {
    /// How each class's logit changes with each feature, at these features. With rectified units
    /// a logit is the product of the two plus what the biases add, exactly.
    ///
    /// # Shapes
    ///
    /// - features: `[num_features]`, normalized
    /// - output: `[num_features, num_classes]`, row by row
    pub fn gradient(&self, features: &[f32]) -> Vec<f32> {
        let (last, earlier) = self.layers.split_last().expect("at least one layer");
        let num_classes = last.bias.len();
        let mut inputs = vec![features.to_vec()];
        for layer in earlier {
            let mut hidden = layer.forward(&inputs[inputs.len() - 1]);
            hidden.iter_mut().for_each(|x| *x = x.max(0.0));
            inputs.push(hidden);
        }
        let mut gradient = last.weight.clone();
        for (layer, hidden) in earlier.iter().zip(&inputs[1..]).rev() {
            let mut before = Vec::with_capacity(layer.weight.len() / hidden.len() * num_classes);
            for weights in layer.weight.chunks_exact(hidden.len()) {
                let mut sums = vec![0.0; num_classes];
                let units = weights
                    .iter()
                    .zip(hidden)
                    .zip(gradient.chunks_exact(num_classes));
                for ((weight, _), after) in units.filter(|((_, x), _)| **x > 0.0) {
                    sums.iter_mut()
                        .zip(after)
                        .for_each(|(sum, g)| *sum += weight * g);
                }
                before.extend(sums);
            }
            gradient = before;
        }
        gradient
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
        let head = DenseHead {
            layers: vec![hidden, output],
        };
        assert_eq!(head.logits(&[2.0]), [2.5]);
        assert_eq!(head.logits(&[-3.0]), [3.5]);
        assert_eq!(head.gradient(&[2.0]), [1.0]);
        assert_eq!(head.gradient(&[-3.0]), [-1.0]);
    }

    #[test]
    fn the_gradient_of_a_linear_head_is_its_weight() {
        let layer = Dense {
            weight: vec![1.0, 2.0, 3.0, 4.0],
            bias: vec![0.0, 1.0],
        };
        let head = DenseHead {
            layers: vec![layer.clone()],
        };
        assert_eq!(head.gradient(&[5.0, 6.0]), layer.weight);
    }
}
