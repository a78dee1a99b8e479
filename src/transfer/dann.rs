//! Both domains, each less its own mean, in; a head with a hidden layer that can hardly tell the
//! domains apart out.
//!
//! Domain-adversarial training (Ganin et al. 2016, *Domain-adversarial training of neural
//! networks*, arXiv:1505.07818): a second network tries to tell the domains by the hidden layer,
//! and the hidden layer learns from its slopes reversed.
//!
//! On frozen features it helps little: what is left after centering tells domains by what they show
//! as well, and a stronger adversary takes classes away with the domains.

use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Tensor, activation::log_sigmoid},
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    Family, Fit, Method, Task, Transferred,
    batches::{Batches, gather, ramp},
    domains::{Domains, refusal},
    tensors::{adam, cross_entropy, dense, device, tensor},
};
use crate::head::{DenseHead, Mlp, MlpConfig};

/// Units of the shared hidden layer; twice as many are equal.
const NUM_HIDDEN: usize = 64;

/// Units of the network that tells domains.
const NUM_ADVERSARY: usize = 32;

/// Of the reversed slopes. At 0.1 the mean accuracy falls by three points, at 1 by twenty.
const STRENGTH: f64 = 0.03;

/// Rows of each domain in a step; 42 million multiplications and additions.
const BATCH: usize = 64;

/// At 400 it is two points worse.
const NUM_STEPS: usize = 800;

const RATE: f64 = 0.001;

/// Of the weights; little data wants more of it than softmax regression does.
const DECAY: f64 = 0.01;

pub(super) const METHOD: Method = Method {
    id: "domain_adversarial",
    name: "Unlearn what tells the kinds apart",
    sentence: "Trains a small network whose features an opponent can hardly use to tell old pictures from new ones.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(Dann::new(&task)),
};

struct Dann {
    domains: Domains,
    rng: ChaCha8Rng,
    network: Network,
    optimizer: ModuleOptimizer,
    source: Batches,
    target: Batches,
    num_steps: usize,
}

#[derive(Module, Debug)]
struct Network {
    /// Its hidden layer is what both learn from.
    classifier: Mlp,
    /// Hidden units → one logit: of the source or not.
    adversary: Mlp,
}

impl Dann {
    fn new(task: &Task) -> Self {
        let domains = Domains::centered(task);
        let network = Network::new(domains.source.num_features, domains.num_classes, task.seed);
        Self {
            network,
            optimizer: adam(),
            source: Batches::new(domains.source.len()),
            target: Batches::new(domains.target.len()),
            domains,
            rng: ChaCha8Rng::seed_from_u64(task.seed),
            num_steps: 0,
        }
    }

    /// Rows of length 1 become such that their features are about 1.
    fn scale(&self) -> f32 {
        (self.domains.source.num_features as f32).sqrt()
    }

    fn ratio(&self) -> f64 {
        self.num_steps as f64 / NUM_STEPS as f64
    }
}

impl Fit for Dann {
    fn step(&mut self) -> bool {
        let scale = self.scale();
        let batch = self.source.draw(BATCH, &mut self.rng);
        let labels: Vec<_> = batch.iter().map(|&row| self.domains.labels[row]).collect();
        let mut rows = Vec::new();
        gather(&self.domains.source, batch, scale, &mut rows);
        let batch = self.target.draw(BATCH, &mut self.rng);
        gather(&self.domains.target, batch, scale, &mut rows);
        let progress = self.ratio();
        let rows = tensor(rows, self.domains.source.num_features);
        let loss = self.network.loss(rows, &labels, STRENGTH * ramp(progress));
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        // Ganin et al., section 5.2.2.
        let rate = RATE / (1.0 + 10.0 * progress).powf(0.75);
        self.network = self.optimizer.step(rate, self.network.clone(), gradients);
        self.num_steps += 1;
        self.num_steps >= NUM_STEPS
    }

    fn progress(&self) -> f64 {
        self.ratio()
    }

