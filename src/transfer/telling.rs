//! Rows of two domains in, how sure a linear head is of the domain of each row it hasn't seen out.

use super::{
    batches::gather,
    domains::Rows,
    joint_softmax::{Aim, JointSoftmax, WEIGHT_DECAY},
};

/// Two heads that tell domains, each from half of the rows.
#[derive(Debug)]
pub(super) struct Telling {
    /// Rows to learn from and rows to tell, both ways.
    halves: [Vec<usize>; 2],
    fit: Option<(Rows, JointSoftmax)>,
    weight_decay: f64,
    /// Of each row told: the logarithm of the odds that it is of the second domain.
    log_odds: Vec<f32>,
    num_folds: usize,
}

impl Telling {
    /// Learns from every other row, so their order should be random, and tells the others; then
    /// the other way around.
    pub fn new(num_rows: usize) -> Self {
        let half = |start| (start..num_rows).step_by(2).collect();
        Self {
            halves: [half(0), half(1)],
            fit: None,
            weight_decay: WEIGHT_DECAY,
            log_odds: vec![0.0; num_rows],
            num_folds: 0,
        }
    }

    /// Penalizes weights so much.
    pub fn decaying(self, weight_decay: f64) -> Self {
        Self {
            weight_decay,
            ..self
        }
    }

    /// Does the next piece of work; the first `num_first` rows are of the first domain. True at the
    /// end.
    pub fn step(&mut self, rows: &Rows, num_first: usize) -> bool {
        if self.num_folds == 2 {
            return true;
        }
        let Some((part, fit)) = &mut self.fit else {
            let (part, fit) = begin(rows, &self.halves[self.num_folds], num_first);
            self.fit = Some((part, fit.decaying(self.weight_decay)));
            return false;
        };
        let nothing = Rows {
            values: Vec::new(),
            num_features: rows.num_features,
        };
        if fit.step(part, &nothing) {
            let head = fit.head();
            for &at in &self.halves[1 - self.num_folds] {
                let logits = head.logits(rows.row(at));
                self.log_odds[at] = logits[1] - logits[0];
            }
            self.fit = None;
            self.num_folds += 1;
        }
        self.num_folds == 2
    }

    /// How much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        let of_fit = self.fit.as_ref().map_or(0.0, |(_, fit)| fit.progress());
        (self.num_folds as f64 + of_fit) / 2.0
    }

    /// The logarithm of the odds that each row is of the second domain, if both were equally
    /// frequent; when [`Telling::step`] has returned true.
    pub fn log_odds(&self) -> &[f32] {
        &self.log_odds
    }

    /// The mean of both domains' errors; ½ if there is nothing to tell.
    pub fn error(&self, num_first: usize) -> f64 {
        let (first, second) = self.log_odds.split_at(num_first);
        let wrong = |told: &[f32], is_wrong: fn(f32) -> bool| match told.len() {
            0 => 0.5,
            all => told.iter().filter(|odds| is_wrong(**odds)).count() as f64 / all as f64,
        };
        (wrong(first, |odds| odds > 0.0) + wrong(second, |odds| odds <= 0.0)) / 2.0
    }
}

/// A fit to some rows in which both domains weigh the same.
fn begin(rows: &Rows, half: &[usize], num_first: usize) -> (Rows, JointSoftmax) {
    let mut values = Vec::new();
    gather(rows, half, 1.0, &mut values);
    let num_in_first = half.iter().filter(|at| **at < num_first).count();
    let sizes = [num_in_first, half.len() - num_in_first];
    let weigh = |domain: usize| half.len() as f32 / (2 * sizes[domain]).max(1) as f32;
    let target = |&at: &usize| match at < num_first {
        true => [weigh(0), 0.0],
        false => [0.0, weigh(1)],
    };
    let aim = Aim {
        targets: half.iter().flat_map(target).collect(),
        weight: 1.0,
    };
    let part = Rows {
        values,
        num_features: rows.num_features,
    };
    let shape = (rows.num_features, 2);
    let fit = JointSoftmax::new([aim, Aim::default()], 0.0, shape, None);
    (part, fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(values: &[f32], num_first: usize) -> f64 {
        let rows = Rows {
            values: values.to_vec(),
            num_features: 1,
        };
        let mut telling = Telling::new(rows.len());
        while !telling.step(&rows, num_first) {}
        telling.error(num_first)
    }

    #[test]
    fn what_lies_apart_is_told_without_error() {
        assert_eq!(error(&[1.0, 0.9, 1.0, 0.8, -1.0, -0.9], 4), 0.0);
    }

    #[test]
    fn without_a_second_domain_nothing_is_known() {
        assert_eq!(error(&[], 0), 0.5);
        assert_eq!(error(&[1.0, 2.0], 2), 0.25);
    }
}
