//! Labeled feature rows in, a trained head and its honest evaluation out, one slice at a time.
//!
//! The objective is mean weighted cross-entropy + ½ · `weight_decay` · ‖weights‖², minimized by
//! Adam (Kingma & Ba, arXiv:1412.6980) over shuffled batches, the step size falling to zero along
//! half a cosine. After each epoch both losses are measured over all samples with the epoch's
//! final weights; the head with the lowest validation loss is the one that is kept.

mod data;

use std::time::Duration;

use burn::{
    optim::{AdamConfig, GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor, TensorData, activation::log_softmax},
};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use web_time::Instant;

pub use data::{Labeled, Partition};

use crate::{
    error::Result,
    features::Normalizer,
    head::{DenseHead, Head, HeadConfig, dense},
    metrics,
    protocol::{EpochMetrics, TrainingConfig},
};

/// Longest time between two looks at the message queue, so that Stop feels immediate.
const SLICE: Duration = Duration::from_millis(40);

/// Rows evaluated in one forward pass: 10 MB of features at 1280 a row.
const EVALUATION_BATCH: usize = 2048;

/// A training run in progress. Call [`Training::advance`] until it returns [`Advance::Finished`].
pub struct Training {
    config: TrainingConfig,
    data: Partition,
    normalizer: Normalizer,
    class_weights: Vec<f32>,
    device: Device,
    head: Head,
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
    head: Head,
}

/// What a slice of training came to.
#[derive(Debug)]
pub enum Advance {
    /// More of the same epoch is to come.
    Running,
    /// An epoch is over.
    Epoch(EpochMetrics),
    /// All epochs are over.
    Finished,
}

/// What a training run leaves behind.
pub struct Outcome {
    /// The head of the best epoch.
    pub head: DenseHead,
    /// What goes before it.
    pub normalizer: Normalizer,
    /// Logits of the held-out rows, in the order of [`Partition::validation`].
    pub validation_logits: Vec<Vec<f32>>,
    /// The epoch kept, from 1.
    pub best_epoch: usize,
    /// Epochs run.
    pub num_epochs: usize,
}

impl Training {
    /// Sets up a run on `device`. The partition has rows of every class on both sides.
    pub fn new(config: TrainingConfig, data: Partition, device: &Device) -> Self {
        let seed = u64::from(config.seed);
        let num_features = data.num_features();
        let normalizer = Normalizer::fit(data.train.iter().map(|s| &*s.row), num_features);
        let device = device.clone().autodiff();
        let head = HeadConfig::new(&config, num_features, data.num_classes).init(seed, &device);
        // Burn's default ε of 1e-5 is as large as these gradients; Adam's own is 1e-8.
        let optimizer = AdamConfig::new().with_epsilon(1e-8).init();
        Self {
            class_weights: data.class_weights(config.balance_classes),
            rng: ChaCha8Rng::seed_from_u64(seed),
            remaining: Vec::new(),
            num_steps: 0,
            epoch: 0,
            best: None,
            config,
            data,
            normalizer,
            device,
            head,
            optimizer,
        }
    }

    /// The samples of this run.
    pub fn data(&self) -> &Partition {
        &self.data
    }

    /// Makes the current epoch the last; what it has not got to is left out.
    pub fn stop(&mut self) {
        self.config.num_epochs = self.epoch;
    }

