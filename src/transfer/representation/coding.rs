//! Normalized rows in, their codes out: a linear layer, what its units make of it, and a triangle.

use crate::{
    features::dot,
    head::{Activation, Dense, DenseHead, ridge::elimination::InverseFactor},
    train::products,
    transfer::domains::Rows,
};

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// How rows become codes, and the codes of the rows seen so far.
#[derive(Debug)]
pub(super) struct Coding {
    /// `[num_codes, num_features]`
    weights: Vec<f32>,
    /// `[num_codes]`
    biases: Vec<f32>,
    /// Nothing if codes are linear.
    activation: Option<Activation>,
    /// What activated units are multiplied by at last, if by anything.
    triangle: Option<InverseFactor>,
    /// `[rows so far, num_codes]`
    codes: Vec<f32>,
}

impl Coding {
    /// `weights`: `[num_codes, num_features]`; `biases`: `[num_codes]`, not empty.
    pub fn linear(weights: Vec<f32>, biases: Vec<f32>) -> Self {
        Self {
            weights,
            biases,
            activation: None,
            triangle: None,
            codes: Vec::new(),
        }
    }

    /// Codes are what `activation` makes of the same.
    pub fn activated(weights: Vec<f32>, biases: Vec<f32>, activation: Activation) -> Self {
        Self {
            activation: Some(activation),
            ..Self::linear(weights, biases)
        }
    }

    /// Multiplies activated units by a triangle: `[num_codes, num_codes]`.
    pub fn then(self, triangle: InverseFactor) -> Self {
        Self {
            triangle: Some(triangle),
            ..self
        }
    }

    pub fn num_codes(&self) -> usize {
        self.biases.len()
    }

    /// Codes the next of `rows`; true at the end.
    pub fn step(&mut self, rows: &Rows) -> bool {
        let num_codes = self.num_codes();
        let start = self.codes.len() / num_codes;
        let cost = self.weights.len() + self.triangle.as_ref().map_or(0, |_| num_codes * num_codes);
        let end = (start + 1 + PRODUCTS_PER_STEP / cost.max(1)).min(rows.len());
        let values = &rows.values[start * rows.num_features..end * rows.num_features];
        let codes = self.of(values, end - start);
        self.codes.extend(codes);
        end == rows.len()
    }

    /// How many of `rows` are done, in [0, 1].
    pub fn progress(&self, rows: &Rows) -> f64 {
        self.codes.len() as f64 / (rows.len() * self.num_codes()).max(1) as f64
    }

    /// `[rows so far, num_codes]`; none are left.
    pub fn take_codes(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.codes)
    }

    /// `[num_rows, num_features]` → `[num_rows, num_codes]`
    fn of(&self, rows: &[f32], num_rows: usize) -> Vec<f32> {
        let num_codes = self.num_codes();
        let mut out = vec![0.0; num_rows * num_codes];
        products::logits(rows, &self.weights, num_codes, &mut out);
        for row in out.chunks_mut(num_codes) {
            let pairs = row.iter_mut().zip(&self.biases);
            pairs.for_each(|(x, bias)| *x += bias);
            if let Some(activation) = self.activation {
                row.iter_mut().for_each(|x| *x = activation.of(*x));
            }
            if let Some(triangle) = &self.triangle {
                // From the last, as each needs what comes before it.
                for at in (0..num_codes).rev() {
                    row[at] = dot(triangle.row(at), &row[..=at]);
                }
            }
        }
        out
    }

    /// A head on rows that does what `output` does on codes.
    pub fn head(&self, output: &Dense) -> DenseHead {
        let num_classes = output.bias.len();
        let weight = match &self.triangle {
            Some(triangle) => before_triangle(triangle, &output.weight, num_classes),
            None => output.weight.clone(),
        };
        let output = Dense {
            weight,
            bias: output.bias.clone(),
        };
        match self.activation {
            Some(activation) => DenseHead {
                layers: vec![self.layer(), output],
                activation,
            },
            None => DenseHead::new(vec![self.folded(&output)]),
        }
    }

    fn layer(&self) -> Dense {
        let num_codes = self.num_codes();
        let num_features = self.weights.len() / num_codes;
        let at = |i: usize| self.weights[i % num_codes * num_features + i / num_codes];
        Dense {
            weight: (0..self.weights.len()).map(at).collect(),
            bias: self.biases.clone(),
        }
    }

    /// Two linear layers as one.
    fn folded(&self, output: &Dense) -> Dense {
        let (num_codes, num_classes) = (self.num_codes(), output.bias.len());
        let num_features = self.weights.len() / num_codes;
        let mut weight = vec![0.0; num_features * num_classes];
        let mut bias = output.bias.clone();
        let codes = self.weights.chunks(num_features).zip(&self.biases);
        for ((weights, shift), outputs) in codes.zip(output.weight.chunks(num_classes)) {
            for (row, w) in weight.chunks_mut(num_classes).zip(weights) {
                row.iter_mut()
                    .zip(outputs)
                    .for_each(|(sum, o)| *sum += w * o);
            }
            let pairs = bias.iter_mut().zip(outputs);
            pairs.for_each(|(sum, o)| *sum += shift * o);
        }
        Dense { weight, bias }
    }
}

