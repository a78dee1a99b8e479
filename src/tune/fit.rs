//! Labeled images at the boundary in, a tuned tail out, a few milliseconds at a time.
//!
//! LP-FT (Kumar et al., *Fine-tuning can distort pretrained features and underperform
//! out-of-distribution*, arXiv:2202.10054): the head has been trained first, on frozen features, and
//! gives the blocks good gradients from their first step. Then everything learns at small rates,
//! smaller with depth, as early layers are the more general ones (Howard & Ruder, *Universal
//! language model fine-tuning*, arXiv:1801.06146). The epoch with the lowest validation loss is
//! kept, the head alone being the one to beat.

use rand::{Rng, seq::SliceRandom};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::adam::Adam;
use super::boundary::Boundary;
use super::head::Judged;
use super::tail::Tail;

/// How to tune.
#[derive(Clone, Debug, PartialEq)]
pub struct TuneConfig {
    /// Times every image is shown, at most.
    pub num_epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// Of AdamW for the last convolution, at the beginning; it falls to zero along half a cosine.
    pub learning_rate: f32,
    /// What each layer's rate is multiplied by to get that of the one before it.
    pub depth_decay: f32,
    /// What the rate is multiplied by to get that of the head.
    pub head_factor: f32,
    /// Share of the weights lost in a step at a rate of 1.
    pub weight_decay: f32,
    /// Epochs without a lower validation loss after which it ends.
    pub patience: usize,
    /// Determines the order of the images and which views are shown.
    pub seed: u64,
}

impl Default for TuneConfig {
    fn default() -> Self {
        Self {
            num_epochs: 20,
            batch_size: 8,
            learning_rate: 1e-4,
            depth_decay: 0.7,
            head_factor: 10.0,
            weight_decay: 0.01,
            patience: 6,
            seed: 0,
        }
    }
}

impl TuneConfig {
    /// Every setting within what makes sense, whatever it was.
    pub fn clamped(self) -> Self {
        let rate = |rate: f32, high: f32| if rate.is_finite() { rate.clamp(0.0, high) } else { 0.0 };
        Self {
            num_epochs: self.num_epochs.min(1000),
            batch_size: self.batch_size.clamp(1, 256),
            learning_rate: rate(self.learning_rate, 0.1),
            depth_decay: rate(self.depth_decay, 1.0),
            head_factor: rate(self.head_factor, 1000.0),
            weight_decay: rate(self.weight_decay, 1.0),
            patience: self.patience.max(1),
            seed: self.seed,
        }
    }

    /// Sets up a run. Without `validation` the last epoch is kept.
    pub fn init(self, tail: Tail, train: Vec<Example>, validation: Vec<Example>) -> Tuning {
        let config = self.clamped();
        Tuning {
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            config,
            tail,
            train,
            validation,
            adam: Adam::default(),
            stage: Stage::Validate(Sums::default()),
            epoch: 0,
            num_steps: 0,
            is_due: false,
            trained: Sums::default(),
            best: None,
            last: None,
        }
    }
}

/// A labeled image.
#[derive(Clone, Debug)]
pub struct Example {
    /// The image as it is, and then, for training, variants of it; at least one.
    pub views: Vec<Boundary>,
    /// Its class.
    pub label: usize,
    /// What it counts in the loss; 1 unless classes are balanced.
    pub weight: f32,
}

/// A run in progress. Call [`Tuning::step`] until it returns [`TuneStep::Finished`].
#[derive(Debug)]
pub struct Tuning {
    config: TuneConfig,
    tail: Tail,
    train: Vec<Example>,
    validation: Vec<Example>,
    adam: Adam,
    rng: ChaCha8Rng,
    stage: Stage,
    epoch: usize,
    num_steps: usize,
    /// Whether a batch is complete whose gradients have not been used.
    is_due: bool,
    /// Of the epoch in progress.
    trained: Sums,
    best: Option<Best>,
    last: Option<TunedEpoch>,
}

#[derive(Debug)]
enum Stage {
    /// Rows of the current epoch that are still to come, last first.
    Train(Vec<usize>),
    /// How the images looked at so far were judged.
    Validate(Sums),
    Finished,
}

#[derive(Debug)]
struct Best {
    report: TunedEpoch,
    parameters: Vec<f32>,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TuneStep {
    /// More of the same epoch is to come.
    Running,
    /// An epoch is over.
    Epoch(TunedEpoch),
    /// The run is over.
    Finished,
}

/// An epoch in numbers. Epoch 0 is the head alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TunedEpoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean cross-entropy of the images as they were shown, while it was learning; `None` before.
    pub train_loss: Option<f64>,
    /// Share classified right meanwhile.
    pub train_accuracy: Option<f64>,
    /// Mean cross-entropy at its end; `None` without validation images.
    pub validation_loss: Option<f64>,
    /// Share of them classified right.
    pub validation_accuracy: Option<f64>,
}

/// Sums over images.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    num_images: usize,
    loss: f64,
    num_right: usize,
}

