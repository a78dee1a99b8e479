//! Labeled feature rows in, a head in closed form out, with what it would have said of each sample
//! had it never seen it.
//!
//! The head minimizes ‖Y − Z W − 1 bᵀ‖² + λ ‖W‖², where Z are the normalized rows and Y is 1 at the
//! true class and −1 elsewhere; b is not penalized. One factorization for each λ gives the fit and
//! its exact leave-one-out errors; the λ with the least squared error is kept.
//!
//! Rows may count differently ([`Fit::weighted`]). Then each term of the first square has its weight,
//! which is the same as multiplying the row, its target and its 1 by the weight's root; below, rows
//! and targets so multiplied are called *weighed*. The error that chooses λ and the likelihood that
//! chooses T are weighted alike.
//!
//! *What is left out:* a sample, with its copies if there are any, of the fit of W and b. What it
//! is left in: the mean that [`Normalizer`] subtracts before rows are scaled to length 1. That mean
//! is of all samples without their labels, so it cannot tell a class; on photos, refits that left
//! the sample out of the mean as well had the same accuracy on each of five splits, and scores that
//! differed by 0.001 (`tests/golden/ridge/reference.py`).
//!
//! *A prior:* [`Fit::toward`] penalizes the distance of W to given weights P instead of that to
//! zero. What is left to fit, Y − Z P, is fitted as before, so left-out scores stay exact.
//!
//! Probabilities are softmax(scores / T), where T makes the left-out samples' classes most likely,
//! so that they are calibrated for images not seen. `head` has 1 / T multiplied in.

mod dual;
pub(crate) mod elimination;
mod gram;
mod held_out;
mod influence;
mod primal;
mod search;
mod temperature;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use gram::Gram;
pub use influence::{Influence, Influences};

use dual::Dual;
use held_out::Groups;
use primal::Primal;
use search::Search;

use super::{Dense, DenseHead};
use crate::{
    features::{Normalizer, Row},
    metrics,
};

/// Rows added to the weights in one step.
const ROWS_PER_STEP: usize = 256;

/// How strongly weights are penalized.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lambda {
    /// By this, positive: one factorization.
    Fixed(f64),
    /// As leaves the least error on left-out samples, looked for from here on: three
    /// factorizations from a good start, as the last fit's is.
    Search {
        /// Where to begin; 0.3 if nothing is known.
        start: f64,
    },
}

/// A head being fitted. Call [`Fit::step`] until it returns true, then [`Fit::finish`].
#[derive(Debug)]
pub struct Fit {
    rows: Vec<Row>,
    labels: Vec<usize>,
    groups: Groups,
    normalizer: Normalizer,
    num_classes: usize,
    /// `[N, num_classes]`: 1 at the true class, −1 elsewhere, less what the prior says.
    targets: Vec<f64>,
    /// The same, weighed.
    weighed_targets: Vec<f64>,
    /// What each row is multiplied by, the root of its weight: `[N]`.
    roots: Vec<f64>,
    prior: Option<Prior>,
    lambda: Lambda,
    search: Search,
    /// The strength being tried.
    trying: Option<f64>,
    system: System,
    best: Option<(f64, Solution)>,
    weights: Option<Weights>,
}

#[derive(Debug)]
enum System {
    Dual(Dual),
    Primal(Box<Primal>),
}

/// What a factorization comes to. Both `[N, num_classes]`, first of weighed rows.
#[derive(Clone, Debug)]
struct Solution {
    /// α: the weights are Zᵀ α.
    coefficients: Vec<f64>,
    /// Targets less the scores of a fit without the sample.
    held_out_residuals: Vec<f64>,
}

impl Solution {
    /// The same of rows as they are.
    fn unweighed(mut self, roots: &[f64]) -> Self {
        let num_classes = self.coefficients.len() / roots.len();
        let coefficients = self.coefficients.chunks_exact_mut(num_classes);
        let residuals = self.held_out_residuals.chunks_exact_mut(num_classes);
        for ((coefficients, residuals), root) in coefficients.zip(residuals).zip(roots) {
            coefficients.iter_mut().for_each(|x| *x *= root);
            residuals.iter_mut().for_each(|x| *x /= root);
        }
        self
    }
}

/// Weights to be near to.
#[derive(Debug)]
struct Prior {
    /// `[num_classes][num_features]`
    weights: Vec<Vec<f32>>,
    /// What they say of the rows: `[N, num_classes]`.
    scores: Vec<f64>,
}

