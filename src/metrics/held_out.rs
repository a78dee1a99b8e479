//! Held-out samples with what the model says of each: what most numbers here are made of.

use super::{argmax, logits::probability};

/// Beyond this a logit says nothing more, and sums of logits stay finite in `f32`.
const LARGEST_LOGIT: f32 = 1e6;

/// The logits and the true class of each held-out sample, free of NaN and infinities, so that
/// whatever is computed from them is too.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    num_classes: usize,
    /// `[samples, num_classes]`, row by row.
    logits: Vec<f32>,
    truths: Vec<usize>,
}

impl HeldOut {
    /// `rows` has `num_classes` logits a sample (before softmax, any real numbers) and `truths` a
    /// class below `num_classes` for each.
    ///
    /// Logits beyond ±10⁶ are cut off there; one that is NaN counts as -10⁶.
    ///
    /// # Panics
    ///
    /// If a row or a class does not fit `num_classes`, or the lengths differ.
    pub fn new<'a>(
        rows: impl IntoIterator<Item = &'a [f32]>,
        truths: Vec<usize>,
        num_classes: usize,
    ) -> Self {
        let tame = |x: &f32| match x.is_nan() {
            true => -LARGEST_LOGIT,
            false => x.clamp(-LARGEST_LOGIT, LARGEST_LOGIT),
        };
        let mut logits = Vec::with_capacity(truths.len() * num_classes);
        for row in rows {
            assert_eq!(row.len(), num_classes, "one logit a class");
            logits.extend(row.iter().map(tame));
        }
        assert_eq!(logits.len(), truths.len() * num_classes, "one row a truth");
        assert!(truths.iter().all(|&truth| truth < num_classes));
        Self {
            num_classes,
            logits,
            truths,
        }
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.truths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.truths.is_empty()
    }

    /// How many classes the model knows.
    pub fn num_classes(&self) -> usize {
        self.num_classes
    }

    /// The true class of each sample.
    pub fn truths(&self) -> &[usize] {
        &self.truths
    }

    /// Logits and true class, sample by sample.
    pub fn rows(&self) -> impl Iterator<Item = (&[f32], usize)> {
        // Without classes there are no samples, and chunks of 0 would panic.
        let rows = self.logits.chunks_exact(self.num_classes.max(1));
        rows.zip(self.truths.iter().copied())
    }

    /// The class the model says of each sample: that of the largest logit, the first of equals.
    pub fn predicted(&self) -> Vec<usize> {
        self.rows().map(|(logits, _)| argmax(logits)).collect()
    }

    /// The probability the model gives its own answer, in (0, 1], and whether it is right.
    pub fn answers(&self) -> impl Iterator<Item = (f64, bool)> {
        self.rows().map(|(logits, truth)| {
            let predicted = argmax(logits);
            (probability(logits, predicted), predicted == truth)
        })
    }

    /// The probability of `class` for each sample, in [0, 1].
    pub fn probabilities_of(&self, class: usize) -> Vec<f64> {
        let rows = self.rows();
        rows.map(|(logits, _)| probability(logits, class)).collect()
    }

    /// The same samples with every logit divided by `temperature`, which is above 0.
    pub fn at_temperature(&self, temperature: f64) -> Self {
        let divided = self
            .logits
            .iter()
            .map(|&x| (f64::from(x) / temperature) as f32);
        Self {
            logits: divided.collect(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_model_says_becomes_nan() {
        let rows: [&[f32]; 3] = [&[f32::NAN, 0.0], &[f32::INFINITY; 2], &[f32::NAN; 2]];
        let samples = HeldOut::new(rows, vec![0, 1, 1], 2);
        let answers: Vec<_> = samples.answers().collect();
        assert_eq!(answers, [(1.0, false), (0.5, false), (0.5, false)]);
    }

    #[test]
    fn temperature_flattens_the_probabilities() {
        let samples = HeldOut::new([&[3f32.ln() * 2.0, 0.0][..]], vec![0], 2);
        let answer = samples.at_temperature(2.0).answers().next().unwrap();
        assert!((answer.0 - 0.75).abs() < 1e-6, "{answer:?}");
    }
}
