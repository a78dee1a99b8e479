//! Both domains, each less its own mean, in; a head that has learned from labels spread from one
//! to the other out.
//!
//! With `information` above 0 the head is at the same time made sure about the target. The two
//! correct each other: spreading follows the shape of the target where the source's boundaries
//! are wrong, maximization uses classes that spreading forgot.

use super::{
    Family, Fit, Method, Transferred,
    domain_maximization::INFORMATION,
    domains::{Domains, refusal},
    joint_softmax::{Aim, JointSoftmax},
    spread::Spread,
};

/// Weight of the spread labels beside information. 0.1 and 0.3 are equally good, 1 is not.
const CAUTIOUS_WEIGHT: f64 = 0.3;

pub(super) const METHOD: Method = Method {
    id: "domain_spreading",
    name: "Spread labels to the new pictures",
    sentence: "Hands labels on from picture to similar picture, across to the new ones, and learns from all.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(DomainSpreading::new(Domains::centered(&task))),
};

pub(super) const WITH_MAXIMIZATION: Method = Method {
    id: "domain_spreading_maximization",
    name: "Spread labels and be sure",
    sentence: "Spreads labels to the new pictures and moves boundaries to the gaps between them.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(DomainSpreading::with_maximization(Domains::centered(&task))),
};

pub(super) struct DomainSpreading {
    domains: Domains,
    information: f64,
    /// Of the source's labels, and of those spread to the target.
    weights: [f64; 2],
    stage: Stage,
}

enum Stage {
    Spread(Spread),
    Learn(Box<JointSoftmax>),
}

impl DomainSpreading {
    /// Learns from both domains, each row weighing the same.
    pub fn new(domains: Domains) -> Self {
        let (source, target) = (domains.source.len() as f64, domains.target.len() as f64);
        let total = (source + target).max(1.0);
        Self::weighted(domains, 0.0, [source / total, target / total])
    }

    /// Learns from the source, a little from spread labels, and maximizes information.
    pub fn with_maximization(domains: Domains) -> Self {
        Self::weighted(domains, INFORMATION, [1.0, CAUTIOUS_WEIGHT])
    }

    fn weighted(domains: Domains, information: f64, weights: [f64; 2]) -> Self {
        Self {
            stage: Stage::Spread(Spread::new(&domains)),
            domains,
            information,
            weights,
        }
    }

    fn learn(&self, probabilities: Vec<f32>) -> JointSoftmax {
        let targets = [self.domains.one_hot(), probabilities];
        let mut aims = targets.map(|targets| Aim {
            targets,
            weight: 0.0,
        });
        let pairs = aims.iter_mut().zip(self.weights);
        pairs.for_each(|(aim, weight)| aim.weight = weight);
        let shape = (self.domains.source.num_features, self.domains.num_classes);
        JointSoftmax::new(aims, self.information, shape, None)
    }
}

impl Fit for DomainSpreading {
    fn step(&mut self) -> bool {
        match &mut self.stage {
            Stage::Spread(spread) => {
                if spread.step(&self.domains) {
                    let probabilities = spread.target_probabilities(&self.domains);
                    self.stage = Stage::Learn(Box::new(self.learn(probabilities)));
                }
                false
            }
            Stage::Learn(softmax) => softmax.step(&self.domains.source, &self.domains.target),
        }
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Spread(spread) => 0.5 * spread.progress(),
            Stage::Learn(softmax) => 0.5 + 0.5 * softmax.progress(),
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Learn(softmax) => self.domains.transferred(softmax.head()),
            Stage::Spread(_) => unreachable!("all steps are done"),
        }
    }
}
