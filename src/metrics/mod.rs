//! Predictions in, numbers a person can trust out. Plain Rust; no tensors needed.

use crate::protocol::Proportion;

/// 97.5th percentile of the standard normal: a two-sided 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;

/// A share of hits with Wilson's 95 % score interval, which stays honest for few samples and for
/// shares near 0 and 1 (Wilson 1927; recommended by Brown, Cai & DasGupta 2001).
///
/// `total` of 0 knows nothing: the interval is [0, 1].
pub fn wilson(hits: usize, total: usize) -> Proportion {
    if total == 0 {
        return Proportion {
            hits,
            total,
            low: 0.0,
            high: 1.0,
        };
    }
    let (n, p) = (total as f64, hits as f64 / total as f64);
    let shrink = 1.0 + Z95 * Z95 / n;
    let center = (p + Z95 * Z95 / (2.0 * n)) / shrink;
    let half = Z95 / shrink * (p * (1.0 - p) / n + Z95 * Z95 / (4.0 * n * n)).sqrt();
    Proportion {
        hits,
        total,
        low: (center - half).max(0.0),
        high: (center + half).min(1.0),
    }
}

/// `counts[truth][predicted]` over pairs of class indices below `num_classes`.
pub fn confusion_matrix(
    pairs: impl IntoIterator<Item = (usize, usize)>,
    num_classes: usize,
) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; num_classes]; num_classes];
    for (truth, predicted) in pairs {
        counts[truth][predicted] += 1;
    }
    counts
}

/// Softmax of one row of logits, in place, safe against overflow.
pub fn softmax(logits: &mut [f32]) {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for x in logits.iter_mut() {
        *x = (*x - max).exp();
        sum += *x;
    }
    logits.iter_mut().for_each(|x| *x /= sum);
}

/// Cross-entropy of one row of logits against its true class, in nats.
pub fn cross_entropy(logits: &[f32], truth: usize) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64;
    let sum: f64 = logits.iter().map(|&x| (x as f64 - max).exp()).sum();
    max + sum.ln() - logits[truth] as f64
}

/// Index of the largest value; the first of equals. 0 for an empty row.
pub fn argmax(row: &[f32]) -> usize {
    let largest = |best: usize, (at, x): (usize, &f32)| if *x > row[best] { at } else { best };
    row.iter().enumerate().fold(0, largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from statsmodels 0.14 `proportion_confint(hits, total, method="wilson")`.
    #[test]
    fn wilson_matches_statsmodels() {
        for (hits, total, low, high) in [
            (9, 10, 0.595_849_973, 0.982_123_787),
            (0, 5, 0.0, 0.434_482_464),
            (50, 100, 0.403_831_530, 0.596_168_470),
        ] {
            let share = wilson(hits, total);
            assert!((share.low - low).abs() < 1e-6, "{share:?}");
            assert!((share.high - high).abs() < 1e-6, "{share:?}");
        }
    }

    #[test]
    fn no_samples_say_nothing() {
        let share = wilson(0, 0);
        assert_eq!((share.low, share.high), (0.0, 1.0));
    }

    #[test]
    fn confusion_counts_truth_by_row() {
        let counts = confusion_matrix([(0, 0), (0, 1), (1, 1)], 2);
        assert_eq!(counts, [[1, 1], [0, 1]]);
    }

    #[test]
    fn softmax_survives_large_logits() {
        let mut row = [1000.0, 1000.0, 0.0];
        softmax(&mut row);
        assert_eq!(row, [0.5, 0.5, 0.0]);
    }

    #[test]
    fn cross_entropy_of_a_coin_is_ln_2() {
        assert!((cross_entropy(&[3.0, 3.0], 1) - std::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn argmax_prefers_the_first_of_equals() {
        assert_eq!(argmax(&[1.0, 5.0, 5.0]), 1);
    }
}
