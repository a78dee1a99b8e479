//! Products of all pairs of features in, coefficients of the samples out: for N > D.
//!
//! The normalized rows are centered once more, which stands for the bias that nothing penalizes.
//! With Z these rows, M = (Zᵀ Z + λ)⁻¹ and L⁻¹ its inverse factor, the residuals are P Y where
//! P = 1 − 1/N − Z M Zᵀ, and the last term's entries are products of the vectors v = L⁻¹ z. Weighed
//! rows are less their mean by weight, and the roots' products over the sum of weights stand for
//! 1/N.

use super::{
    Solution,
    elimination::{
        BLOCK, Elimination, InverseFactor, PANEL, ROWS, Tiles, Triangle, subtract_row_of_tiles,
    },
    held_out::{Groups, leave_group_out, leave_one_out},
};
use crate::features::{Normalizer, Row};

#[derive(Debug)]
pub(super) struct Primal {
    normalizer: Normalizer,
    rows: Vec<Row>,
    num_classes: usize,
    /// `[N]`
    roots: Vec<f64>,
    /// The sum of their squares.
    total_weight: f64,
    /// The mean of the normalized rows, by weight.
    mean: Vec<f64>,
    products: Triangle,
    /// Zᵀ Y: `[D, num_classes]`.
    moments: Vec<f64>,
    /// Rows that are in the sums above.
    gathered: usize,
    stage: Stage,
    lambda: f64,
}

#[derive(Debug)]
enum Stage {
    Gathering,
    Eliminating(Elimination),
    Leaving(Leaving),
}

/// Groups on their way to being left out.
#[derive(Debug)]
struct Leaving {
    factor: InverseFactor,
    /// M Zᵀ Y: `[D, num_classes]`.
    weight: Vec<f64>,
    next: usize,
    coefficients: Vec<f64>,
    held_out_residuals: Vec<f64>,
}

impl Primal {
    pub fn new(rows: &[Row], normalizer: &Normalizer, num_classes: usize) -> Self {
        let num_features = normalizer.mean().len();
        let roots = vec![1.0; rows.len()];
        Self {
            mean: mean(rows, &roots, normalizer),
            total_weight: rows.len() as f64,
            roots,
            normalizer: normalizer.clone(),
            rows: rows.to_vec(),
            num_classes,
            products: Triangle::zeros(num_features),
            moments: vec![0.0; num_features * num_classes],
            gathered: 0,
            stage: Stage::Gathering,
            lambda: 1.0,
        }
    }

    /// Weighs the rows, of which none has been gathered.
    pub fn weigh(&mut self, roots: &[f64]) {
        self.roots = roots.to_vec();
        self.total_weight = roots.iter().map(|root| root * root).sum();
        self.mean = mean(&self.rows, roots, &self.normalizer);
    }

    pub fn start(&mut self, lambda: f64) {
        self.lambda = lambda;
        self.stage = match self.gathered < self.rows.len() {
            true => Stage::Gathering,
            false => Stage::Eliminating(self.elimination()),
        };
    }

    pub fn progress(&self) -> f32 {
        let num_rows = self.rows.len() as f32;
        match &self.stage {
            Stage::Gathering => 0.4 * self.gathered as f32 / num_rows,
            Stage::Eliminating(elimination) => 0.4 + 0.1 * elimination.progress(),
            Stage::Leaving(leaving) => 0.5 + 0.5 * leaving.next as f32 / num_rows,
        }
    }

    /// The solution, when the last group has been left out.
    pub fn step(&mut self, targets: &[f64], groups: &Groups) -> Option<Solution> {
        match &mut self.stage {
            Stage::Gathering => {
                self.gather(targets);
                if self.gathered == self.rows.len() {
                    self.stage = Stage::Eliminating(self.elimination());
                }
            }
            Stage::Eliminating(elimination) => {
                if elimination.step() {
                    self.begin_leaving(targets.len());
                }
            }
            Stage::Leaving(leaving) if leaving.next < groups.len() => {
                self.leave_next_out(targets, groups);
            }
            Stage::Leaving(leaving) => {
                return Some(Solution {
                    coefficients: std::mem::take(&mut leaving.coefficients),
                    held_out_residuals: std::mem::take(&mut leaving.held_out_residuals),
                });
            }
        }
        None
    }

