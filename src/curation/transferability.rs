//! Feature products and labels in, how well these features suit these classes out.

use crate::{
    head::ridge::{
        Gram,
        elimination::{Elimination, InverseFactor, Triangle},
    },
    protocol::LogMe,
};

/// Ratios α / β of prior to noise precision that are tried: half a decade apart. The evidence is
/// flat around its maximum, so that a parabola through three of them finds it, to 0.005.
const RATIOS: [f64; 9] = [0.0316, 0.1, 0.316, 1.0, 3.16, 10.0, 31.6, 100.0, 316.0];

/// LogME (You et al., arXiv:2102.11005): the evidence of a Bayesian linear model of each class's
/// 0/1 labels with the best prior and noise. Call [`Transferability::step`] until it returns
/// something.
///
/// Works on normalized features, which the head sees, rather than on raw ones as in the paper. The
/// paper iterates on a singular value decomposition; the evidence at a fixed ratio α / β is a
/// determinant and a product, for which a Cholesky factor is enough.
#[derive(Debug)]
pub struct Transferability {
    products: Triangle,
    /// `[num_classes][N]`
    targets: Vec<Vec<f64>>,
    /// `[tried ratios][num_classes]`
    evidence: Vec<Vec<f64>>,
    elimination: Option<Elimination>,
}

impl Transferability {
    /// Sets up the score of a gram matrix whose products have been computed; none if it has more
    /// rows than features (give it a part of them).
    pub fn new(gram: &Gram, labels: &[usize], num_classes: usize) -> Option<Self> {
        let is_small = gram.is_dual() && !gram.rows().is_empty();
        is_small.then(|| Self {
            products: gram.normalized(),
            targets: (0..num_classes)
                .map(|class| {
                    let target = |&label: &usize| f64::from(u8::from(label == class));
                    labels.iter().map(target).collect()
                })
                .collect(),
            evidence: Vec::new(),
            elimination: None,
        })
    }

    /// Does the next piece of work, about 10 ms at most; the result at the end.
    pub fn step(&mut self) -> Option<LogMe> {
        let Some(elimination) = &mut self.elimination else {
            let Some(&ratio) = RATIOS.get(self.evidence.len()) else {
                return Some(self.result());
            };
            let matrix = self.products.plus_diagonal(ratio);
            self.elimination = Some(Elimination::new(matrix));
            return None;
        };
        if elimination.step() {
            let elimination = self.elimination.take().expect("it has just been stepped");
            self.record(&elimination.finish());
        }
        None
    }

    fn record(&mut self, factor: &InverseFactor) {
        let ratio = RATIOS[self.evidence.len()];
        let size = factor.size();
        // log |1 + K / ratio|
        let log_pivots = (0..size).map(|at| -2.0 * f64::from(factor.row(at)[at]).ln());
        let log_determinant = log_pivots.sum::<f64>() - size as f64 * ratio.ln();
        let evidence = self.targets.iter().map(|target| {
            let solution = factor.solve(target, 1);
            let product: f64 = target.iter().zip(&solution).map(|(y, x)| y * x).sum();
            log_evidence(ratio * product, log_determinant, size)
        });
        let evidence = evidence.collect();
        self.evidence.push(evidence);
    }

    fn result(&self) -> LogMe {
        let num_classes = self.targets.len().max(1) as f64;
        let best = |class| maximum(self.evidence.iter().map(|of| of[class]).collect());
        let baseline = |target: &Vec<f64>| log_evidence(target.iter().sum(), 0.0, target.len());
        LogMe {
            evidence: (0..self.targets.len()).map(best).sum::<f64>() / num_classes,
            baseline: self.targets.iter().map(baseline).sum::<f64>() / num_classes,
        }
    }
}

/// A sample's share of log N(y; 0, (1 + K / ratio) / β) at the best β = N / `square`, where
/// `square` is yᵀ (1 + K / ratio)⁻¹ y. A class without samples is certain; its evidence is capped.
fn log_evidence(square: f64, log_determinant: f64, size: usize) -> f64 {
    let size = size as f64;
    let beta = size / square.max(1e-6);
    let normal = beta.ln() - 1.0 - (2.0 * std::f64::consts::PI).ln();
    (normal - log_determinant / size) / 2.0
}

/// The top of a parabola through the largest of equidistant values and its neighbors.
fn maximum(values: Vec<f64>) -> f64 {
    let best = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]));
    let Some(best) = best else { return 0.0 };
    let middle = values[best];
    let neighbor = |at: Option<usize>| at.and_then(|at| values.get(at).copied());
    let neighbors = (neighbor(best.checked_sub(1)), neighbor(Some(best + 1)));
    let (Some(left), Some(right)) = neighbors else {
        return middle;
    };
    let bend = left - 2.0 * middle + right;
    match bend < 0.0 {
        true => middle - (left - right).powi(2) / (8.0 * bend),
        false => middle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::ridge::testing::Random;

    fn score(labels: &[usize]) -> LogMe {
        let (rows, _) = Random::new(1).classes(60, 80, 3);
        let mut gram: Gram = rows.into_iter().collect();
        while !gram.step() {}
        let mut score = Transferability::new(&gram, labels, 3).unwrap();
        loop {
            if let Some(result) = score.step() {
                return result;
            }
        }
    }

    #[test]
    fn true_classes_have_more_evidence_than_random_ones() {
        let truth: Vec<_> = (0..60).map(|at| at % 3).collect();
        let random: Vec<_> = (0..60).map(|at| at / 20).collect();
        assert!(score(&truth).evidence > score(&random).evidence + 0.05);
        assert_eq!(score(&truth).baseline, score(&random).baseline);
    }

    #[test]
    fn a_parabola_has_its_top_between_the_values() {
        let value = |x: f64| 5.0 - (x - 2.3).powi(2);
        let values = (0..5).map(|x| value(f64::from(x))).collect();
        assert!((maximum(values) - 5.0).abs() < 1e-12);
    }

    /// What `tests/golden/logme/reference.py` prints, by the paper's own fixed point.
    #[test]
    fn the_evidence_is_that_of_the_papers_algorithm() {
        for (noise, expected) in [(1.0, -0.671_173_8), (3.0, -0.859_583_4)] {
            let value = |i: i32, j: i32| {
                let wave = f64::from((i % 3 + 1) * (j + 1)).sin();
                (wave + noise * f64::from(3 * i * i + 5 * j * j + i * j).sin()) as f32
            };
            let row = |i| (0..50).map(move |j| value(i, j)).collect();
            let mut gram: Gram = (0..36).map(row).collect();
            while !gram.step() {}
            let labels: Vec<_> = (0..36).map(|i| i % 3).collect();
            let mut score = Transferability::new(&gram, &labels, 3).unwrap();
            let found = std::iter::repeat_with(|| score.step()).find_map(|it| it);
            let found = found.expect("a score").evidence;
            // What the parabola costs where the top is sharp: here, as each wave is a class.
            assert!((found - expected).abs() < 5e-3, "{found} ≠ {expected}");
        }
    }
}
