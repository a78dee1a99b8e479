//! The samples of one training run.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use crate::{dataset::Split, features::Row, protocol::SampleId, transfer::Names};

/// A feature row and the class it should be given.
#[derive(Clone, Debug)]
pub struct Labeled {
    /// Whose features these are.
    pub sample: SampleId,
    /// `[num_features]`, raw.
    pub row: Row,
    /// Index into the run's classes.
    pub label: usize,
}

/// A group for each row; copies of one image have equal features and share one.
pub fn copies<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<usize> {
    let mut seen = HashMap::new();
    let group = |row: &'a Row| {
        let next = seen.len();
        *seen.entry(Bits(row)).or_insert(next)
    };
    rows.into_iter().map(group).collect()
}

/// A row that is equal to another if every bit is.
struct Bits<'a>(&'a [f32]);

impl Bits<'_> {
    fn words(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|x| x.to_bits())
    }
}

impl PartialEq for Bits<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.words().eq(other.words())
    }
}

impl Eq for Bits<'_> {}

impl Hash for Bits<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words().for_each(|word| state.write_u32(word));
    }
}

/// Samples to train on and samples held out.
#[derive(Clone, Debug)]
pub struct Partition {
    /// What the head learns from; not empty.
    pub train: Vec<Labeled>,
    /// How much each of them counts: `[N]`, positive, with a mean of 1.
    pub weights: Vec<f32>,
    /// What could be learned from, but a choice of samples has left out.
    pub left_out: Vec<SampleId>,
    /// What it never sees; not empty.
    pub validation: Vec<Labeled>,
    /// Rows without a label, which transfer-learning methods learn from, too.
    pub unlabeled: Vec<Row>,
    /// Classes in the run.
    pub num_classes: usize,
    /// What the names of classes say, if they have been read.
    pub names: Option<Names>,
}

impl Partition {
    /// Divides `rows` as `split` says.
    pub fn new(rows: Vec<Labeled>, split: &Split, num_classes: usize) -> Self {
        let pick = |indices: &[usize]| indices.iter().map(|&at| rows[at].clone()).collect();
        Self {
            train: pick(&split.train),
            weights: vec![1.0; split.train.len()],
            left_out: Vec::new(),
            validation: pick(&split.validation),
            unlabeled: Vec::new(),
            num_classes,
            names: None,
        }
    }

    /// The same with rows that have no label.
    pub fn with_unlabeled(self, unlabeled: Vec<Row>) -> Self {
        Self { unlabeled, ..self }
    }

    /// The same, learning from these training samples only: ascending places, one of each class at
    /// least.
    pub(super) fn choosing(self, chosen: &[usize]) -> Self {
        let is_chosen = |at: &usize| chosen.binary_search(at).is_ok();
        let (kept, others): (Vec<_>, Vec<_>) = (0..self.train.len()).partition(is_chosen);
        Self {
            left_out: others.iter().map(|&at| self.train[at].sample).collect(),
            train: kept.iter().map(|&at| self.train[at].clone()).collect(),
            weights: vec![1.0; kept.len()],
            ..self
        }
    }

    /// The same with what the classes' names say.
    pub fn with_names(self, names: Option<Names>) -> Self {
        Self { names, ..self }
    }

    pub(super) fn num_features(&self) -> usize {
        self.train.first().map_or(0, |sample| sample.row.len())
    }

    /// The weight of each training sample in the loss: its own, or that over its class's share of
    /// all weight, so that classes weigh the same in total. With a mean of 1.
    pub(super) fn loss_weights(&self, balance: bool) -> Vec<f32> {
        if !balance {
            return self.weights.clone();
        }
        let mut totals = vec![0.0; self.num_classes];
        let rows = || self.train.iter().zip(&self.weights);
        rows().for_each(|(sample, weight)| totals[sample.label] += weight);
        let fair = self.weights.iter().sum::<f32>() / self.num_classes as f32;
        rows()
            .map(|(sample, weight)| weight * fair / totals[sample.label])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_a_group() {
        let rows: [Row; 4] = [[1.0, 2.0], [1.0, 3.0], [1.0, 2.0], [-0.0, 0.0]].map(Row::from);
        assert_eq!(copies(&rows), [0, 1, 0, 2]);
    }

    /// Three samples of the first class, one of the second.
    fn partition() -> Partition {
        let sample = |(at, label): (usize, usize)| Labeled {
            sample: at as SampleId,
            row: [0.0].into(),
            label,
        };
        let split = Split {
            train: vec![0, 1, 2, 3],
            validation: vec![0, 3],
        };
        let rows = [0, 0, 0, 1].into_iter().enumerate().map(sample);
        Partition::new(rows.collect(), &split, 2)
    }

    #[test]
    fn balanced_classes_weigh_the_same_in_total() {
        let mut data = partition();
        assert_eq!(data.loss_weights(false), [1.0; 4]);
        let third = 2.0 / 3.0;
        assert_eq!(data.loss_weights(true), [third, third, third, 2.0]);
        data.weights = vec![0.5, 0.5, 1.0, 2.0];
        assert_eq!(data.loss_weights(true), [0.5, 0.5, 1.0, 2.0]);
    }

    #[test]
    fn what_is_not_chosen_is_left_out() {
        let data = partition().choosing(&[1, 3]);
        let chosen: Vec<_> = data.train.iter().map(|sample| sample.sample).collect();
        assert_eq!((chosen, data.left_out), (vec![1, 3], vec![0, 2]));
        assert_eq!(data.weights, [1.0; 2]);
    }
}
