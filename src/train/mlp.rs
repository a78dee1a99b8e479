//! Labeled rows in, a perceptron out, by Adam; in Burn, on the session's device.
//!
//! The objective is mean weighted cross-entropy + ½ · `weight_decay` · ‖weights‖², minimized by
//! Adam (Kingma & Ba, arXiv:1412.6980) over shuffled batches, the step size falling to zero along
//! half a cosine. After each epoch both losses are measured over all samples with the epoch's
//! final weights; the head with the lowest validation loss is the one that is kept.
//!
//! Nothing is read back from the device before an epoch is over, and then four numbers at once:
//! on a GPU each read waits for all that was asked of it.

use burn::{
    optim::{AdamConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor, TensorData, activation::log_softmax},
};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{Advance, Labeled, Partition};
use crate::{
    device::read,
    error::Result,
    features::Normalizer,
    head::{DenseHead, Mlp, MlpConfig},
    protocol::{EpochMetrics, Kept, TrainingConfig},
};

/// Rows evaluated in one forward pass: 10 MB of features at 1280 a row.
const EVALUATION_BATCH: usize = 2048;

/// A run in progress.
pub(super) struct MlpFit {
    config: TrainingConfig,
    num_classes: usize,
    /// Of each training row in the loss.
    weights: Vec<f32>,
    device: Device,
    mlp: Mlp,
    optimizer: ModuleOptimizer,
    rng: ChaCha8Rng,
    /// Rows of the current epoch that are still to come, last first.
    remaining: Vec<usize>,
    num_steps: usize,
    epoch: usize,
    best: Option<Best>,
}

struct Best {
    epoch: usize,
    validation_loss: f64,
    mlp: Mlp,
}

/// The rows of a run, normalized on their way to the device.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub data: &'a Partition,
    pub normalizer: &'a Normalizer,
}

impl MlpFit {
    pub fn new(config: TrainingConfig, data: &Partition, device: &Device) -> Self {
        let seed = u64::from(config.seed);
        let shape = MlpConfig {
            num_features: data.num_features(),
            hidden_units: config.hidden_units.max(1),
            num_classes: data.num_classes,
        };
        let device = device.clone().autodiff();
        Self {
            num_classes: data.num_classes,
            weights: data.loss_weights(config.balance_classes),
            mlp: shape.init(seed, &device),
            // Burn's default ε of 1e-5 is as large as these gradients; Adam's own is 1e-8.
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            remaining: Vec::new(),
            num_steps: 0,
            epoch: 0,
            best: None,
            config,
            device,
        }
    }

    /// Makes the current epoch the last; what it has not got to is left out.
    pub fn stop(&mut self) {
        self.config.num_epochs = self.epoch;
    }

    /// Trains to the end of the epoch, or until `is_late` says so, which is asked at each step.
    pub async fn advance(
        &mut self,
        source: Source<'_>,
        is_late: impl Fn() -> bool,
    ) -> Result<Advance> {
        if self.epoch >= self.config.num_epochs {
            return Ok(Advance::Finished);
        }
        if self.remaining.is_empty() {
            self.remaining = (0..source.data.train.len()).collect();
            self.remaining.shuffle(&mut self.rng);
        }
        while !self.remaining.is_empty() {
            if is_late() {
                return Ok(Advance::Running);
            }
            let size = self.config.batch_size.max(1);
            let keep = self.remaining.len().saturating_sub(size);
            let batch = self.remaining.split_off(keep);
            self.step(source, &batch);
        }
        self.epoch += 1;
        self.end_epoch(source).await.map(Advance::Epoch)
    }

    /// Ends the run, early or not, with the head of the best epoch and its logits of the held-out
    /// rows. Before the first epoch is over that is the head as it stands.
    pub async fn finish(mut self, source: Source<'_>) -> Result<(DenseHead, Vec<Vec<f32>>, Kept)> {
        if self.best.is_none() {
            self.end_epoch(source).await?;
        }
        let best = self.best.take().expect("an epoch has ended");
        let head = best.mlp.to_dense().await?;
        let logits = self.logits(&best.mlp, source).await?;
        let kept = Kept::BestEpoch {
            epoch: best.epoch,
            num_epochs: self.epoch,
        };
        Ok((head, logits, kept))
    }

    /// One gradient step on rows of the training side.
    fn step(&mut self, source: Source, batch: &[usize]) {
        let rows = batch.iter().map(|&row| &source.data.train[row]);
        let total: f32 = batch.iter().map(|&row| self.weights[row]).sum();
        let shares = batch.iter().map(|&row| self.weights[row] / total);
        let shares = self.at_labels(rows.clone(), shares);
        let log_probabilities = log_softmax(self.mlp.forward(self.features(source, rows)), 1);
        let penalty = self.mlp.squared_norm() * (self.config.weight_decay / 2.0);
        let loss = (log_probabilities * shares).sum().neg() + penalty;
        let gradients = GradientsParams::from_grads(loss.backward(), &self.mlp);
        let rate = self.learning_rate(source.data.train.len());
        self.mlp = self.optimizer.step(rate, self.mlp.clone(), gradients);
        self.num_steps += 1;
    }

