//! Labeled rows and rows of what a head is for in, how much each labeled row should count out.
//!
//! Kernel mean matching (Huang et al. 2006, *Correcting sample selection bias by unlabeled data*):
//! the weighted mean of the labeled rows, in the space of a kernel, should be that of the others.
//! Weights β minimize ½ βᵀ(K + λ)β − κᵀβ, where K are the kernels of labeled rows with each other
//! and κ their mean kernels with the unlabeled ones, times the number of labeled rows; they are
//! between 0 and 5 with a mean of 1 (`capped_descent.rs`).

use super::capped_descent::Descent;
use crate::{
    features::dot,
    transfer::{Task, domains::Domains, mmd::kernel, pooled::pooled},
};

/// Rows matched together; more of them make several such parts, each matched for itself (Miao et
/// al. 2015, *Ensemble kernel mean matching*). A part's kernels take 9 MB.
const PART: usize = 1500;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 8_000_000;

/// Of the accelerated gradient; weights no longer change by a thousandth.
const NUM_ROUNDS: usize = 300;

/// 7 million multiplications in a part that is full.
const ROUNDS_PER_STEP: usize = 3;

/// A matching in progress. Call [`ImportanceWeights::step`] until it returns true.
#[derive(Debug)]
pub struct ImportanceWeights {
    domains: Domains,
    /// The mean squared distance of all rows to all, which sets the kernel's width.
    mean_square: f64,
    num_parts: usize,
    /// Of parts that are over.
    weights: Vec<f64>,
    num_parts_done: usize,
    part: Part,
}

/// Labeled rows that are matched together: every so many-th one.
#[derive(Debug)]
struct Part {
    members: Vec<usize>,
    /// `[n, n]`, filled row by row.
    kernels: Vec<f32>,
    /// `[n]`, the same.
    aims: Vec<f64>,
    descent: Option<Descent>,
}

impl ImportanceWeights {
    /// Sets up a matching of the labeled rows to the unlabeled ones.
    pub fn new(task: &Task) -> Self {
        let domains = pooled(task);
        let num_rows = domains.source.len();
        let num_parts = num_rows.div_ceil(PART).max(1);
        Self {
            mean_square: mean_square(&domains),
            num_parts,
            weights: vec![1.0; num_rows],
            num_parts_done: 0,
            part: Part::new(0, num_parts, num_rows),
            domains,
        }
    }

    /// Does the next piece of work, 10 ms in a browser; true at the end.
    pub fn step(&mut self) -> bool {
        if self.num_parts_done == self.num_parts {
            return true;
        }
        if !self.part.step(&self.domains, self.mean_square) {
            return false;
        }
        if let Some(descent) = &self.part.descent {
            let pairs = self.part.members.iter().zip(&descent.point);
            pairs.for_each(|(&row, &weight)| self.weights[row] = weight);
        }
        self.num_parts_done += 1;
        let num_rows = self.weights.len();
        self.part = Part::new(self.num_parts_done, self.num_parts, num_rows);
        self.num_parts_done == self.num_parts
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        (self.num_parts_done as f64 + self.part.progress()) / (self.num_parts as f64 + 1.0)
    }

    /// A weight for each labeled row, from 0 to 5 with a mean of 1, when
    /// [`ImportanceWeights::step`] has returned true.
    pub fn finish(self) -> Vec<f32> {
        self.weights.iter().map(|&weight| weight as f32).collect()
    }
}

impl Part {
    fn new(first: usize, num_parts: usize, num_rows: usize) -> Self {
        Self {
            members: (first..num_rows).step_by(num_parts).collect(),
            kernels: Vec::new(),
            aims: Vec::new(),
            descent: None,
        }
    }

    fn progress(&self) -> f64 {
        let compared = self.aims.len() as f64 / self.members.len().max(1) as f64;
        let descended = self
            .descent
            .as_ref()
            .map_or(0, |descent| descent.num_rounds);
        0.8 * compared + 0.2 * descended as f64 / NUM_ROUNDS as f64
    }

