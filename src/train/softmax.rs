//! Labeled rows in, the one linear head that minimizes the objective out; plain Rust on the CPU.
//!
//! Softmax regression is convex, so there is nothing to choose but the objective itself: L-BFGS
//! walks to its minimum from zero, each step a sweep over all rows, and stops where the gradient
//! is shorter than [`TOLERANCE`]. No step size, no epochs, no luck.
//!
//! A GPU would not help. The head is 1280 × a few classes: an evaluation is two thin matrix
//! products, bound by reading the rows once, and each step needs its outcome before the next.

use super::{
    Advance, Partition,
    lbfgs::{Lbfgs, Verdict},
    objective::{Objective, Scaled, Side, Sweep},
};
use crate::{
    features::Normalizer,
    head::{Dense, DenseHead},
    protocol::{EpochMetrics, Kept, TrainingConfig},
};

/// Euclidean norm of the gradient over all parameters, weights and biases, that counts as none.
///
/// The loss is then within 1e-6 of its minimum, relatively (measured on photos against
/// scikit-learn, `tests/t1_accuracy.rs`), ten times finer than any curve or share shows.
pub const TOLERANCE: f64 = 1e-5;

/// An end for what has none, such as separable classes without weight decay and their weights
/// that grow for ever. Photos take 30 to 100.
const MAX_STEPS: usize = 2000;

/// A fit in progress.
#[derive(Debug)]
pub struct SoftmaxFit {
    objective: Objective,
    optimizer: Lbfgs,
    train: Side,
    validation: Side,
    gradient: Vec<f32>,
    stage: Stage,
    num_steps: usize,
}

#[derive(Debug)]
enum Stage {
    /// Value and gradient at the optimizer's trial.
    Evaluate(Sweep),
    /// What the new point means for the held-out rows; the sweep over the training rows is over.
    Validate {
        train: Sweep,
        validation: Sweep,
    },
    Finished,
}

impl SoftmaxFit {
    /// Sets up a fit, from zero weights, which favor no class.
    pub fn new(config: &TrainingConfig, data: &Partition, normalizer: &Normalizer) -> Self {
        let objective = Objective::new(normalizer, data.num_classes, config.weight_decay);
        let weights = data.loss_weights(config.balance_classes);
        let alike = vec![1.0; data.validation.len()];
        let start = vec![0.0; objective.num_parameters()];
        Self {
            stage: Stage::Evaluate(objective.sweep()),
            gradient: start.clone(),
            optimizer: Lbfgs::new(start),
            objective,
            train: Side::new(&data.train, &weights, normalizer),
            validation: Side::new(&data.validation, &alike, normalizer),
            num_steps: 0,
        }
    }

    /// Ends the fit where it is.
    pub fn stop(&mut self) {
        self.stage = Stage::Finished;
    }

    /// Works to the end of a step, or until `is_late` says so, which is asked every few rows.
    pub fn advance(&mut self, data: &Partition, is_late: impl Fn() -> bool) -> Advance {
        loop {
            let is_complete = match &mut self.stage {
                Stage::Finished => return Advance::Finished,
                Stage::Evaluate(sweep) => {
                    let rows = Scaled {
                        samples: &data.train,
                        side: &self.train,
                    };
                    let (trial, gradient) = (self.optimizer.trial(), &mut self.gradient);
                    !self.objective.look(sweep, rows, trial, Some(gradient))
                }
                Stage::Validate { validation, .. } => {
                    let rows = Scaled {
                        samples: &data.validation,
                        side: &self.validation,
                    };
                    let point = self.optimizer.point();
                    !self.objective.look(validation, rows, point, None)
                }
            };
            if is_complete && let Some(metrics) = self.turn() {
                return Advance::Epoch(metrics);
            }
            if is_late() {
                return Advance::Running;
            }
        }
    }

    /// From one complete stage to the next. Metrics when a step is over.
    fn turn(&mut self) -> Option<EpochMetrics> {
        match std::mem::replace(&mut self.stage, Stage::Finished) {
            Stage::Evaluate(sweep) => self.stage = self.tell(sweep),
            Stage::Validate { train, validation } => {
                if !self.has_converged() && self.num_steps < MAX_STEPS {
                    self.stage = self.evaluate();
                }
                return Some(self.metrics(&train, &validation));
            }
            Stage::Finished => {}
        }
        None
    }

    fn tell(&mut self, sweep: Sweep) -> Stage {
        let is_start = self.optimizer.value().is_infinite();
        let trial = self.optimizer.trial();
        let value = self.objective.complete(&sweep, trial, &mut self.gradient);
        match self.optimizer.tell(value, &self.gradient) {
            Verdict::Stuck => Stage::Finished,
            Verdict::Searching => self.evaluate(),
            Verdict::Accepted if is_start && self.has_converged() => Stage::Finished,
            Verdict::Accepted if is_start => self.evaluate(),
            Verdict::Accepted => {
                self.num_steps += 1;
                let validation = self.objective.sweep();
                Stage::Validate {
                    train: sweep,
                    validation,
                }
            }
        }
    }

