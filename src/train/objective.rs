//! Labeled rows and a linear head's parameters in, loss and gradient out, a block of rows at a
//! time.
//!
//! The loss is mean weighted cross-entropy + ½ · `weight_decay` · ‖weights‖², the biases free.
//!
//! The head sees rows centered and scaled to length 1. Only a block of them is in that form at a
//! time: it gives its logits and its part of the gradient while it is in the cache, and the kept
//! rows are read once an evaluation. A whole normalized matrix would double the memory they take.

use super::{Labeled, products};
use crate::{features::Normalizer, metrics};

/// Rows of a block: 160 KB at 1280 features, which stays in a core's own cache.
const BLOCK: usize = 32;

/// What is minimized, apart from the rows.
#[derive(Debug)]
pub(super) struct Objective {
    normalizer: Normalizer,
    num_classes: usize,
    weight_decay: f64,
}

/// Rows with what makes them of length 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled<'a> {
    pub samples: &'a [Labeled],
    pub side: &'a Side,
}

/// What is known of each row of a side, training or validation.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// What it is multiplied by to be of length 1: `[N]`.
    scales: Vec<f32>,
    /// Its part in the loss, of a sum of 1: `[N]`.
    shares: Vec<f64>,
}

impl Side {
    /// Samples that count in proportion to their weights: `[N]`, positive.
    pub fn new(samples: &[Labeled], weights: &[f32], normalizer: &Normalizer) -> Self {
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let scale = |sample: &Labeled| normalizer.scale(&sample.row);
        Self {
            scales: samples.iter().map(scale).collect(),
            shares: weights
                .iter()
                .map(|&weight| f64::from(weight) / total)
                .collect(),
        }
    }
}

/// One look at all rows with the same parameters, in progress.
#[derive(Debug)]
pub(super) struct Sweep {
    /// The next row to look at.
    next: usize,
    weighted_loss: f64,
    cross_entropy: f64,
    num_hits: usize,
    /// Of each class.
    bias_gradient: Vec<f64>,
}

impl Objective {
    pub fn new(normalizer: &Normalizer, num_classes: usize, weight_decay: f64) -> Self {
        Self {
            normalizer: normalizer.clone(),
            num_classes,
            weight_decay,
        }
    }

    /// Weights `[num_classes, num_features]`, then biases `[num_classes]`.
    pub fn num_parameters(&self) -> usize {
        (self.num_features() + 1) * self.num_classes
    }

    pub fn split<'a>(&self, parameters: &'a [f32]) -> (&'a [f32], &'a [f32]) {
        parameters.split_at(self.num_features() * self.num_classes)
    }

    fn num_features(&self) -> usize {
        self.normalizer.mean().len()
    }

    /// A sweep before its first row.
    pub fn sweep(&self) -> Sweep {
        Sweep {
            next: 0,
            weighted_loss: 0.0,
            cross_entropy: 0.0,
            num_hits: 0,
            bias_gradient: vec![0.0; self.num_classes],
        }
    }

    /// Takes the next block of rows into a sweep, and into the gradient if there is one. The
    /// parameters are the same all through a sweep. Returns whether rows are left.
    pub fn look(
        &self,
        sweep: &mut Sweep,
        rows: Scaled,
        parameters: &[f32],
        gradient: Option<&mut [f32]>,
    ) -> bool {
        let end = (sweep.next + BLOCK).min(rows.samples.len());
        let block = sweep.next..end;
        let (samples, scales) = (
            &rows.samples[block.clone()],
            &rows.side.scales[block.clone()],
        );
        let shares = &rows.side.shares[block];
        // [block, num_features]
        let mut values = Vec::with_capacity(samples.len() * self.num_features());
        for (sample, &scale) in samples.iter().zip(scales) {
            self.normalizer.push_scaled(&sample.row, scale, &mut values);
        }
        let (weights, biases) = self.split(parameters);
        // [block, num_classes], first logits, then derivatives by them
        let mut table = vec![0.0; samples.len() * self.num_classes];
        products::logits(&values, weights, self.num_classes, &mut table);
        let logits = table.chunks_mut(self.num_classes);
        for ((sample, logits), &share) in samples.iter().zip(logits).zip(shares) {
            logits
                .iter_mut()
                .zip(biases)
                .for_each(|(z, bias)| *z += bias);
            sweep.judge(logits, sample.label, share);
        }
        if let Some(gradient) = gradient {
            let gradient = &mut gradient[..weights.len()];
            products::add_outer(&values, &table, self.num_classes, gradient);
        }
        sweep.next = end;
        end < rows.samples.len()
    }

    /// Completes a sweep over all training rows: the loss; `gradient` gets what is missing in it.
    pub fn complete(&self, sweep: &Sweep, parameters: &[f32], gradient: &mut [f32]) -> f64 {
        let (weights, _) = self.split(parameters);
        let (of_weights, of_biases) = gradient.split_at_mut(weights.len());
        let decay = self.weight_decay as f32;
        let pairs = of_weights.iter_mut().zip(weights);
        pairs.for_each(|(g, w)| *g += decay * w);
        let sums = of_biases.iter_mut().zip(&sweep.bias_gradient);
        sums.for_each(|(g, sum)| *g = *sum as f32);
        let square: f64 = weights.iter().map(|&w| f64::from(w).powi(2)).sum();
        sweep.weighted_loss + self.weight_decay / 2.0 * square
    }
}

impl Sweep {
    /// Mean cross-entropy of the rows, each weighing the same, and the share classified right.
    pub fn loss_and_accuracy(&self) -> (f64, f64) {
        let num_rows = self.next.max(1) as f64;
        (
            self.cross_entropy / num_rows,
            self.num_hits as f64 / num_rows,
        )
    }

    /// Logits → the loss's derivatives by them. `share` is the row's part in the loss.
    fn judge(&mut self, logits: &mut [f32], label: usize, share: f64) {
        self.num_hits += usize::from(metrics::argmax(logits) == label);
        let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let truth = f64::from(logits[label] - max);
        let mut sum = 0.0;
        for z in logits.iter_mut() {
            *z = (*z - max).exp();
            sum += f64::from(*z);
        }
        let loss = sum.ln() - truth;
        self.cross_entropy += loss;
        self.weighted_loss += share * loss;
        let scale = (share / sum) as f32;
        logits.iter_mut().for_each(|p| *p *= scale);
        logits[label] -= share as f32;
        let sums = self.bias_gradient.iter_mut().zip(logits);
        sums.for_each(|(sum, derivative)| *sum += f64::from(*derivative));
    }
}