    fn step(&mut self, domains: &Domains, mean_square: f64) -> bool {
        if self.aims.len() < self.members.len() {
            let cost = (self.members.len() + domains.target.len()) * domains.source.num_features;
            for _ in 0..1 + PRODUCTS_PER_STEP / cost.max(1) {
                self.compare_next(domains, mean_square);
            }
            return false;
        }
        let descent = self
            .descent
            .get_or_insert_with(|| Descent::new(&self.kernels, &self.aims));
        for _ in 0..ROUNDS_PER_STEP {
            descent.advance(&self.kernels, &self.aims);
        }
        descent.num_rounds >= NUM_ROUNDS
    }

    fn compare_next(&mut self, domains: &Domains, mean_square: f64) {
        let Some(&row) = self.members.get(self.aims.len()) else {
            return;
        };
        let row = domains.source.row(row);
        let square = |a: &[f32], b: &[f32]| (dot(a, a) + dot(b, b) - 2.0 * dot(a, b)).max(0.0);
        let with = |other: &[f32]| kernel(square(row, other), mean_square);
        let members = self.members.iter().map(|&other| domains.source.row(other));
        self.kernels.extend(members.map(with));
        let sum: f64 = domains
            .target
            .iter()
            .map(|other| f64::from(with(other)))
            .sum();
        let times = self.members.len() as f64 / domains.target.len().max(1) as f64;
        self.aims.push(times * sum);
    }
}

/// The mean squared distance of all rows to all, themselves included; positive.
fn mean_square(domains: &Domains) -> f64 {
    let (mut sum, mut square) = (vec![0.0f64; domains.source.num_features], 0.0);
    let num_rows = (domains.source.len() + domains.target.len()).max(1) as f64;
    for row in domains.source.iter().chain(domains.target.iter()) {
        sum.iter_mut()
            .zip(row)
            .for_each(|(s, &x)| *s += f64::from(x));
        square += f64::from(dot(row, row));
    }
    let mean: f64 = sum.iter().map(|s| (s / num_rows).powi(2)).sum();
    (2.0 * (square / num_rows - mean)).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;

    /// What SciPy's quadratic programming makes of it: tests/golden/transfer/shift_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        matching: Expected,
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        labeled: Vec<Vec<f32>>,
        unlabeled: Vec<Vec<f32>>,
        weights: Vec<f64>,
    }

    fn weights(labeled: &[Vec<f32>], unlabeled: &[Vec<f32>]) -> Vec<f32> {
        let rows = |rows: &[Vec<f32>]| rows.iter().map(|row| Row::from(row.as_slice())).collect();
        let mut matching = ImportanceWeights::new(&Task {
            rows: rows(labeled),
            labels: vec![0; labeled.len()],
            unlabeled: rows(unlabeled),
            num_classes: 1,
            seed: 0,
        });
        let mut before = 0.0;
        while !matching.step() {
            assert!((before..=1.0).contains(&matching.progress()));
            before = matching.progress();
        }
        matching.finish()
    }

    #[test]
    fn weights_are_those_of_quadratic_programming() {
        let golden = include_str!("../../../tests/golden/transfer/shift_reference.json");
        let Golden { matching } = serde_json::from_str(golden).unwrap();
        let ours = weights(&matching.labeled, &matching.unlabeled);
        for (ours, theirs) in ours.iter().zip(&matching.weights) {
            assert!((f64::from(*ours) - theirs).abs() < 0.01, "{ours} {theirs}");
        }
    }

    #[test]
    fn what_is_like_the_unlabeled_rows_counts_most_and_all_sum_to_their_number() {
        let labeled = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]].map(Vec::from);
        let weights = weights(&labeled, &vec![vec![1.0, 0.05]; 12]);
        assert!(
            weights[0] > 3.0 && weights[2] + weights[3] < 0.5,
            "{weights:?}"
        );
        assert!((weights.iter().sum::<f32>() - 4.0).abs() < 1e-4);
    }

    #[test]
    fn more_rows_than_a_part_are_matched_in_parts() {
        let row = |at: usize| vec![(at % 97) as f32, (at % 89) as f32, 1.0];
        let labeled: Vec<_> = (0..PART + 7).map(row).collect();
        let weights = weights(&labeled, &labeled[..10]);
        let mean = weights.iter().sum::<f32>() / weights.len() as f32;
        assert!((mean - 1.0).abs() < 1e-3, "{mean}");
        assert!(weights.iter().all(|weight| (0.0..=5.0).contains(weight)));
    }
}