    /// Trains for a slice of time, at most to the end of the epoch.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn advance(&mut self) -> Result<Advance> {
        if self.epoch >= self.config.num_epochs {
            return Ok(Advance::Finished);
        }
        if self.remaining.is_empty() {
            self.remaining = (0..self.data.train.len()).collect();
            self.remaining.shuffle(&mut self.rng);
        }
        let start = Instant::now();
        while !self.remaining.is_empty() {
            if start.elapsed() >= SLICE {
                return Ok(Advance::Running);
            }
            let keep = self
                .remaining
                .len()
                .saturating_sub(self.config.batch_size.max(1));
            let batch = self.remaining.split_off(keep);
            self.step(&batch);
        }
        self.epoch += 1;
        self.end_epoch().await.map(Advance::Epoch)
    }

    /// Ends the run, early or not, with the head of the best epoch. Before the first epoch is
    /// over that is the head as it stands.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn finish(mut self) -> Result<Outcome> {
        if self.best.is_none() {
            self.end_epoch().await?;
        }
        let best = self.best.take().expect("an epoch has ended");
        Ok(Outcome {
            validation_logits: self.logits(&best.head, &self.data.validation).await?,
            head: best.head.to_dense().await?,
            normalizer: self.normalizer,
            best_epoch: best.epoch,
            num_epochs: self.epoch,
        })
    }

    /// One gradient step on rows of the training side.
    fn step(&mut self, batch: &[usize]) {
        let rows = batch.iter().map(|&row| &self.data.train[row]);
        let features = self.features(rows.clone());
        let log_probabilities = log_softmax(self.head.forward(features), 1);
        // [batch, num_classes], each row the sample's share of the loss at its class.
        let shares = self.loss_shares(rows);
        let penalty = self.head.squared_norm() * (self.config.weight_decay / 2.0);
        let loss = (log_probabilities * shares).sum().neg() + penalty;
        let gradients = GradientsParams::from_grads(loss.backward(), &self.head);
        let rate = self.learning_rate();
        self.head = self.optimizer.step(rate, self.head.clone(), gradients);
        self.num_steps += 1;
    }

    /// `[batch, num_classes]`: class weight over the batch's total weight at each row's class.
    fn loss_shares<'a>(&self, rows: impl Iterator<Item = &'a Labeled> + Clone) -> Tensor<2> {
        let total: f32 = rows.clone().map(|s| self.class_weights[s.label]).sum();
        let num_classes = self.data.num_classes;
        let mut shares = Vec::new();
        for sample in rows {
            let start = shares.len();
            shares.resize(start + num_classes, 0.0);
            shares[start + sample.label] = self.class_weights[sample.label] / total;
        }
        let shape = [shares.len() / num_classes, num_classes];
        Tensor::from_data(TensorData::new(shares, shape), &self.device)
    }

    /// `[batch, num_features]`, normalized.
    fn features<'a>(&self, rows: impl Iterator<Item = &'a Labeled>) -> Tensor<2> {
        let mut values = Vec::new();
        rows.for_each(|sample| self.normalizer.push_normalized(&sample.row, &mut values));
        let shape = [
            values.len() / self.data.num_features(),
            self.data.num_features(),
        ];
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// Half a cosine from the configured rate at the first step to zero after the last.
    fn learning_rate(&self) -> f64 {
        let batches = self
            .data
            .train
            .len()
            .div_ceil(self.config.batch_size.max(1));
        let progress = self.num_steps as f64 / (batches * self.config.num_epochs) as f64;
        self.config.learning_rate * (1.0 + (std::f64::consts::PI * progress).cos()) / 2.0
    }

    async fn end_epoch(&mut self) -> Result<EpochMetrics> {
        let (train_loss, train_accuracy) = self.evaluate(&self.data.train).await?;
        let (validation_loss, validation_accuracy) = self.evaluate(&self.data.validation).await?;
        let lowest = self
            .best
            .as_ref()
            .map_or(f64::INFINITY, |best| best.validation_loss);
        if self.best.is_none() || validation_loss < lowest {
            let head = self.head.clone();
            self.best = Some(Best {
                epoch: self.epoch,
                validation_loss,
                head,
            });
        }
        Ok(EpochMetrics {
            epoch: self.epoch,
            train_loss,
            train_accuracy,
            validation_loss,
            validation_accuracy,
        })
    }

    /// Mean cross-entropy and accuracy of the current head.
    async fn evaluate(&self, samples: &[Labeled]) -> Result<(f64, f64)> {
        let logits = self.logits(&self.head, samples).await?;
        let (mut loss, mut hits) = (0.0, 0usize);
        for (sample, logits) in samples.iter().zip(&logits) {
            loss += metrics::cross_entropy(logits, sample.label);
            hits += usize::from(metrics::argmax(logits) == sample.label);
        }
        let n = samples.len() as f64;
        Ok((loss / n, hits as f64 / n))
    }

    /// Logits of each sample, without tracking gradients.
    async fn logits(&self, head: &Head, samples: &[Labeled]) -> Result<Vec<Vec<f32>>> {
        let mut rows = Vec::with_capacity(samples.len());
        for chunk in samples.chunks(EVALUATION_BATCH) {
            let logits = head.forward(self.features(chunk.iter())).detach();
            let values = dense::read(logits).await?;
            rows.extend(
                values
                    .chunks_exact(self.data.num_classes)
                    .map(<[f32]>::to_vec),
            );
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dataset::Split, protocol::HeadKind};

    /// Two classes on either side of a line, 20 rows each, the last 5 held out.
    fn separable() -> Partition {
        let rows: Vec<_> = (0..40)
            .map(|i| {
                let (label, step) = (i % 2, (i / 2) as f32 * 0.1);
                let side = if label == 0 { 1.0 } else { -1.0 };
                Labeled {
                    sample: i as u32,
                    row: [side + step, -side + step].into(),
                    label,
                }
            })
            .collect();
        let split = Split {
            train: (0..30).collect(),
            validation: (30..40).collect(),
        };
        Partition::new(rows, &split, 2)
    }

    fn config(head: HeadKind) -> TrainingConfig {
        TrainingConfig {
            head,
            hidden_units: 8,
            learning_rate: 0.05,
            num_epochs: 20,
            batch_size: 8,
            weight_decay: 1e-4,
            balance_classes: false,
            validation_fraction: 0.2,
            seed: 1,
        }
    }

    fn run(config: TrainingConfig) -> (Vec<EpochMetrics>, Outcome) {
        let mut training = Training::new(config, separable(), &Device::flex());
        let mut epochs = Vec::new();
        loop {
            match pollster::block_on(training.advance()).unwrap() {
                Advance::Running => {}
                Advance::Epoch(metrics) => epochs.push(metrics),
                Advance::Finished => break,
            }
        }
        (epochs, pollster::block_on(training.finish()).unwrap())
    }

    #[test]
    fn both_heads_learn_a_separable_task() {
        for head in [HeadKind::Softmax, HeadKind::Mlp] {
            let (epochs, outcome) = run(config(head));
            assert_eq!(epochs.len(), 20);
            assert_eq!(epochs[19].validation_accuracy, 1.0, "{head:?}");
            assert!(epochs[19].train_loss < epochs[0].train_loss);
            assert_eq!(outcome.validation_logits.len(), 10);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_head() {
        let (_, a) = run(config(HeadKind::Mlp));
        let (_, b) = run(config(HeadKind::Mlp));
        assert_eq!(a.head, b.head);
    }

    #[test]
    fn the_kept_head_is_the_one_with_the_lowest_validation_loss() {
        let (epochs, outcome) = run(TrainingConfig {
            learning_rate: 5.0,
            ..config(HeadKind::Mlp)
        });
        let best = epochs
            .iter()
            .min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss));
        assert_eq!(outcome.best_epoch, best.unwrap().epoch);
    }

    #[test]
    fn stopping_at_once_still_leaves_a_head() {
        let training = Training::new(config(HeadKind::Softmax), separable(), &Device::flex());
        let outcome = pollster::block_on(training.finish()).unwrap();
        assert_eq!((outcome.best_epoch, outcome.num_epochs), (0, 0));
    }

    #[test]
    fn the_first_step_follows_the_gradient_by_hand() {
        // One sample of class 0, zero weights: the gradient at its class is -(1 - ½) · x, and
        // Adam's first step has the size of the learning rate in the direction of the sign.
        let rows = vec![
            Labeled {
                sample: 0,
                row: [1.0, 0.0].into(),
                label: 0,
            },
            Labeled {
                sample: 1,
                row: [0.0, 1.0].into(),
                label: 1,
            },
        ];
        let split = Split {
            train: vec![0, 1],
            validation: vec![0, 1],
        };
        let config = TrainingConfig {
            num_epochs: 1,
            batch_size: 2,
            ..config(HeadKind::Softmax)
        };
        let partition = Partition::new(rows, &split, 2);
        let mut training = Training::new(config, partition, &Device::flex());
        pollster::block_on(training.advance()).unwrap();
        let head = pollster::block_on(training.finish()).unwrap().head;
        for (weight, sign) in head.layers[0].weight.iter().zip([1.0, -1.0, -1.0, 1.0]) {
            assert!((weight - sign * 0.05).abs() < 1e-5, "{weight}");
        }
    }
}
