//! Labeled rows in, the plain head out: softmax regression, which does not look at unlabeled rows.
//!
//! What all other methods are compared with, and what the page trains without them.

use super::{
    Family, Fit, Method, Task, Transferred,
    domains::Domains,
    joint_softmax::{Aim, JointSoftmax},
};

pub(super) const METHOD: Method = Method {
    id: "plain",
    name: "Plain head",
    sentence: "Learns from the labeled images only.",
    family: Family::Plain,
    refusal,
    init: |task| Box::new(Plain::new(&task)),
};

/// A plain head while it learns.
pub(super) struct Plain {
    domains: Domains,
    softmax: JointSoftmax,
}

impl Plain {
    pub fn new(task: &Task) -> Self {
        let weights = vec![1.0; task.rows.len()];
        Self::weighted(task, &weights)
    }

    /// Each labeled row counts in the loss as its weight says; their mean should be 1.
    pub fn weighted(task: &Task, weights: &[f32]) -> Self {
        let mut domains = Domains::uncentered(task);
        // Nothing is learned from unlabeled rows; they need not be kept.
        domains.target.values = Vec::new();
        let mut targets = domains.one_hot();
        let rows = targets.chunks_mut(task.num_classes.max(1));
        for (row, weight) in rows.zip(weights) {
            row.iter_mut().for_each(|target| *target *= weight);
        }
        let labeled = Aim {
            targets,
            weight: 1.0,
        };
        let shape = (domains.source.num_features, task.num_classes);
        Self {
            softmax: JointSoftmax::new([labeled, Aim::default()], 0.0, shape, None),
            domains,
        }
    }
}

impl Fit for Plain {
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

/// Why there is nothing to learn, if so.
pub(super) fn refusal(task: &Task) -> Option<String> {
    let is_one = task.num_classes < 2 || task.rows.is_empty();
    is_one.then(|| "There is only one class to tell; add images of a second one.".into())
}
