//! What is to be done in, how long it will take out, from the time of one piece of it.

use super::config::TuneConfig;
use crate::backbone::Architecture;

/// A run's work, in multiply-adds of convolutions; all else is small beside them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Of the frozen blocks, once an image or variant.
    pub per_boundary: f64,
    /// Of the learning blocks' forward pass.
    pub per_validation: f64,
    /// Of their forward and backward passes.
    pub per_learning: f64,
    /// Images and variants to be taken to the boundary.
    pub num_boundaries: usize,
    /// Images to be validated, over all epochs.
    pub num_validations: usize,
    /// Images to be learned from, over all epochs.
    pub num_learnings: usize,
}

impl Workload {
    /// The work of a run that isn't over early. `num_views` are an image's variants to learn from,
    /// itself included.
    pub fn new(
        architecture: &Architecture,
        num_blocks: usize,
        config: &TuneConfig,
        [num_train, num_validation]: [usize; 2],
        num_views: usize,
    ) -> Self {
        let costs = multiply_adds(architecture);
        let num_tuned = (3 * num_blocks + 1).min(costs.len());
        let (frozen, tuned) = costs.split_at(costs.len() - num_tuned);
        let forward: f64 = tuned.iter().sum();
        Self {
            per_boundary: frozen.iter().sum(),
            per_validation: forward,
            // The gradients of weights and of inputs cost as much as the forward pass each, but
            // nobody needs the first layer's inputs'.
            per_learning: 3.0 * forward - tuned[0],
            num_boundaries: num_train * num_views.max(1) + num_validation,
            num_validations: num_validation * (config.num_epochs + 1),
            num_learnings: num_train * config.num_epochs,
        }
    }

    /// Seconds for all of it, at the speed of one image's learning. Frozen blocks, which are larger
    /// images with fewer channels, run at about the same.
    pub fn seconds(&self, seconds_per_learning: f64) -> f64 {
        let boundaries = self.per_boundary * self.num_boundaries as f64;
        let validations = self.per_validation * self.num_validations as f64;
        let learnings = self.per_learning * self.num_learnings as f64;
        (boundaries + validations + learnings) / self.per_learning * seconds_per_learning
    }
}

/// Of each convolution for one image.
fn multiply_adds(architecture: &Architecture) -> Vec<f64> {
    let mut size = architecture.input_size;
    let cost = |conv: crate::backbone::Convolution| {
        size = size.div_ceil(conv.stride);
        (conv.weight_shape().iter().product::<usize>() * size * size) as f64
    };
    architecture.convolutions().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_costs_what_is_published() {
        let costs = multiply_adds(&Architecture::efficientnet_lite0());
        // 407 million in the paper's table, which counts the classifier and more.
        let total: f64 = costs.iter().sum();
        assert!((3.7e8..4.0e8).contains(&total), "{total}");
    }

    #[test]
    fn the_estimate_counts_every_pass() {
        let config = TuneConfig {
            num_epochs: 10,
            ..TuneConfig::default()
        };
        let architecture = Architecture::efficientnet_lite0();
        let work = Workload::new(&architecture, 3, &config, [80, 20], 4);
        assert_eq!(
            [
                work.num_boundaries,
                work.num_validations,
                work.num_learnings
            ],
            [340, 220, 800]
        );
        let ratio = work.per_learning / work.per_validation;
        assert!((2.8..3.0).contains(&ratio), "{ratio}");
        let none = Workload::new(&architecture, 3, &config, [0, 0], 4);
        assert_eq!(none.seconds(0.02), 0.0);
        assert!(work.seconds(0.02) > 800.0 * 0.02);
    }
}
