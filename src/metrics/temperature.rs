//! Held-out samples in, the one number that makes the model as sure as it should be out.

use super::{HeldOut, logits::largest};

/// Temperatures outside [1/100, 100] are a sign of data that does not determine one.
const HOTTEST: f64 = 100.0;

/// Newton's steps at most; 6 to 10 are usual.
const MAX_STEPS: usize = 100;

/// The temperature to divide logits by that minimizes the negative log-likelihood of held-out
/// samples (Guo et al. 2017, arXiv:1706.04599). Above 1 the model was too sure, below 1 not sure
/// enough; no answer changes.
///
/// The likelihood of logits · β is concave in β, so there is one optimum and Newton's method,
/// kept within a shrinking bracket, finds it. `None` if it is not within [1/100, 100]: without
/// samples, or if all answers are right and so ever lower temperatures ever better. Then leave
/// the logits as they are.
pub fn fit_temperature(samples: &HeldOut) -> Option<f64> {
    // β is the inverse of the temperature; `slope` rises with it.
    let (mut low, mut high) = (1.0 / HOTTEST, HOTTEST);
    let is_bracketed = slope(samples, low).0 < 0.0 && slope(samples, high).0 > 0.0;
    if !is_bracketed {
        return None;
    }
    let mut beta = 1.0;
    for _ in 0..MAX_STEPS {
        let (slope, curvature) = slope(samples, beta);
        match slope < 0.0 {
            true => low = beta,
            false => high = beta,
        }
        let newton = beta - slope / curvature;
        let next = match newton > low && newton < high {
            true => newton,
            false => (low * high).sqrt(),
        };
        if (next - beta).abs() <= 1e-12 * beta {
            break;
        }
        beta = next;
    }
    Some(1.0 / beta)
}

/// First and second derivative by β of the total negative log-likelihood of logits · β: the sum
/// over samples of the expected logit less the true one, and of the logits' variance.
fn slope(samples: &HeldOut, beta: f64) -> (f64, f64) {
    let (mut slope, mut curvature) = (0.0, 0.0);
    for (logits, truth) in samples.rows() {
        let max = largest(logits);
        // Moments of the logits below the largest, so that exponentials do not overflow.
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        for &logit in logits {
            let below = f64::from(logit) - max;
            let weight = (beta * below).exp();
            sum += weight;
            first += weight * below;
            second += weight * below * below;
        }
        let expected = first / sum;
        slope += expected - (f64::from(logits[truth]) - max);
        curvature += second / sum - expected * expected;
    }
    (slope, curvature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_classes(rows: &[([f32; 2], usize)]) -> HeldOut {
        let truths = rows.iter().map(|row| row.1).collect();
        HeldOut::new(rows.iter().map(|row| &row.0[..]), truths, 2)
    }

    #[test]
    fn three_of_four_right_deserve_a_confidence_of_three_quarters() {
        // Log-odds of 4 where ln 3 is deserved.
        let samples = two_classes(&[
            ([4.0, 0.0], 0),
            ([4.0, 0.0], 0),
            ([4.0, 0.0], 0),
            ([4.0, 0.0], 1),
        ]);
        let temperature = fit_temperature(&samples).unwrap();
        assert!(
            (temperature - 4.0 / 3f64.ln()).abs() < 1e-9,
            "{temperature}"
        );
    }

    #[test]
    fn samples_that_are_all_right_determine_no_temperature() {
        assert_eq!(fit_temperature(&two_classes(&[([1.0, 0.0], 0)])), None);
        assert_eq!(fit_temperature(&two_classes(&[])), None);
    }

    #[test]
    fn answers_worse_than_guessing_determine_no_temperature() {
        assert_eq!(fit_temperature(&two_classes(&[([1.0, 0.0], 1)])), None);
    }

    #[test]
    fn huge_logits_do_not_overflow() {
        let samples = two_classes(&[([1e6, 0.0], 0), ([1e6, 0.0], 1), ([1.0, 0.0], 0)]);
        assert!(fit_temperature(&samples).is_none_or(f64::is_finite));
    }
}
