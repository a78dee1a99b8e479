//! Rows of two domains in, how often a linear head mistakes the domain of a row it hasn't seen
//! out.

use super::{
    batches::gather,
    domains::Rows,
    joint_softmax::{Aim, JointSoftmax},
};
use crate::metrics;

/// Two heads that tell domains, each from half of the rows.
#[derive(Debug)]
pub(super) struct Telling {
    /// Rows to learn from and rows to tell, both ways.
    halves: [Vec<usize>; 2],
    fit: Option<(Rows, JointSoftmax)>,
    /// Rows of each domain told wrong, and all told.
    outcomes: [(usize, usize); 2],
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
            outcomes: [(0, 0); 2],
            num_folds: 0,
        }
    }

    /// Does the next piece of work; the first `num_first` rows are of the first domain. True at the
    /// end.
    pub fn step(&mut self, rows: &Rows, num_first: usize) -> bool {
        if self.num_folds == 2 {
            return true;
        }
        let Some((part, fit)) = &mut self.fit else {
            self.fit = Some(begin(rows, &self.halves[self.num_folds], num_first));
            return false;
        };
        let nothing = Rows {
            values: Vec::new(),
            num_features: rows.num_features,
        };
        if fit.step(part, &nothing) {
            let head = fit.head();
            for &at in &self.halves[1 - self.num_folds] {
                let truth = usize::from(at >= num_first);
                let told = metrics::argmax(&head.logits(rows.row(at)));
                self.outcomes[truth].0 += usize::from(told != truth);
                self.outcomes[truth].1 += 1;
            }
            self.fit = None;
            self.num_folds += 1;
        }
        self.num_folds == 2
    }

    /// The mean of both domains' errors; ½ if there is nothing to tell.
    pub fn error(&self) -> f64 {
        let shares = self.outcomes.iter().map(|&(wrong, all)| match all {
            0 => 0.5,
            _ => wrong as f64 / all as f64,
        });
        shares.sum::<f64>() / 2.0
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
        telling.error()
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
