//! Both domains, each less its own mean, in; a head that is sure about the target, yet uses all
//! classes, out.
//!
//! Information maximization (Krause et al. 2010; for domains Shi & Sha 2012,
//! *Information-theoretical learning of discriminative clusters for unsupervised domain
//! adaptation*; Liang et al. 2020). It begins at the source's own head.

use super::{
    Family, Fit, Method, Task, Transferred,
    domain_centering::source_softmax,
    domains::{Domains, refusal},
    joint_softmax::{Aim, JointSoftmax},
};

/// Weight of the information beside the source's cross-entropy. From 0.03 to 0.3 all is within
/// a point and a half (mean of twelve tasks of drawings and photos).
pub(super) const INFORMATION: f64 = 0.1;

pub(super) const METHOD: Method = Method {
    id: "domain_maximization",
    name: "Be sure about the new pictures",
    sentence: "Moves the boundaries between classes to where the new pictures leave gaps.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(DomainMaximization::new(&task)),
};

struct DomainMaximization {
    domains: Domains,
    softmax: JointSoftmax,
    is_second_stage: bool,
}

impl DomainMaximization {
    fn new(task: &Task) -> Self {
        let domains = Domains::centered(task);
        Self {
            softmax: source_softmax(&domains),
            domains,
            is_second_stage: false,
        }
    }

    fn maximize(&self) -> JointSoftmax {
        let source = Aim {
            targets: self.domains.one_hot(),
            weight: 1.0,
        };
        let shape = (self.domains.source.num_features, self.domains.num_classes);
        let start = self.softmax.parameters().to_vec();
        JointSoftmax::new([source, Aim::default()], INFORMATION, shape, Some(start))
    }
}

impl Fit for DomainMaximization {
    fn step(&mut self) -> bool {
        let is_over = self
            .softmax
            .step(&self.domains.source, &self.domains.target);
        if is_over && !self.is_second_stage {
            self.softmax = self.maximize();
            self.is_second_stage = true;
            return false;
        }
        is_over
    }

    fn progress(&self) -> f64 {
        let done = if self.is_second_stage { 0.4 } else { 0.0 };
        let share = if self.is_second_stage { 0.6 } else { 0.4 };
        done + share * self.softmax.progress()
    }

    fn finish(self: Box<Self>) -> Transferred {
        self.domains.transferred(self.softmax.head())
    }
}