    /// `[batch, num_classes]`: each row's value at its class, 0 elsewhere.
    fn at_labels<'a>(
        &self,
        rows: impl Iterator<Item = &'a Labeled>,
        row_values: impl Iterator<Item = f32>,
    ) -> Tensor<2> {
        let mut values = Vec::new();
        for (sample, value) in rows.zip(row_values) {
            let start = values.len();
            values.resize(start + self.num_classes, 0.0);
            values[start + sample.label] = value;
        }
        let shape = [values.len() / self.num_classes, self.num_classes];
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// `[batch, num_features]`, normalized.
    fn features<'a>(&self, source: Source, rows: impl Iterator<Item = &'a Labeled>) -> Tensor<2> {
        let mut values = Vec::new();
        rows.for_each(|sample| source.normalizer.push_normalized(&sample.row, &mut values));
        let num_features = source.data.num_features();
        let shape = [values.len() / num_features, num_features];
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// Half a cosine from the configured rate at the first step to zero after the last.
    fn learning_rate(&self, num_rows: usize) -> f64 {
        let num_batches = num_rows.div_ceil(self.config.batch_size.max(1));
        let progress = self.num_steps as f64 / (num_batches * self.config.num_epochs) as f64;
        self.config.learning_rate * (1.0 + (std::f64::consts::PI * progress).cos()) / 2.0
    }

    async fn end_epoch(&mut self, source: Source<'_>) -> Result<EpochMetrics> {
        let Partition {
            train, validation, ..
        } = source.data;
        let [train_sums, validation_sums] =
            [train, validation].map(|samples| self.loss_and_hits(source, samples));
        // The epoch's only read: [4]
        let sums = read(Tensor::cat(vec![train_sums, validation_sums], 0)).await?;
        let share = |at: usize, samples: &[Labeled]| f64::from(sums[at]) / samples.len() as f64;
        let metrics = EpochMetrics {
            epoch: self.epoch,
            train_loss: share(0, train),
            train_accuracy: share(1, train),
            validation_loss: share(2, validation),
            validation_accuracy: share(3, validation),
        };
        let lowest = self.best.as_ref().map(|best| best.validation_loss);
        if lowest.is_none_or(|lowest| metrics.validation_loss < lowest) {
            self.best = Some(Best {
                epoch: self.epoch,
                validation_loss: metrics.validation_loss,
                mlp: self.mlp.clone(),
            });
        }
        Ok(metrics)
    }

    /// `[2]`, left on the device: the sum of cross-entropies, and how many are classified right.
    fn loss_and_hits(&self, source: Source, samples: &[Labeled]) -> Tensor<1> {
        let chunks = samples.chunks(EVALUATION_BATCH).map(|chunk| {
            let logits = self
                .mlp
                .forward(self.features(source, chunk.iter()))
                .detach();
            let truth = self.at_labels(chunk.iter(), std::iter::repeat(1.0));
            let loss = (log_softmax(logits.clone(), 1) * truth.clone()).sum().neg();
            // Right is whose class has no larger logit beside it. [batch, 1]
            let of_truth = (logits.clone() * truth).sum_dim(1);
            let hits = of_truth.greater_equal(logits.max_dim(1)).float().sum();
            Tensor::cat(vec![loss, hits], 0)
        });
        chunks.reduce(|sum, chunk| sum + chunk).expect("not empty")
    }

    /// Logits of each held-out row.
    async fn logits(&self, mlp: &Mlp, source: Source<'_>) -> Result<Vec<Vec<f32>>> {
        let mut rows = Vec::with_capacity(source.data.validation.len());
        for chunk in source.data.validation.chunks(EVALUATION_BATCH) {
            let logits = mlp.forward(self.features(source, chunk.iter())).detach();
            let values = read(logits).await?;
            let logits = values.chunks_exact(self.num_classes);
            rows.extend(logits.map(<[f32]>::to_vec));
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Split;

    /// The head that full batches lead to, from rows with these labels and weights.
    fn head(rows: &[([f32; 2], usize, f32)]) -> DenseHead {
        let labeled = |(row, label, _): &([f32; 2], usize, f32)| Labeled {
            sample: 0,
            row: (*row).into(),
            label: *label,
        };
        let split = Split {
            train: (0..rows.len()).collect(),
            validation: vec![0, 1],
        };
        let mut data = Partition::new(rows.iter().map(labeled).collect(), &split, 2);
        data.weights = rows.iter().map(|(.., weight)| *weight).collect();
        let normalizer = Normalizer::from_mean(vec![0.0; 2]);
        let source = Source {
            data: &data,
            normalizer: &normalizer,
        };
        let config = TrainingConfig {
            hidden_units: 4,
            num_epochs: 8,
            batch_size: 64,
            ..TrainingConfig::default()
        };
        let mut fit = MlpFit::new(config, &data, &Device::flex());
        while !matches!(
            pollster::block_on(fit.advance(source, || false)).unwrap(),
            Advance::Finished
        ) {}
        pollster::block_on(fit.finish(source)).unwrap().0
    }

    #[test]
    fn a_weight_of_two_is_a_copy() {
        let (first, second, third) = ([1.0, 0.2], [-0.3, 1.0], [0.8, -0.9]);
        let weighted = head(&[(first, 0, 2.0), (second, 1, 1.0), (third, 0, 1.0)]);
        let copied = head(&[
            (first, 0, 1.0),
            (second, 1, 1.0),
            (third, 0, 1.0),
            (first, 0, 1.0),
        ]);
        for (a, b) in weighted.layers.iter().zip(&copied.layers) {
            for (a, b) in a.weight.iter().zip(&b.weight) {
                assert!((a - b).abs() < 1e-4, "{a} {b}");
            }
        }
    }
}
