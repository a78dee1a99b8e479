//! Word pieces in context in, the same with more of the context out: one layer of BERT.
//!
//! Devlin et al., *BERT: Pre-training of Deep Bidirectional Transformers for Language
//! Understanding*, arXiv:1810.04805. Normalization follows each sum.

use super::{linear::Linear, norm::Norm};
use crate::{error::Result, tensor_file::TensorFile};

/// Heads of attention; each has `WIDTH / NUM_HEADS` channels.
const NUM_HEADS: usize = 12;

/// Channels of a piece.
pub(super) const WIDTH: usize = 384;

const HIDDEN: usize = 1536;

#[derive(Debug)]
pub(super) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    mix: Linear,
    mix_norm: Norm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

impl Layer {
    pub fn read(file: &TensorFile, at: usize) -> Result<Self> {
        let name = |part: &str| format!("layers.{at}.{part}");
        let linear = |part, inputs, outputs| Linear::read(file, &name(part), inputs, outputs);
        Ok(Self {
            query: linear("query", WIDTH, WIDTH)?,
            key: linear("key", WIDTH, WIDTH)?,
            value: linear("value", WIDTH, WIDTH)?,
            mix: linear("mix", WIDTH, WIDTH)?,
            mix_norm: Norm::read(file, &name("mix_norm"))?,
            widen: linear("widen", WIDTH, HIDDEN)?,
            narrow: linear("narrow", HIDDEN, WIDTH)?,
            narrow_norm: Norm::read(file, &name("narrow_norm"))?,
        })
    }

    /// `[pieces][WIDTH]` → the same.
    pub fn forward(&self, pieces: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let (queries, keys) = (self.query.forward(pieces), self.key.forward(pieces));
        let context = attend(&queries, &keys, &self.value.forward(pieces));
        let pieces = self.mix_norm.of_sums(pieces, &self.mix.forward(&context));
        let mut hidden = self.widen.forward(&pieces);
        hidden.iter_mut().flatten().for_each(|x| *x = gelu(*x));
        self.narrow_norm
            .of_sums(&pieces, &self.narrow.forward(&hidden))
    }
}

/// Each piece's mean of all pieces' values, weighted by how well their keys fit its query.
fn attend(queries: &[Vec<f32>], keys: &[Vec<f32>], values: &[Vec<f32>]) -> Vec<Vec<f32>> {
    const HEAD: usize = WIDTH / NUM_HEADS;
    let scale = (HEAD as f32).sqrt().recip();
    let of_query = |query: &Vec<f32>| {
        let mut context = vec![0.0; WIDTH];
        for (head, out) in context.chunks_exact_mut(HEAD).enumerate() {
            let part = head * HEAD..(head + 1) * HEAD;
            let query = &query[part.clone()];
            let fit = |key: &Vec<f32>| dot(query, &key[part.clone()]) * scale;
            let mut weights: Vec<f32> = keys.iter().map(fit).collect();
            softmax(&mut weights);
            for (weight, value) in weights.iter().zip(values) {
                let value = &value[part.clone()];
                out.iter_mut()
                    .zip(value)
                    .for_each(|(out, x)| *out += weight * x);
            }
        }
        context
    };
    queries.iter().map(of_query).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn softmax(logits: &mut [f32]) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter_mut().for_each(|x| *x = (*x - most).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|x| *x /= sum);
}

/// x Φ(x) with Φ the normal distribution.
fn gelu(x: f32) -> f32 {
    x * 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function to 1.5e-7: Abramowitz and Stegun, *Handbook of Mathematical Functions*,
/// 7.1.26.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let coefficients = [
        1.061_405_4,
        -1.453_152,
        1.421_413_7,
        -0.284_496_74,
        0.254_829_6,
    ];
    let polynomial = coefficients.iter().fold(0.0, |sum, c| (sum + c) * t);
    (1.0 - polynomial * (-x * x).exp()).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_function_has_its_known_values() {
        for (x, expected) in [
            (0.0, 0.0),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (-2.0, -0.995_322_3),
        ] {
            assert!((erf(x) - expected).abs() < 1e-6, "{x}");
        }
        assert!((gelu(1.0) - 0.841_344_7).abs() < 1e-6);
    }

    #[test]
    fn equal_keys_get_equal_shares() {
        let values = [vec![1.0; WIDTH], vec![3.0; WIDTH]];
        let keys = [vec![0.5; WIDTH], vec![0.5; WIDTH]];
        let context = attend(&[vec![1.0; WIDTH]], &keys, &values);
        assert!(context[0].iter().all(|x| (x - 2.0).abs() < 1e-6));
    }
}