/// Weights being summed.
#[derive(Debug)]
struct Weights {
    /// `[num_classes, num_features]`
    sums: Vec<f32>,
    /// The sum of the normalized rows, by weight.
    total: Vec<f64>,
    num_rows: usize,
}

/// A fitted head and what it would say of its own samples.
#[derive(Clone, Debug)]
pub struct Ridge {
    /// Centers and scales raw features.
    pub normalizer: Normalizer,
    /// One layer; its outputs are logits: scores / temperature.
    pub head: DenseHead,
    /// The strength of the penalty.
    pub lambda: f64,
    /// What the scores were divided by.
    pub temperature: f64,
    /// Scores of each sample by a fit without it and its group, around 1 for the class and −1 for
    /// the others: `[N, num_classes]`.
    pub held_out_scores: Vec<f32>,
    rows: Vec<Row>,
    /// α: `[N, num_classes]`.
    coefficients: Vec<f32>,
}

impl Fit {
    /// Sets up a fit to the rows of `gram`, whose products have been computed.
    ///
    /// `labels`, below `num_classes`, and `groups` have one entry a row. Samples with equal
    /// `groups` values, such as copies of one image, are left out together; `0..N` leaves out one
    /// at a time. There must be a row and a class.
    pub fn new(
        gram: &Gram,
        labels: &[usize],
        groups: &[usize],
        num_classes: usize,
        lambda: Lambda,
    ) -> Self {
        let rows = gram.rows().to_vec();
        assert!(num_classes > 0 && !rows.is_empty() && labels.len() == rows.len());
        let normalizer = gram.normalizer();
        let system = match gram.is_dual() {
            true => System::Dual(Dual::new(gram)),
            false => System::Primal(Box::new(Primal::new(&rows, &normalizer, num_classes))),
        };
        let start = match lambda {
            Lambda::Fixed(lambda) => lambda,
            Lambda::Search { start } => start,
        };
        let targets = targets(labels, num_classes);
        Self {
            weighed_targets: targets.clone(),
            targets,
            roots: vec![1.0; rows.len()],
            labels: labels.to_vec(),
            groups: held_out::members(groups),
            search: Search::from(start),
            trying: None,
            prior: None,
            best: None,
            weights: None,
            rows,
            normalizer,
            num_classes,
            lambda,
            system,
        }
    }

    /// Each row counts in the squared error as its weight says: `[N]`, positive. To be called before
    /// the first step.
    pub fn weighted(mut self, weights: &[f32]) -> Self {
        assert!(weights.len() == self.rows.len() && weights.iter().all(|weight| *weight > 0.0));
        self.roots = weights
            .iter()
            .map(|&weight| f64::from(weight).sqrt())
            .collect();
        let rows = self.weighed_targets.chunks_exact_mut(self.num_classes);
        for (row, root) in rows.zip(&self.roots) {
            row.iter_mut().for_each(|target| *target *= root);
        }
        match &mut self.system {
            System::Dual(dual) => dual.weigh(&self.roots),
            System::Primal(primal) => primal.weigh(&self.roots),
        }
        self
    }

    /// The same with weights drawn to these instead of to zero: `[num_classes][num_features]`, for
    /// normalized rows. Call it before the first step; it costs a sweep over the rows.
    pub fn toward(mut self, weights: Vec<Vec<f32>>) -> Self {
        assert!(weights.len() == self.num_classes && self.prior.is_none());
        let mut scores = Vec::with_capacity(self.targets.len());
        for row in &self.rows {
            let row = self.normalizer.normalized(row);
            let score = |weights: &Vec<f32>| {
                let products = weights.iter().zip(&row);
                products
                    .map(|(w, x)| f64::from(*w) * f64::from(*x))
                    .sum::<f64>()
            };
            scores.extend(weights.iter().map(score));
        }
        let pairs = self.targets.iter_mut().zip(&scores);
        pairs.for_each(|(target, score)| *target -= score);
        let weighed = self.weighed_targets.chunks_exact_mut(self.num_classes);
        let scores_of_rows = scores.chunks_exact(self.num_classes);
        for ((targets, scores), root) in weighed.zip(scores_of_rows).zip(&self.roots) {
            let pairs = targets.iter_mut().zip(scores);
            pairs.for_each(|(target, score)| *target -= root * score);
        }
        self.prior = Some(Prior { weights, scores });
        self
    }

