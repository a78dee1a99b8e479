//! Rows of a student's features with what its teacher says of them in, the student's head out, a
//! block of rows at a time; plain Rust on the CPU.
//!
//! The head is linear and minimizes the mean [`Lesson`] + ½ · `weight_decay` · ‖weights‖², the
//! biases free. Where labels count fully that is softmax regression.

use super::lesson::{DistillConfig, Lesson};
use crate::{
    features::{Normalizer, Row},
    head::DenseHead,
    train::{
        lbfgs::{Lbfgs, Verdict},
        products,
    },
};

/// Of the gradient's norm, that counts as none: later steps change no prediction.
const TOLERANCE: f64 = 1e-4;

/// Steps at most; photos take about 50.
const MAX_STEPS: usize = 150;

/// Rows of a block: 150 KB at 1152 features, which stays in a core's own cache.
const BLOCK: usize = 32;

/// One picture as the student sees it, and what it is to learn of it.
#[derive(Clone, Debug)]
pub struct Pupil {
    /// `[num_features]`, raw.
    pub row: Row,
    /// As in [`Lesson::soft`].
    pub soft: Vec<f32>,
    /// As in [`Lesson::label`].
    pub label: Option<usize>,
}

/// A fit in progress. Call [`DistillFit::step`] until it returns true, then [`DistillFit::finish`].
#[derive(Debug)]
pub struct DistillFit {
    config: DistillConfig,
    pupils: Vec<Pupil>,
    normalizer: Normalizer,
    num_classes: usize,
    optimizer: Lbfgs,
    num_steps: usize,
    /// The next row of the sweep in progress.
    next: usize,
    loss: f64,
    /// Weights `[num_classes, num_features]`, then biases `[num_classes]`.
    gradient: Vec<f32>,
}

impl DistillFit {
    /// Sets up a fit to at least one picture, from zero weights. All have as many features, and the
    /// teacher knows as many classes of all.
    pub fn new(pupils: Vec<Pupil>, config: DistillConfig) -> Self {
        let num_features = pupils.first().map_or(0, |pupil| pupil.row.len());
        let num_classes = pupils.first().map_or(0, |pupil| pupil.soft.len());
        let rows = pupils.iter().map(|pupil| &*pupil.row);
        let normalizer = Normalizer::fit(rows, num_features);
        let zeros = vec![0.0; (num_features + 1) * num_classes];
        Self {
            config,
            pupils,
            normalizer,
            num_classes,
            gradient: zeros.clone(),
            optimizer: Lbfgs::new(zeros),
            num_steps: 0,
            next: 0,
            loss: 0.0,
        }
    }

    /// Looks at the next few rows; true when the minimum has been reached.
    pub fn step(&mut self) -> bool {
        let until = self.pupils.len().min(self.next + BLOCK);
        self.learn(self.next..until);
        self.next = until;
        self.next == self.pupils.len() && self.turn()
    }

