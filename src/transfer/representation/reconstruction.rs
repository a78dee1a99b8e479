//! Rows in, a small network that says them again through a bottleneck, and how badly it does so for
//! each, out.
//!
//! A denoising autoencoder (Vincent et al. 2008, *Extracting and composing robust features with
//! denoising autoencoders*): normalized rows, some of their features set to 0, go through one layer
//! of rectified units, fewer than features, and should come out whole.
//!
//! The error is no good judge of what doesn't belong: of photos of a class planted among those of
//! eleven others it ranks 53 % above one that belongs, the distance to neighbors that the health
//! report goes by 70 % (12 classes, `tests/transfer_representation.rs`). The network learns from
//! what doesn't belong, too, and frozen features leave it little to know better.
use burn::{
    optim::{GradientsParams, ModuleOptimizer},
    tensor::Tensor,
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{
    features::{Normalizer, Row},
    head::{Mlp, MlpConfig},
    transfer::{
        domains::Rows,
        tensors::{adam, dense, device, tensor, values},
    },
};

/// Adam's rate at the start; it falls to 0.
const RATE: f64 = 0.003;

/// Share of features set to 0.
const NOISE: f32 = 0.3;

/// Rows of a step.
const BATCH: usize = 32;

/// Units of the network that judges rows.
const NUM_UNITS: usize = 32;

/// Steps of Adam it learns for.
const NUM_STEPS: usize = 400;

/// An autoencoder while it learns. Call [`Autoencoder::step`] until it returns true.
pub(super) struct Autoencoder {
    /// Its outputs are features again.
    network: Mlp,
    optimizer: ModuleOptimizer,
    rng: ChaCha8Rng,
    /// What is left of the rows in this round.
    order: Vec<usize>,
    num_steps: usize,
    num_steps_done: usize,
}

impl Autoencoder {
    /// With random weights.
    pub fn new(num_features: usize, num_units: usize, num_steps: usize, seed: u64) -> Self {
        let shape = MlpConfig {
            num_features,
            hidden_units: num_units,
            num_classes: num_features,
        };
        Self {
            network: shape.init(seed, &device()),
            optimizer: adam(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            order: Vec::new(),
            num_steps,
            num_steps_done: 0,
        }
    }

    /// Learns from the next batch of `rows`, or of the second where the first end; true at the end.
    pub fn step(&mut self, rows: [&Rows; 2]) -> bool {
        let num_first = rows[0].len();
        if self.order.is_empty() {
            self.order = (0..num_first + rows[1].len()).collect();
            self.order.shuffle(&mut self.rng);
        }
        let start = self.order.len().saturating_sub(BATCH);
        let batch: Vec<f32> = self
            .order
            .drain(start..)
            .flat_map(|at| match at < num_first {
                true => rows[0].row(at),
                false => rows[1].row(at - num_first),
            })
            .copied()
            .collect();
        let mut noisy = batch.clone();
        for x in &mut noisy {
            let is_kept = self.rng.random::<f32>() >= NOISE;
            *x = if is_kept { *x / (1.0 - NOISE) } else { 0.0 };
        }
        let width = rows[0].num_features;
        self.learn(tensor(noisy, width), tensor(batch, width));
        self.num_steps_done += 1;
        self.num_steps_done >= self.num_steps
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        self.num_steps_done as f64 / self.num_steps as f64
    }

    /// Weights `[num_units, num_features]` and biases of the layer of rectified units.
    pub fn encoder(self) -> (Vec<f32>, Vec<f32>) {
        let [encoder, _] = self.network.layers();
        (
            values(encoder.weight.val().transpose()),
            dense(encoder).bias,
        )
    }

    /// One step of Adam on the mean squared distance between `batch` and what comes out.
    fn learn(&mut self, noisy: Tensor<2>, batch: Tensor<2>) {
        let loss = self.squares(noisy, batch).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        let rate = RATE * (1.0 - self.progress());
        self.network = self.optimizer.step(rate, self.network.clone(), gradients);
    }

    /// The squared distance between each row of `batch` and what comes out where its row of `noisy`
    /// went in: `[N, 1]`.
    fn squares(&self, noisy: Tensor<2>, batch: Tensor<2>) -> Tensor<2> {
        let differences = self.network.forward(noisy) - batch;
        differences.powi_scalar(2).sum_dim(1)
    }
}

/// How badly each row is reconstructed, in progress. Call [`ReconstructionErrors::step`] until it
/// returns true.
pub struct ReconstructionErrors {
    rows: Rows,
    none: Rows,
    network: Autoencoder,
    is_learned: bool,
    errors: Vec<f32>,
}

impl ReconstructionErrors {
    /// Of raw rows, all `[num_features]`.
    pub fn new(rows: &[Row], seed: u64) -> Self {
        let num_features = rows.first().map_or(0, |row| row.len());
        let normalizer = Normalizer::fit(rows.iter().map(|row| &**row), num_features);
        let num_features = num_features.max(1);
        Self {
            rows: Rows::normalized(rows, &normalizer),
            none: Rows {
                values: Vec::new(),
                num_features,
            },
            network: Autoencoder::new(num_features, NUM_UNITS, NUM_STEPS, seed),
            is_learned: rows.is_empty(),
            errors: Vec::new(),
        }
    }

    /// Does the next piece of work, 10 ms in a browser; true at the end.
    pub fn step(&mut self) -> bool {
        if !self.is_learned {
            self.is_learned = self.network.step([&self.rows, &self.none]);
            return false;
        }
        let num_features = self.rows.num_features;
        let start = self.errors.len();
        let end = (start + BATCH).min(self.rows.len());
        let rows = self.rows.values[start * num_features..end * num_features].to_vec();
        let rows = tensor(rows, num_features);
        self.errors
            .extend(values(self.network.squares(rows.clone(), rows)));
        end == self.rows.len()
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        let measured = self.errors.len() as f64 / self.rows.len().max(1) as f64;
        0.9 * self.network.progress() + 0.1 * measured
    }

    /// The squared distance between each row, normalized, and what came out, when
    /// [`ReconstructionErrors::step`] has returned true: `[N]`. 0 if it is known exactly, about 1
    /// if the network knows nothing of it.
    pub fn finish(self) -> Vec<f32> {
        self.errors
    }
}

/// How badly each row is reconstructed by a network that has learned from all, at once.
pub fn reconstruction_errors(rows: &[Row], seed: u64) -> Vec<f32> {
    let mut errors = ReconstructionErrors::new(rows, seed);
    while !errors.step() {}
    errors.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_unlike_the_others_is_worst() {
        let mut rows: Vec<_> = (0..60)
            .map(|at| {
                let share = (at % 10) as f32 / 10.0;
                Row::from([1.0 + share, 2.0 - share, 0.0, 0.0, share, 1.0])
            })
            .collect();
        rows.push(Row::from([1.0, 1.0, 2.0, -1.0, 0.5, 1.0]));
        let errors = reconstruction_errors(&rows, 3);
        let worst = (0..61).max_by(|a, b| errors[*a].total_cmp(&errors[*b]));
        assert_eq!(worst, Some(60));
    }

    #[test]
    fn no_rows_have_no_errors_and_a_single_one_is_known() {
        assert!(reconstruction_errors(&[], 1).is_empty());
        assert_eq!(reconstruction_errors(&[Row::from([1.0, 2.0])], 1), [0.0]);
    }
}
