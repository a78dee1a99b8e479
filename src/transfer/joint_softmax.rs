//! Two sets of normalized rows with the probabilities of their classes in, one linear head out.
//!
//! The head minimizes
//!
//! Σ weight · mean cross-entropy of each set
//! + `information` · (mean entropy of the target's predictions − entropy of their mean)
//! + ½ · weight decay · ‖weights‖², the biases free; it is [`WEIGHT_DECAY`] unless told otherwise.
//!
//! The middle line is minus the mutual information of images and classes (Krause, Perona & Gomes
//! 2010, *Discriminative clustering by regularized information maximization*; Liang, Hu & Feng 2020,
//! *Do we really need to access the source data?*, arXiv:2002.08546): each image of the target
//! should be of some class, and not all of the same. Without the second entropy everything ends in
//! one class.

use super::domains::Rows;
use crate::{
    head::DenseHead,
    metrics,
    train::{
        lbfgs::{Lbfgs, Verdict},
        products,
    },
};

/// As in plain training.
pub(super) const WEIGHT_DECAY: f64 = 1e-4;

/// Of the gradient's norm. Ten times that of plain training: later steps change no prediction.
const TOLERANCE: f64 = 1e-4;

/// Steps at most; photos take about 50.
const MAX_STEPS: usize = 150;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// Below this a class's mean probability is no longer told from 0.
const LEAST_PROBABILITY: f64 = 1e-12;

/// Rows and what should be predicted for them.
#[derive(Debug, Default)]
pub(super) struct Aim {
    /// Probabilities: `[N, num_classes]`. Empty if nothing is known.
    pub targets: Vec<f32>,
    /// Of the set as a whole, in the loss.
    pub weight: f64,
}

/// A fit in progress. Call [`JointSoftmax::step`] until it returns true.
#[derive(Debug)]
pub(super) struct JointSoftmax {
    aims: [Aim; 2],
    information: f64,
    weight_decay: f64,
    /// ln of the share of the target that each class is expected to have, less any constant.
    log_shares: Vec<f64>,
    num_classes: usize,
    optimizer: Lbfgs,
    num_steps: usize,
    sweep: Sweep,
    /// Weights `[num_classes, num_features]`, then biases `[num_classes]`.
    gradient: Vec<f32>,
}

/// One look at all rows with the same parameters.
#[derive(Debug)]
struct Sweep {
    /// The next row of source, of target, and of target again, all counted on.
    next: usize,
    loss: f64,
    /// Of the target: `[N, num_classes]`.
    probabilities: Vec<f32>,
    /// Sums of the above.
    totals: Vec<f64>,
}

impl JointSoftmax {
    /// Sets up a fit that begins at `start`, which [`JointSoftmax::parameters`] of another fit are,
    /// or at zero.
    pub fn new(
        [source, target]: [Aim; 2],
        information: f64,
        (num_features, num_classes): (usize, usize),
        start: Option<Vec<f32>>,
    ) -> Self {
        let zeros = vec![0.0; (num_features + 1) * num_classes];
        Self {
            aims: [source, target],
            information,
            weight_decay: WEIGHT_DECAY,
            log_shares: vec![0.0; num_classes],
            num_classes,
            gradient: zeros.clone(),
            optimizer: Lbfgs::new(start.unwrap_or(zeros)),
            num_steps: 0,
            sweep: Sweep::new(num_classes),
        }
    }

    /// Expects classes to have these shares of the target, not equal ones: `[num_classes]`. The
    /// second entropy becomes minus the divergence of the mean prediction from them.
    pub fn expecting(mut self, shares: &[f64]) -> Self {
        let log = |share: &f64| share.max(LEAST_PROBABILITY).ln();
        self.log_shares = shares.iter().map(log).collect();
        self
    }

    /// Penalizes weights so much.
    pub fn decaying(self, weight_decay: f64) -> Self {
        Self {
            weight_decay,
            ..self
        }
    }

    /// Looks at the next rows, the same at each step; true when the minimum has been reached.
    pub fn step(&mut self, source: &Rows, target: &Rows) -> bool {
        let cost = (source.num_features * self.num_classes).max(1);
        let end = self.sweep.next + 1 + PRODUCTS_PER_STEP / (2 * cost);
        let (num_source, num_target) = (source.len(), self.num_target_rows(target));
        let bounds = [
            num_source,
            num_source + num_target,
            num_source + 2 * num_target,
        ];
        while self.sweep.next < end.min(bounds[2]) {
            let at = self.sweep.next;
            let part = bounds.iter().filter(|bound| **bound <= at).count();
            let until = end.min(bounds[part]);
            let first = if part == 0 { 0 } else { bounds[part - 1] };
            let range = at - first..until - first;
            match part {
                0 => self.learn_from_source(source, range),
                1 => self.predict_target(target, range),
                _ => self.learn_from_target(target, range),
            }
            self.sweep.next = until;
        }
        self.sweep.next == bounds[2] && self.turn()
    }

    /// Weights `[num_classes, num_features]`, then biases `[num_classes]`.
    pub fn parameters(&self) -> &[f32] {
        self.optimizer.point()
    }