    /// About how much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        let num_steps = self.num_steps as f64;
        num_steps / (num_steps + 15.0)
    }

    /// The head as it stands, and what goes before it.
    pub fn finish(self) -> (Normalizer, DenseHead) {
        let head = DenseHead::linear(self.optimizer.point(), self.num_classes);
        (self.normalizer, head)
    }

    fn learn(&mut self, range: std::ops::Range<usize>) {
        let pupils = &self.pupils[range];
        let mut rows = Vec::with_capacity(pupils.len() * self.normalizer.mean().len());
        for pupil in pupils {
            self.normalizer.push_normalized(&pupil.row, &mut rows);
        }
        let split = self.gradient.len() - self.num_classes;
        let (weights, biases) = self.optimizer.trial().split_at(split);
        // [rows, num_classes]: logits, then the loss's derivatives by them
        let mut table = vec![0.0; pupils.len() * self.num_classes];
        products::logits(&rows, weights, self.num_classes, &mut table);
        let share = 1.0 / self.pupils.len() as f64;
        let (by_weight, by_bias) = self.gradient.split_at_mut(split);
        for (row, pupil) in table.chunks_mut(self.num_classes).zip(pupils) {
            row.iter_mut().zip(biases).for_each(|(z, bias)| *z += bias);
            let lesson = Lesson {
                soft: &pupil.soft,
                label: pupil.label,
            };
            self.loss += share * lesson.differentiate(row, &self.config);
            for (slope, sum) in row.iter_mut().zip(by_bias.iter_mut()) {
                *slope *= share as f32;
                *sum += *slope;
            }
        }
        products::add_outer(&rows, &table, self.num_classes, by_weight);
    }

    /// A sweep is over; whether it was the last one.
    fn turn(&mut self) -> bool {
        let split = self.gradient.len() - self.num_classes;
        let weights = &self.optimizer.trial()[..split];
        let square: f64 = weights.iter().map(|&w| f64::from(w).powi(2)).sum();
        let decay = self.config.weight_decay as f32;
        let pairs = self.gradient[..split].iter_mut().zip(weights);
        pairs.for_each(|(g, w)| *g += decay * w);
        let loss = self.loss + self.config.weight_decay / 2.0 * square;
        let verdict = self.optimizer.tell(loss, &self.gradient);
        self.num_steps += usize::from(verdict == Verdict::Accepted);
        (self.next, self.loss) = (0, 0.0);
        self.gradient.fill(0.0);
        verdict == Verdict::Stuck
            || self.num_steps >= MAX_STEPS
            || self.optimizer.gradient_norm() < TOLERANCE && verdict == Verdict::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::TrainingConfig,
        train::{Advance, Labeled, Partition, SoftmaxFit},
    };

    const CONFIG: DistillConfig = DistillConfig {
        temperature: 3.0,
        label_share: 0.1,
        weight_decay: 1e-4,
    };

    fn fit(pupils: &[Pupil], config: DistillConfig) -> (Normalizer, DenseHead) {
        let mut fit = DistillFit::new(pupils.to_vec(), config);
        while !fit.step() {
            assert!((0.0..=1.0).contains(&fit.progress()));
        }
        fit.finish()
    }

    /// Rows of two classes that the first two of three features tell apart.
    fn pupils(num: usize, is_labeled: impl Fn(usize) -> bool) -> Vec<Pupil> {
        let pupil = |at: usize| {
            let class = at % 2;
            let wobble = ((at * 37) % 11) as f32 / 11.0;
            let mut row = [0.4 * wobble, 0.5 - 0.4 * wobble, wobble];
            row[class] += 0.6;
            let sure = 0.95 - 0.3 * wobble;
            Pupil {
                row: row.into(),
                soft: [[sure, 1.0 - sure], [1.0 - sure, sure]][class].to_vec(),
                label: is_labeled(at).then_some(class),
            }
        };
        (0..num).map(pupil).collect()
    }

    #[test]
    fn labels_alone_make_it_softmax_regression() {
        let pupils = pupils(70, |_| true);
        let config = DistillConfig {
            label_share: 1.0,
            ..CONFIG
        };
        let (normalizer, head) = fit(&pupils, config);
        let labeled = pupils.iter().map(|pupil| Labeled {
            sample: 0,
            row: pupil.row.clone(),
            label: pupil.label.expect("all have one"),
        });
        let train: Vec<_> = labeled.collect();
        let data = Partition {
            validation: train[..1].to_vec(),
            weights: vec![1.0; train.len()],
            train,
            left_out: Vec::new(),
            unlabeled: Vec::new(),
            names: None,
            num_classes: 2,
        };
        let plain = TrainingConfig::default();
        let mut expected = SoftmaxFit::new(&plain, &data, &normalizer);
        while !matches!(expected.advance(&data, || false), Advance::Finished) {}
        let expected = expected.head();
        for pupil in &pupils {
            let row = normalizer.normalized(&pupil.row);
            let pairs = head.logits(&row).into_iter().zip(expected.logits(&row));
            for (found, expected) in pairs {
                // It stops at a gradient ten times as large: a probability is off by 0.003.
                assert!((found - expected).abs() < 0.1, "{found} {expected}");
            }
        }
    }

    #[test]
    fn a_student_without_any_label_comes_to_answer_as_its_teacher() {
        let pupils = pupils(64, |_| false);
        let (normalizer, head) = fit(&pupils, CONFIG);
        for pupil in &pupils {
            let logits = head.logits(&normalizer.normalized(&pupil.row));
            let says = crate::metrics::argmax(&logits);
            assert_eq!(says, crate::metrics::argmax(&pupil.soft));
        }
    }

    #[test]
    fn it_ends_where_no_step_lowers_the_loss() {
        let pupils = pupils(40, |at| at % 3 == 0);
        let mut fit = DistillFit::new(pupils, CONFIG);
        while !fit.step() {}
        assert!(fit.optimizer.gradient_norm() < TOLERANCE);
        assert!(fit.num_steps < MAX_STEPS);
    }
}
