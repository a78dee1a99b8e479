//! Both domains, each less its own mean, in; the plain head on top of that out.
//!
//! The first moment of adaptive batch normalization (Li et al. 2016, *Revisiting batch
//! normalization for practical domain adaptation*, arXiv:1603.04779): what is subtracted at
//! training is the source's mean, what is subtracted later the target's.

use super::{
    Family, Fit, Method, Task, Transferred,
    domains::{Domains, refusal},
    joint_softmax::{Aim, JointSoftmax},
};

pub(super) const METHOD: Method = Method {
    id: "domain_centering",
    name: "Center each domain",
    sentence: "Subtracts from each kind of pictures what they have in common, then trains as usual.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(DomainCentering::new(&task)),
};

struct DomainCentering {
    domains: Domains,
    softmax: JointSoftmax,
}

impl DomainCentering {
    fn new(task: &Task) -> Self {
        let domains = Domains::centered(task);
        Self {
            softmax: source_softmax(&domains),
            domains,
        }
    }
}

/// A head that learns from the source only.
pub(super) fn source_softmax(domains: &Domains) -> JointSoftmax {
    let source = Aim {
        targets: domains.one_hot(),
        weight: 1.0,
    };
    let shape = (domains.source.num_features, domains.num_classes);
    JointSoftmax::new([source, Aim::default()], 0.0, shape, None)
}

impl Fit for DomainCentering {
    fn step(&mut self) -> bool {
        self.softmax
            .step(&self.domains.source, &self.domains.target)
    }

    fn progress(&self) -> f64 {
        self.softmax.progress()
    }

    fn finish(self: Box<Self>) -> Transferred {
        self.domains.transferred(self.softmax.head())
    }
}
