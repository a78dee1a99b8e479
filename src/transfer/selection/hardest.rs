//! Labeled rows in, those a head is least sure of when it hasn't seen them out.
//!
//! Uncertainty sampling by margins (Scheffer, Decomain & Wrobel 2001), of ridge regression's exact
//! leave-one-out probabilities: a row whose two likeliest classes are close is near a border, and
//! borders are what heads are about.

use super::{Chosen, Pool, Search};
use crate::{
    head::ridge::{self, Gram, Lambda},
    train::copies,
    transfer::{Family, Method, Task, plain},
};

/// Where the search for the penalty begins.
const FIRST_LAMBDA: f64 = 0.3;

pub(super) const METHOD: Method = Method {
    id: "select_hardest",
    name: "Only the hardest",
    sentence: "Learns from the part of each class that a first head is least sure of.",
    family: Family::Selection,
    refusal: plain::refusal,
    init: |task| Box::new(Chosen::new(begin, task)),
};

pub(super) fn begin(task: &Task) -> Box<dyn Search> {
    Box::new(Hardest {
        labels: task.labels.clone(),
        stage: Stage::Multiply(task.rows.iter().cloned().collect()),
    })
}

struct Hardest {
    labels: Vec<usize>,
    stage: Stage,
}

enum Stage {
    /// Products of pairs of rows are being computed.
    Multiply(Gram),
    Solve(Box<ridge::Fit>),
    /// Scores: the smaller the margin the higher.
    Finished(Vec<f32>),
    /// Only inside [`Search::step`].
    Between,
}

impl Search for Hardest {
    fn step(&mut self, pool: &Pool) -> bool {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Multiply(mut gram) => match gram.step() {
                false => Stage::Multiply(gram),
                true => Stage::Solve(Box::new(ridge::Fit::new(
                    &gram,
                    &self.labels,
                    &copies(gram.rows()),
                    pool.classes.len(),
                    Lambda::Search {
                        start: FIRST_LAMBDA,
                    },
                ))),
            },
            Stage::Solve(mut fit) => match fit.step() {
                false => Stage::Solve(fit),
                true => {
                    let probabilities = fit.finish().held_out_probabilities();
                    Stage::Finished(probabilities.iter().map(|row| -margin(row)).collect())
                }
            },
            other => other,
        };
        matches!(self.stage, Stage::Finished(_))
    }

    fn progress(&self, _: &Pool) -> f64 {
        match &self.stage {
            Stage::Multiply(_) | Stage::Between => 0.0,
            Stage::Solve(fit) => 0.2 + 0.8 * f64::from(fit.progress()),
            Stage::Finished(_) => 1.0,
        }
    }

    fn finish(self: Box<Self>, pool: &Pool) -> Vec<Vec<usize>> {
        match self.stage {
            Stage::Finished(scores) => pool.highest(&scores),
            _ => unreachable!("all steps are done"),
        }
    }
}

/// Between the two highest of some probabilities.
fn margin(probabilities: &[f32]) -> f32 {
    let (mut first, mut second) = (0.0f32, 0.0f32);
    for &p in probabilities {
        second = second.max(p.min(first));
        first = first.max(p);
    }
    first - second
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{choose, circle},
        *,
    };

    #[test]
    fn what_is_near_the_border_is_chosen() {
        let labeled = [
            (0, 0),
            (20, 0),
            (40, 0),
            (80, 0),
            (100, 1),
            (140, 1),
            (160, 1),
            (180, 1),
        ];
        assert_eq!(choose(&METHOD, &circle(&labeled, &[]), 0.25), [3, 4]);
    }

    #[test]
    fn the_margin_is_between_the_two_highest() {
        assert!((margin(&[0.2, 0.5, 0.3]) - 0.2).abs() < 1e-6);
        assert!((margin(&[0.6, 0.4]) - 0.2).abs() < 1e-6);
        assert_eq!(margin(&[1.0]), 1.0);
    }
}
