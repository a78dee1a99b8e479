//! Both domains, each less its own mean, in; a head with a hidden layer that can hardly tell the
//! domains apart out.
//!
//! Domain-adversarial training (Ganin et al. 2016, *Domain-adversarial training of neural
//! networks*, arXiv:1505.07818): a second network tries to tell the domains by the hidden layer,
//! and the hidden layer learns from its slopes reversed.
//!
//! On frozen features it helps little: what is left after centering tells domains by what they show
//! as well, and a stronger adversary takes classes away with the domains.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    Family, Fit, Method, Task, Transferred,
    batches::{Batches, gather, ramp},
    domains::{Domains, refusal},
    layer::Layer,
    mmd_adapter::differentiate,
};
use crate::head::DenseHead;

/// Units of the shared hidden layer; twice as many are equal.
const NUM_HIDDEN: usize = 64;

/// Units of the network that tells domains.
const NUM_ADVERSARY: usize = 32;

/// Of the reversed slopes. At 0.1 the mean accuracy falls by three points, at 1 by twenty.
const STRENGTH: f32 = 0.03;

/// Rows of each domain in a step; 42 million multiplications and additions.
const BATCH: usize = 64;

/// At 400 it is two points worse.
const NUM_STEPS: usize = 800;

const RATE: f32 = 0.001;

/// Of the weights; little data wants more of it than softmax regression does.
const DECAY: f32 = 0.01;

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
    source: Batches,
    target: Batches,
    num_steps: usize,
}

struct Network {
    hidden: Layer,
    classifier: Layer,
    adversary: Layer,
    verdict: Layer,
}

impl Dann {
    fn new(task: &Task) -> Self {
        let domains = Domains::centered(task);
        let mut rng = ChaCha8Rng::seed_from_u64(task.seed);
        Self {
            network: Network::new(domains.source.num_features, domains.num_classes, &mut rng),
            source: Batches::new(domains.source.len()),
            target: Batches::new(domains.target.len()),
            domains,
            rng,
            num_steps: 0,
        }
    }

    /// Rows of length 1 become such that their features are about 1.
    fn scale(&self) -> f32 {
        (self.domains.source.num_features as f32).sqrt()
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
        let progress = self.num_steps as f32 / NUM_STEPS as f32;
        self.network
            .learn(&rows, &labels, STRENGTH * ramp(progress));
        // Ganin et al., section 5.2.2.
        self.network
            .update(RATE / (1.0 + 10.0 * progress).powf(0.75));
        self.num_steps += 1;
        self.num_steps >= NUM_STEPS
    }

    fn progress(&self) -> f64 {
        self.num_steps as f64 / NUM_STEPS as f64
    }

    fn finish(self: Box<Self>) -> Transferred {
        let layers = vec![
            self.network.hidden.dense(self.scale()),
            self.network.classifier.dense(1.0),
        ];
        self.domains.transferred(DenseHead::new(layers))
    }
}

impl Network {
    fn new(num_features: usize, num_classes: usize, rng: &mut ChaCha8Rng) -> Self {
        Self {
            hidden: Layer::random(num_features, NUM_HIDDEN, rng),
            classifier: Layer::random(NUM_HIDDEN, num_classes, rng),
            adversary: Layer::random(NUM_HIDDEN, NUM_ADVERSARY, rng),
            verdict: Layer::random(NUM_ADVERSARY, 1, rng),
        }
    }

    /// Gradients of a batch, the labeled rows of the source first; those that reach the hidden
    /// layer from the adversary times −`strength`.
    fn learn(&mut self, rows: &[f32], labels: &[usize], strength: f32) {
        let mut hidden = self.hidden.forward(rows);
        rectify(&mut hidden);
        let mut slopes = self.learn_domains(&hidden, labels.len());
        slopes.iter_mut().for_each(|x| *x *= -strength);
        let of_source = &hidden[..labels.len() * NUM_HIDDEN];
        let mut table = self.classifier.forward(of_source);
        differentiate(&mut table, labels);
        self.classifier.backward(of_source, &table);
        let back = self.classifier.input_slopes(&table);
        slopes.iter_mut().zip(back).for_each(|(x, y)| *x += y);
        stop_at_zeros(&mut slopes, &hidden);
        self.hidden.backward(rows, &slopes);
    }