impl Sums {
    fn add(&mut self, judged: Judged) {
        self.num_images += 1;
        self.loss += judged.loss;
        self.num_right += usize::from(judged.is_right);
    }

    fn mean_loss(&self) -> Option<f64> {
        (self.num_images > 0).then(|| self.loss / self.num_images as f64)
    }

    fn accuracy(&self) -> Option<f64> {
        (self.num_images > 0).then(|| self.num_right as f64 / self.num_images as f64)
    }
}

impl Tuning {
    /// Looks at one image, to learn from it or to validate, or changes the parameters at the end
    /// of a batch.
    pub fn step(&mut self) -> TuneStep {
        if std::mem::take(&mut self.is_due) {
            self.update();
            return TuneStep::Running;
        }
        match &mut self.stage {
            Stage::Finished => return TuneStep::Finished,
            Stage::Train(remaining) => {
                if let Some(row) = remaining.pop() {
                    self.is_due = remaining.len().is_multiple_of(self.config.batch_size);
                    self.learn(row);
                    return TuneStep::Running;
                }
                self.epoch += 1;
                self.stage = Stage::Validate(Sums::default());
            }
            Stage::Validate(sums) => {
                if let Some(example) = self.validation.get(sums.num_images) {
                    let logits = self.tail.logits(&example.views[0]);
                    sums.add(Judged::new(&logits, example.label));
                    return TuneStep::Running;
                }
                let sums = *sums;
                return TuneStep::Epoch(self.end_epoch(sums));
            }
        }
        TuneStep::Running
    }

    /// How much is done if it isn't over early, in [0, 1].
    pub fn progress(&self) -> f64 {
        let num_epochs = self.config.num_epochs.max(1) as f64;
        let within = match &self.stage {
            Stage::Train(remaining) => 1.0 - remaining.len() as f64 / self.train.len().max(1) as f64,
            Stage::Validate(_) => 0.0,
            Stage::Finished => return 1.0,
        };
        ((self.epoch as f64 + within) / num_epochs).min(1.0)
    }

    /// Ends the run, early or not, with the best epoch's parameters: the tail, and which epoch.
    pub fn finish(mut self) -> (Tail, Option<TunedEpoch>) {
        match self.best {
            Some(best) => {
                self.tail.restore(&best.parameters);
                (self.tail, Some(best.report))
            }
            None => (self.tail, self.last),
        }
    }

    /// STUDY
    pub fn last_tail(&self) -> Tail { self.tail.clone() }

    fn learn(&mut self, row: usize) {
        let Example {
            views,
            label,
            weight,
        } = &self.train[row];
        let view = &views[self.rng.random_range(0..views.len())];
        let share = weight / self.config.batch_size.min(self.train.len()) as f32;
        self.trained.add(self.tail.learn(view, *label, share));
    }

    fn update(&mut self) {
        let TuneConfig {
            depth_decay,
            head_factor,
            weight_decay,
            ..
        } = self.config;
        let rate = self.learning_rate();
        let mut step = self.adam.step();
        self.tail.visit(&mut |parameter| {
            let factor = match parameter.depth {
                0 => head_factor,
                depth => depth_decay.powi(depth as i32 - 1),
            };
            step.update(parameter, rate * factor, weight_decay);
        });
        self.tail.refresh();
        self.num_steps += 1;
    }

    /// Half a cosine from the configured rate at the first step to zero after the last.
    fn learning_rate(&self) -> f32 {
        let num_batches = self.train.len().div_ceil(self.config.batch_size);
        let num_steps = (num_batches * self.config.num_epochs).max(1);
        let progress = self.num_steps as f32 / num_steps as f32;
        self.config.learning_rate * (1.0 + (std::f32::consts::PI * progress).cos()) / 2.0
    }

    fn end_epoch(&mut self, validated: Sums) -> TunedEpoch {
        let trained = std::mem::take(&mut self.trained);
        let report = TunedEpoch {
            epoch: self.epoch,
            train_loss: trained.mean_loss(),
            train_accuracy: trained.accuracy(),
            validation_loss: validated.mean_loss(),
            validation_accuracy: validated.accuracy(),
        };
        self.last = Some(report);
        if let Some(loss) = report.validation_loss
            && self.best.as_ref().is_none_or(|best| best.is_above(loss))
        {
            let parameters = self.tail.snapshot();
            self.best = Some(Best { report, parameters });
        }
        let best = self.best.as_ref().map_or(self.epoch, |best| best.report.epoch);
        let is_over = self.epoch >= self.config.num_epochs
            || self.train.is_empty()
            || self.epoch - best >= self.config.patience;
        self.stage = match is_over {
            true => Stage::Finished,
            false => {
                let mut rows: Vec<usize> = (0..self.train.len()).collect();
                rows.shuffle(&mut self.rng);
                Stage::Train(rows)
            }
        };
        report
    }
}

impl Best {
    fn is_above(&self, loss: f64) -> bool {
        self.report.validation_loss.is_none_or(|lowest| loss < lowest)
    }
}
