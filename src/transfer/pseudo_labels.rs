//! A few labeled rows and many without labels in; a head that has learned from its own surest
//! predictions too, as many of each class, out.
//!
//! Lee 2013, *Pseudo-label: the simple and efficient semi-supervised learning method*. Left alone,
//! what is predicted often is learned and predicted more often still; hence at most one N-th of the
//! unlabeled rows goes to each of N classes, the surest first (class-balanced self-training, Zou et
//! al. 2018, arXiv:1810.07911). Once is enough: a second and third round cost a point on drawings.

use super::{
    Family, Fit, Method, Task, Transferred, domain_centering::source_softmax, domains::Domains,
    joint_softmax::JointSoftmax, pooled, soft_targets::fit_to_all,
};
use crate::metrics;

pub(super) const METHOD: Method = Method {
    id: "pseudo-labels",
    name: "Learn from own guesses",
    sentence: "Labels the images it is surest about by itself, evenly over the classes, and learns again.",
    family: Family::SemiSupervised,
    refusal: pooled::refusal,
    init: |task| Box::new(PseudoLabels::new(&task)),
};

struct PseudoLabels {
    domains: Domains,
    softmax: JointSoftmax,
    has_labeled: bool,
}

impl PseudoLabels {
    fn new(task: &Task) -> Self {
        let domains = pooled::pooled(task);
        Self {
            softmax: source_softmax(&domains),
            domains,
            has_labeled: false,
        }
    }

    /// Pseudo-labels of unlabeled rows: `[N, num_classes]`.
    fn guess(&self) -> Vec<f32> {
        let head = self.softmax.head();
        let probabilities = self.domains.target.iter().map(|row| {
            let mut logits = head.logits(row);
            metrics::softmax(&mut logits);
            logits
        });
        surest(&probabilities.collect::<Vec<_>>(), self.domains.num_classes)
    }
}

impl Fit for PseudoLabels {
    fn step(&mut self) -> bool {
        let is_over = self
            .softmax
            .step(&self.domains.source, &self.domains.target);
        if is_over && !self.has_labeled {
            self.softmax = fit_to_all(&self.domains, self.guess());
            self.has_labeled = true;
            return false;
        }
        is_over
    }

    fn progress(&self) -> f64 {
        let (done, share) = if self.has_labeled {
            (0.3, 0.7)
        } else {
            (0.0, 0.3)
        };
        done + share * self.softmax.progress()
    }

    fn finish(self: Box<Self>) -> Transferred {
        self.domains.transferred(self.softmax.head())
    }
}

/// 1 at the predicted class of the surest rows of each class, at most their fair share, rounded up;
/// zeros for the others: `[N, num_classes]`.
fn surest(probabilities: &[Vec<f32>], num_classes: usize) -> Vec<f32> {
    let share = probabilities.len().div_ceil(num_classes.max(1));
    let mut of_class = vec![Vec::new(); num_classes];
    for (row, probabilities) in probabilities.iter().enumerate() {
        of_class[metrics::argmax(probabilities)].push(row);
    }
    let mut targets = vec![0.0; probabilities.len() * num_classes];
    for (class, mut rows) in of_class.into_iter().enumerate() {
        let sureness = |row: &usize| probabilities[*row][class];
        rows.sort_by(|a, b| sureness(b).total_cmp(&sureness(a)));
        for row in rows.into_iter().take(share) {
            targets[row * num_classes + class] = 1.0;
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_gets_its_share_of_the_surest() {
        let probabilities = [0.9, 0.6, 0.8, 0.7, 0.2].map(|p| vec![p, 1.0 - p]);
        let expected = [[1.0, 0.0], [0.0; 2], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        assert_eq!(surest(&probabilities, 2), expected.concat());
    }
}