    fn elimination(&self) -> Elimination {
        Elimination::new(self.products.plus_diagonal(self.lambda))
    }

    /// Adds a block of rows to the sums.
    fn gather(&mut self, targets: &[f64]) {
        let first = self.gathered;
        let end = (first + BLOCK).min(self.rows.len());
        let num_features = self.mean.len();
        let (mut left, mut right) = (Tiles::<ROWS>::default(), Tiles::<PANEL>::default());
        left.reset(num_features, end - first);
        right.reset(num_features, end - first);
        for at in first..end {
            let row = self.centered(at);
            let negative: Vec<_> = row.iter().map(|x| -x).collect();
            left.set_across(at - first, &negative);
            right.set_across(at - first, &row);
            let targets = &targets[at * self.num_classes..][..self.num_classes];
            for (moments, x) in self.moments.chunks_exact_mut(self.num_classes).zip(row) {
                let pairs = moments.iter_mut().zip(targets);
                pairs.for_each(|(moment, y)| *moment += f64::from(x) * y);
            }
        }
        self.products.subtract(0, &left, &right);
        self.gathered = end;
    }

    /// A row, normalized, centered and weighed.
    fn centered(&self, at: usize) -> Vec<f32> {
        let row = normalized(&self.normalizer, &self.rows[at]);
        let (pairs, root) = (row.iter().zip(&self.mean), self.roots[at]);
        pairs
            .map(|(&x, mean)| (root * (f64::from(x) - mean)) as f32)
            .collect()
    }

    fn begin_leaving(&mut self, num_targets: usize) {
        let stage = std::mem::replace(&mut self.stage, Stage::Gathering);
        let Stage::Eliminating(elimination) = stage else {
            unreachable!("only an elimination comes before this");
        };
        let factor = elimination.finish();
        self.stage = Stage::Leaving(Leaving {
            weight: factor.solve(&self.moments, self.num_classes),
            factor,
            next: 0,
            coefficients: vec![0.0; num_targets],
            held_out_residuals: vec![0.0; num_targets],
        });
    }

    /// Leaves out the next groups: about a block of rows, one group at least.
    fn leave_next_out(&mut self, targets: &[f64], groups: &Groups) {
        let Stage::Leaving(leaving) = &self.stage else {
            return;
        };
        let first = leaving.next;
        let (mut end, mut num_rows) = (first, 0);
        while end < groups.len() && (end == first || num_rows + groups[end].len() <= BLOCK) {
            num_rows += groups[end].len();
            end += 1;
        }
        let groups = &groups[first..end];
        let rows: Vec<_> = groups
            .iter()
            .flatten()
            .map(|&at| self.centered(at))
            .collect();
        let vectors = multiply(&leaving.factor, &rows);
        let means = self.mean_targets(targets);
        let mut results = Vec::new();
        let mut place = 0;
        for group in groups {
            let rows = &rows[place..place + group.len()];
            let vectors = &vectors[place..place + group.len()];
            place += group.len();
            let residuals: Vec<_> = group
                .iter()
                .zip(rows)
                .flat_map(|(&at, row)| {
                    let targets = &targets[at * self.num_classes..];
                    let means = means.iter().map(|mean| self.roots[at] * mean);
                    self.residuals(&leaving.weight, row, targets, means)
                })
                .collect();
            let left_out = self.leave_out(group, vectors, &residuals);
            results.push((residuals, left_out));
        }
        self.keep(groups, results, end);
    }

    fn keep(&mut self, groups: &[Vec<usize>], results: Vec<(Vec<f64>, Vec<f64>)>, next: usize) {
        let Stage::Leaving(leaving) = &mut self.stage else {
            return;
        };
        let num_classes = self.num_classes;
        for (group, (residuals, left_out)) in groups.iter().zip(results) {
            for (member, &at) in group.iter().enumerate() {
                for class in 0..num_classes {
                    let (from, to) = (member * num_classes + class, at * num_classes + class);
                    leaving.coefficients[to] = residuals[from] / self.lambda;
                    leaving.held_out_residuals[to] = left_out[from];
                }
            }
        }
        leaving.next = next;
    }

