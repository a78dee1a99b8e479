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
use super::config::TuneConfig;
use super::example::Example;
use super::head::{Judged, Target};
use super::tail::Tail;
use crate::metrics;

impl TuneConfig {
    /// Sets up a run. Without `validation` the last epoch is kept.
    ///
    /// # Panics
    ///
    /// When an example has no view, one of another backbone or boundary, or a label the head has no
    /// class for.
    pub fn init(self, tail: Tail, [train, validation]: [Vec<Example>; 2]) -> Tuning {
        let config = self.clamped();
        assert!(
            train
                .iter()
                .chain(&validation)
                .all(|example| tail.takes(example)),
            "views at this tail's boundary, labels of its classes"
        );
        Tuning {
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            config,
            tail,
            train,
            validation,
            adam: Adam::default(),
            stage: Stage::Validate(Vec::new()),
            epoch: 0,
            num_steps: 0,
            is_due: false,
            trained: Sums::default(),
            best: None,
            last: None,
        }
    }
}

/// A run in progress. Call [`Tuning::step`] until it returns [`TuneStep::Finished`], or
/// [`Tuning::finish`] earlier; dropping it leaves nothing behind.
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
    /// Logits of the images looked at so far.
    Validate(Vec<Vec<f32>>),
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

/// An epoch in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TunedEpoch {
    /// Counted from 1; 0 is the head alone.
    pub epoch: usize,
    /// Mean cross-entropy of the images as they were shown, while it was learning; `None` before.
    pub train_loss: Option<f64>,
    /// Share classified right meanwhile.
    pub train_accuracy: Option<f64>,
    /// Mean cross-entropy at its end, the logits divided by the best temperature; `None` without
    /// validation images.
    pub validation_loss: Option<f64>,
    /// Share of them classified right.
    pub validation_accuracy: Option<f64>,
}

