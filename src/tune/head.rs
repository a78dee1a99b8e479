//! A linear head on normalized features, learning: features and a label in, the loss and the
//! features' gradient out.

use super::parameter::Parameter;
use crate::{features::Normalizer, metrics};

/// Centers features, scales them to length 1, and multiplies by weights.
///
/// The center is that of the features as they were before anything was tuned, and stays.
#[derive(Clone, Debug)]
pub struct TunedHead {
    normalizer: Normalizer,
    num_classes: usize,
    /// `[num_features, num_classes]`, row by row.
    weight: Vec<f32>,
    /// `[num_classes]`
    bias: Vec<f32>,
    weight_gradient: Vec<f32>,
    bias_gradient: Vec<f32>,
}

impl TunedHead {
    /// How much weight decay the head to start from should be trained with: more than one to be
    /// used as it is. That one is sure of nearly all it has learned from, so that no gradient is
    /// left for the blocks (`tests/transfer_tune.rs` has what it makes of the gain).
    pub const WEIGHT_DECAY: f64 = 1e-2;

    /// A head that has been trained on the features as they are.
    ///
    /// # Shapes
    ///
    /// - weight: `[num_features, num_classes]`, row by row
    /// - bias: `[num_classes]`
    pub fn new(normalizer: Normalizer, weight: Vec<f32>, bias: Vec<f32>) -> Self {
        let (num_features, num_classes) = (normalizer.mean().len(), bias.len());
        assert_eq!(weight.len(), num_features * num_classes, "a whole matrix");
        Self {
            normalizer,
            num_classes,
            weight_gradient: vec![0.0; weight.len()],
            bias_gradient: vec![0.0; num_classes],
            weight,
            bias,
        }
    }

    /// What goes before the weights.
    pub fn normalizer(&self) -> &Normalizer {
        &self.normalizer
    }

    /// `[num_features, num_classes]`, row by row.
    pub fn weight(&self) -> &[f32] {
        &self.weight
    }

    /// `[num_classes]`
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `[num_classes]`
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        self.logits_of_normalized(&self.normalizer.normalized(features))
    }

    fn logits_of_normalized(&self, normalized: &[f32]) -> Vec<f32> {
        let mut logits = self.bias.clone();
        let rows = self.weight.chunks_exact(self.num_classes);
        for (x, weights) in normalized.iter().zip(rows) {
            let pairs = logits.iter_mut().zip(weights);
            pairs.for_each(|(z, w)| *z += x * w);
        }
        logits
    }

    /// Adds to the parameters' gradients and overwrites the features'.
    pub(super) fn learn(
        &mut self,
        features: &[f32],
        target: Target,
        feature_gradient: &mut [f32],
    ) -> Judged {
        let Target {
            label,
            smoothing,
            share,
        } = target;
        let scale = self.normalizer.scale(features);
        let normalized = self.normalizer.normalized(features);
        let mut derivatives = self.logits_of_normalized(&normalized);
        let judged = Judged::new(&derivatives, label);
        metrics::softmax(&mut derivatives);
        derivatives[label] -= 1.0 - smoothing;
        let elsewhere = smoothing / self.num_classes as f32;
        derivatives
            .iter_mut()
            .for_each(|d| *d = (*d - elsewhere) * share);

        let sums = self.bias_gradient.iter_mut().zip(&derivatives);
        sums.for_each(|(sum, d)| *sum += d);
        let rows = self.weight.chunks_exact(self.num_classes);
        let gradients = self.weight_gradient.chunks_exact_mut(self.num_classes);
        let outputs = feature_gradient.iter_mut().zip(&normalized);
        for ((weights, gradients), (output, x)) in rows.zip(gradients).zip(outputs) {
            let sums = gradients.iter_mut().zip(&derivatives);
            sums.for_each(|(sum, d)| *sum += x * d);
            *output = weights.iter().zip(&derivatives).map(|(w, d)| w * d).sum();
        }
        // The length is 1 whatever the features: only what is across them comes through.
        let pairs = normalized.iter().zip(feature_gradient.iter());
        let along: f32 = pairs.map(|(x, g)| x * g).sum();
        let outputs = feature_gradient.iter_mut().zip(&normalized);
        outputs.for_each(|(g, x)| *g = (*g - along * x) * scale);
        judged
    }

    pub(super) fn visit(&mut self, visitor: &mut impl FnMut(Parameter)) {
        visitor(Parameter {
            values: &mut self.weight,
            gradient: &mut self.weight_gradient,
            depth: 0,
            is_weight: true,
        });
        visitor(Parameter {
            values: &mut self.bias,
            gradient: &mut self.bias_gradient,
            depth: 0,
            is_weight: false,
        });
    }
}