    /// Does the next piece of work, at most 25 ms in a browser at 1,280 features; true at the end.
    pub fn step(&mut self) -> bool {
        if let Some(weights) = &mut self.weights {
            let (_, solution) = self.best.as_ref().expect("the weights come last");
            let rows = Rows {
                rows: &self.rows,
                roots: &self.roots,
                normalizer: &self.normalizer,
            };
            return weights.step(rows, &solution.coefficients);
        }
        match self.trying {
            None => self.start_next(),
            Some(lambda) => self.advance(lambda),
        }
        false
    }

    /// The share of the work that is done, if the search is as short as it mostly is.
    pub fn progress(&self) -> f32 {
        let in_trial = match &self.system {
            _ if self.trying.is_none() => 0.0,
            System::Dual(dual) => dual.progress(),
            System::Primal(primal) => primal.progress(),
        };
        let (num_tried, num_trials) = match self.lambda {
            Lambda::Fixed(_) => (usize::from(self.best.is_some()), 1.0),
            Lambda::Search { .. } => (self.search.num_tried(), 3.0),
        };
        let num_tried = num_tried as f32 + in_trial;
        match &self.weights {
            Some(weights) => 0.9 + 0.1 * weights.num_rows as f32 / self.rows.len() as f32,
            None => 0.9 * (num_tried / num_trials).min(1.0),
        }
    }

    /// The head, when [`Fit::step`] has returned true.
    pub fn finish(self) -> Ridge {
        let (lambda, solution) = self.best.expect("all steps are done");
        let weights = self.weights.expect("all steps are done");
        let residuals = self.targets.iter().zip(&solution.held_out_residuals);
        let mut held_out_scores: Vec<f32> = residuals.map(|(y, e)| (y - e) as f32).collect();
        if let Some(prior) = &self.prior {
            let pairs = held_out_scores.iter_mut().zip(&prior.scores);
            pairs.for_each(|(sum, score)| *sum += *score as f32);
        }
        let row_weights: Vec<_> = self.roots.iter().map(|root| root * root).collect();
        let temperature = temperature::calibrate(&held_out_scores, &self.labels, &row_weights);
        let mut head = weights.into_head(&self.targets, &row_weights, temperature);
        if let Some(prior) = &self.prior {
            prior.add_to(&mut head, temperature);
        }
        Ridge {
            head,
            normalizer: self.normalizer,
            lambda,
            temperature,
            held_out_scores,
            rows: self.rows,
            coefficients: solution.coefficients.iter().map(|&x| x as f32).collect(),
        }
    }

    fn start_next(&mut self) {
        let next = match self.lambda {
            Lambda::Fixed(lambda) => self.best.is_none().then_some(lambda),
            Lambda::Search { .. } => self.search.next(),
        };
        match (next, &mut self.system) {
            (Some(lambda), System::Dual(dual)) => dual.start(lambda),
            (Some(lambda), System::Primal(primal)) => primal.start(lambda),
            (None, _) => {
                let num_features = self.normalizer.mean().len();
                self.weights = Some(Weights::new(num_features, self.num_classes));
            }
        }
        self.trying = next;
    }

    fn advance(&mut self, lambda: f64) {
        let (targets, groups) = (&self.weighed_targets, &self.groups);
        let solution = match &mut self.system {
            System::Dual(dual) => dual.step(targets, groups),
            System::Primal(primal) => primal.step(targets, groups),
        };
        let Some(solution) = solution else { return };
        self.trying = None;
        let squares = solution.held_out_residuals.iter().map(|e| e * e);
        let error = squares.sum::<f64>() / targets.len() as f64;
        let is_best = match self.lambda {
            Lambda::Fixed(_) => true,
            Lambda::Search { .. } => self.search.record(lambda, error),
        };
        if is_best {
            self.best = Some((lambda, solution.unweighed(&self.roots)));
        }
    }
}

/// 1 at the true class and −1 elsewhere: `[N, num_classes]`.
fn targets(labels: &[usize], num_classes: usize) -> Vec<f64> {
    let row = |label: usize| (0..num_classes).map(move |c| if c == label { 1.0 } else { -1.0 });
    labels.iter().flat_map(|&label| row(label)).collect()
}

/// The rows of a fit, as its weights are summed from them.
#[derive(Clone, Copy)]
struct Rows<'a> {
    rows: &'a [Row],
    roots: &'a [f64],
    normalizer: &'a Normalizer,
}