/// What a run leaves behind.
#[derive(Debug)]
pub struct Tuned {
    /// The network, with the parameters that are kept.
    pub tail: Tail,
    /// The epoch they are of; `None` if not even the head was validated.
    pub epoch: Option<TunedEpoch>,
    /// Those learned from and those validated with, to see what the network makes of them.
    pub examples: [Vec<Example>; 2],
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
                self.stage = Stage::Validate(Vec::new());
            }
            Stage::Validate(logits) => {
                if let Some(example) = self.validation.get(logits.len()) {
                    logits.push(self.tail.logits(&example.views[0]));
                    return TuneStep::Running;
                }
                let logits = std::mem::take(logits);
                return TuneStep::Epoch(self.end_epoch(logits));
            }
        }
        TuneStep::Running
    }

    /// How much is done if it isn't over early, in [0, 1].
    pub fn progress(&self) -> f64 {
        let num_epochs = self.config.num_epochs.max(1) as f64;
        let within = match &self.stage {
            Stage::Train(remaining) => {
                1.0 - remaining.len() as f64 / self.train.len().max(1) as f64
            }
            Stage::Validate(_) => 0.0,
            Stage::Finished => return 1.0,
        };
        ((self.epoch as f64 + within) / num_epochs).min(1.0)
    }

    /// Ends the run, early or not, with the best epoch's parameters.
    pub fn finish(mut self) -> Tuned {
        let epoch = match self.best {
            Some(best) => {
                self.tail.restore(&best.parameters);
                Some(best.report)
            }
            None => self.last,
        };
        Tuned {
            tail: self.tail,
            epoch,
            examples: [self.train, self.validation],
        }
    }

    fn learn(&mut self, row: usize) {
        let Example {
            views,
            label,
            weight,
        } = &self.train[row];
        let view = &views[self.rng.random_range(0..views.len())];
        let target = Target {
            label: *label,
            smoothing: self.config.label_smoothing,
            share: weight / self.config.batch_size.min(self.train.len()) as f32,
        };
        self.trained.add(self.tail.learn(view, target));
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

    /// Up to the configured rate in the first epoch, when Adam knows little of the gradients'
    /// sizes; from there half a cosine to zero after the last step.
    fn learning_rate(&self) -> f32 {
        let num_batches = self.train.len().div_ceil(self.config.batch_size).max(1);
        let num_steps = num_batches * self.config.num_epochs;
        let rising = (self.num_steps + 1) as f32 / num_batches as f32;
        let progress = self.num_steps as f32 / num_steps.max(1) as f32;
        let falling = (1.0 + (std::f32::consts::PI * progress).cos()) / 2.0;
        self.config.learning_rate * rising.min(1.0) * falling
    }

    /// How validation images are judged once the logits are divided by the temperature that suits
    /// them. Tuned networks are too sure of themselves, which costs their loss more than what they
    /// have learned gains, and is mended by one number after the run.
    fn judge(&self, mut logits: Vec<Vec<f32>>) -> Sums {
        let labels: Vec<usize> = self.validation.iter().map(|it| it.label).collect();
        let num_classes = self.tail.head().bias().len();
        let rows = logits.iter().map(|row| &row[..]);
        let held_out = metrics::HeldOut::new(rows, labels.clone(), num_classes);
        let temperature = metrics::fit_temperature(&held_out).unwrap_or(1.0) as f32;
        let mut sums = Sums::default();
        for (row, label) in logits.iter_mut().zip(labels) {
            row.iter_mut().for_each(|z| *z /= temperature);
            sums.add(Judged::new(row, label));
        }
        sums
    }

    fn end_epoch(&mut self, logits: Vec<Vec<f32>>) -> TunedEpoch {
        let validated = self.judge(logits);
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
        let best = self
            .best
            .as_ref()
            .map_or(self.epoch, |best| best.report.epoch);
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
        self.report
            .validation_loss
            .is_none_or(|lowest| loss < lowest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Padding, reference::Random},
        tune::{Boundary, fixtures},
    };

    /// Images of three classes, each brighter in some channels, and a run on them.
    fn tuning(config: TuneConfig) -> Tuning {
        let mut random = Random::new(41);
        let weights = random.weights(fixtures::architecture(Padding::Same));
        let tail = Tail::new(&weights, 2, fixtures::head(&mut random, 24));
        let length = tail.boundary_length();
        let mut examples = |count: usize| -> Vec<Example> {
            let example = |index: usize| {
                let label = index % fixtures::NUM_CLASSES;
                let mut view = || {
                    let mut values = random.values(length);
                    let marked = values.iter_mut().skip(label).step_by(8);
                    marked.for_each(|value| *value += 2.0);
                    Boundary::from_values(&values)
                };
                Example {
                    views: vec![view(), view()],
                    label,
                    weight: 1.0,
                }
            };
            (0..count).map(example).collect()
        };
        let (train, validation) = (examples(24), examples(12));
        config.init(tail, [train, validation])
    }

    fn run(mut tuning: Tuning) -> (Vec<TunedEpoch>, Tail, TunedEpoch) {
        let mut epochs = Vec::new();
        loop {
            let progress = tuning.progress();
            assert!((0.0..=1.0).contains(&progress), "{progress}");
            match tuning.step() {
                TuneStep::Running => {}
                TuneStep::Epoch(epoch) => epochs.push(epoch),
                TuneStep::Finished => break,
            }
        }
        let tuned = tuning.finish();
        (epochs, tuned.tail, tuned.epoch.expect("epoch 0 at least"))
    }

    #[test]
    fn what_can_be_learned_is() {
        let config = TuneConfig {
            num_epochs: 30,
            batch_size: 4,
            learning_rate: 3e-3,
            ..TuneConfig::default()
        };
        let (epochs, _, best) = run(tuning(config));
        let (first, best) = (epochs[0].validation_loss, best.validation_loss);
        assert!(best < first.map(|loss| loss / 4.0), "{first:?} → {best:?}");
        let last = epochs.last().expect("an epoch");
        assert_eq!(last.train_accuracy, Some(1.0));
    }

    #[test]
    fn the_same_seed_gives_the_same_network() {
        let parameters = |seed| {
            let config = TuneConfig {
                num_epochs: 2,
                seed,
                ..TuneConfig::default()
            };
            run(tuning(config)).1.snapshot()
        };
        assert_eq!(parameters(1), parameters(1));
        assert_ne!(parameters(1), parameters(2));
    }

    #[test]
    fn the_best_epoch_is_kept_and_the_run_ends_when_there_is_no_better_one() {
        let config = TuneConfig {
            num_epochs: 30,
            learning_rate: 1e-2,
            head_factor: 0.0,
            patience: 2,
            ..TuneConfig::default()
        };
        let (epochs, mut tail, best) = run(tuning(config.clone()));
        let lowest = epochs.iter().min_by(|a, b| {
            let [a, b] = [a, b].map(|epoch| epoch.validation_loss.expect("validation images"));
            a.total_cmp(&b)
        });
        assert_eq!(Some(&best), lowest);
        assert!(epochs.len() == 31 || epochs.len() == best.epoch + 1 + 2);
        // Its numbers are those of the tail that was kept.
        let tuning = tuning(config);
        let validation = tuning.validation.iter();
        let logits = validation.map(|example| tail.logits(&example.views[0]));
        let judged = tuning.judge(logits.collect());
        assert_eq!(judged.mean_loss(), best.validation_loss);
    }

    #[test]
    fn a_rate_that_ruins_everything_leaves_the_head_alone() {
        let config = TuneConfig {
            learning_rate: f32::INFINITY,
            weight_decay: f32::NAN,
            depth_decay: -3.0,
            batch_size: 0,
            num_epochs: 3,
            ..TuneConfig::default()
        };
        assert_eq!(run(tuning(config)).2.epoch, 0);
        let config = TuneConfig {
            learning_rate: 9.0,
            head_factor: 1e9,
            ..TuneConfig::default()
        };
        let (epochs, mut tail, best) = run(tuning(config));
        assert_eq!(best.epoch, 0);
        assert!(
            epochs
                .iter()
                .all(|epoch| epoch.epoch == 0 || epoch.validation_loss.is_some())
        );
        assert!(tail.snapshot().iter().all(|value| value.is_finite()));
    }

    #[test]
    fn nothing_to_learn_from_is_over_at_once() {
        let config = TuneConfig::default();
        let tail = tuning(config.clone()).tail;
        let mut tuning = config.init(tail, [Vec::new(), Vec::new()]);
        assert!(matches!(tuning.step(), TuneStep::Epoch(_)));
        assert_eq!(tuning.step(), TuneStep::Finished);
        assert_eq!(tuning.progress(), 1.0);
        assert_eq!(tuning.finish().epoch.map(|epoch| epoch.epoch), Some(0));
    }

    #[test]
    fn without_validation_the_last_epoch_is_kept() {
        let config = TuneConfig {
            num_epochs: 2,
            ..TuneConfig::default()
        };
        let whole = tuning(config.clone());
        let (_, _, kept) = run(config.init(whole.tail, [whole.train, Vec::new()]));
        assert_eq!((kept.epoch, kept.validation_loss), (2, None));
    }
}