    fn evaluate(&mut self) -> Stage {
        self.gradient.fill(0.0);
        Stage::Evaluate(self.objective.sweep())
    }

    fn metrics(&self, train: &Sweep, validation: &Sweep) -> EpochMetrics {
        let (train_loss, train_accuracy) = train.loss_and_accuracy();
        let (validation_loss, validation_accuracy) = validation.loss_and_accuracy();
        EpochMetrics {
            epoch: self.num_steps,
            train_loss,
            train_accuracy,
            validation_loss,
            validation_accuracy,
        }
    }

    /// Whether the minimum has been reached.
    pub fn has_converged(&self) -> bool {
        self.loss().is_finite() && self.gradient_norm() < TOLERANCE
    }

    /// What the head of this fit is.
    pub fn kept(&self) -> Kept {
        let num_steps = self.num_steps;
        match self.has_converged() {
            true => Kept::Optimum {
                num_steps,
                gradient_norm: self.gradient_norm(),
            },
            false => Kept::Last { num_steps },
        }
    }

    /// Steps taken.
    pub fn num_steps(&self) -> usize {
        self.num_steps
    }

    /// The objective, penalty included; infinite before the first sweep is over.
    pub fn loss(&self) -> f64 {
        self.optimizer.value()
    }

    /// Euclidean norm of the objective's gradient over all parameters.
    pub fn gradient_norm(&self) -> f64 {
        self.optimizer.gradient_norm()
    }

