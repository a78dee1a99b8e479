//! A picture's logits or features in, how familiar it looks out: "none of these" if too little.
//!
//! Four scores, each higher for what looks more like the training images. On the 12 classes of
//! T1 with 4 of them held out as unknowns (6 draws, softmax regression), areas under the curve
//! and false positive rates at 95 % of the knowns kept were, on average: energy 94.3 % and 37 %,
//! greatest probability 93.3 % and 39 %, nearest neighbor 92.2 % and 44 %, class mean 88.9 % and
//! 65 %. Deeper neighbors do worse with few images (5th: 88.2 %), and no sum of two scores is
//! better by more than its noise. So [`energy`] is the default, and [`Familiar`] the choice where
//! no head is trained yet.

use super::{
    argmax,
    logits::{log_sum_exp, probability},
    roc_curve,
};
use crate::features::dot;

/// The probability of the model's answer, in (0, 1] (Hendrycks & Gimpel 2017,
/// arXiv:1610.02136).
pub fn max_probability(logits: &[f32]) -> f64 {
    probability(logits, argmax(logits))
}

/// `ln Σ exp(logit)`, the negative of Liu et al.'s energy at a temperature of 1 (2020,
/// arXiv:2010.03759): any real number, in nats. Unlike probabilities it keeps how large the
/// logits are.
pub fn energy(logits: &[f32]) -> f64 {
    log_sum_exp(logits)
}

/// What the training images look like, for scores by distance. Cosines of normalized features.
#[derive(Clone, Debug, PartialEq)]
pub struct Familiar {
    num_features: usize,
    /// `[images, num_features]`, row by row.
    rows: Vec<f32>,
    /// `[classes with images, num_features]`, each of length 1 or 0.
    means: Vec<f32>,
}

impl Familiar {
    /// Remembers the training images: `rows` is `[images, num_features]`, row by row, each of
    /// length 1 (or 0); `labels` has a class for each, below `num_classes`.
    pub fn new(rows: Vec<f32>, labels: &[usize], num_classes: usize) -> Self {
        let num_features = rows.len() / labels.len().max(1);
        let mut means = vec![0.0; num_classes * num_features];
        for (row, &label) in rows.chunks_exact(num_features.max(1)).zip(labels) {
            let mean = &mut means[label * num_features..][..num_features];
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += x);
        }
        for mean in means.chunks_exact_mut(num_features.max(1)) {
            let length = dot(mean, mean).sqrt();
            if length > 0.0 {
                mean.iter_mut().for_each(|x| *x /= length);
            }
        }
        Self {
            num_features,
            rows,
            means,
        }
    }

    /// Cosine with the mean of the nearest class, in [-1, 1] (Mensink et al. 2013). `row` is
    /// normalized; -1 if nothing is familiar.
    pub fn class_mean(&self, row: &[f32]) -> f64 {
        self.nearest(&self.means, row)
    }

    /// Cosine with the nearest training image, in [-1, 1] (Sun et al. 2022, arXiv:2204.06507,
    /// with k = 1, best for few images). `row` is normalized; -1 if nothing is familiar.
    pub fn neighbor(&self, row: &[f32]) -> f64 {
        self.nearest(&self.rows, row)
    }

    fn nearest(&self, rows: &[f32], row: &[f32]) -> f64 {
        let rows = rows.chunks_exact(self.num_features.max(1));
        let cosines = rows.map(|other| dot(other, row));
        f64::from(cosines.fold(-1.0, f32::max).min(1.0))
    }
}

/// How well a score tells known from unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separation {
    /// Probability that a known sample scores above an unknown one, in [0, 1]; ½ is chance.
    pub area: f64,
    /// Share of the unknowns that pass for known at the threshold that 95 % of the knowns pass,
    /// in [0, 1].
    pub false_positive_rate: f64,
}

/// Compares the scores of known and of unknown samples. `None` unless there are some of both.
pub fn separation(known: &[f64], unknown: &[f64]) -> Option<Separation> {
    let knowns = known.iter().map(|&score| (score, true));
    let unknowns = unknown.iter().map(|&score| (score, false));
    let area = roc_curve(knowns.chain(unknowns))?.area;
    let mut sorted = known.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // The largest threshold that at least 95 % pass, in whole samples so as not to round wrongly.
    let threshold = sorted[known.len() - (known.len() * 95).div_ceil(100)];
    let passing = unknown.iter().filter(|&&score| score >= threshold).count();
    Some(Separation {
        area,
        false_positive_rate: passing as f64 / unknown.len() as f64,
    })
}

/// The score below which to say "none of these", so that a new known sample is kept with a
/// probability of at least `share`, in (0, 1).
///
/// `known` are scores of held-out samples; the promise holds for whatever they are distributed
/// like, if new ones are too (split conformal prediction: Vovk et al. 2005; Angelopoulos & Bates
/// 2021, arXiv:2107.07511). `None` if they are too few to promise it: 95 % takes 19.
pub fn threshold_keeping(share: f64, known: &[f64]) -> Option<f64> {
    let mut sorted: Vec<_> = known.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    // 0.05 · 20 must be 1 in spite of rounding.
    let rank = ((1.0 - share) * (sorted.len() + 1) as f64 + 1e-9).floor() as usize;
    rank.checked_sub(1).and_then(|at| sorted.get(at).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_logits_look_unfamiliar() {
        assert_eq!(max_probability(&[3.0, 3.0]), 0.5);
        assert!((energy(&[0.0, 0.0]) - std::f64::consts::LN_2).abs() < 1e-12);
        assert!(energy(&[5.0, 0.0]) > energy(&[1.0, 0.0]));
    }

    #[test]
    fn distances_by_hand() {
        let rows = vec![1.0, 0.0, 0.0, 1.0, 0.0, -1.0];
        let familiar = Familiar::new(rows, &[0, 0, 1], 3);
        let diagonal = std::f64::consts::FRAC_1_SQRT_2;
        assert!((familiar.class_mean(&[1.0, 0.0]) - diagonal).abs() < 1e-6);
        assert_eq!(familiar.neighbor(&[1.0, 0.0]), 1.0);
        assert!((familiar.neighbor(&[-0.6, 0.8]) - 0.8).abs() < 1e-6);
        assert_eq!(Familiar::new(vec![], &[], 0).neighbor(&[1.0]), -1.0);
    }

    #[test]
    fn separation_by_hand() {
        let known: Vec<_> = (1..=20).map(f64::from).collect();
        // 19 of 20 score at least 2; two of three unknowns do.
        let rate = separation(&known, &[0.0, 2.0, 3.0])
            .unwrap()
            .false_positive_rate;
        assert!((rate - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(separation(&known, &[]), None);
        assert_eq!(separation(&[], &known), None);
    }

    #[test]
    fn nineteen_samples_are_the_least_that_promise_95_percent() {
        let known: Vec<_> = (1..=39).map(f64::from).collect();
        assert_eq!(threshold_keeping(0.95, &known[..18]), None);
        assert_eq!(threshold_keeping(0.95, &known[..19]), Some(1.0));
        assert_eq!(threshold_keeping(0.95, &known), Some(2.0));
    }
}
