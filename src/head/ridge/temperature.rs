//! Scores and the truth in, the temperature that makes the best probabilities of them out.

use crate::metrics;

/// Where temperatures are looked for. Ridge scores are about −1 and 1, of which a temperature of
/// 1 would make no more than 88 %; hundreds of images give temperatures from 0.1 to 0.3.
const RANGE: (f64, f64) = (0.02, 2.0);

/// Steps of the golden-section search: the range in logarithms shrinks to 1e-4 of its size.
const NUM_STEPS: usize = 20;

/// The temperature T at which softmax(scores / T) gives the true classes the highest likelihood
/// (Guo et al., arXiv:1706.04599).
///
/// The scores should be those of samples that were left out, or the probabilities will be too sure
/// of themselves. The likelihood has one maximum, as it is concave in 1 / T.
///
/// # Shapes
///
/// - scores: `[N, num_classes]`
/// - labels: `[N]`
/// - weights: how much each sample counts, `[N]`, positive
pub(super) fn calibrate(scores: &[f32], labels: &[usize], weights: &[f64]) -> f64 {
    let loss = |temperature: f64| mean_loss(scores, labels, weights, temperature);
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (RANGE.0.ln(), RANGE.1.ln());
    for _ in 0..NUM_STEPS {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        match loss(left.exp()) <= loss(right.exp()) {
            true => high = right,
            false => low = left,
        }
    }
    ((low + high) / 2.0).exp()
}

/// Mean cross-entropy of softmax(scores / temperature), in nats.
fn mean_loss(scores: &[f32], labels: &[usize], weights: &[f64], temperature: f64) -> f64 {
    let num_classes = scores.len() / labels.len().max(1);
    let mut logits = vec![0.0; num_classes];
    let losses = scores
        .chunks_exact(num_classes.max(1))
        .zip(labels)
        .zip(weights)
        .map(|((scores, &label), weight)| {
            let pairs = logits.iter_mut().zip(scores);
            pairs.for_each(|(logit, &score)| *logit = (f64::from(score) / temperature) as f32);
            weight * metrics::cross_entropy(&logits, label)
        });
    losses.sum::<f64>() / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_of_known_odds_is_found() {
        // Right in 3 of 4 cases with a score 1 apart: e^(1 / T) = 3.
        let scores = [1.0, 0.0].repeat(4);
        let temperature = calibrate(&scores, &[0, 0, 0, 1], &[1.0; 4]);
        assert!(
            (temperature - 3f64.ln().recip()).abs() < 1e-3,
            "{temperature}"
        );
    }

    #[test]
    fn a_sample_of_weight_three_is_worth_three() {
        let temperature = calibrate(&[1.0, 0.0].repeat(2), &[0, 1], &[3.0, 1.0]);
        assert!(
            (temperature - 3f64.ln().recip()).abs() < 1e-3,
            "{temperature}"
        );
    }

    #[test]
    fn perfect_scores_stop_at_the_coldest() {
        let temperature = calibrate(&[1.0, 0.0, 0.0, 1.0], &[0, 1], &[1.0; 2]);
        assert!((temperature - RANGE.0).abs() < 1e-3);
    }
}
