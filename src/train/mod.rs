//! Labeled feature rows in, a trained head and its honest evaluation out, one slice at a time.
//!
//! Softmax regression ([`SoftmaxFit`]) is convex: `lbfgs` walks to the optimum of its `objective`,
//! whose two matrix products are in `products`. It takes no settings but the objective's own, and
//! the result depends on nothing else. Ridge regression (`closed_form`) has its optimum by
//! solving equations. A perceptron (`mlp`) is trained by Adam for a number of epochs, the best of
//! which is kept. A method of [`crate::transfer`] runs in `transferred` and may learn from rows
//! without a label, too. Which rows a head of one's choice learns from, and how much each of them
//! counts, is found out in `preparation`; every such head honors it.

mod closed_form;
mod data;
pub(crate) mod lbfgs;
mod mlp;
mod objective;
mod preparation;
pub(crate) mod products;
mod softmax;
mod transferred;

use std::time::Duration;

use burn::tensor::Device;
use web_time::Instant;

pub use data::{Labeled, Partition, copies};
pub use softmax::{SoftmaxFit, TOLERANCE};

use crate::{
    error::Result,
    features::Normalizer,
    head::DenseHead,
    metrics::{argmax, cross_entropy},
    protocol::{EpochMetrics, HeadKind, Kept, TrainingConfig},
    transfer,
};
use closed_form::{ClosedForm, blend};
use mlp::{MlpFit, Source};
use preparation::Preparation;
use transferred::TransferFit;

/// Longest time between two looks at the message queue, so that Stop feels immediate.
const SLICE: Duration = Duration::from_millis(40);

/// A training run in progress. Call [`Training::advance`] until it returns [`Advance::Finished`].
pub struct Training {
    data: Partition,
    normalizer: Normalizer,
    fit: Fit,
    is_stopped: bool,
}

enum Fit {
    /// Before a head can be fitted, as the settings say, on the device.
    Prepare(Box<Preparation>, Box<TrainingConfig>, Device),
    Softmax(Box<SoftmaxFit>),
    Ridge(ClosedForm),
    /// First the one, then the other.
    Blend(ClosedForm, Box<SoftmaxFit>),
    Mlp(Box<MlpFit>),
    Transfer(Box<TransferFit>),
}

/// What a slice of training came to.
#[derive(Debug)]
pub enum Advance {
    /// More of the same epoch or step is to come.
    Running,
    /// An epoch or a step is over.
    Epoch(EpochMetrics),
    /// The run is over.
    Finished,
    /// The run was stopped before there was a head to keep.
    Abandoned,
}

/// What a training run leaves behind.
pub struct Outcome {
    /// The head that was kept.
    pub head: DenseHead,
    /// What goes before it.
    pub normalizer: Normalizer,
    /// The samples of the run.
    pub data: Partition,
    /// Logits of the held-out rows, in the order of [`Partition::validation`].
    pub validation_logits: Vec<Vec<f32>>,
    /// Which head was kept.
    pub kept: Kept,
}

impl Training {
    /// Sets up a run; a perceptron's is on `device`, softmax regression's on the CPU. The
    /// partition has rows of every class on both sides.
    pub fn new(config: TrainingConfig, data: Partition, device: &Device) -> Self {
        let Some(preparation) = Preparation::new(&config, &data) else {
            return Self::prepared(config, data, device);
        };
        let (config, device) = (Box::new(config), device.clone());
        Self {
            normalizer: normalizer(&data),
            data,
            fit: Fit::Prepare(Box::new(preparation), config, device),
            is_stopped: false,
        }
    }

    /// Sets up a run that learns from the partition as it is.
    fn prepared(config: TrainingConfig, data: Partition, device: &Device) -> Self {
        let normalizer = normalizer(&data);
        let softmax = || Box::new(SoftmaxFit::new(&config, &data, &normalizer));
        let method = transfer::method(&config.method);
        let method = method.filter(|method| !transfer::has_head_of_choice(method.id));
        let fit = match (method, config.head) {
            (Some(method), _) => {
                let fit = TransferFit::new(method, &data, config.seed.into());
                Fit::Transfer(Box::new(fit))
            }
            (None, HeadKind::Softmax) => Fit::Softmax(softmax()),
            (None, HeadKind::Ridge) => Fit::Ridge(ClosedForm::new(&data)),
            (None, HeadKind::Blend) => Fit::Blend(ClosedForm::new(&data), softmax()),
            (None, HeadKind::Mlp) => Fit::Mlp(Box::new(MlpFit::new(config, &data, device))),
        };
        Self {
            data,
            normalizer,
            fit,
            is_stopped: false,
        }
    }

