//! Normalized rows in, what units between them and their reconstruction say, out.
//!
//! The bottleneck of a denoising autoencoder (`reconstruction.rs`), which learns from labeled and
//! unlabeled rows alike; the head is that layer of rectified units and softmax regression on it.
//!
//! What it comes to is in the table of `pca_whitening.rs`.

use super::{Represented, Search, coding::Coding, reconstruction::Autoencoder};
use crate::{
    head::Activation,
    transfer::{Family, Method, domains::Domains, plain::refusal},
};

const NUM_UNITS: usize = 128;

/// Steps of Adam.
const NUM_STEPS: usize = 600;

pub(crate) const METHOD: Method = Method {
    id: "autoencoder",
    name: "Learned summary",
    sentence: "Learns to sum up all pictures, labeled or not, in 128 numbers, and learns the classes from those; slow, and hardly ever as good as the features themselves.",
    family: Family::Representation,
    refusal,
    init: |task| {
        Box::new(Represented::new(&task, |domains| {
            let num_features = domains.source.num_features;
            Box::new(Summary {
                network: Autoencoder::new(num_features, NUM_UNITS, NUM_STEPS, task.seed),
            })
        }))
    },
};

struct Summary {
    network: Autoencoder,
}

impl Search for Summary {
    fn step(&mut self, domains: &Domains) -> bool {
        self.network.step([&domains.source, &domains.target])
    }

    fn progress(&self) -> f64 {
        self.network.progress()
    }

    fn finish(self: Box<Self>) -> Coding {
        let (weights, biases) = self.network.encoder();
        Coding::activated(weights, biases, Activation::Rectified)
    }
}
