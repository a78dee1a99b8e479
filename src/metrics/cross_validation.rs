//! Hits in each fold in, one accuracy with its spread out.

use super::wilson;
use crate::protocol::Proportion;

/// What the folds of a cross-validation come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcrossFolds {
    /// Over all samples, each of which was held out once, with Wilson's interval. That interval
    /// is of the samples' chance only; no unbiased one of the folds' exists (Bengio &
    /// Grandvalet 2004).
    pub accuracy: Proportion,
    /// Mean of the folds' accuracies, in [0, 1]; 0 without folds.
    pub mean: f64,
    /// Sample standard deviation of the folds' accuracies; 0 for fewer than two.
    pub deviation: f64,
}

/// Sums up pairs of hits and held-out samples, one a fold. Folds without samples are left out.
pub fn across_folds(folds: &[(usize, usize)]) -> AcrossFolds {
    let hits = folds.iter().map(|fold| fold.0).sum();
    let total = folds.iter().map(|fold| fold.1).sum();
    let folds = folds.iter().filter(|fold| fold.1 > 0);
    let accuracies: Vec<_> = folds.map(|&(hits, n)| hits as f64 / n as f64).collect();
    let num = accuracies.len() as f64;
    let mean = accuracies.iter().sum::<f64>() / num.max(1.0);
    let squares: f64 = accuracies.iter().map(|x| (x - mean).powi(2)).sum();
    AcrossFolds {
        accuracy: wilson(hits, total),
        mean,
        deviation: (squares / (num - 1.0).max(1.0)).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_spread_by_hand() {
        let both = across_folds(&[(1, 2), (4, 4), (0, 0)]);
        assert_eq!((both.accuracy.hits, both.accuracy.total), (5, 6));
        assert_eq!(both.mean, 0.75);
        assert!((both.deviation - 0.125f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn one_fold_has_no_spread_and_none_no_accuracy() {
        assert_eq!(across_folds(&[(1, 2)]).deviation, 0.0);
        assert_eq!(across_folds(&[]).mean, 0.0);
    }
}
