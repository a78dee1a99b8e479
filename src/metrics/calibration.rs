//! Held-out samples in, whether the model is as sure as it is right out.

use std::f64::consts::FRAC_2_PI;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    HeldOut, cross_entropy,
    logits::probability,
    proportion::{mean, share},
    wilson,
};
use crate::protocol::Proportion;

/// The answers given with about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReliabilityBin {
    /// Confidences above this, in [0, 1); 0 itself belongs to the first bin.
    pub low: f64,
    /// Confidences up to this, in (0, 1].
    pub high: f64,
    /// Mean confidence of the answers in the bin; `None` if it is empty.
    pub confidence: Option<f64>,
    /// How many of them are right: as many as the confidence says, if the model is calibrated.
    pub accuracy: Proportion,
}

/// A reliability diagram and its summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Reliability {
    /// Bins of equal width over [0, 1], empty ones too.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error, in [0, 1]: the mean distance of confidence and accuracy over
    /// the bins, weighted by their samples (Naeini et al. 2015). `None` without samples.
    pub error: Option<f64>,
    /// The error that a perfectly calibrated model would show by chance: with few samples it is
    /// far from 0, and an error below it is no cause for concern. By the normal approximation to
    /// the hits in each bin, which is within a tenth of a simulation even for one or two samples a
    /// bin (in the spirit of Bröcker & Smith 2007). `None` without samples.
    pub error_by_chance: Option<f64>,
}

/// The diagram with `num_bins` bins; 15 in Guo et al. 2017 (arXiv:1706.04599), 10 read well.
pub fn reliability(samples: &HeldOut, num_bins: usize) -> Reliability {
    let edges: Vec<_> = (0..=num_bins)
        .map(|at| at as f64 / num_bins as f64)
        .collect();
    let mut tallies = vec![Tally::default(); num_bins];
    for (confidence, is_right) in samples.answers() {
        let inner_edges = &edges[1..num_bins];
        let bin = inner_edges.partition_point(|&edge| edge < confidence);
        tallies[bin].add(confidence, is_right);
    }
    let total = samples.len() as f64;
    let bin = |(tally, edge): (&Tally, &[f64])| ReliabilityBin {
        low: edge[0],
        high: edge[1],
        confidence: share(tally.confidence, tally.total as f64),
        accuracy: wilson(tally.hits, tally.total),
    };
    Reliability {
        bins: tallies.iter().zip(edges.windows(2)).map(bin).collect(),
        error: share(tallies.iter().map(Tally::gap).sum(), total),
        error_by_chance: share(tallies.iter().map(Tally::gap_by_chance).sum(), total),
    }
}

/// Sums over the samples of a bin.
#[derive(Clone, Default)]
struct Tally {
    total: usize,
    hits: usize,
    confidence: f64,
    /// Of the number of hits, if each confidence is the probability of one.
    variance: f64,
}

impl Tally {
    fn add(&mut self, confidence: f64, is_right: bool) {
        self.total += 1;
        self.hits += usize::from(is_right);
        self.confidence += confidence;
        self.variance += confidence * (1.0 - confidence);
    }

    /// How many hits are missing or too many.
    fn gap(&self) -> f64 {
        (self.hits as f64 - self.confidence).abs()
    }

    /// Mean absolute value of a normal variable of this variance.
    fn gap_by_chance(&self) -> f64 {
        (FRAC_2_PI * self.variance).sqrt()
    }
}

/// Mean squared distance of the probabilities from the truth, summed over classes, in [0, 2]
/// (Brier 1950; scikit-learn halves it for two classes unless `scale_by_half=False`).
/// `None` without samples.
pub fn brier_score(samples: &HeldOut) -> Option<f64> {
    let distance = |(logits, truth): (&[f32], usize)| {
        let class = |class| (probability(logits, class) - f64::from(class == truth)).powi(2);
        (0..logits.len()).map(class).sum()
    };
    mean(samples.rows().map(distance))
}

/// Mean cross-entropy in nats, at least 0: log loss. `None` without samples.
pub fn negative_log_likelihood(samples: &HeldOut) -> Option<f64> {
    mean(
        samples
            .rows()
            .map(|(logits, truth)| cross_entropy(logits, truth)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes; each sample's probability of class 0, which is the truth if `is_first`.
    fn samples(answers: &[(f32, bool)]) -> HeldOut {
        let rows: Vec<_> = answers
            .iter()
            .map(|(p, _)| [p.ln(), (1.0 - p).ln()])
            .collect();
        let truths = answers.iter().map(|&(_, is_first)| usize::from(!is_first));
        HeldOut::new(rows.iter().map(|row| &row[..]), truths.collect(), 2)
    }

    #[test]
    fn three_of_four_right_at_three_quarters_is_calibrated() {
        let calibrated = samples(&[(0.75, true), (0.75, true), (0.75, true), (0.75, false)]);
        let diagram = reliability(&calibrated, 10);
        assert!(diagram.error.unwrap() < 1e-6);
        let bin = diagram.bins[7];
        assert_eq!((bin.low, bin.high), (0.7, 0.8));
        assert_eq!((bin.accuracy.hits, bin.accuracy.total), (3, 4));
        assert_eq!(diagram.bins[0].confidence, None);
    }

    #[test]
    fn overconfidence_is_the_distance_between_the_two() {
        let diagram = reliability(&samples(&[(0.9, true), (0.9, false)]), 10);
        assert!((diagram.error.unwrap() - 0.4).abs() < 1e-6);
    }

    #[test]
    fn a_few_samples_of_a_calibrated_model_seem_off_by_chance() {
        // One sample at 0.8 is off by 0.2 or 0.8; the normal approximation says √(2/π · 0.16).
        let by_chance = reliability(&samples(&[(0.8, true)]), 10).error_by_chance;
        assert!((by_chance.unwrap() - 0.319_15).abs() < 1e-4);
    }

    #[test]
    fn brier_and_log_loss_by_hand() {
        let coin = samples(&[(0.5, true)]);
        assert!((brier_score(&coin).unwrap() - 0.5).abs() < 1e-7);
        let loss = negative_log_likelihood(&coin).unwrap();
        assert!((loss - std::f64::consts::LN_2).abs() < 1e-7);
    }

    #[test]
    fn no_samples_give_no_numbers() {
        let nothing = samples(&[]);
        let diagram = reliability(&nothing, 10);
        assert_eq!((diagram.error, diagram.error_by_chance), (None, None));
        assert_eq!(brier_score(&nothing), None);
        assert_eq!(negative_log_likelihood(&nothing), None);
    }
}
