//! A few labeled rows and many without labels in; a head that has learned from its own surest
//! predictions too, as many of each class, out.
//!
//! Lee 2013, *Pseudo-label: the simple and efficient semi-supervised learning method*. Left alone,
//! what is predicted often is learned and predicted more often still; hence at most one N-th of the
//! unlabeled rows goes to each of N classes, the surest first (class-balanced self-training, Zou et
//! al. 2018, arXiv:1810.07911). Once is enough: a second and third round cost a point on drawings.

use super::{
    Family, Fit, Method, Task, Transferred, domain_centering::source_softmax, domains::Domains,
    joint_softmax::JointSoftmax, pooled, predictions::Predictions, soft_targets::fit_to_all,
};
use crate::metrics;

pub(super) const METHOD: Method = Method {
    id: "pseudo_labels",
    name: "Learn from own guesses",
    sentence: "Labels the pictures it is surest about by itself, evenly over the classes, and learns again.",
    family: Family::SemiSupervised,
    refusal: pooled::refusal,
    init: |task| Box::new(PseudoLabels::new(&task)),
};

struct PseudoLabels {
    domains: Domains,
    stage: Stage,
}

enum Stage {
    /// From labeled rows only.
    Begin(JointSoftmax),
    Guess(Predictions),
    Learn(JointSoftmax),
}

impl PseudoLabels {
    fn new(task: &Task) -> Self {
        let domains = pooled::pooled(task);
        Self {
            stage: Stage::Begin(source_softmax(&domains)),
            domains,
        }
    }
}

impl Fit for PseudoLabels {
    fn step(&mut self) -> bool {
        let (source, target) = (&self.domains.source, &self.domains.target);
        let next = match &mut self.stage {
            Stage::Begin(softmax) => {
                if !softmax.step(source, target) {
                    return false;
                }
                Stage::Guess(Predictions::new(softmax.head()))
            }
            Stage::Guess(guesses) => {
                if !guesses.step(target) {
                    return false;
                }
                let targets = surest(&guesses.probabilities, self.domains.num_classes);
                Stage::Learn(fit_to_all(&self.domains, targets))
            }
            Stage::Learn(softmax) => return softmax.step(source, target),
        };
        self.stage = next;
        false
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Begin(softmax) => 0.3 * softmax.progress(),
            Stage::Guess(_) => 0.3,
            Stage::Learn(softmax) => 0.3 + 0.7 * softmax.progress(),
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Learn(softmax) => self.domains.transferred(softmax.head()),
            _ => unreachable!("all steps are done"),
        }
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

    #[test]
    fn guesses_move_the_boundary_towards_where_there_are_no_images() {
        let row = |x: f32, y: f32| crate::features::Row::from([x, y]);
        let cloud = |y: f32| (-10..=10).map(move |x| row(0.05 * x as f32, y));
        let mut fit = (METHOD.init)(Task {
            names: None,
            rows: vec![row(0.5, 1.0), row(-0.5, -1.0)],
            labels: vec![0, 1],
            unlabeled: cloud(1.0).chain(cloud(-1.0)).collect(),
            num_classes: 2,
            seed: 0,
        });
        let mut before = 0.0;
        while !fit.step() {
            assert!((before..=1.0).contains(&fit.progress()));
            before = fit.progress();
        }
        let model = fit.finish();
        // The labeled rows' own boundary leaves this one at the other side.
        assert_eq!(metrics::argmax(&model.logits(&row(-1.0, 0.4))), 0);
    }
}
