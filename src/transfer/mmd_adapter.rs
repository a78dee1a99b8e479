//! Both domains, each less its own mean, in; a linear adapter that makes them look alike, with a
//! head on top, out as one linear head.
//!
//! Kernel two-sample distance as a loss (Tzeng et al. 2014, *Deep domain confusion*; Long et al.
//! 2015): cross-entropy of the source + [`STRENGTH`] · MMD² of adapted rows of both domains. The
//! adapter begins at the directions along which both vary most.

use burn::{
    nn::Linear,
    optim::{GradientsParams, ModuleOptimizer},
    tensor::Tensor,
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    Family, Fit, Method, Task, Transferred,
    batches::{Batches, gather, ramp},
    domains::{Domains, refusal},
    joint_softmax::{WEIGHT_DECAY, head},
    mmd::squared_mmd,
    subspace::Subspace,
    tensors::{adam, cross_entropy, device, tensor, values},
};
use crate::head::{DenseHead, linear};

/// Of the adapter. 32 is a point above 64.
const NUM_OUTPUTS: usize = 32;

/// Of the squared discrepancy in the loss: 1 to 3 are equal, 10 is three points worse.
const STRENGTH: f64 = 3.0;

/// Rows of each domain in a step; 21 million multiplications and additions.
const BATCH: usize = 64;

/// Twice as many are worse: the adapter then overfits.
const NUM_STEPS: usize = 300;

const ADAPTER_RATE: f64 = 0.001;
const HEAD_RATE: f64 = 0.005;

pub(super) const METHOD: Method = Method {
    id: "mmd_adapter",
    name: "Learn features the two kinds share",
    sentence: "Learns a view of the features in which both kinds of pictures are distributed alike.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(MmdAdapter::new(&task)),
};

struct MmdAdapter {
    domains: Domains,
    rng: ChaCha8Rng,
    stage: Stage,
}

enum Stage {
    Find(Subspace),
    Learn(Box<Network>),
    /// Only inside [`Fit::step`].
    Between,
}

/// The two parts learn at rates of their own.
struct Network {
    adapter: Linear,
    classifier: Linear,
    optimizers: [ModuleOptimizer; 2],
    source: Batches,
    target: Batches,
    num_steps: usize,
}

impl MmdAdapter {
    fn new(task: &Task) -> Self {
        let domains = Domains::centered(task);
        Self {
            stage: Stage::Find(Subspace::new(&domains, NUM_OUTPUTS)),
            domains,
            rng: ChaCha8Rng::seed_from_u64(task.seed),
        }
    }
}

impl Fit for MmdAdapter {
    fn step(&mut self) -> bool {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Find(mut subspace) => match subspace.step(&self.domains) {
                false => Stage::Find(subspace),
                true => {
                    let projection = subspace.finish();
                    let num_outputs = projection.num_directions();
                    let network = Network::new(&self.domains, projection.directions, num_outputs);
                    Stage::Learn(Box::new(network))
                }
            },
            Stage::Learn(mut network) => {
                network.step(&self.domains, &mut self.rng);
                Stage::Learn(network)
            }
            Stage::Between => Stage::Between,
        };
        matches!(&self.stage, Stage::Learn(network) if network.num_steps >= NUM_STEPS)
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Find(subspace) => 0.1 * subspace.progress(),
            Stage::Learn(network) => 0.1 + 0.9 * network.num_steps as f64 / NUM_STEPS as f64,
            Stage::Between => 0.0,
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Learn(network) => self.domains.transferred(network.head()),
            _ => unreachable!("all steps are done"),
        }
    }
}

impl Network {
    /// `directions`: `[num_outputs, num_features]`
    fn new(domains: &Domains, directions: Vec<f32>, num_outputs: usize) -> Self {
        let num_classes = domains.num_classes;
        let num_features = domains.source.num_features;
        let directions = values(tensor(directions, num_features).transpose());
        let zeros = vec![0.0; num_outputs * num_classes];
        Self {
            adapter: linear(directions, [num_features, num_outputs], &device()),
            classifier: linear(zeros, [num_outputs, num_classes], &device()),
            optimizers: [adam(), adam()],
            source: Batches::new(domains.source.len()),
            target: Batches::new(domains.target.len()),
            num_steps: 0,
        }
    }

    fn step(&mut self, domains: &Domains, rng: &mut ChaCha8Rng) {
        let batch = self.source.draw(BATCH, rng);
        let labels: Vec<_> = batch.iter().map(|&row| domains.labels[row]).collect();
        let mut rows = Vec::new();
        gather(&domains.source, batch, 1.0, &mut rows);
        let batch = self.target.draw(BATCH, rng);
        gather(&domains.target, batch, 1.0, &mut rows);
        let strength = STRENGTH * ramp(self.num_steps as f64 / NUM_STEPS as f64);
        let loss = self.loss(tensor(rows, domains.source.num_features), &labels, strength);
        let mut gradients = loss.backward();
        let [for_adapter, for_classifier] = [&self.adapter, &self.classifier]
            .map(|part| GradientsParams::from_module(&mut gradients, part));
        let [of_adapter, of_classifier] = &mut self.optimizers;
        self.adapter = of_adapter.step(ADAPTER_RATE, self.adapter.clone(), for_adapter);
        self.classifier = of_classifier.step(HEAD_RATE, self.classifier.clone(), for_classifier);
        self.num_steps += 1;
    }

    /// `rows`: `[N, num_features]`, the labeled ones of the source first.
    fn loss(&self, rows: Tensor<2>, labels: &[usize], strength: f64) -> Tensor<1> {
        let adapted = self.adapter.forward(rows);
        let of_source = adapted.clone().narrow(0, 0, labels.len());
        let classes = cross_entropy(self.classifier.forward(of_source), labels);
        let decay = self.classifier.weight.val().powi_scalar(2).sum() * (WEIGHT_DECAY / 2.0);
        classes + squared_mmd(adapted, labels.len()) * strength + decay
    }

    /// Classifier after adapter, as one layer.
    fn head(&self) -> DenseHead {
        let [_, num_classes] = self.classifier.weight.dims();
        // [num_features, num_classes]
        let weights = self
            .adapter
            .weight
            .val()
            .matmul(self.classifier.weight.val());
        let bias = self
            .adapter
            .bias
            .as_ref()
            .expect("`linear` gives one")
            .val();
        let biases = self.classifier.forward(bias.unsqueeze::<2>());
        let mut parameters = values(weights.transpose());
        parameters.extend(values(biases));
        head(&parameters, num_classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_classifier_after_adapter() {
        let network = Network {
            adapter: linear(vec![1.0, 0.0, 2.0, 1.0, 0.0, -1.0], [3, 2], &device()),
            classifier: linear(vec![1.0, 2.0, 1.0, -1.0], [2, 2], &device()),
            optimizers: [adam(), adam()],
            source: Batches::new(0),
            target: Batches::new(0),
            num_steps: 0,
        };
        let row = vec![0.5, -1.0, 2.0];
        // By hand: adapted [−1.5, −3], logits [−1.5 − 3, −3 + 3].
        assert_eq!(network.head().logits(&row), [-4.5, 0.0]);
    }
}
