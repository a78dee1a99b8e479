//! What is to be done in, how long it will take and how much memory out, from the time of one piece
//! of it.

use super::boundary::max_blocks;
use super::config::TuneConfig;
use super::prepare::PrepareConfig;
use crate::backbone::{Architecture, Convolution};

/// What making a view takes beside convolutions, in as many multiply-adds as could be done
/// meanwhile: 6 ms of 27 (`bench/tune.mjs`).
const AUGMENTATION: f64 = 8e7;

/// A run's work, in multiply-adds of convolutions; all else is small beside them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Of the frozen blocks and the augmentation, once a view.
    pub per_view: f64,
    /// Of the learning blocks' forward pass.
    pub per_validation: f64,
    /// Of their forward and backward passes.
    pub per_learning: f64,
    /// Views to be made.
    pub num_views: usize,
    /// Images to be validated, over all epochs.
    pub num_validations: usize,
    /// Images to be learned from, over all epochs.
    pub num_learnings: usize,
    /// Memory for the views: 19 KB each at the last three blocks of EfficientNet-Lite0, 44 KB at
    /// the last five.
    pub num_bytes: usize,
}

impl Workload {
    /// The work of a run that isn't over early.
    pub fn new(
        architecture: &Architecture,
        prepare: &PrepareConfig,
        tune: &TuneConfig,
        [num_train, num_validation]: [usize; 2],
    ) -> Self {
        let tune = tune.clone().clamped();
        let convs: Vec<Convolution> = architecture.convolutions().collect();
        let sides = architecture.input_sides();
        let num_tuned = 3 * prepare.num_blocks.min(max_blocks(architecture)) + 1;
        let num_frozen = convs.len() - num_tuned;
        let costs = architecture.multiply_adds();
        let (frozen, tuned) = costs.split_at(num_frozen);
        let forward: f64 = tuned.iter().sum();
        let num_views = num_train * prepare.num_views.max(1) + num_validation;
        let boundary_length = sides[num_frozen].pow(2) * convs[num_frozen].in_channels;
        Self {
            per_view: frozen.iter().sum::<f64>() + AUGMENTATION,
            per_validation: forward,
            // The gradients of weights and of inputs cost as much as the forward pass each, but
            // nobody needs the first layer's inputs'.
            per_learning: 3.0 * forward - tuned[0],
            num_views,
            num_validations: num_validation * (tune.num_epochs + 1),
            num_learnings: num_train * tune.num_epochs,
            num_bytes: num_views * boundary_length * size_of::<half::f16>(),
        }
    }

    /// Seconds for all of it, from how long one view took: time a few calls of
    /// [`super::Preparation::step`]. Learning does about as many multiply-adds a second.
    pub fn seconds(&self, seconds_per_view: f64) -> f64 {
        let views = self.per_view * self.num_views as f64;
        let validations = self.per_validation * self.num_validations as f64;
        let learnings = self.per_learning * self.num_learnings as f64;
        (views + validations + learnings) / self.per_view * seconds_per_view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(num_blocks: usize, counts: [usize; 2]) -> Workload {
        let prepare = PrepareConfig {
            num_blocks,
            num_views: 4,
            ..PrepareConfig::default()
        };
        let tune = TuneConfig {
            num_epochs: 10,
            ..TuneConfig::default()
        };
        Workload::new(&Architecture::efficientnet_lite0(), &prepare, &tune, counts)
    }

    #[test]
    fn an_image_costs_what_is_published() {
        // 407 million in the paper's table, which counts the classifier and more.
        let work = work(3, [1, 1]);
        let total = work.per_view - AUGMENTATION + work.per_validation;
        assert!((3.7e8..4.0e8).contains(&total), "{total}");
    }

    #[test]
    fn the_estimate_counts_every_pass() {
        let work = work(3, [80, 20]);
        assert_eq!(
            [work.num_views, work.num_validations, work.num_learnings],
            [340, 220, 800]
        );
        let ratio = work.per_learning / work.per_validation;
        assert!((2.8..3.0).contains(&ratio), "{ratio}");
        assert!(work.seconds(0.02) > 340.0 * 0.02);
    }

    #[test]
    fn nothing_to_do_takes_no_time_and_no_memory() {
        let work = work(99, [0, 0]);
        assert_eq!((work.seconds(0.02), work.num_bytes), (0.0, 0));
    }

    #[test]
    fn views_take_what_the_boundary_has() {
        // 7 × 7 × 192 before the last three blocks, 14 × 14 × 112 before the last five.
        assert_eq!(work(3, [0, 1]).num_bytes, 18_816);
        assert_eq!(work(5, [0, 1]).num_bytes, 43_904);
    }

    /// With the times of `bench/tune.mjs` for plain SIMD: one view, one image learned from.
    #[test]
    fn the_estimate_is_near_what_was_measured() {
        for (num_blocks, view, learning) in [(1, 31.0, 10.0), (3, 27.2, 20.5), (5, 23.8, 30.6)] {
            let work = work(num_blocks, [100, 0]);
            let measured = (400.0 * view + 1000.0 * learning) / 1000.0;
            let estimated = work.seconds(view / 1000.0);
            let ratio = estimated / measured;
            assert!((0.85..1.15).contains(&ratio), "{num_blocks}: {ratio}");
        }
    }
}
