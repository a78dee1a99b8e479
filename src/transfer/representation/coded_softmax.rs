//! Codes of labeled rows in, softmax regression on them out.
//!
//! Codes are centered and scaled by one number, so that their mean square length is 1 whatever made
//! them and the penalty on weights means the same; both are undone in the head.

use crate::{
    head::Dense,
    transfer::{
        domains::{Domains, Rows},
        joint_softmax::{Aim, JointSoftmax},
    },
};

/// A fit in progress. Call [`CodedSoftmax::step`] until it returns true.
#[derive(Debug)]
pub(super) struct CodedSoftmax {
    codes: Rows,
    none: Rows,
    mean: Vec<f32>,
    scale: f32,
    softmax: JointSoftmax,
}

impl CodedSoftmax {
    /// `codes`: of the source rows, `[N, num_codes]`, neither of them 0.
    pub fn new(mut codes: Vec<f32>, domains: &Domains) -> Self {
        let num_rows = domains.labels.len().max(1);
        let num_codes = (codes.len() / num_rows).max(1);
        let mean = mean(&codes, num_codes);
        let scale = center(&mut codes, &mean);
        let labeled = Aim {
            targets: domains.one_hot(),
            weight: 1.0,
        };
        let rows = |values| Rows {
            values,
            num_features: num_codes,
        };
        let shape = (num_codes, domains.num_classes);
        Self {
            codes: rows(codes),
            none: rows(Vec::new()),
            mean,
            scale,
            softmax: JointSoftmax::new([labeled, Aim::default()], 0.0, shape, None),
        }
    }

    pub fn step(&mut self) -> bool {
        self.softmax.step(&self.codes, &self.none)
    }

    pub fn progress(&self) -> f64 {
        self.softmax.progress()
    }

    /// What it does to codes as they were given.
    pub fn finish(self) -> Dense {
        let mut head = self.softmax.head();
        let mut output = head.layers.remove(0);
        let num_classes = output.bias.len();
        for (weights, mean) in output.weight.chunks_mut(num_classes).zip(&self.mean) {
            for (weight, bias) in weights.iter_mut().zip(&mut output.bias) {
                *weight *= self.scale;
                *bias -= *weight * mean;
            }
        }
        output
    }
}

fn mean(codes: &[f32], num_codes: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; num_codes];
    for row in codes.chunks(num_codes) {
        let pairs = sums.iter_mut().zip(row);
        pairs.for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let num_rows = (codes.len() / num_codes).max(1) as f64;
    sums.iter().map(|sum| (sum / num_rows) as f32).collect()
}

/// Subtracts the mean and scales; by how much.
fn center(codes: &mut [f32], mean: &[f32]) -> f32 {
    let mut square = 0.0f64;
    for row in codes.chunks_mut(mean.len()) {
        for (x, mean) in row.iter_mut().zip(mean) {
            *x -= mean;
            square += f64::from(*x).powi(2);
        }
    }
    let num_rows = (codes.len() / mean.len()) as f64;
    // Codes that are all the same stay so.
    let scale = if square > 1e-9 * num_rows {
        (num_rows / square).sqrt() as f32
    } else {
        1.0
    };
    codes.iter_mut().for_each(|x| *x *= scale);
    scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::Normalizer, head::DenseHead, metrics};

    #[test]
    fn scale_and_place_of_codes_do_not_matter() {
        let domains = Domains {
            source: Rows {
                values: Vec::new(),
                num_features: 1,
            },
            labels: vec![0, 1, 0, 1],
            target: Rows {
                values: Vec::new(),
                num_features: 1,
            },
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0]),
        };
        let logits = |stretch: f32, shift: f32| {
            let at = |x: f32| stretch * x + shift;
            let codes = [1.0, 0.2, -1.0, 0.1, 0.8, -0.3, -0.9, 0.0].map(at).to_vec();
            let mut fit = CodedSoftmax::new(codes, &domains);
            while !fit.step() {}
            DenseHead::new(vec![fit.finish()]).logits(&[at(0.9), at(0.1)])
        };
        let (a, b) = (logits(1.0, 0.0), logits(50.0, 7.0));
        assert_eq!(metrics::argmax(&a), 0);
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-2, "{a} {b}");
        }
    }
}