    /// The head as it stands.
    pub fn head(&self) -> DenseHead {
        let (weights, biases) = self.objective.split(self.optimizer.point());
        let (num_classes, num_features) = (biases.len(), weights.len() / biases.len());
        // [num_classes, num_features] → [num_features, num_classes]
        let at = |i: usize| weights[i % num_classes * num_features + i / num_classes];
        DenseHead::new(vec![Dense {
            weight: (0..weights.len()).map(at).collect(),
            bias: biases.to_vec(),
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dataset::Split, train::Labeled};

    /// What scikit-learn makes of the same rows: tests/golden/softmax/reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        rows: Vec<Vec<f32>>,
        labels: Vec<usize>,
        optima: Vec<Optimum>,
    }

    #[derive(serde::Deserialize)]
    struct Optimum {
        weight_decay: f64,
        balance_classes: bool,
        loss: f64,
        /// `[num_classes][num_features]`
        weights: Vec<Vec<f32>>,
        biases: Vec<f32>,
    }

    fn partition(rows: &[Vec<f32>], labels: &[usize]) -> Partition {
        let sample = |(row, label): (&Vec<f32>, &usize)| Labeled {
            sample: 0,
            row: row.as_slice().into(),
            label: *label,
        };
        let split = Split {
            train: (0..rows.len()).collect(),
            validation: vec![0],
        };
        let num_classes = labels.iter().max().unwrap() + 1;
        Partition::new(
            rows.iter().zip(labels).map(sample).collect(),
            &split,
            num_classes,
        )
    }

    /// Every step to the end, and the slices it took.
    fn fit(config: &TrainingConfig, data: &Partition, is_late: bool) -> (SoftmaxFit, usize) {
        let rows = data.train.iter().map(|sample| &*sample.row);
        let normalizer = Normalizer::fit(rows, data.num_features());
        let mut fit = SoftmaxFit::new(config, data, &normalizer);
        let mut num_slices = 1;
        while !matches!(fit.advance(data, || is_late), Advance::Finished) {
            num_slices += 1;
        }
        (fit, num_slices)
    }

    #[test]
    fn the_optimum_is_scikit_learns() {
        let golden = include_str!("../../tests/golden/softmax/reference.json");
        let golden: Golden = serde_json::from_str(golden).unwrap();
        let data = partition(&golden.rows, &golden.labels);
        for expected in golden.optima {
            let config = TrainingConfig {
                weight_decay: expected.weight_decay,
                balance_classes: expected.balance_classes,
                ..TrainingConfig::default()
            };
            let (fit, _) = fit(&config, &data, false);
            assert!(
                matches!(fit.kept(), Kept::Optimum { .. }),
                "{:?}",
                fit.kept()
            );
            let difference = (fit.loss() - expected.loss).abs();
            assert!(
                difference < 1e-6 * expected.loss,
                "{} {}",
                fit.loss(),
                expected.loss
            );
            let (weights, biases) = fit.objective.split(fit.optimizer.point());
            let expected = expected.weights.concat().into_iter().chain(expected.biases);
            let largest = expected.clone().fold(0.0, |a: f32, b| a.max(b.abs()));
            for (actual, expected) in weights.iter().chain(biases).zip(expected) {
                // The tolerance over the least curvature, which is the weight decay.
                assert!(
                    (actual - expected).abs() < 0.01 * largest,
                    "{actual} {expected}"
                );
            }
        }
    }

    /// What it makes of rows with weights: tests/golden/weighted/reference.py.
    #[derive(serde::Deserialize)]
    struct Weighted {
        softmax: WeightedOptimum,
    }

    #[derive(serde::Deserialize)]
    struct WeightedOptimum {
        rows: Vec<Vec<f32>>,
        labels: Vec<usize>,
        weights: Vec<f32>,
        weight_decay: f64,
        loss: f64,
        head: Vec<Vec<f32>>,
        bias: Vec<f32>,
    }

    #[test]
    fn with_weights_the_optimum_is_scikit_learns() {
        let golden = include_str!("../../tests/golden/weighted/reference.json");
        let Weighted { softmax: expected } = serde_json::from_str(golden).unwrap();
        let mut data = partition(&expected.rows, &expected.labels);
        data.weights = expected.weights;
        let config = TrainingConfig {
            weight_decay: expected.weight_decay,
            ..TrainingConfig::default()
        };
        let (fit, _) = fit(&config, &data, false);
        let difference = (fit.loss() - expected.loss).abs();
        assert!(difference < 1e-6 * expected.loss, "{}", fit.loss());
        let (weights, biases) = fit.objective.split(fit.optimizer.point());
        let expected = expected.head.concat().into_iter().chain(expected.bias);
        for (actual, expected) in weights.iter().chain(biases).zip(expected) {
            assert!((actual - expected).abs() < 0.005, "{actual} {expected}");
        }
    }

    #[test]
    fn features_that_differ_little_are_told_apart_as_well() {
        let golden = include_str!("../../tests/golden/softmax/reference.json");
        let golden: Golden = serde_json::from_str(golden).unwrap();
        let far = |row: &Vec<f32>| row.iter().map(|x| x + 100.0).collect();
        let rows: Vec<Vec<f32>> = golden.rows.iter().map(far).collect();
        let (fit, _) = fit(
            &TrainingConfig::default(),
            &partition(&rows, &golden.labels),
            false,
        );
        assert!(fit.has_converged(), "{}", fit.gradient_norm());
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let golden = include_str!("../../tests/golden/softmax/reference.json");
        let golden: Golden = serde_json::from_str(golden).unwrap();
        let data = partition(&golden.rows, &golden.labels);
        let config = TrainingConfig {
            weight_decay: 0.1,
            balance_classes: true,
            ..TrainingConfig::default()
        };
        let (fit, _) = fit(&config, &data, false);
        let rows = Scaled {
            samples: &data.train,
            side: &fit.train,
        };
        let evaluate = |parameters: &[f32]| {
            let mut gradient = vec![0.0; parameters.len()];
            let mut sweep = fit.objective.sweep();
            while fit
                .objective
                .look(&mut sweep, rows, parameters, Some(&mut gradient))
            {}
            (
                fit.objective.complete(&sweep, parameters, &mut gradient),
                gradient,
            )
        };
        let number = |i: usize| ((i * 37) % 11) as f32 / 11.0 - 0.5;
        let point: Vec<_> = (0..fit.objective.num_parameters()).map(number).collect();
        let (_, gradient) = evaluate(&point);
        for at in 0..point.len() {
            let loss = |by: f32| {
                let mut moved = point.clone();
                moved[at] += by;
                evaluate(&moved).0
            };
            let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
            assert!(
                (slope - f64::from(gradient[at])).abs() < 1e-4,
                "{at}: {slope}"
            );
        }
    }

    #[test]
    fn slices_change_nothing_and_are_a_few_rows_long() {
        let rows: Vec<_> = (0..200)
            .map(|i| vec![(i * 7 % 31) as f32, (i % 17) as f32])
            .collect();
        let labels: Vec<_> = (0..200).map(|i| i % 3).collect();
        let data = partition(&rows, &labels);
        let config = TrainingConfig::default();
        let (whole, num_slices) = fit(&config, &data, false);
        let (sliced, num_more) = fit(&config, &data, true);
        assert_eq!(whole.head(), sliced.head());
        assert_eq!(num_slices, whole.num_steps() + 1);
        assert!(num_more > 6 * num_slices, "{num_more}, {num_slices}");
    }

    #[test]
    fn separable_classes_without_decay_come_to_an_end() {
        let data = partition(&[vec![1.0, 0.0], vec![0.0, 1.0]], &[0, 1]);
        let config = TrainingConfig {
            weight_decay: 0.0,
            ..TrainingConfig::default()
        };
        let (fit, _) = fit(&config, &data, false);
        assert!(fit.has_converged() && fit.loss() < 1e-4, "{}", fit.loss());
    }

    #[test]
    fn rows_that_are_all_the_same_leave_the_head_undecided() {
        let data = partition(&[vec![1.0, 2.0], vec![1.0, 2.0]], &[0, 1]);
        let (fit, _) = fit(&TrainingConfig::default(), &data, false);
        assert_eq!(fit.num_steps(), 0);
        assert!(
            fit.head().layers[0]
                .weight
                .iter()
                .all(|&weight| weight == 0.0)
        );
    }
}
