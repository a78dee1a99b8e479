//! Both domains, each less its own mean, in; a linear adapter that makes them look alike, with a
//! head on top, out as one linear head.
//!
//! Kernel two-sample distance as a loss (Tzeng et al. 2014, *Deep domain confusion*; Long et al.
//! 2015): cross-entropy of the source + [`STRENGTH`] · MMD² of adapted rows of both domains. The
//! adapter begins at the directions along which both vary most.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    Family, Fit, Method, Task, Transferred,
    batches::{Batches, gather, ramp},
    domains::{Domains, refusal},
    joint_softmax::{WEIGHT_DECAY, head},
    layer::Layer,
    mmd::squared_mmd,
    subspace::Subspace,
};
use crate::{head::DenseHead, metrics};

/// Of the adapter. 32 is a point above 64.
const NUM_OUTPUTS: usize = 32;

/// Of the squared discrepancy in the loss: 1 to 3 are equal, 10 is three points worse.
const STRENGTH: f32 = 3.0;

/// Rows of each domain in a step; 21 million multiplications and additions.
const BATCH: usize = 64;

/// Twice as many are worse: the adapter then overfits.
const NUM_STEPS: usize = 300;

const ADAPTER_RATE: f32 = 0.001;
const HEAD_RATE: f32 = 0.005;

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

struct Network {
    adapter: Layer,
    classifier: Layer,
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
        Self {
            adapter: Layer::from_weights(directions, num_outputs),
            classifier: Layer::from_weights(vec![0.0; num_classes * num_outputs], num_classes),
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
        gather(
            &domains.target,
            self.target.draw(BATCH, rng),
            1.0,
            &mut rows,
        );
        let adapted = self.adapter.forward(&rows);
        let width = self.adapter.biases().len();
        let (_, mut slopes) = squared_mmd(&adapted, width, labels.len());
        let strength = STRENGTH * ramp(self.num_steps as f32 / NUM_STEPS as f32);
        slopes.iter_mut().for_each(|x| *x *= strength);
        let of_source = &adapted[..labels.len() * width];
        let mut table = self.classifier.forward(of_source);
        differentiate(&mut table, &labels);
        let back = self.classifier.input_slopes(&table);
        slopes.iter_mut().zip(back).for_each(|(x, y)| *x += y);
        self.classifier.backward(of_source, &table);
        self.adapter.backward(&rows, &slopes);
        self.classifier.update(HEAD_RATE, WEIGHT_DECAY as f32);
        self.adapter.update(ADAPTER_RATE, 0.0);
        self.num_steps += 1;
    }

    /// Classifier after adapter, as one layer.
    fn head(&self) -> DenseHead {
        let width = self.adapter.biases().len();
        let num_features = self.adapter.weights().len() / width;
        let num_classes = self.classifier.biases().len();
        let mut parameters = vec![0.0; num_classes * num_features];
        let classes = self.classifier.weights().chunks(width);
        for (out, shares) in parameters.chunks_mut(num_features).zip(classes) {
            for (share, row) in shares
                .iter()
                .zip(self.adapter.weights().chunks(num_features))
            {
                out.iter_mut().zip(row).for_each(|(w, x)| *w += share * x);
            }
        }
        parameters.extend(self.classifier.forward(self.adapter.biases()));
        head(&parameters, num_classes)
    }
}

/// Logits → derivatives of the mean cross-entropy by them.
pub(super) fn differentiate(table: &mut [f32], labels: &[usize]) {
    let num_rows = labels.len().max(1);
    let num_classes = table.len() / num_rows;
    for (row, &label) in table.chunks_mut(num_classes.max(1)).zip(labels) {
        metrics::softmax(row);
        row[label] -= 1.0;
        row.iter_mut().for_each(|x| *x /= num_rows as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_classifier_after_adapter() {
        let network = Network {
            adapter: Layer::from_weights(vec![1.0, 2.0, 0.0, 0.0, 1.0, -1.0], 2),
            classifier: Layer::from_weights(vec![1.0, 1.0, 2.0, -1.0], 2),
            source: Batches::new(0),
            target: Batches::new(0),
            num_steps: 0,
        };
        let row = [0.5, -1.0, 2.0];
        let expected = network.classifier.forward(&network.adapter.forward(&row));
        assert_eq!(network.head().logits(&row), expected);
    }

    #[test]
    fn derivatives_sum_to_zero() {
        let mut table = [0.0, 0.0, 1.0, 1.0];
        differentiate(&mut table, &[0, 1]);
        assert_eq!(table, [-0.25, 0.25, 0.25, -0.25]);
    }
}
