//! Rows in, rows of another width out, and back: a linear layer that learns by Adam.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{head::Dense, train::products};

/// Kingma & Ba 2015, *Adam*: the paper's own settings.
const DECAYS: [f32; 2] = [0.9, 0.999];
const LEAST_DEVIATION: f32 = 1e-8;

/// Weights, biases and what Adam keeps of their gradients.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// `[num_outputs, num_inputs]`
    weights: Learned,
    /// `[num_outputs]`
    biases: Learned,
    num_outputs: usize,
}

/// Numbers that Adam changes.
#[derive(Clone, Debug)]
struct Learned {
    values: Vec<f32>,
    gradient: Vec<f32>,
    means: Vec<f32>,
    squares: Vec<f32>,
    num_steps: i32,
}

impl Layer {
    /// `weights`: `[num_outputs, num_inputs]`; biases are 0.
    pub fn from_weights(weights: Vec<f32>, num_outputs: usize) -> Self {
        Self {
            weights: Learned::new(weights),
            biases: Learned::new(vec![0.0; num_outputs]),
            num_outputs,
        }
    }

    /// Weights of a variance of 2 / `num_inputs` (He et al. 2015), which rectified units keep.
    pub fn random(num_inputs: usize, num_outputs: usize, rng: &mut ChaCha8Rng) -> Self {
        let bound = (6.0 / num_inputs.max(1) as f32).sqrt();
        let weight = |_| bound * (2.0 * rng.random::<f32>() - 1.0);
        let weights = (0..num_inputs * num_outputs).map(weight).collect();
        Self::from_weights(weights, num_outputs)
    }

    /// `[num_outputs, num_inputs]`
    pub fn weights(&self) -> &[f32] {
        &self.weights.values
    }

    /// `[num_outputs]`
    pub fn biases(&self) -> &[f32] {
        &self.biases.values
    }

    /// Of the weights, what [`Layer::backward`] has added up: `[num_outputs, num_inputs]`.
    #[cfg(test)]
    pub fn gradient(&self) -> &[f32] {
        &self.weights.gradient
    }

    /// `[N, num_inputs]` → `[N, num_outputs]`
    pub fn forward(&self, rows: &[f32]) -> Vec<f32> {
        let num_rows = rows.len() / self.num_inputs();
        let mut out = vec![0.0; num_rows * self.num_outputs];
        products::logits(rows, &self.weights.values, self.num_outputs, &mut out);
        for row in out.chunks_mut(self.num_outputs) {
            let pairs = row.iter_mut().zip(&self.biases.values);
            pairs.for_each(|(y, bias)| *y += bias);
        }
        out
    }

    /// Adds to the gradient what `slopes`, the loss's derivatives by the outputs of `rows`, say.
    pub fn backward(&mut self, rows: &[f32], slopes: &[f32]) {
        products::add_outer(rows, slopes, self.num_outputs, &mut self.weights.gradient);
        for slopes in slopes.chunks(self.num_outputs) {
            let pairs = self.biases.gradient.iter_mut().zip(slopes);
            pairs.for_each(|(g, slope)| *g += slope);
        }
    }

    /// The loss's derivatives by the inputs: `[N, num_outputs]` → `[N, num_inputs]`.
    pub fn input_slopes(&self, slopes: &[f32]) -> Vec<f32> {
        let num_inputs = self.num_inputs();
        let mut out = vec![0.0; slopes.len() / self.num_outputs * num_inputs];
        for (slopes, out) in slopes
            .chunks(self.num_outputs)
            .zip(out.chunks_mut(num_inputs))
        {
            for (slope, weights) in slopes.iter().zip(self.weights.values.chunks(num_inputs)) {
                out.iter_mut()
                    .zip(weights)
                    .for_each(|(g, w)| *g += slope * w);
            }
        }
        out
    }

    /// One step of Adam along the gradient, `decay` times the weights added; the gradient is then
    /// zero again.
    pub fn update(&mut self, rate: f32, decay: f32) {
        let pairs = self.weights.gradient.iter_mut().zip(&self.weights.values);
        pairs.for_each(|(g, w)| *g += decay * w);
        self.weights.update(rate);
        self.biases.update(rate);
    }

    /// As a head's layer, for inputs that aren't multiplied by `scale` yet.
    pub fn dense(&self, scale: f32) -> Dense {
        let (num_inputs, num_outputs) = (self.num_inputs(), self.num_outputs);
        let weights = &self.weights.values;
        let at = |i: usize| scale * weights[i % num_outputs * num_inputs + i / num_outputs];
        Dense {
            weight: (0..weights.len()).map(at).collect(),
            bias: self.biases.values.clone(),
        }
    }

    fn num_inputs(&self) -> usize {
        self.weights.values.len() / self.num_outputs
    }
}

impl Learned {
    fn new(values: Vec<f32>) -> Self {
        let zeros = vec![0.0; values.len()];
        Self {
            gradient: zeros.clone(),
            means: zeros.clone(),
            squares: zeros,
            values,
            num_steps: 0,
        }
    }

    fn update(&mut self, rate: f32) {
        self.num_steps += 1;
        let [fast, slow] = DECAYS;
        let corrections = DECAYS.map(|decay| 1.0 - decay.powi(self.num_steps));
        let moments = self.means.iter_mut().zip(&mut self.squares);
        let numbers = self.values.iter_mut().zip(&mut self.gradient).zip(moments);
        for ((value, g), (mean, square)) in numbers {
            *mean = fast * *mean + (1.0 - fast) * *g;
            *square = slow * *square + (1.0 - slow) * *g * *g;
            let deviation = (*square / corrections[1]).sqrt() + LEAST_DEVIATION;
            *value -= rate * (*mean / corrections[0]) / deviation;
            *g = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_and_back_by_hand() {
        let mut layer = Layer::from_weights(vec![1.0, 2.0, 3.0, 4.0], 2);
        layer.biases.values = vec![0.5, -0.5];
        assert_eq!(layer.forward(&[1.0, 10.0]), [21.5, 42.5]);
        assert_eq!(layer.input_slopes(&[1.0, -1.0]), [-2.0, -2.0]);
        layer.backward(&[1.0, 10.0], &[2.0, -1.0]);
        assert_eq!(layer.weights.gradient, [2.0, 20.0, -1.0, -10.0]);
        assert_eq!(layer.biases.gradient, [2.0, -1.0]);
        let dense = layer.dense(2.0);
        assert_eq!(dense.weight, [2.0, 6.0, 4.0, 8.0]);
    }

    #[test]
    fn the_first_step_is_as_long_as_the_rate_whatever_the_gradient() {
        let mut layer = Layer::from_weights(vec![1.0], 1);
        layer.backward(&[1000.0], &[1.0]);
        layer.update(0.1, 0.0);
        assert!((layer.weights()[0] - 0.9).abs() < 1e-6);
        assert!((layer.biases()[0] + 0.1).abs() < 1e-6);
    }

    #[test]
    fn a_parabola_is_descended() {
        let mut layer = Layer::from_weights(vec![1.0], 1);
        for _ in 0..500 {
            let slope = layer.weights()[0] - 3.0;
            layer.backward(&[1.0], &[slope]);
            layer.update(0.05, 0.0);
        }
        assert!((layer.weights()[0] - 3.0).abs() < 0.05);
    }
}
