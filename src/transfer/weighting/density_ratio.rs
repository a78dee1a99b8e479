//! Labeled rows and rows of what a head is for in; how much likelier each labeled row is among the
//! latter than among the former out.
//!
//! A linear head learns to tell the two sets (Bickel, Brückner & Scheffer 2007, *Discriminative
//! learning for differing training and test distributions*); its odds are the ratio of the
//! densities. Each row's are told by a head that learned from the other half of the rows: 1,280
//! features tell any row a head has seen.

use crate::transfer::{Task, domains::Rows, pooled::pooled, telling::Telling};

/// Penalty on the head's weights, a hundred times that of heads that tell classes, whose odds would be
/// too extreme to be weights. A tenth of it, or ten times as much, made less than a point of difference
/// to heads, on photos and drawings (`docs/methods.md` says how that was measured).
const WEIGHT_DECAY: f64 = 1e-2;

/// Two heads that tell the sets, at work.
#[derive(Debug)]
pub(super) struct DensityRatio {
    /// The labeled ones come first.
    rows: Rows,
    num_labeled: usize,
    telling: Telling,
}

impl DensityRatio {
    pub fn new(task: &Task) -> Self {
        let domains = pooled(task);
        let (num_labeled, mut rows) = (domains.source.len(), domains.source);
        rows.values.extend(domains.target.values);
        Self {
            telling: Telling::new(rows.len()).decaying(WEIGHT_DECAY),
            num_labeled,
            rows,
        }
    }

    /// Does the next piece of work; true at the end.
    pub fn step(&mut self) -> bool {
        self.telling.step(&self.rows, self.num_labeled)
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        self.telling.progress()
    }

    /// The ratio for each labeled row: positive.
    pub fn finish(self) -> Vec<f64> {
        let of_labeled = &self.telling.log_odds()[..self.num_labeled];
        of_labeled.iter().map(|&x| f64::from(x).exp()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;

    /// What scikit-learn makes of it: tests/golden/transfer/shift_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        density: Expected,
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        labeled: Vec<Vec<f32>>,
        unlabeled: Vec<Vec<f32>>,
        ratios: Vec<f64>,
    }

    #[test]
    fn ratios_are_the_odds_of_scikit_learns_logistic_regression() {
        let golden = include_str!("../../../tests/golden/transfer/shift_reference.json");
        let Golden { density } = serde_json::from_str(golden).unwrap();
        let rows = |rows: &[Vec<f32>]| rows.iter().map(|row| Row::from(row.as_slice())).collect();
        let mut ratio = DensityRatio::new(&Task {
            rows: rows(&density.labeled),
            labels: vec![0; density.labeled.len()],
            unlabeled: rows(&density.unlabeled),
            num_classes: 1,
            names: None,
            seed: 0,
        });
        while !ratio.step() {}
        for (ours, theirs) in ratio.finish().iter().zip(&density.ratios) {
            assert!((ours / theirs - 1.0).abs() < 0.01, "{ours} {theirs}");
        }
    }
}
