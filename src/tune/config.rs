//! Settings in, settings that make sense out.

/// How to tune.
#[derive(Clone, Debug, PartialEq)]
pub struct TuneConfig {
    /// Times every image is shown, at most.
    pub num_epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// Of AdamW for the last convolution, after an epoch of rising to it; it then falls to zero
    /// along half a cosine.
    pub learning_rate: f32,
    /// What each layer's rate is multiplied by to get that of the one before it.
    pub depth_decay: f32,
    /// What the rate is multiplied by to get that of the head.
    pub head_factor: f32,
    /// Share of the weights lost in a step at a rate of 1.
    pub weight_decay: f32,
    /// Probability that targets give to all classes alike, against growing too sure.
    pub label_smoothing: f32,
    /// Epochs without a lower validation loss after which it ends.
    pub patience: usize,
    /// Determines the order of the images and which views are shown.
    pub seed: u64,
}

impl Default for TuneConfig {
    /// Chosen on three divisions of the drawings of tests/transfer_tune.rs, other than those it
    /// measures on.
    fn default() -> Self {
        Self {
            num_epochs: 10,
            batch_size: 8,
            learning_rate: 3e-4,
            depth_decay: 0.7,
            head_factor: 10.0,
            weight_decay: 0.01,
            label_smoothing: 0.0,
            patience: 6,
            seed: 0,
        }
    }
}

impl TuneConfig {
    /// Every setting within what makes sense, whatever it was.
    pub fn clamped(self) -> Self {
        let rate = |rate: f32, high: f32| {
            if rate.is_finite() {
                rate.clamp(0.0, high)
            } else {
                0.0
            }
        };
        Self {
            num_epochs: self.num_epochs.min(1000),
            batch_size: self.batch_size.clamp(1, 256),
            learning_rate: rate(self.learning_rate, 0.1),
            depth_decay: rate(self.depth_decay, 1.0),
            head_factor: rate(self.head_factor, 1000.0),
            weight_decay: rate(self.weight_decay, 1.0),
            label_smoothing: rate(self.label_smoothing, 0.9),
            patience: self.patience.max(1),
            seed: self.seed,
        }
    }
}