    fn finish(self: Box<Self>) -> Transferred {
        let [mut hidden, output] = self.network.classifier.layers().map(dense);
        // For rows that aren't scaled.
        let scale = self.scale();
        hidden.weight.iter_mut().for_each(|w| *w *= scale);
        let head = DenseHead::new(vec![hidden, output]);
        self.domains.transferred(head)
    }
}

impl Network {
    fn new(num_features: usize, num_classes: usize, seed: u64) -> Self {
        let mlp = |num_features, hidden_units, num_classes, seed| {
            let shape = MlpConfig {
                num_features,
                hidden_units,
                num_classes,
            };
            shape.init(seed, &device())
        };
        Self {
            classifier: mlp(num_features, NUM_HIDDEN, num_classes, seed),
            adversary: mlp(NUM_HIDDEN, NUM_ADVERSARY, 1, !seed),
        }
    }

    /// Cross-entropy of the source + that of the domains, which the adversary lessens and the hidden
    /// layer, `strength` as strongly, makes larger: `[1]`.
    ///
    /// `rows`: `[N, num_features]`, the labeled ones of the source first.
    fn loss(&self, rows: Tensor<2>, labels: &[usize], strength: f64) -> Tensor<1> {
        let hidden = self.classifier.hidden(rows);
        let of_source = hidden.clone().narrow(0, 0, labels.len());
        let classes = cross_entropy(self.classifier.output(of_source), labels);
        let verdicts = self.adversary.forward(reversed(hidden, strength));
        let decay = self.classifier.squared_norm() * (DECAY / 2.0);
        classes + telling(verdicts, labels.len()) + decay
    }
}

/// The same values; slopes come back through them times −`strength`.
fn reversed(values: Tensor<2>, strength: f64) -> Tensor<2> {
    values.clone().detach() * (1.0 + strength) - values * strength
}

/// Cross-entropy of telling domains by logits `[N, 1]`, each domain weighing one half: `[1]`.
fn telling(verdicts: Tensor<2>, num_source: usize) -> Tensor<1> {
    let [num_rows, _] = verdicts.dims();
    let source = log_sigmoid(verdicts.clone().narrow(0, 0, num_source));
    let target = log_sigmoid(-verdicts.narrow(0, num_source, num_rows - num_source));
    (source.mean() + target.mean()) * -0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::tensors::values;

    #[test]
    fn slopes_come_back_reversed() {
        let x = tensor(vec![1.0, -2.0], 2).require_grad();
        let out = reversed(x.clone(), 0.25);
        assert_eq!(values(out.clone()), [1.0, -2.0]);
        let gradients = (out * tensor(vec![3.0, 1.0], 2)).sum().backward();
        assert_eq!(values(x.grad(&gradients).unwrap()), [-0.75, -0.25]);
    }

    #[test]
    fn not_knowing_costs_a_bit() {
        let loss = telling(tensor(vec![0.0; 3], 1), 2).into_scalar::<f32>();
        assert!((loss - 2f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_hidden_layer_learns_against_the_adversary_and_the_adversary_for_itself() {
        let network = Network::new(3, 2, 3);
        let rows = vec![
            1.0, 0.2, -0.3, -0.5, 1.0, 0.1, 0.9, -0.4, 0.6, 0.3, 0.8, -1.0,
        ];
        let loss = |network: &Network| {
            let hidden = network.classifier.hidden(tensor(rows.clone(), 3));
            telling(network.adversary.forward(hidden), 2).into_scalar::<f32>()
        };
        let stepped = |part: fn(&mut Network, &Network)| {
            let loss = network.loss(tensor(rows.clone(), 3), &[0, 1], 100.0);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            let moved = adam().step(1e-3, network.clone(), gradients);
            let mut only = network.clone();
            part(&mut only, &moved);
            only
        };
        let before = loss(&network);
        let deceiving = stepped(|only, moved| only.classifier = moved.classifier.clone());
        let telling = stepped(|only, moved| only.adversary = moved.adversary.clone());
        assert!(loss(&deceiving) > before && loss(&telling) < before);
    }
}