    /// Ends the run with what it has reached; an epoch or a step in progress is left out.
    pub fn stop(&mut self) {
        self.is_stopped = true;
        match &mut self.fit {
            Fit::Softmax(fit) | Fit::Blend(_, fit) => fit.stop(),
            Fit::Prepare(..) | Fit::Ridge(_) | Fit::Transfer(_) => {}
            Fit::Mlp(fit) => fit.stop(),
        }
    }

    /// Trains for a slice of time, at most to the end of the epoch or step.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn advance(&mut self) -> Result<Advance> {
        let start = Instant::now();
        let is_late = || start.elapsed() >= SLICE;
        if let Fit::Prepare(preparation, ..) = &mut self.fit {
            if self.is_stopped {
                return Ok(Advance::Abandoned);
            }
            while !preparation.step() {
                if is_late() {
                    return Ok(Advance::Running);
                }
            }
            self.begin();
        }
        let (data, normalizer) = (&self.data, &self.normalizer);
        if let Fit::Ridge(form) | Fit::Blend(form, _) = &mut self.fit
            && form.ridge().is_none()
        {
            if self.is_stopped {
                return Ok(Advance::Abandoned);
            }
            while !form.step(data) && !is_late() {}
            let is_over = matches!(self.fit, Fit::Ridge(_)) && self.ridge().is_some();
            return Ok(match is_over {
                true => Advance::Epoch(self.closed_form_metrics()),
                false => Advance::Running,
            });
        }
        match &mut self.fit {
            Fit::Prepare(..) => unreachable!("it has just been begun"),
            Fit::Ridge(_) => Ok(Advance::Finished),
            Fit::Transfer(fit) => Ok(match (fit.is_over(), self.is_stopped) {
                (true, _) => Advance::Finished,
                (false, true) => Advance::Abandoned,
                (false, false) => {
                    fit.advance(is_late);
                    Advance::Running
                }
            }),
            Fit::Softmax(fit) | Fit::Blend(_, fit) => Ok(fit.advance(data, is_late)),
            Fit::Mlp(fit) => fit.advance(Source { data, normalizer }, is_late).await,
        }
    }

    /// From knowing which rows count, and how much, to a head that learns from them.
    fn begin(&mut self) {
        if let Fit::Prepare(preparation, config, device) = &self.fit {
            let data = preparation.apply(self.data.clone());
            *self = Self::prepared((**config).clone(), data, device);
        }
    }

    /// How much is done, in [0, 1]; nothing where epochs or steps tell.
    pub fn progress(&self) -> Option<f64> {
        match &self.fit {
            Fit::Transfer(fit) => Some(fit.progress()),
            _ => None,
        }
    }

    /// Ends the run, early or not.
    ///
    /// # Errors
    ///
    /// When the device has been lost.
    pub async fn finish(self) -> Result<Outcome> {
        let Self {
            data,
            normalizer,
            fit,
            ..
        } = self;
        let of_linear = |head: DenseHead, kept| {
            let logits = validation_logits(&head, &normalizer, &data);
            (head, logits, kept)
        };
        let (head, validation_logits, kept) = match fit {
            Fit::Prepare(..) => unreachable!("the run is over"),
            Fit::Softmax(fit) => of_linear(fit.head(), fit.kept()),
            Fit::Ridge(form) => {
                let ridge = form.ridge().expect("the run is over");
                let lambda = ridge.lambda;
                of_linear(ridge.head.clone(), Kept::ClosedForm { lambda })
            }
            Fit::Blend(form, fit) => {
                let ridge = form.ridge().expect("the run is over");
                of_linear(blend(&ridge.head, &fit.head()), fit.kept())
            }
            Fit::Transfer(fit) => {
                let kept = fit.kept();
                let transferred = fit.finish();
                let logits = |sample: &Labeled| transferred.logits(&sample.row);
                let validation_logits = data.validation.iter().map(logits).collect();
                return Ok(Outcome {
                    head: transferred.head,
                    normalizer: transferred.normalizer,
                    data,
                    validation_logits,
                    kept,
                });
            }
            Fit::Mlp(fit) => {
                let source = Source {
                    data: &data,
                    normalizer: &normalizer,
                };
                fit.finish(source).await?
            }
        };
        Ok(Outcome {
            head,
            normalizer,
            data,
            validation_logits,
            kept,
        })
    }

    fn ridge(&self) -> Option<&crate::head::ridge::Ridge> {
        match &self.fit {
            Fit::Ridge(form) => form.ridge(),
            _ => None,
        }
    }

    /// What a step of another head would tell, once: there are no steps.
    fn closed_form_metrics(&self) -> EpochMetrics {
        let head = &self.ridge().expect("it has just been solved").head;
        let measure = |samples: &[Labeled]| {
            let (mut loss, mut hits) = (0.0, 0.0);
            for sample in samples {
                let logits = head.logits(&self.normalizer.normalized(&sample.row));
                loss += cross_entropy(&logits, sample.label);
                hits += f64::from(u8::from(argmax(&logits) == sample.label));
            }
            let num_samples = samples.len() as f64;
            (loss / num_samples, hits / num_samples)
        };
        let (train_loss, train_accuracy) = measure(&self.data.train);
        let (validation_loss, validation_accuracy) = measure(&self.data.validation);
        EpochMetrics {
            epoch: 1,
            train_loss,
            train_accuracy,
            validation_loss,
            validation_accuracy,
        }
    }
}