    /// About how much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        let num_steps = self.num_steps as f64;
        num_steps / (num_steps + 15.0)
    }

    /// The head as it stands.
    pub fn head(&self) -> DenseHead {
        head(self.parameters(), self.num_classes)
    }

    /// Rows of the target that are looked at.
    fn num_target_rows(&self, target: &Rows) -> usize {
        let is_used = self.information > 0.0 || self.aims[1].weight > 0.0;
        if is_used { target.len() } else { 0 }
    }

    fn split(&self) -> usize {
        self.gradient.len() - self.num_classes
    }

    /// `[rows, num_classes]`
    fn logits(&self, rows: &[f32], num_rows: usize) -> Vec<f32> {
        let (weights, biases) = self.optimizer.trial().split_at(self.split());
        let mut table = vec![0.0; num_rows * self.num_classes];
        products::logits(rows, weights, self.num_classes, &mut table);
        for row in table.chunks_mut(self.num_classes) {
            row.iter_mut().zip(biases).for_each(|(z, bias)| *z += bias);
        }
        table
    }

    fn learn_from_source(&mut self, source: &Rows, range: std::ops::Range<usize>) {
        let rows = slice(source, &range);
        let mut table = self.logits(rows, range.len());
        let Aim { targets, weight } = &self.aims[0];
        let share = weight / source.len() as f64;
        let targets = &targets[range.start * self.num_classes..];
        let pairs = table
            .chunks_mut(self.num_classes)
            .zip(targets.chunks(self.num_classes));
        for (row, targets) in pairs {
            metrics::softmax(row);
            self.sweep.loss += share * cross_entropy(row, targets);
            differentiate(row, targets, share);
        }
        self.add_to_gradient(rows, &table);
    }

    fn predict_target(&mut self, target: &Rows, range: std::ops::Range<usize>) {
        let mut table = self.logits(slice(target, &range), range.len());
        for row in table.chunks_mut(self.num_classes) {
            metrics::softmax(row);
            let totals = self.sweep.totals.iter_mut().zip(&*row);
            totals.for_each(|(total, p)| *total += f64::from(*p));
        }
        self.sweep.probabilities.extend(table);
    }

    fn learn_from_target(&mut self, target: &Rows, range: std::ops::Range<usize>) {
        let num_classes = self.num_classes;
        let start = range.start * num_classes;
        let mut table = self.sweep.probabilities[start..range.end * num_classes].to_vec();
        let num_rows = target.len() as f64;
        let mean = |total: &f64| (total / num_rows).max(LEAST_PROBABILITY).ln();
        let totals = self.sweep.totals.iter().zip(&self.log_shares);
        let log_means: Vec<f64> = totals.map(|(total, share)| mean(total) - share).collect();
        let Aim { targets, weight } = &self.aims[1];
        for (at, row) in table.chunks_mut(num_classes).enumerate() {
            let (information, slopes) = inform(row, &log_means);
            self.sweep.loss += self.information / num_rows * information;
            match targets.is_empty() {
                true => row.fill(0.0),
                false => {
                    let targets = &targets[start + at * num_classes..][..num_classes];
                    self.sweep.loss += weight / num_rows * cross_entropy(row, targets);
                    differentiate(row, targets, weight / num_rows);
                }
            }
            let scale = self.information / num_rows;
            row.iter_mut()
                .zip(slopes)
                .for_each(|(g, slope)| *g += (scale * slope) as f32);
        }
        self.add_to_gradient(slice(target, &range), &table);
    }

    /// `table`: derivatives of the loss by logits, `[rows, num_classes]`.
    fn add_to_gradient(&mut self, rows: &[f32], table: &[f32]) {
        let split = self.split();
        let (weights, biases) = self.gradient.split_at_mut(split);
        products::add_outer(rows, table, self.num_classes, weights);
        for row in table.chunks(self.num_classes) {
            biases.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
    }

    /// A sweep is over; whether it was the last one.
    fn turn(&mut self) -> bool {
        let split = self.split();
        let weights = &self.optimizer.trial()[..split];
        let square: f64 = weights.iter().map(|&w| f64::from(w).powi(2)).sum();
        let decay = self.weight_decay as f32;
        let pairs = self.gradient[..split].iter_mut().zip(weights);
        pairs.for_each(|(g, w)| *g += decay * w);
        let loss = self.sweep.loss + self.weight_decay / 2.0 * square;
        let verdict = self.optimizer.tell(loss, &self.gradient);
        self.num_steps += usize::from(verdict == Verdict::Accepted);
        self.sweep = Sweep::new(self.num_classes);
        self.gradient.fill(0.0);
        verdict == Verdict::Stuck
            || self.num_steps >= MAX_STEPS
            || self.optimizer.gradient_norm() < TOLERANCE && verdict == Verdict::Accepted
    }
}

impl Sweep {
    fn new(num_classes: usize) -> Self {
        Self {
            next: 0,
            loss: 0.0,
            probabilities: Vec::new(),
            totals: vec![0.0; num_classes],
        }
    }
}

