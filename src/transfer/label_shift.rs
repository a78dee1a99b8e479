//! Labeled rows, and unlabeled ones among which classes have other sizes, in; a head that expects
//! those sizes out.
//!
//! Saerens, Latinne & Decaestecker 2002, *Adjusting the outputs of a classifier to new a priori
//! probabilities*: expectation maximization over the classes' sizes among the unlabeled rows, given
//! the plain head's probabilities; then each logit moves by the logarithm of how much more frequent
//! its class is there. What classes look like has to be the same in both.
//!
//! The sizes are only as good as the probabilities. Fashion-MNIST, accuracy on the unlabeled images
//! in percent, where each class has that many times as many of them as the one before (150 and
//! fewer; five seeds, spread over which is ± 1 where sizes are even and ± 5 where they are not):
//!
//! | labels a class | sizes | plain | label shift | label spreading |
//! |---|---|---|---|---|
//! | 5 | × 1 | 74.3 | 72.4 | 77.0 |
//! | 5 | × 0.6 | 73.9 | 75.9 | 72.1 |
//! | 20 | × 1 | 81.0 | 80.5 | 81.5 |
//! | 20 | × 0.6 | 82.1 | 85.8 | 79.1 |
//!
//! Between drawings and photos, where classes do look different, it does harm: from 69.4 to 41.3.

use super::{Family, Fit, Method, Task, Transferred, domains::refusal, plain::Plain};
use crate::metrics;

/// Images assumed of each class before any is seen: keeps a class that seems absent possible.
const ASSUMED: f64 = 1.0;

/// Rounds of expectation maximization at most: 20 million operations with 10,000 rows of ten
/// classes.
const MAX_ROUNDS: usize = 100;

/// Rows predicted in a step: 1,280 features and ten classes take a millisecond.
const ROWS_PER_STEP: usize = 200;

/// Change of a share that counts as none.
const TOLERANCE: f64 = 1e-6;

pub(super) const METHOD: Method = Method {
    id: "label_shift",
    name: "Expect other class sizes",
    sentence: "Estimates how frequent each class is among the new pictures and takes that into account.",
    family: Family::DomainAdaptation,
    refusal,
    init: |task| Box::new(LabelShift::new(task)),
};

struct LabelShift {
    task: Task,
    stage: Stage,
}

enum Stage {
    Learn(Box<Plain>),
    Predict {
        model: Transferred,
        /// Of the first unlabeled rows: `[…][num_classes]`.
        probabilities: Vec<Vec<f32>>,
    },
    Finished(Transferred),
    /// Only inside [`Fit::step`].
    Between,
}

impl LabelShift {
    fn new(task: Task) -> Self {
        Self {
            stage: Stage::Learn(Box::new(Plain::new(&task))),
            task,
        }
    }

    fn advance(&self, stage: Stage) -> Stage {
        match stage {
            Stage::Learn(mut plain) => match plain.step() {
                false => Stage::Learn(plain),
                true => Stage::Predict {
                    model: plain.finish(),
                    probabilities: Vec::new(),
                },
            },
            Stage::Predict {
                model,
                mut probabilities,
            } => {
                let rows = self.task.unlabeled.iter().skip(probabilities.len());
                probabilities.extend(rows.take(ROWS_PER_STEP).map(|row| predict(&model, row)));
                match probabilities.len() < self.task.unlabeled.len() {
                    true => Stage::Predict {
                        model,
                        probabilities,
                    },
                    false => Stage::Finished(self.shifted(model, &probabilities)),
                }
            }
            other => other,
        }
    }

    fn shifted(&self, mut model: Transferred, probabilities: &[Vec<f32>]) -> Transferred {
        let learned = shares_of(&self.task.labels, self.task.num_classes);
        let shares = shifted_shares(probabilities, &learned);
        let layer = model.head.layers.last_mut().expect("at least one layer");
        let pairs = layer.bias.iter_mut().zip(shares.iter().zip(&learned));
        pairs.for_each(|(bias, (new, old))| *bias += (new / old).ln() as f32);
        model
    }
}