fn normalizer(data: &Partition) -> Normalizer {
    let rows = data.train.iter().map(|sample| &*sample.row);
    Normalizer::fit(rows, data.num_features())
}

fn validation_logits(head: &DenseHead, normalizer: &Normalizer, data: &Partition) -> Vec<Vec<f32>> {
    let logits = |sample: &Labeled| head.logits(&normalizer.normalized(&sample.row));
    data.validation.iter().map(logits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dataset::Split,
        protocol::{PLAIN, Weighting},
    };

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
            ..TrainingConfig::default()
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
                Advance::Abandoned => panic!("nobody has stopped it"),
            }
        }
        (epochs, pollster::block_on(training.finish()).unwrap())
    }

    #[test]
    fn all_heads_learn_a_separable_task() {
        for head in [
            HeadKind::Softmax,
            HeadKind::Ridge,
            HeadKind::Blend,
            HeadKind::Mlp,
        ] {
            let (epochs, outcome) = run(config(head));
            let (first, last) = (epochs[0], epochs[epochs.len() - 1]);
            assert_eq!(last.validation_accuracy, 1.0, "{head:?}");
            assert!(last.train_loss < first.train_loss || head == HeadKind::Ridge);
            assert_eq!(last.epoch, epochs.len());
            assert_eq!(outcome.validation_logits.len(), 10);
        }
    }

    #[test]
    fn a_blend_is_the_mean_of_its_two_heads() {
        let logits = |head| run(config(head)).1.validation_logits;
        let [a, b, mean] = [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Blend].map(logits);
        for ((a, b), mean) in a.iter().zip(&b).zip(&mean) {
            for ((a, b), mean) in a.iter().zip(b).zip(mean) {
                assert!(((a + b) / 2.0 - mean).abs() < 1e-4, "{a} {b} {mean}");
            }
        }
    }

    #[test]
    fn every_head_learns_from_what_is_chosen_and_weighed() {
        // The first class has rows that say the contrary, far from all that is new.
        let with_lies = || {
            let mut data = separable();
            for at in 0..12 {
                data.train.push(Labeled {
                    sample: 100 + at,
                    row: [-4.0, 4.0 + 0.01 * at as f32].into(),
                    label: 0,
                });
            }
            data.weights = vec![1.0; data.train.len()];
            let new = data.validation.iter().map(|sample| sample.row.clone());
            data.unlabeled = new.collect();
            data
        };
        for head in [
            HeadKind::Softmax,
            HeadKind::Ridge,
            HeadKind::Blend,
            HeadKind::Mlp,
        ] {
            let of = |method: &str, weighting| {
                let config = TrainingConfig {
                    method: method.to_owned(),
                    weighting,
                    ..config(head)
                };
                let mut training = Training::new(config, with_lies(), &Device::flex());
                while !matches!(
                    pollster::block_on(training.advance()).unwrap(),
                    Advance::Finished
                ) {}
                let outcome = pollster::block_on(training.finish()).unwrap();
                let rows = outcome.data.validation.iter();
                let rows = rows.zip(&outcome.validation_logits);
                let loss = rows
                    .map(|(s, logits)| cross_entropy(logits, s.label))
                    .sum::<f64>();
                (loss, outcome.data)
            };
            let (even, all) = of(PLAIN, Weighting::Even);
            assert_eq!((all.train.len(), all.left_out.len()), (42, 0));
            let (chosen, some) = of("select_nearest", Weighting::Even);
            assert!(some.left_out.iter().filter(|id| **id >= 100).count() == 12);
            let (weighed, _) = of(PLAIN, Weighting::MeanMatching);
            assert!(
                chosen < even && weighed < even,
                "{head:?}: {even} {chosen} {weighed}"
            );
        }
    }

    #[test]
    fn a_run_stopped_while_rows_are_weighed_has_no_head() {
        let config = TrainingConfig {
            weighting: Weighting::DensityRatio,
            ..config(HeadKind::Softmax)
        };
        let mut training = Training::new(config, separable(), &Device::flex());
        training.stop();
        let advance = pollster::block_on(training.advance()).unwrap();
        assert!(matches!(advance, Advance::Abandoned));
    }

    #[test]
    fn ridge_regression_stopped_at_once_has_no_head() {
        let mut training = Training::new(config(HeadKind::Ridge), separable(), &Device::flex());
        training.stop();
        let advance = pollster::block_on(training.advance()).unwrap();
        assert!(matches!(advance, Advance::Abandoned));
    }

    #[test]
    fn the_same_seed_gives_the_same_perceptron() {
        let (_, a) = run(config(HeadKind::Mlp));
        let (_, b) = run(config(HeadKind::Mlp));
        assert_eq!(a.head, b.head);
    }

    #[test]
    fn settings_of_the_perceptron_mean_nothing_to_softmax_regression() {
        let (_, a) = run(config(HeadKind::Softmax));
        let (_, b) = run(TrainingConfig {
            hidden_units: 3,
            learning_rate: 1.0,
            num_epochs: 1,
            batch_size: 1,
            seed: 9,
            ..config(HeadKind::Softmax)
        });
        assert_eq!(a.head, b.head);
    }

    #[test]
    fn the_kept_perceptron_is_the_one_with_the_lowest_validation_loss() {
        let (epochs, outcome) = run(TrainingConfig {
            learning_rate: 5.0,
            ..config(HeadKind::Mlp)
        });
        let best = epochs
            .iter()
            .min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss));
        let kept = Kept::BestEpoch {
            epoch: best.unwrap().epoch,
            num_epochs: 20,
        };
        assert_eq!(outcome.kept, kept);
    }

    #[test]
    fn an_epochs_numbers_are_those_of_its_head() {
        let (epochs, outcome) = run(TrainingConfig {
            num_epochs: 1,
            ..config(HeadKind::Mlp)
        });
        let held_out = outcome
            .data
            .validation
            .iter()
            .zip(&outcome.validation_logits);
        let losses = held_out.map(|(s, logits)| crate::metrics::cross_entropy(logits, s.label));
        let mean = losses.sum::<f64>() / 10.0;
        assert!((epochs[0].validation_loss - mean).abs() < 1e-6);
    }

    #[test]
    fn stopping_at_once_still_leaves_a_head() {
        for (head, kept) in [
            (HeadKind::Softmax, Kept::Last { num_steps: 0 }),
            (
                HeadKind::Mlp,
                Kept::BestEpoch {
                    epoch: 0,
                    num_epochs: 0,
                },
            ),
        ] {
            let training = Training::new(config(head), separable(), &Device::flex());
            let outcome = pollster::block_on(training.finish()).unwrap();
            assert_eq!(outcome.kept, kept);
            assert_eq!(outcome.validation_logits.len(), 10);
        }
    }
}