/// What an image's logits should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Its class.
    pub label: usize,
    /// Probability spread evenly over all classes.
    pub smoothing: f32,
    /// What its cross-entropy is multiplied by in the gradients.
    pub share: f32,
}

impl Target {
    /// A class for sure, counting fully.
    pub fn new(label: usize) -> Self {
        Self {
            label,
            smoothing: 0.0,
            share: 1.0,
        }
    }
}

/// What logits come to, beside the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Cross-entropy, in nats.
    pub loss: f64,
    /// Whether the largest logit is the label's.
    pub is_right: bool,
}

impl Judged {
    /// `logits`: `[num_classes]`
    pub fn new(logits: &[f32], label: usize) -> Self {
        Self {
            loss: metrics::cross_entropy(logits, label),
            is_right: metrics::argmax(logits) == label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_of_two_features_and_two_classes() {
        let normalizer = Normalizer::from_mean(vec![1.0, 1.0]);
        let mut head = TunedHead::new(normalizer, vec![1.0, -1.0, 0.0, 0.0], vec![0.0; 2]);
        // Normalized [0.6, 0.8]; logits ±0.6; the first class has a probability of 0.7685.
        let mut gradient = [0.0; 2];
        let judged = head.learn(&[4.0, 5.0], Target::new(0), &mut gradient);
        assert!(judged.is_right && (judged.loss - 0.26328).abs() < 1e-4);
        assert!((head.bias_gradient[1] - 0.23148).abs() < 1e-4);
        assert!((head.weight_gradient[1] - 0.13889).abs() < 1e-4);
        // By the first normalized feature −0.46296, of which 0.64 is across; divided by 5.
        assert!((gradient[0] + 0.05926).abs() < 1e-4, "{gradient:?}");
        assert!((gradient[1] - 0.04444).abs() < 1e-4, "{gradient:?}");
    }

    #[test]
    fn smoothing_pulls_the_target_to_the_middle() {
        let head = || TunedHead::new(Normalizer::from_mean(vec![0.0]), vec![0.0; 2], vec![0.0; 2]);
        let bias_gradient = |smoothing| {
            let (mut head, target) = (head(), Target::new(1));
            let target = Target {
                smoothing,
                ..target
            };
            head.learn(&[1.0], target, &mut [0.0]);
            head.bias_gradient
        };
        assert_eq!(bias_gradient(0.0), [0.5, -0.5]);
        assert_eq!(bias_gradient(0.5), [0.25, -0.25]);
        assert_eq!(bias_gradient(1.0), [0.0, 0.0]);
    }

    #[test]
    fn features_at_the_center_have_no_gradient_and_no_nan() {
        let normalizer = Normalizer::from_mean(vec![1.0, 1.0]);
        let mut head = TunedHead::new(normalizer, vec![1.0; 4], vec![0.0; 2]);
        let mut gradient = [1.0; 2];
        let judged = head.learn(&[1.0, 1.0], Target::new(0), &mut gradient);
        assert!(judged.loss.is_finite());
        assert_eq!(gradient, [0.0; 2]);
    }
}