/// Weights `[num_classes, num_features]` and biases behind them as a head.
pub(super) fn head(parameters: &[f32], num_classes: usize) -> DenseHead {
    DenseHead::linear(parameters, num_classes)
}

fn slice<'a>(rows: &'a Rows, range: &std::ops::Range<usize>) -> &'a [f32] {
    &rows.values[range.start * rows.num_features..range.end * rows.num_features]
}

fn cross_entropy(probabilities: &[f32], targets: &[f32]) -> f64 {
    let terms = probabilities.iter().zip(targets);
    -terms
        .map(|(&p, &t)| f64::from(t) * f64::from(p.max(f32::MIN_POSITIVE)).ln())
        .sum::<f64>()
}

/// Probabilities → derivatives of `share` · cross-entropy by the logits, for targets of any sum.
fn differentiate(probabilities: &mut [f32], targets: &[f32], share: f64) {
    let (share, total) = (share as f32, targets.iter().sum::<f32>());
    let pairs = probabilities.iter_mut().zip(targets);
    pairs.for_each(|(p, t)| *p = share * (*p * total - t));
}

/// A row's entropy plus its mean log of the classes' mean probabilities, and how the loss changes
/// with its logits.
fn inform(probabilities: &[f32], log_means: &[f64]) -> (f64, Vec<f64>) {
    let log = |p: f32| f64::from(p.max(f32::MIN_POSITIVE)).ln();
    // By the probability: −ln p − 1 + ln mean + 1.
    let slopes: Vec<f64> = probabilities
        .iter()
        .zip(log_means)
        .map(|(&p, mean)| mean - log(p))
        .collect();
    let pairs = probabilities.iter().zip(&slopes);
    let value: f64 = pairs.map(|(&p, slope)| f64::from(p) * slope).sum();
    let by_logit = probabilities
        .iter()
        .zip(&slopes)
        .map(|(&p, slope)| f64::from(p) * (slope - value));
    (value, by_logit.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f32]) -> Rows {
        Rows {
            values: values.to_vec(),
            num_features: 2,
        }
    }

    fn fit(targets: &[f32], information: f64) -> (JointSoftmax, Rows, Rows) {
        let source = rows(&[1.0, 0.0, 0.0, 1.0, 0.6, 0.8]);
        let target = rows(&[0.8, 0.6, -0.6, 0.8]);
        let aims = [
            Aim {
                targets: vec![1.0, 0.0, 0.0, 1.0, 0.3, 0.7],
                weight: 1.0,
            },
            Aim {
                targets: targets.to_vec(),
                weight: 0.5,
            },
        ];
        let fit = JointSoftmax::new(
            aims,
            information,
            (2, 2),
            Some(vec![0.3, -0.2, 0.1, 0.4, 0.05, -0.1]),
        );
        (fit, source, target)
    }

    /// Loss and gradient at the start, by hand of `step`.
    fn evaluate(fit: &mut JointSoftmax, source: &Rows, target: &Rows) -> (f64, Vec<f32>) {
        fit.learn_from_source(source, 0..3);
        fit.predict_target(target, 0..2);
        fit.learn_from_target(target, 0..2);
        let loss = fit.sweep.loss;
        let gradient = std::mem::replace(&mut fit.gradient, vec![0.0; 6]);
        fit.sweep = Sweep::new(2);
        (loss, gradient)
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        for (targets, information) in [(&[0.9, 0.1, 0.2, 0.8][..], 0.7), (&[], 0.7)] {
            let fit = |targets: &[f32], information| {
                let (fit, source, target) = fit(targets, information);
                (fit.expecting(&[0.7, 0.3]), source, target)
            };
            let (mut start, source, target) = fit(targets, information);
            let (_, gradient) = evaluate(&mut start, &source, &target);
            for at in 0..6 {
                let loss_at = |step: f32| {
                    let mut point = start.parameters().to_vec();
                    point[at] += step;
                    let (mut fit, ..) = fit(targets, information);
                    fit.optimizer = Lbfgs::new(point);
                    evaluate(&mut fit, &source, &target).0
                };
                let slope = (loss_at(0.01) - loss_at(-0.01)) / 0.02;
                assert!((slope - f64::from(gradient[at])).abs() < 1e-4, "{at}");
            }
        }
    }

    #[test]
    fn a_sure_row_has_no_entropy_and_an_even_split_is_worth_ln_2() {
        let log_means = [0.5f64.ln(); 2];
        let (value, slopes) = inform(&[1.0, 0.0], &log_means);
        assert!((value + std::f64::consts::LN_2).abs() < 1e-6);
        assert!(slopes.iter().all(|slope| slope.abs() < 1e-6));
        let (value, _) = inform(&[0.5, 0.5], &log_means);
        assert!(value.abs() < 1e-12);
    }

    #[test]
    fn the_end_is_a_minimum() {
        let (mut fit, source, target) = fit(&[], 0.1);
        while !fit.step(&source, &target) {}
        assert!(fit.optimizer.gradient_norm() < TOLERANCE);
        let logits = fit.head().logits(&[1.0, 0.0]);
        assert!(logits[0] > logits[1]);
    }
}
