//! One row of logits in; its probabilities, its loss or its answer out.

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
    log_sum_exp(logits) - f64::from(logits[truth])
}

/// Softmax of one row at one class, to 13 digits.
pub(super) fn probability(logits: &[f32], class: usize) -> f64 {
    let max = largest(logits);
    let sum: f64 = logits.iter().map(|&x| (f64::from(x) - max).exp()).sum();
    without_noise((f64::from(logits[class]) - max).exp() / sum)
}

/// Rounds the last 8 bits away, so that rows with the same logits in another order, whose sums
/// round differently, are equal and not one above the other. For positive numbers.
fn without_noise(x: f64) -> f64 {
    f64::from_bits((x.to_bits() + 128) & !255)
}

/// `ln Σ exp(logit)` of one row, safe against overflow.
pub(super) fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = largest(logits);
    let sum: f64 = logits.iter().map(|&x| (f64::from(x) - max).exp()).sum();
    max + sum.ln()
}

pub(super) fn largest(logits: &[f32]) -> f64 {
    f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max))
}

/// Index of the largest value; the first of equals. 0 for an empty row.
pub fn argmax(row: &[f32]) -> usize {
    let largest = |best: usize, (at, x): (usize, &f32)| if *x > row[best] { at } else { best };
    row.iter().enumerate().fold(0, largest)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_order_of_logits_does_not_matter() {
        let row = [0.3, 1.7, -0.4, 2.6, 0.9, 1.1];
        let turned: Vec<_> = row.iter().rev().copied().collect();
        assert_eq!(probability(&row, 1), probability(&turned, 4));
    }

    #[test]
    fn argmax_prefers_the_first_of_equals() {
        assert_eq!(argmax(&[1.0, 5.0, 5.0]), 1);
    }
}
