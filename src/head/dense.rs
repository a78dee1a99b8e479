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
    }
}