impl Fit for LabelShift {
    fn step(&mut self) -> bool {
        let stage = std::mem::replace(&mut self.stage, Stage::Between);
        self.stage = self.advance(stage);
        matches!(self.stage, Stage::Finished(_))
    }

    fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Learn(plain) => 0.8 * plain.progress(),
            Stage::Predict { probabilities, .. } => {
                0.8 + 0.2 * probabilities.len() as f64 / self.task.unlabeled.len().max(1) as f64
            }
            Stage::Finished(_) | Stage::Between => 1.0,
        }
    }

    fn finish(self: Box<Self>) -> Transferred {
        match self.stage {
            Stage::Finished(model) => model,
            _ => unreachable!("all steps are done"),
        }
    }
}

fn predict(model: &Transferred, row: &[f32]) -> Vec<f32> {
    let mut logits = model.logits(row);
    metrics::softmax(&mut logits);
    logits
}

/// The share of each class: `[num_classes]`, at least that of half a row.
pub(super) fn shares_of(labels: &[usize], num_classes: usize) -> Vec<f64> {
    let mut sizes = vec![0.0; num_classes];
    labels.iter().for_each(|&label| sizes[label] += 1.0f64);
    let sizes = sizes.iter().map(|size| size.max(0.5));
    sizes
        .map(|size| size / labels.len().max(1) as f64)
        .collect()
}

/// The likeliest share of each class among unlabeled rows: `[num_classes]`, positive, summing to 1.
///
/// # Shapes
///
/// - probabilities: by a head that learned where classes had the shares `learned`:
///   `[N][num_classes]`
/// - learned: `[num_classes]`, positive
pub fn shifted_shares(probabilities: &[Vec<f32>], learned: &[f64]) -> Vec<f64> {
    let total = probabilities.len() as f64 + ASSUMED * learned.len() as f64;
    let mut shares = learned.to_vec();
    for _ in 0..MAX_ROUNDS {
        let ratios = shares.iter().zip(learned).map(|(new, old)| new / old);
        let ratios: Vec<f64> = ratios.collect();
        let mut sizes = vec![ASSUMED; learned.len()];
        for row in probabilities {
            let odds = || {
                row.iter()
                    .zip(&ratios)
                    .map(|(&p, ratio)| f64::from(p) * ratio)
            };
            let sum: f64 = odds().sum();
            if sum > 0.0 {
                let pairs = sizes.iter_mut().zip(odds());
                pairs.for_each(|(size, odds)| *size += odds / sum);
            }
        }
        let next: Vec<f64> = sizes.iter().map(|size| size / total).collect();
        let pairs = next.iter().zip(&shares);
        let change = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        shares = next;
        if change < TOLERANCE {
            break;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most probable shares, found directly: tests/golden/transfer/shift_reference.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        shares: Expected,
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        probabilities: Vec<Vec<f32>>,
        learned: Vec<f64>,
        shares: Vec<f64>,
    }

    #[test]
    fn shares_are_the_most_probable() {
        let golden = include_str!("../../tests/golden/transfer/shift_reference.json");
        let Golden { shares } = serde_json::from_str(golden).unwrap();
        let ours = shifted_shares(&shares.probabilities, &shares.learned);
        for (ours, theirs) in ours.iter().zip(&shares.shares) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
        }
    }

    #[test]
    fn sure_predictions_are_counted_with_one_more_of_each_class() {
        let rows = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]].map(Vec::from);
        let shares = shifted_shares(&rows, &[0.5, 0.5]);
        assert!((shares[0] - 4.0 / 6.0).abs() < 1e-6, "{shares:?}");
    }

    #[test]
    fn a_class_without_rows_has_a_share_too() {
        assert_eq!(shares_of(&[0, 0], 2), [1.0, 0.25]);
    }
}
