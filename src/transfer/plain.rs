//! Labeled rows in, the plain head out: softmax regression, which does not look at unlabeled rows.
//!
//! What all other methods are compared with. Its probabilities are those of the page's softmax
//! regression to less than a hundredth (`tests/transfer_semi.rs`).

use super::{
    Family, Fit, Method, Task, Transferred,
    domains::Domains,
    joint_softmax::{Aim, JointSoftmax},
};

pub(super) const METHOD: Method = Method {
    id: "plain",
    name: "Plain head",
    sentence: "Learns from the labeled pictures only.",
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
        let domains = Domains::uncentered(&Task {
            names: None,
            rows: task.rows.clone(),
            labels: task.labels.clone(),
            unlabeled: Vec::new(),
            ..*task
        });
        let labeled = Aim {
            targets: domains.one_hot(),
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
    is_one.then(|| "There is only one class to tell; add pictures of a second one.".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Row;

    fn task() -> Task {
        Task {
            names: None,
            rows: [[1.0, 0.2], [0.8, -0.2], [-1.0, 0.2], [0.1, 0.1]]
                .map(Row::from)
                .to_vec(),
            labels: vec![0, 0, 1, 1],
            unlabeled: Vec::new(),
            num_classes: 2,
            seed: 0,
        }
    }

    fn logits(mut fit: Plain, row: &[f32]) -> Vec<f32> {
        while !fit.step() {}
        Box::new(fit).finish().logits(row)
    }

    #[test]
    fn unlabeled_rows_change_nothing() {
        let mut more = task();
        more.unlabeled = vec![Row::from([7.0, -3.0]); 20];
        let head = |task: &Task| logits(Plain::new(task), &[0.3, 0.4]);
        assert_eq!(head(&task()), head(&more));
    }

    #[test]
    fn one_class_is_refused() {
        let mut alone = task();
        alone.num_classes = 1;
        alone.labels.fill(0);
        assert!(
            refusal(&alone)
                .unwrap()
                .contains("add pictures of a second one")
        );
        assert_eq!(refusal(&task()), None);
    }
}
