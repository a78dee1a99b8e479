//! Products of all pairs of samples in, coefficients of the samples out: for N ≤ D.
//!
//! With K the products of the normalized rows and G = (K + λ)⁻¹, the fit that minimizes
//! ‖Y − Z W − 1 bᵀ‖² + λ ‖W‖² has W = Zᵀ α, where α = G (Y − 1 bᵀ) and b = Yᵀ g / s with g = G 1
//! and s = 1ᵀ g. Its residuals are λ α = λ (G − g gᵀ / s) Y. Nothing penalizes b, so that leaving a
//! sample out leaves it out of the bias as well. For weighed rows the roots of the weights stand
//! where 1 does.

use super::{
    Solution,
    elimination::{Elimination, InverseFactor, Triangle},
    gram::Gram,
    held_out::{Groups, leave_group_out, leave_one_out},
};

#[derive(Debug)]
pub(super) struct Dual {
    products: Triangle,
    /// `[N]`
    roots: Vec<f64>,
    elimination: Option<Elimination>,
}

impl Dual {
    pub fn new(gram: &Gram) -> Self {
        Self {
            products: gram.normalized(),
            roots: vec![1.0; gram.rows().len()],
            elimination: None,
        }
    }

    /// Weighs the rows.
    pub fn weigh(&mut self, roots: &[f64]) {
        for row in 0..roots.len() {
            let products = self.products.row_mut(row).iter_mut().zip(roots);
            products.for_each(|(x, root)| *x *= (roots[row] * root) as f32);
        }
        self.roots = roots.to_vec();
    }

    pub fn start(&mut self, lambda: f64) {
        let matrix = self.products.plus_diagonal(lambda);
        self.elimination = Some(Elimination::new(matrix));
    }

    pub fn progress(&self) -> f32 {
        self.elimination.as_ref().map_or(0.0, Elimination::progress)
    }

    /// The solution, when the last block has been eliminated.
    pub fn step(&mut self, targets: &[f64], groups: &Groups) -> Option<Solution> {
        let elimination = self.elimination.as_mut().expect("started");
        if !elimination.step() {
            return None;
        }
        let factor = self.elimination.take().expect("started").finish();
        Some(solve(&factor, targets, &self.roots, groups))
    }
}

fn solve(factor: &InverseFactor, targets: &[f64], roots: &[f64], groups: &Groups) -> Solution {
    let num_classes = targets.len() / roots.len();
    let solved = factor.solve(&with_roots(targets, roots), num_classes + 1);
    let rows = || solved.chunks_exact(num_classes + 1);
    let sum_of = |column: usize| {
        let pairs = rows().zip(roots);
        pairs.map(|(row, root)| row[column] * root).sum::<f64>()
    };
    // [N]: g, the last column.
    let ones: Vec<f64> = rows().map(|row| row[num_classes]).collect();
    let sum = sum_of(num_classes);
    let bias: Vec<f64> = (0..num_classes).map(|c| sum_of(c) / sum).collect();
    let centered = rows().flat_map(|row| {
        let (row, one) = row.split_at(num_classes);
        row.iter()
            .zip(&bias)
            .map(move |(x, bias)| x - one[0] * bias)
    });
    let coefficients: Vec<f64> = centered.collect();
    let entry = Entry { factor, ones, sum };
    Solution {
        held_out_residuals: entry.held_out(&coefficients, num_classes, groups),
        coefficients,
    }
}

/// A column of roots, 1 for rows that count the same, behind the targets: `[N, num_classes + 1]`.
fn with_roots(targets: &[f64], roots: &[f64]) -> Vec<f64> {
    let rows = targets.chunks_exact(targets.len() / roots.len()).zip(roots);
    rows.flat_map(|(row, &root)| row.iter().copied().chain([root]))
        .collect()
}

/// Entries of G − g gᵀ / s.
struct Entry<'a> {
    factor: &'a InverseFactor,
    ones: Vec<f64>,
    sum: f64,
}

impl Entry<'_> {
    fn held_out(&self, coefficients: &[f64], num_classes: usize, groups: &Groups) -> Vec<f64> {
        let inverse_diagonal = self.factor.inverse_diagonal();
        let mut residuals = coefficients.to_vec();
        for group in groups {
            if let [at] = **group {
                let diagonal = inverse_diagonal[at] - self.ones[at].powi(2) / self.sum;
                leave_one_out(diagonal, &mut residuals[at * num_classes..][..num_classes]);
                continue;
            }
            let own = |at: &usize| &coefficients[at * num_classes..][..num_classes];
            let of_group = group.iter().flat_map(own).copied().collect::<Vec<_>>();
            let left_out = leave_group_out(self.block(group), &of_group);
            for (at, left_out) in group.iter().zip(left_out.chunks_exact(num_classes)) {
                residuals[at * num_classes..][..num_classes].copy_from_slice(left_out);
            }
        }
        residuals
    }

    /// The rows and columns of a group, ascending: the lower triangle.
    fn block(&self, group: &[usize]) -> Vec<Vec<f64>> {
        let columns: Vec<_> = group.iter().map(|&at| self.factor.column(at)).collect();
        let entry = |row: usize, column: usize| {
            // Columns begin at the diagonal, so their ends belong together.
            let pairs = columns[row].iter().rev().zip(columns[column].iter().rev());
            let product: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            product - self.ones[group[row]] * self.ones[group[column]] / self.sum
        };
        let row = |row: usize| (0..=row).map(|column| entry(row, column)).collect();
        (0..group.len()).map(row).collect()
    }
}