/// Weights of codes as weights of what is multiplied by the triangle: both `[num_codes,
/// num_classes]`.
fn before_triangle(triangle: &InverseFactor, weight: &[f32], num_classes: usize) -> Vec<f32> {
    let mut out = vec![0.0f64; weight.len()];
    for (at, weights) in weight.chunks(num_classes).enumerate() {
        for (row, &factor) in out.chunks_mut(num_classes).zip(triangle.row(at)) {
            let pairs = row.iter_mut().zip(weights);
            pairs.for_each(|(sum, w)| *sum += f64::from(factor) * f64::from(*w));
        }
    }
    out.iter().map(|x| *x as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::ridge::elimination::{Elimination, Triangle};

    fn output() -> Dense {
        Dense {
            weight: vec![1.0, 2.0, -1.0, 0.5],
            bias: vec![0.1, 0.2],
        }
    }

    fn rows() -> Rows {
        Rows {
            values: vec![0.6, 0.8, -1.0, 0.0, 0.0, 1.0],
            num_features: 2,
        }
    }

    /// Logits of codes, and of rows by the head: the same.
    fn assert_same(mut coding: Coding) {
        while !coding.step(&rows()) {}
        assert_eq!(coding.progress(&rows()), 1.0);
        let head = coding.head(&output());
        let codes = coding.take_codes();
        for (codes, row) in codes.chunks(2).zip(rows().iter()) {
            let expected = DenseHead::new(vec![output()]).logits(codes);
            for (a, b) in head.logits(row).iter().zip(expected) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_head_on_rows_says_what_a_head_on_codes_says() {
        let (weights, biases) = (vec![1.0, 2.0, 3.0, -1.0], vec![0.5, -0.25]);
        assert_same(Coding::linear(weights.clone(), biases.clone()));
        for activation in [Activation::Rectified, Activation::Cosine] {
            assert_same(Coding::activated(
                weights.clone(),
                biases.clone(),
                activation,
            ));
        }
        let mut matrix = Triangle::zeros(2);
        matrix.row_mut(0)[0] = 4.0;
        matrix.row_mut(1).copy_from_slice(&[2.0, 10.0]);
        let mut elimination = Elimination::new(matrix);
        while !elimination.step() {}
        let coding = Coding::activated(weights, biases, Activation::Exponential);
        assert_same(coding.then(elimination.finish()));
    }

    #[test]
    fn codes_by_hand() {
        let mut coding = Coding::linear(vec![1.0, 2.0, 3.0, -1.0], vec![0.5, -0.25]);
        while !coding.step(&rows()) {}
        assert_eq!(coding.take_codes()[2..], [-0.5, -3.25, 2.5, -1.25]);
    }
}