impl Weights {
    fn new(num_features: usize, num_classes: usize) -> Self {
        Self {
            sums: vec![0.0; num_features * num_classes],
            total: vec![0.0; num_features],
            num_rows: 0,
        }
    }

    /// Adds the next rows; whether they were the last.
    fn step(&mut self, of: Rows, coefficients: &[f64]) -> bool {
        let num_features = self.total.len();
        let num_classes = self.sums.len() / num_features;
        let end = (self.num_rows + ROWS_PER_STEP).min(of.rows.len());
        let mut normalized = Vec::with_capacity(num_features);
        for at in self.num_rows..end {
            normalized.clear();
            of.normalizer.push_normalized(&of.rows[at], &mut normalized);
            let (pairs, weight) = (self.total.iter_mut().zip(&normalized), of.roots[at].powi(2));
            pairs.for_each(|(sum, x)| *sum += weight * f64::from(*x));
            let coefficients = &coefficients[at * num_classes..][..num_classes];
            for (sums, coefficient) in self.sums.chunks_exact_mut(num_features).zip(coefficients) {
                let coefficient = *coefficient as f32;
                let pairs = sums.iter_mut().zip(&normalized);
                pairs.for_each(|(sum, x)| *sum += coefficient * x);
            }
        }
        self.num_rows = end;
        end == of.rows.len()
    }

    /// The layer whose outputs are scores / `temperature`.
    ///
    /// Residuals sum to zero by weight, so the bias is the mean target less the score of the mean row.
    fn into_head(self, targets: &[f64], row_weights: &[f64], temperature: f64) -> DenseHead {
        let num_features = self.total.len();
        let num_classes = self.sums.len() / num_features;
        let total_weight: f64 = row_weights.iter().sum();
        let bias = self
            .sums
            .chunks_exact(num_features)
            .enumerate()
            .map(|(class, weights)| {
                let targets = targets.iter().skip(class).step_by(num_classes);
                let target: f64 = targets.zip(row_weights).map(|(y, w)| y * w).sum();
                let pairs = weights.iter().zip(&self.total);
                let score: f64 = pairs.map(|(w, x)| f64::from(*w) * x).sum();
                ((target - score) / total_weight / temperature) as f32
            });
        let weight = (0..num_features).flat_map(|feature| {
            let column = self.sums.iter().skip(feature).step_by(num_features);
            column.map(|w| (f64::from(*w) / temperature) as f32)
        });
        let layer = Dense {
            weight: weight.collect(),
            bias: bias.collect(),
        };
        DenseHead::new(vec![layer])
    }
}

impl Prior {
    fn add_to(&self, head: &mut DenseHead, temperature: f64) {
        let layer = head.layers.first_mut().expect("ridge regression has one");
        let of_features = layer.weight.chunks_exact_mut(self.weights.len());
        for (feature, weights) in of_features.enumerate() {
            for (weight, prior) in weights.iter_mut().zip(&self.weights) {
                *weight += prior[feature] / temperature as f32;
            }
        }
    }
}

impl Ridge {
    /// The mean squared error of the left-out scores, which is what λ and other strengths are
    /// chosen by.
    pub fn held_out_error(&self, labels: &[usize]) -> f64 {
        let targets = targets(labels, self.head.num_classes());
        let errors = targets.iter().zip(&self.held_out_scores);
        let squares = errors.map(|(y, score)| (y - f64::from(*score)).powi(2));
        squares.sum::<f64>() / targets.len() as f64
    }

    /// The classes a head would give each sample if it had not seen it: `[N]`.
    pub fn held_out_classes(&self) -> Vec<usize> {
        self.held_out_rows().map(metrics::argmax).collect()
    }

    /// The probabilities that go with [`Ridge::held_out_scores`]: `[N][num_classes]`.
    pub fn held_out_probabilities(&self) -> Vec<Vec<f32>> {
        let rows = self.held_out_rows().map(|scores| {
            let logits = scores
                .iter()
                .map(|&x| (f64::from(x) / self.temperature) as f32);
            let mut row: Vec<_> = logits.collect();
            metrics::softmax(&mut row);
            row
        });
        rows.collect()
    }

    fn held_out_rows(&self) -> impl Iterator<Item = &[f32]> {
        self.held_out_scores.chunks_exact(self.head.num_classes())
    }
}
