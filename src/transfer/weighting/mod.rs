//! Labeled rows and rows of what a head is for in, how much each labeled row should count in what
//! the head minimizes out.
//!
//! Any head honors such weights (`Partition::weights`). They are right where labeled pictures were
//! chosen otherwise than those the head is for, but a picture's class is the same in both:
//! covariate shift. What they come to on real data is in `docs/methods.md`.

mod capped_descent;
mod density_ratio;
mod kernel_mean_matching;

pub use kernel_mean_matching::ImportanceWeights;

use super::{Task, domains};
use crate::protocol::Weighting;
use density_ratio::DensityRatio;

/// Weights are between these, so that no row is lost, which might be the last of its class, and
/// none stands for a whole class.
const RANGE: (f64, f64) = (0.01, 5.0);

/// A weighting in progress. Call [`Weighing::step`] until it returns true.
#[derive(Debug)]
pub struct Weighing(Way);

#[derive(Debug)]
enum Way {
    MeanMatching(Box<ImportanceWeights>),
    DensityRatio(Box<DensityRatio>),
}

impl Weighing {
    /// Sets it up; nothing if all rows count the same.
    pub fn new(weighting: Weighting, task: &Task) -> Option<Self> {
        let way = match weighting {
            Weighting::Even => return None,
            Weighting::MeanMatching => Way::MeanMatching(Box::new(ImportanceWeights::new(task))),
            Weighting::DensityRatio => Way::DensityRatio(Box::new(DensityRatio::new(task))),
        };
        Some(Self(way))
    }

    /// Does the next piece of work, 10 ms in a browser; true at the end.
    pub fn step(&mut self) -> bool {
        match &mut self.0 {
            Way::MeanMatching(matching) => matching.step(),
            Way::DensityRatio(ratio) => ratio.step(),
        }
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        match &self.0 {
            Way::MeanMatching(matching) => matching.progress(),
            Way::DensityRatio(ratio) => ratio.progress(),
        }
    }

    /// A weight for each labeled row, from 0.01 to 5 with a mean of 1, when [`Weighing::step`] has
    /// returned true.
    pub fn finish(self) -> Vec<f32> {
        let weights: Vec<f64> = match self.0 {
            Way::MeanMatching(matching) => matching.finish().into_iter().map(f64::from).collect(),
            Way::DensityRatio(ratio) => ratio.finish(),
        };
        in_range(&weights)
    }
}

/// Why weights make no sense, if so.
pub(super) fn refusal(task: &Task) -> Option<String> {
    domains::refusal(task)
}

/// Weights in proportion to these, which are not negative, cut to the range, with a mean of 1. That
/// comes first, where nearly all are 0.
fn in_range(weights: &[f64]) -> Vec<f32> {
    let cut = |scale: f64| {
        let scaled = weights.iter().map(move |weight| scale * weight);
        scaled.map(|weight| weight.clamp(RANGE.0, RANGE.1))
    };
    // The mean grows with the scale; e^±40 is beyond anything two rows differ by.
    let (mut low, mut high) = (-40.0f64, 40.0f64);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match cut(middle.exp()).sum::<f64>() > weights.len() as f64 {
            true => high = middle,
            false => low = middle,
        }
    }
    let mean = cut(low.exp()).sum::<f64>() / weights.len().max(1) as f64;
    cut(low.exp())
        .map(|weight| (weight / mean) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;

    fn close(actual: &[f32], expected: &[f32]) {
        let pairs = actual.iter().zip(expected);
        assert!(
            pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5),
            "{actual:?}"
        );
    }

    #[test]
    fn weights_keep_their_proportions_within_the_range() {
        close(&in_range(&[2.0, 6.0]), &[0.5, 1.5]);
        // 0.01 + 5 + 4 x = 6: the others share what the cut ones leave.
        close(
            &in_range(&[0.0, 1e9, 3.0, 3.0, 3.0, 3.0]),
            &[0.01, 5.0, 0.2475, 0.2475, 0.2475, 0.2475],
        );
        close(&in_range(&[0.0, 0.0]), &[1.0, 1.0]);
    }

    #[test]
    fn what_is_like_the_new_rows_counts_most_either_way() {
        let row = |x: f32, at: usize| Row::from([x, 0.1 * (at % 5) as f32, 1.0]);
        let task = Task {
            rows: (0..40).map(|at| row((at % 4) as f32, at)).collect(),
            labels: (0..40).map(|at| at / 4 % 2).collect(),
            unlabeled: (0..20).map(|at| row(3.0, at)).collect(),
            num_classes: 2,
            names: None,
            seed: 0,
        };
        for weighting in [Weighting::MeanMatching, Weighting::DensityRatio] {
            let mut weighing = Weighing::new(weighting, &task).unwrap();
            let mut before = 0.0;
            while !weighing.step() {
                assert!((before..=1.0).contains(&weighing.progress()));
                before = weighing.progress();
            }
            let weights = weighing.finish();
            let mean = |of: usize| weights.iter().skip(of).step_by(4).sum::<f32>() / 10.0;
            assert!(mean(3) > 1.5 && mean(0) < 0.8, "{weighting:?}: {weights:?}");
            let total: f32 = weights.iter().sum();
            assert!((total - 40.0).abs() < 1e-3, "{total}");
        }
        assert!(Weighing::new(Weighting::Even, &task).is_none());
    }
}