    fn mean_targets(&self, targets: &[f64]) -> Vec<f64> {
        let mut means = vec![0.0; self.num_classes];
        for (row, root) in targets.chunks_exact(self.num_classes).zip(&self.roots) {
            let pairs = means.iter_mut().zip(row);
            pairs.for_each(|(mean, y)| *mean += root * y);
        }
        means.iter().map(|x| x / self.total_weight).collect()
    }

    /// y − ȳ − Wᵀ z: `[num_classes]`.
    fn residuals(
        &self,
        weight: &[f64],
        row: &[f32],
        targets: &[f64],
        means: impl Iterator<Item = f64>,
    ) -> Vec<f64> {
        let mut residuals: Vec<_> = targets
            .iter()
            .zip(means)
            .map(|(y, mean)| y - mean)
            .collect();
        for (&x, weight) in row.iter().zip(weight.chunks_exact(self.num_classes)) {
            let pairs = residuals.iter_mut().zip(weight);
            pairs.for_each(|(residual, w)| *residual -= f64::from(x) * w);
        }
        residuals
    }

    /// Residuals of a group without it, given its vectors L⁻¹ z.
    fn leave_out(&self, group: &[usize], vectors: &[Vec<f32>], residuals: &[f64]) -> Vec<f64> {
        let root = |member: usize| self.roots[group[member]];
        let entry = |row: usize, column: usize| {
            let pairs = vectors[row].iter().zip(&vectors[column]);
            let product: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let of_bias = root(row) * root(column) / self.total_weight;
            f64::from(u8::from(row == column)) - of_bias - product
        };
        if vectors.len() == 1 {
            let mut residuals = residuals.to_vec();
            leave_one_out(entry(0, 0), &mut residuals);
            return residuals;
        }
        let row = |row: usize| (0..=row).map(|column| entry(row, column)).collect();
        leave_group_out((0..vectors.len()).map(row).collect(), residuals)
    }
}

/// Of the normalized rows, by weight: `[D]`.
fn mean(rows: &[Row], roots: &[f64], normalizer: &Normalizer) -> Vec<f64> {
    let (mut sum, mut total) = (vec![0.0; normalizer.mean().len()], 0.0);
    for (row, root) in rows.iter().zip(roots) {
        let (row, weight) = (normalized(normalizer, row), root * root);
        let pairs = sum.iter_mut().zip(row);
        pairs.for_each(|(sum, x)| *sum += weight * f64::from(x));
        total += weight;
    }
    sum.iter().map(|x| x / total).collect()
}

fn normalized(normalizer: &Normalizer, row: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(row.len());
    normalizer.push_normalized(row, &mut out);
    out
}

/// −L⁻¹ z of each row z.
fn multiply(factor: &InverseFactor, rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let num_features = factor.size();
    let mut panels = Tiles::<PANEL>::default();
    panels.reset(rows.len(), num_features);
    for (at, row) in rows.iter().enumerate() {
        panels.set(at, row.iter().copied());
    }
    let width = rows.len().next_multiple_of(PANEL);
    let mut out = vec![Vec::with_capacity(num_features); rows.len()];
    let mut left = Tiles::<ROWS>::default();
    for first in (0..num_features).step_by(ROWS) {
        let tile_rows = first..(first + ROWS).min(num_features);
        left.reset(ROWS, tile_rows.end);
        for at in tile_rows.clone() {
            left.set(at - first, factor.row(at).iter().copied());
        }
        let mut products = vec![0.0; ROWS * width];
        let tile = left.iter().next().expect("one tile");
        subtract_row_of_tiles(&mut products, width, width, tile, &panels);
        for row in products.chunks_exact(width).take(tile_rows.len()) {
            out.iter_mut().zip(row).for_each(|(out, x)| out.push(*x));
        }
    }
    out
}