    /// The adversary's gradients; returns its loss's derivatives by `hidden`.
    fn learn_domains(&mut self, hidden: &[f32], num_source: usize) -> Vec<f32> {
        let num_target = hidden.len() / NUM_HIDDEN - num_source;
        let mut inner = self.adversary.forward(hidden);
        rectify(&mut inner);
        let mut table = self.verdict.forward(&inner);
        for (row, z) in table.iter_mut().enumerate() {
            // Each domain weighs one half.
            let (truth, size) = match row < num_source {
                true => (1.0, num_source),
                false => (0.0, num_target),
            };
            *z = (1.0 / (1.0 + (-*z).exp()) - truth) / (2 * size) as f32;
        }
        self.verdict.backward(&inner, &table);
        let mut slopes = self.verdict.input_slopes(&table);
        stop_at_zeros(&mut slopes, &inner);
        self.adversary.backward(hidden, &slopes);
        self.adversary.input_slopes(&slopes)
    }

    fn update(&mut self, rate: f32) {
        self.hidden.update(rate, DECAY);
        self.classifier.update(rate, DECAY);
        self.adversary.update(rate, 0.0);
        self.verdict.update(rate, 0.0);
    }
}

fn rectify(values: &mut [f32]) {
    values.iter_mut().for_each(|x| *x = x.max(0.0));
}

/// Slopes don't pass rectified units that are off.
fn stop_at_zeros(slopes: &mut [f32], units: &[f32]) {
    let pairs = slopes.iter_mut().zip(units);
    pairs
        .filter(|(_, x)| **x == 0.0)
        .for_each(|(slope, _)| *slope = 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cross-entropy of the two source rows, and of all four rows' domains.
    fn losses(network: &Network, rows: &[f32]) -> (f32, f32) {
        let mut hidden = network.hidden.forward(rows);
        rectify(&mut hidden);
        let logits = network.classifier.forward(&hidden[..2 * NUM_HIDDEN]);
        let classes = logits.chunks(2).enumerate();
        let class: f64 = classes
            .map(|(label, row)| crate::metrics::cross_entropy(row, label))
            .sum();
        let mut inner = network.adversary.forward(&hidden);
        rectify(&mut inner);
        let verdicts = network.verdict.forward(&inner);
        let signs = [-1.0, -1.0, 1.0, 1.0];
        let pairs = verdicts.iter().zip(signs);
        let domain: f32 = pairs.map(|(z, sign)| (1.0 + (sign * z).exp()).ln()).sum();
        (class as f32 / 2.0, domain / 4.0)
    }

    #[test]
    fn the_hidden_layer_learns_against_the_adversary() {
        let network = || Network::new(3, 2, &mut ChaCha8Rng::seed_from_u64(3));
        let rows = [
            1.0, 0.2, -0.3, -0.5, 1.0, 0.1, 0.9, -0.4, 0.6, 0.3, 0.8, -1.0,
        ];
        let strength = 0.5;
        let mut learning = network();
        learning.learn(&rows, &[0, 1], strength);
        for at in [0, 17, 100] {
            let shifted = |step: f32| {
                let mut network = network();
                let mut weights = network.hidden.weights().to_vec();
                weights[at] += step;
                network.hidden = Layer::from_weights(weights, NUM_HIDDEN);
                let (class, domain) = losses(&network, &rows);
                class - strength * domain
            };
            let slope = (shifted(0.005) - shifted(-0.005)) / 0.01;
            let gradient = learning.hidden.gradient()[at];
            assert!((slope - gradient).abs() < 2e-3, "{at}: {slope} {gradient}");
        }
    }
}
